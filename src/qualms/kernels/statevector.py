"""State vectors through any circuit, in torch: batches of parameters and of inputs, adjoint gradients in
memory independent of depth.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qualms.circuits import Circuit
from qualms.errors import ConfigError
from qualms.kernels import memory, steps
from qualms.kernels.program import Program, compile_circuit

_REMEMBERED = 22  # qubits: a wider first state is made anew every time instead of being kept


def simulate(
    circuit: Circuit,
    values: Tensor | None = None,
    initial: Tensor | None = None,
    gradient: str = "adjoint",
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Final amplitudes. Differentiable to `values` and `initial`.

    Parameters
    ----------
    circuit : Circuit
        Any circuit without channels; measurements at its end are left out.
    values : Tensor, optional
        (P,) or (B, P) real, radians, in the order of `circuit.parameters`.
    initial : Tensor, optional
        (2ⁿ,) or (B, 2ⁿ) real or complex; default |0…0⟩. Qubit 0 is the most significant bit.
    gradient : str, default "adjoint"
        "adjoint" keeps the final state alone and runs the circuit backwards, first derivatives only;
        "backprop" keeps every step's state and goes through `torch.func`'s transforms and higher
        derivatives.
    dtype : torch.dtype, optional
        complex64 or complex128; default: the one that goes with `values` and `initial`, complex64 without
        them.

    Returns
    -------
    Tensor
        (2ⁿ,), or (B, 2ⁿ) where `values` or `initial` have a batch.

    Raises
    ------
    ConfigError
        For shapes that do not fit or an unknown `gradient`.
    TooLargeError
        If the state would not fit in memory, before anything is allocated.

    References
    ----------
    The adjoint method: Jones and Gacon, "Efficient calculation of gradients in classical simulations of
    variational quantum algorithms" (2020).
    """
    if gradient not in ("adjoint", "backprop"):
        raise ConfigError(f"gradient={gradient!r} is unknown; choose adjoint or backprop")
    values, initial, dtype = inputs_of(circuit, values, initial, dtype)
    device = values.device
    batch = max(
        len(values) if values.ndim == 2 else 1,
        len(initial) if initial is not None and initial.ndim == 2 else 1,
    )
    buffers = 3 if gradient == "adjoint" else 2 + len(circuit)
    memory.require(
        lambda n: buffers * batch * dtype.itemsize << n,
        circuit.n_qubits,
        device,
        f"a state vector (batch {batch})",
        "qubits",
    )
    program = compile_circuit(circuit)
    flat = values.ndim == 1 and (initial is None or initial.ndim == 1)
    state, start = _start(program, initial, dtype, device)
    if values.ndim == 2 and len(state) == 1:
        state = state.expand(len(values), -1)
    made: dict = {}  # equal blocks, as a mixer's are, share one matrix
    tensors = [steps.tensor(program, k, values, dtype, made) for k in range(start, len(program.steps))]
    if gradient == "adjoint":
        state = _Adjoint.apply(program, start, state, *tensors)
    else:
        state = state if tensors else state.clone()  # what is remembered is nobody's to change
        for k, tensor in enumerate(tensors, start):
            state = steps.forward(program, k, tensor, state)
    return state[0] if flat else state


def inputs_of(
    circuit: Circuit, values: Tensor | None, initial: Tensor | None, dtype: torch.dtype | None
) -> tuple[Tensor, Tensor | None, torch.dtype]:
    """Values, first states and the type of amplitudes, checked against the circuit.

    Values become a tensor if there are none.
    """
    count = len(circuit.parameters)
    if values is None:
        if count:
            raise ConfigError(
                f"the circuit has {count} free parameters ({', '.join(circuit.parameters[:5])} "
                "…): give their values"
            )
        values = torch.zeros(0, device=initial.device if initial is not None else None)
    if not values.is_floating_point() or values.ndim not in (1, 2) or values.shape[-1] != count:
        raise ConfigError(
            f"values have shape {tuple(values.shape)} and dtype {values.dtype}; the circuit takes "
            f"({count},) or (B, {count}) real numbers"
        )
    if dtype is None:
        real = torch.promote_types(values.dtype, torch.float32)
        dtype = torch.promote_types(
            real if initial is None else torch.promote_types(real if count else torch.float32, initial.dtype),
            torch.complex64,
        )
    if dtype not in (torch.complex64, torch.complex128):
        raise ConfigError(f"a state vector is complex64 or complex128, not {dtype}")
    if initial is not None:
        size = 1 << circuit.n_qubits
        if initial.ndim not in (1, 2) or initial.shape[-1] != size:
            raise ConfigError(
                f"initial states have shape {tuple(initial.shape)}; {circuit.n_qubits} qubits need "
                f"({size},) or (B, {size})"
            )
        if values.ndim == 2 and initial.ndim == 2 and len(values) != len(initial):
            raise ConfigError(
                f"a batch of {len(values)} values does not go with a batch of {len(initial)} initial states"
            )
        initial = initial.to(dtype)
    return values, initial, dtype


def _start(
    program: Program, initial: Tensor | None, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, int]:
    """The first state, (B, 2ⁿ), and the step that comes next: steps without parameters at the start are run
    once and remembered.
    """
    if initial is not None:
        return torch.atleast_2d(initial), 0
    key = ("start", dtype, device)
    if key not in program.cache:
        with torch.no_grad():
            state = torch.zeros(1, 1 << program.n_qubits, dtype=dtype, device=device)
            state[0, 0] = 1
            for k in range(program.prefix):
                state = steps.forward(
                    program, k, steps.tensor(program, k, torch.zeros(0, device=device), dtype, {}), state
                )
        if program.n_qubits > _REMEMBERED:
            return state, program.prefix
        program.cache[key] = state
    return program.cache[key], program.prefix


# Adjoint gradients ------------------------------------------------------------------------------------------


class _Adjoint(torch.autograd.Function):
    """Runs a program forwards; backwards it undoes state and cotangent step by step and takes each step's
    gradient on the way.
    """

    @staticmethod
    def forward(ctx: Any, program: Program, start: int, state: Tensor, *tensors: Tensor | None) -> Tensor:
        state = state.clone(memory_format=torch.contiguous_format)  # steps may work in place
        for k, tensor in enumerate(tensors, start):
            state = steps.forward(program, k, tensor, state, in_place=True)
        ctx.program, ctx.start = program, start
        ctx.present = [t is not None for t in tensors]
        ctx.save_for_backward(state, *(t for t in tensors if t is not None))
        return state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        state, *saved = ctx.saved_tensors
        present = iter(saved)
        tensors = [next(present) if there else None for there in ctx.present]
        wanted_state, wanted = ctx.needs_input_grad[2], ctx.needs_input_grad[3:]
        first = 0 if wanted_state else next((k for k, w in enumerate(wanted) if w), len(tensors))
        gradients: list[Tensor | None] = [None] * len(tensors)
        state, cotangent = (t.clone(memory_format=torch.contiguous_format) for t in (state, cotangent))
        for k in range(len(tensors) - 1, first - 1, -1):
            state, cotangent, gradients[k] = steps.undo(
                ctx.program, ctx.start + k, tensors[k], state, cotangent, wanted[k]
            )
        return None, None, cotangent if wanted_state else None, *gradients
