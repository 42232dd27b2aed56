"""Layers of RY and CNOTs on real amplitudes, as a torch operator: the core of a quantum sublayer."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.kernels import layered, memory, pool
from qualms.kernels.core import LANE_BYTES, READOUTS, LayersJob, compiled_core

MAX_QUBITS = 14

# From this many rows of angles on, building U(θ) once and one matrix product beat going through the rows for
# every token. Measured with benchmarks/sublayer_core.py --crossover; at least 2ⁿ tokens are needed for it to
# pay at all.
_DEEP = {3: 200, 4: 96, 5: 56, 6: 48, 7: 56, 8: 80, 9: 120, 10: 200}


def ry_ring(
    x: Tensor,
    angles: Tensor,
    readout: str = "z",
    normalize: bool = True,
    *,
    entangler: str | Sequence[tuple[int, int]] = "ring",
    closing_ry: bool = False,
) -> Tensor:
    """Amplitude-encode real vectors, apply layers of RY and CNOTs, read out.

    Differentiable to `x` and `angles`.

    q = r(U(θ) x / ‖x‖), U(θ) = ∏ₗ E · ⊗_q RY(θ_lq), with E the entangler. RY and CNOT are real, so amplitudes
    stay real.

    Parameters
    ----------
    x : Tensor
        (..., 2ⁿ) float, n = 1 … 14, qubit 0 the most significant bit. Any strides; an empty batch is
        fine.
    angles : Tensor
        (L, n) radians. Or (C, L, n), C circuits at once: then x is (B, 2ⁿ), the same for all of them, or
        (C, B, 2ⁿ).
    readout : str, default "z"
        "z" (⟨Z⟩ of every qubit), "probs" (2ⁿ probabilities) or "amplitudes" (2ⁿ real amplitudes).
    normalize : bool, default True
        Divide each row by its norm. A zero row has no direction: its result and its gradient are 0. A row
        with NaN or infinity gives NaN, in that row of the result and in the gradient to the angles.
        Without it the map is linear up to the readout.
    entangler : str | Sequence[tuple[int, int]], default "ring"
        "ring" (0→1, …, n−1→0), "linear", "full", "none", or (control, target) pairs in order.
    closing_ry : bool, default False
        The last row of angles comes after the last entangler, with no CNOTs behind it.

    Returns
    -------
    Tensor
        (..., n) for "z", else (..., 2ⁿ), with C in front for C circuits. The dtype is the one torch
        promotes `x` and `angles` to, under autocast too; half types are computed in float32.

    Raises
    ------
    ConfigError
        For shapes, dtypes or names that do not go together.
    TooLargeError
        Beyond 14 qubits, or where the memory does not suffice.

    Notes
    -----
    On a CPU this is the compiled core of `qualms doctor`: it keeps the final amplitudes and nothing between,
    whatever L is. Elsewhere, and where no compiler was at hand, plain torch; under `torch.func`'s transforms
    too, because operators of this kind cannot go through them. Results do not depend on the number of
    threads. The compiled core has first derivatives only.

    References
    ----------
    The circuit is QAA's: Roh and Kim, CIKM 2025; what makes it fast is in docs/performance.md.
    """
    flat = _check(x, angles, readout)
    pairs = entangler if isinstance(entangler, str) else tuple((int(c), int(t)) for c, t in entangler)
    make = _ansatz if torch.compiler.is_compiling() else _remembered_ansatz
    ansatz = make(angles.shape[-1], angles.shape[-2], pairs, closing_ry)
    out = read_out(ansatz, angles, flat, readout, normalize)
    return out if angles.ndim == 3 or x.ndim == 2 else out.reshape(*x.shape[:-1], out.shape[-1])


def read_out(ansatz: LayeredAnsatz, angles: Tensor, x: Tensor, readout: str, normalize: bool) -> Tensor:
    """As `ry_ring`, for an ansatz with or without RZ: `angles` (rows, n) with `x` (B, 2ⁿ), or (C, rows, n)
    with (B, 2ⁿ) or (C, B, 2ⁿ).
    """
    if torch.is_autocast_enabled(x.device.type):  # matrix products on the way would be done in half precision
        with torch.autocast(x.device.type, enabled=False):
            return read_out(ansatz, angles, x, readout, normalize)
    if x.dtype != angles.dtype or x.dtype in (torch.bfloat16, torch.float16):
        dtype = torch.promote_types(x.dtype, angles.dtype)
        compute = torch.promote_types(dtype, torch.float32)
        return read_out(ansatz, angles.to(compute), x.to(compute), readout, normalize).to(dtype)
    if not _has_operator(ansatz, x.device.type) or torch._C._are_functorch_transforms_active():
        return layered.read_out(ansatz, angles, x, readout, normalize)
    if angles.shape[-2] >= _DEEP.get(ansatz.n_qubits, 1 << 30) and x.shape[-2] > ansatz.dimension:
        eye = torch.eye(ansatz.dimension, dtype=x.dtype, device=x.device)
        transposed = _layers(ansatz, eye, angles, "amplitudes", False)
        return layered.measure((layered.normalized(x) if normalize else x) @ transposed, readout)
    return _layers(ansatz, x, angles, readout, normalize)


def _layers(ansatz: LayeredAnsatz, x: Tensor, angles: Tensor, readout: str, normalize: bool) -> Tensor:
    """The core by the shortest way: plain tensors go round the dispatcher, which costs more than a small
    circuit.
    """
    if (
        x.device.type == "cpu"
        and type(x) in _PLAIN
        and type(angles) in _PLAIN
        and not torch.compiler.is_compiling()
    ):
        several = angles.shape[0] if angles.ndim == 3 else 0
        shape = _shape(
            ansatz, several, x.shape, x.dtype, angles.dtype, READOUTS.index(readout), normalize, _lane_bytes()
        )
        return _Eager.apply(x, angles, shape)
    cnots = [q for pair in ansatz.cnots() for q in pair]
    circuits = angles if angles.ndim == 3 else angles[None]
    out = torch.ops.qualms.ry_layers(
        x, circuits, cnots, ansatz.closing_ry, READOUTS.index(readout), normalize
    )[0]
    return out if angles.ndim == 3 else out[0]


_PLAIN = (Tensor, torch.nn.Parameter)


class _Eager(torch.autograd.Function):
    """What `torch.ops.qualms.ry_layers` does, without the dispatcher."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, angles: Tensor, shape: _Shape) -> Tensor:
        out, state = _run(shape, x, angles)
        ctx.save_for_backward(state, angles)
        ctx.shape = shape
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        found = _differentiate_once(ctx, grad) if torch.is_grad_enabled() else _differentiate_now(ctx, grad)
        return *found, None


def _differentiate_now(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
    state, angles = ctx.saved_tensors  # raises if the angles have been changed since
    need_x, need_angles = ctx.needs_input_grad[:2]
    grad_x, grad_angles = _run_back(ctx.shape, grad, state, angles, need_x)
    return grad_x, grad_angles if need_angles else None


# asked for a graph of derivatives: a second derivative is refused, not wrong
_differentiate_once = once_differentiable(_differentiate_now)


@torch.compiler.assume_constant_result
def _has_operator(ansatz: LayeredAnsatz, device: str) -> bool:
    """Whether `ry_layers` takes this work.

    On a GPU up to 8 qubits are one matrix product on its tensor cores, which nothing beats.
    """
    if not ansatz.is_real:
        return False
    if device == "cuda":
        return 8 < ansatz.n_qubits <= 12 and _triton_starts()
    return device == "cpu" and compiled_core() is not None


def _check(x: Tensor, angles: Tensor, readout: str) -> Tensor:
    """`x` as (B, 2ⁿ) or (C, B, 2ⁿ)."""
    if readout not in READOUTS:
        raise ConfigError(f"ry_ring: readout={readout!r} is unknown; choose one of {', '.join(READOUTS)}")
    for name, tensor in (("x", x), ("angles", angles)):
        if not tensor.is_floating_point():
            raise ConfigError(f"ry_ring: {name} is {tensor.dtype}; give real floating point numbers")
    if x.device != angles.device:
        raise ConfigError(
            f"ry_ring: x is on {x.device} and angles on {angles.device}; put them on one device"
        )
    if angles.ndim not in (2, 3) or 0 in angles.shape:
        raise ConfigError(
            f"ry_ring: angles have shape {tuple(angles.shape)}; expected (L, n) or (C, L, n), none of them 0"
        )
    n = angles.shape[-1]
    if n > MAX_QUBITS:
        raise TooLargeError(
            f"ry_ring: {n} qubits asked for, it takes at most {MAX_QUBITS}; "
            "qualms.backends simulates wider circuits"
        )
    if x.ndim == 0 or x.shape[-1] != 1 << n:
        raise ConfigError(
            f"ry_ring: x has shape {tuple(x.shape)}; {n} qubits (angles {tuple(angles.shape)}) need rows "
            f"of 2^{n} = {1 << n} amplitudes"
        )
    if angles.ndim == 2:
        return x if x.ndim == 2 else x.reshape(-1, 1 << n)
    if x.ndim not in (2, 3) or (x.ndim == 3 and len(x) != len(angles)):
        raise ConfigError(
            f"ry_ring: x has shape {tuple(x.shape)}; {len(angles)} circuits need (B, {1 << n}) or "
            f"({len(angles)}, B, {1 << n})"
        )
    return x


def _ansatz(
    n: int, rows: int, entangler: str | tuple[tuple[int, int], ...], closing_ry: bool
) -> LayeredAnsatz:
    if rows - closing_ry < 1:
        raise ConfigError("ry_ring: closing_ry needs a second row of angles")
    return LayeredAnsatz(n, rows - closing_ry, entangler, closing_ry=closing_ry)


_remembered_ansatz = lru_cache(maxsize=256)(_ansatz)


# The operator -----------------------------------------------------------------------------------------------
# ry_layers: x (B, 2ⁿ) or (C, B, 2ⁿ), angles (C, rows, n) → result (C, B, n | 2ⁿ) and the state that its
# backward pass needs.

_library = torch.library.Library("qualms", "DEF")
_library.define(
    "ry_layers(Tensor x, Tensor angles, int[] cnots, bool closing, int "
    "readout, bool normalize) -> (Tensor, Tensor)"
)
_library.define(
    "ry_layers_backward(Tensor grad, Tensor state, Tensor angles, int[] cnots, bool closing, int readout, "
    "bool normalize, bool shared_x, bool need_x) -> (Tensor, Tensor)"
)


def _width(n: int, readout: int) -> int:
    return n if READOUTS[readout] == "z" else 1 << n


def _lane_bytes() -> int:
    core = compiled_core()
    return LANE_BYTES[core.variant if core else "baseline"]


def _state_size(circuits: int, batch: int, n: int, x: Tensor) -> int:
    if x.device.type == "cuda":
        return circuits * batch * ((1 << n) + 1)
    lanes = _lane_bytes() // x.dtype.itemsize
    return circuits * ((batch + lanes - 1) // lanes) * lanes * ((1 << n) + 2)


class _Shape:
    """What is the same in every call on tensors of one shape.

    Attributes
    ----------
    job : LayersJob
        All numbers of a call; its addresses but for `cnots` are not set, and a call sets them in a copy.
    x, out, state, angles : tuple[int, ...]
        Shapes.
    row_bytes : int
        What a row of `x` takes.
    """

    __slots__ = ("angles", "cnots", "item", "job", "n", "out", "row_bytes", "state", "x")

    def __init__(
        self,
        cnots: np.ndarray,
        angles: tuple[int, ...],
        x: tuple[int, ...],
        dtypes: tuple[torch.dtype, torch.dtype],
        options: tuple[bool, int, bool],
        lane_bytes: int,
    ):
        *several, rows, n = angles
        circuits, batch, width = several[0] if several else 1, x[-2], _width(n, options[1])
        self.x, self.angles, self.n, self.item = x, angles, n, dtypes[0].itemsize
        self.out = (*several, batch, width)
        lanes = lane_bytes // self.item
        self.state = (circuits * -(-batch // lanes) * lanes * ((1 << n) + 2),)
        self.row_bytes = circuits * self.item * ((2 << n) + width)
        self.cnots = cnots  # int32 of control, target, control, …: the job has its address
        self.job = LayersJob(circuits=circuits, batch=batch, n=n, rows=rows, shared_x=len(x) == 2)
        self.job.closing, self.job.readout, self.job.normalize = options
        self.job.n_cnots, self.job.cnots = len(cnots) // 2, cnots.ctypes.data
        self.job.angle_bytes = dtypes[1].itemsize


@lru_cache(maxsize=512)
def _shape(
    ansatz: LayeredAnsatz,
    several: int,
    x: tuple[int, ...],
    dtype: torch.dtype,
    angle_dtype: torch.dtype,
    readout: int,
    normalize: bool,
    lane_bytes: int,
) -> _Shape:
    """For `several` circuits at once, or for one if it is 0."""
    angles = (several, *ansatz.angle_shape) if several else ansatz.angle_shape
    options = ansatz.closing_ry, readout, normalize
    return _Shape(ansatz.cnot_indices, angles, tuple(x), (dtype, angle_dtype), options, lane_bytes)


@torch.library.impl(_library, "ry_layers", "CPU")
def _forward(
    x: Tensor, angles: Tensor, cnots: Sequence[int], closing: bool, readout: int, normalize: bool
) -> tuple[Tensor, Tensor]:
    options = closing, readout, normalize
    if angles.dtype not in pool.DTYPES:
        angles = angles.to(torch.float64)
    pairs, dtypes = np.asarray(cnots, np.int32), (x.dtype, angles.dtype)
    return _run(_Shape(pairs, tuple(angles.shape), tuple(x.shape), dtypes, options, _lane_bytes()), x, angles)


def _run(shape: _Shape, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor]:
    """Result ([C,] B, n | 2ⁿ) and state."""
    core = compiled_core()
    assert core is not None
    job = LayersJob.from_buffer_copy(shape.job)
    if job.batch * shape.row_bytes > memory.UNCHECKED:
        needed = shape.row_bytes
        memory.require(lambda b: b * needed, job.batch, x.device, f"ry_ring on {shape.n} qubits", "rows")
    x, angles = x.contiguous(), angles.contiguous()
    out, state = pool.empty(shape.out, x.dtype), pool.empty(shape.state, x.dtype)
    job.threads = torch.get_num_threads()
    job.x, job.angles, job.out, job.state = (
        x.data_ptr(),
        angles.data_ptr(),
        out.data_ptr(),
        state.data_ptr(),
    )
    core.forward(job, shape.item)
    return out, state


@torch.library.impl(_library, "ry_layers_backward", "CPU")
def _backward(
    grad: Tensor,
    state: Tensor,
    angles: Tensor,
    cnots: Sequence[int],
    closing: bool,
    readout: int,
    normalize: bool,
    shared_x: bool,
    need_x: bool,
) -> tuple[Tensor, Tensor]:
    circuits, batch, _ = grad.shape
    x = (*(() if shared_x else (circuits,)), batch, 1 << angles.shape[-1])
    wide = angles if angles.dtype in pool.DTYPES else angles.to(torch.float64)
    pairs, dtypes = np.asarray(cnots, np.int32), (grad.dtype, wide.dtype)
    shape = _Shape(pairs, tuple(wide.shape), x, dtypes, (closing, readout, normalize), _lane_bytes())
    grad_x, grad_angles = _run_back(shape, grad, state, wide, need_x)
    return grad.new_empty(0) if grad_x is None else grad_x, grad_angles.to(angles.dtype)


def _run_back(
    shape: _Shape, grad: Tensor, state: Tensor, angles: Tensor, need_x: bool
) -> tuple[Tensor | None, Tensor]:
    """Gradients to x, or None where nobody needs it, and to the angles."""
    core = compiled_core()
    assert core is not None
    job = LayersJob.from_buffer_copy(shape.job)
    grad, angles = grad.contiguous(), angles.contiguous()
    grad_x = pool.empty(shape.x, grad.dtype) if need_x else None
    grad_angles = torch.empty_like(angles)
    job.threads = torch.get_num_threads()
    job.angles, job.state, job.grad, job.grad_angles = (
        angles.data_ptr(),
        state.data_ptr(),
        grad.data_ptr(),
        grad_angles.data_ptr(),
    )
    if grad_x is not None:
        job.need_x, job.grad_x = True, grad_x.data_ptr()
    core.backward(job, shape.item)
    return grad_x, grad_angles


@torch.library.impl(_library, "ry_layers", "CUDA")
def _forward_triton(
    x: Tensor, angles: Tensor, cnots: list[int], closing: bool, readout: int, normalize: bool
) -> tuple[Tensor, Tensor]:
    from qualms.kernels import triton_core

    source, _ = _permutation(tuple(cnots), angles.shape[-1], x.device)
    inputs = [x.contiguous()] * len(angles) if x.ndim == 2 else list(x.contiguous())
    parts = [
        triton_core.forward(rows, turns, source, closing, readout, normalize)
        for rows, turns in zip(inputs, angles, strict=True)
    ]
    return torch.stack([out for out, _, _ in parts]), torch.cat(
        [t.reshape(-1) for _, state, inverse in parts for t in (state, inverse)]
    )


@torch.library.impl(_library, "ry_layers_backward", "CUDA")
def _backward_triton(
    grad: Tensor,
    state: Tensor,
    angles: Tensor,
    cnots: list[int],
    closing: bool,
    readout: int,
    normalize: bool,
    shared_x: bool,
    need_x: bool,
) -> tuple[Tensor, Tensor]:
    from qualms.kernels import triton_core

    circuits, batch, _ = grad.shape
    dimension = 1 << angles.shape[-1]
    _, target = _permutation(tuple(cnots), angles.shape[-1], grad.device)
    to_x, to_angles = [], []
    for g, kept, turns in zip(grad.contiguous(), state.view(circuits, -1), angles, strict=True):
        final, inverse = kept[: batch * dimension].view(batch, dimension), kept[batch * dimension :]
        gx, ga = triton_core.backward(g, final, inverse, turns, target, closing, readout, normalize)
        to_x.append(gx)
        to_angles.append(ga)
    stacked = torch.stack(to_x)
    return (stacked.sum(0) if shared_x else stacked) if need_x else grad.new_empty(0), torch.stack(
        to_angles
    ).to(angles.dtype)


@lru_cache(maxsize=1)
def _triton_starts() -> bool:
    """Whether Triton is there with the C compiler that it needs.

    Without the compiler that is said once, and plain torch computes.
    """
    if find_spec("triton") is None:
        return False
    asked = os.environ.get("CC")
    if any(shutil.which(compiler) for compiler in ([asked] if asked else ("gcc", "clang", "cc"))):
        return True
    which = f"CC={asked} is not there" if asked else "neither gcc nor clang is there"
    message = (
        f"Triton needs a C compiler, and {which}: sublayers of 9 to 12 qubits run in plain torch on "
        "the GPU, which is slower"
    )
    warnings.warn(message, QualmsWarning, stacklevel=2)
    return False


@lru_cache(maxsize=64)
def _permutation(cnots: tuple[int, ...], n: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The entangler as an index map and its inverse, int32."""
    source = LayeredAnsatz(n, 1, tuple(zip(cnots[::2], cnots[1::2], strict=True))).permutation()
    return tuple(torch.from_numpy(np.array(m)).to(device, torch.int32) for m in (source, np.argsort(source)))  # type: ignore[return-value]


@torch.library.register_fake("qualms::ry_layers")
def _forward_fake(
    x: Tensor, angles: Tensor, cnots: list[int], closing: bool, readout: int, normalize: bool
) -> tuple[Tensor, Tensor]:
    circuits, _, n = angles.shape
    return x.new_empty(circuits, x.shape[-2], _width(n, readout)), x.new_empty(
        _state_size(circuits, x.shape[-2], n, x)
    )


@torch.library.register_fake("qualms::ry_layers_backward")
def _backward_fake(
    grad: Tensor,
    state: Tensor,
    angles: Tensor,
    cnots: list[int],
    closing: bool,
    readout: int,
    normalize: bool,
    shared_x: bool,
    need_x: bool,
) -> tuple[Tensor, Tensor]:
    rows = grad.shape[1:2] if shared_x else grad.shape[:2]
    grad_x = grad.new_empty(*rows, 1 << angles.shape[-1]) if need_x else grad.new_empty(0)
    return grad_x, torch.empty_like(angles, memory_format=torch.contiguous_format)


def _save(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
    x, angles, ctx.cnots, ctx.closing, ctx.readout, ctx.normalize = inputs
    ctx.shared_x = x.ndim == 2
    ctx.save_for_backward(output[1], angles)
    ctx.mark_non_differentiable(output[1])
    ctx.set_materialize_grads(False)  # or a zero gradient as large as the state is made for it


def _differentiate(
    ctx: Any, grad: Tensor | None, _: Tensor | None
) -> tuple[Tensor | None, Tensor | None, None, None, None, None]:
    if grad is None:
        return None, None, None, None, None, None
    state, angles = ctx.saved_tensors
    need_x, need_angles = ctx.needs_input_grad[:2]
    options = (ctx.cnots, ctx.closing, ctx.readout, ctx.normalize, ctx.shared_x, need_x)
    grad_x, grad_angles = torch.ops.qualms.ry_layers_backward(grad, state, angles, *options)
    return grad_x if need_x else None, grad_angles if need_angles else None, None, None, None, None


torch.library.register_autograd("qualms::ry_layers", _differentiate, setup_context=_save)
for _device in ("cpu", "cuda"):
    torch.library.register_autocast("qualms::ry_layers", _device, torch.float32)
