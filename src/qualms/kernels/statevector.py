"""State vectors through any circuit, in torch: batches of parameters and of inputs, adjoint gradients in memory independent of depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qualms.circuits import Circuit, Operation, Parameter
from qualms.circuits.gates import GATES
from qualms.errors import ConfigError
from qualms.kernels import memory
from qualms.kernels.program import Block, Phases, Program, Shuffle, Step, compile_circuit


def simulate(circuit: Circuit, values: Tensor | None = None, initial: Tensor | None = None, gradient: str = "adjoint", dtype: torch.dtype | None = None) -> Tensor:
    """Final amplitudes. Differentiable to `values` and `initial`.

    Parameters
    ----------
    circuit : any circuit without channels; measurements at its end are left out.
    values : (P,) or (B, P) real, radians, in the order of `circuit.parameters`.
    initial : (2ⁿ,) or (B, 2ⁿ) real or complex; default |0…0⟩. Qubit 0 is the most significant bit.
    gradient : "adjoint" keeps the final state alone and runs the circuit backwards, first derivatives only; "backprop" keeps every
        step's state and goes through `torch.func`'s transforms and higher derivatives.
    dtype : complex64 or complex128; default: the one that goes with `values` and `initial`, complex64 without them.

    Returns
    -------
    (2ⁿ,), or (B, 2ⁿ) where `values` or `initial` have a batch.

    Source
    ------
    The adjoint method: Jones and Gacon, "Efficient calculation of gradients in classical simulations of variational quantum algorithms" (2020).

    Raises
    ------
    ConfigError : for shapes that do not fit or an unknown `gradient`.
    TooLargeError : if the state would not fit in memory, before anything is allocated.
    """
    values, initial, dtype = _inputs(circuit, values, initial, gradient, dtype)
    device = values.device
    batch = max(len(values) if values.ndim == 2 else 1, len(initial) if initial is not None and initial.ndim == 2 else 1)
    buffers = 3 if gradient == "adjoint" else 2 + len(circuit)
    memory.require(lambda n: buffers * batch * dtype.itemsize << n, circuit.n_qubits, device, f"a state vector (batch {batch})", "qubits")
    program = compile_circuit(circuit)
    flat = values.ndim == 1 and (initial is None or initial.ndim == 1)
    state, start = _start(program, initial, dtype, device)
    if values.ndim == 2 and len(state) == 1:
        state = state.expand(len(values), -1)
    tensors = [_tensor(program, k, values, dtype) for k in range(start, len(program.steps))]
    if gradient == "adjoint":
        state = _Adjoint.apply(program, start, state, *tensors)
    else:
        for k, tensor in enumerate(tensors, start):
            state = _forward(program.steps[k], tensor, state, program, k)
    return state[0] if flat else state


def _inputs(circuit: Circuit, values: Tensor | None, initial: Tensor | None, gradient: str, dtype: torch.dtype | None) -> tuple[Tensor, Tensor | None, torch.dtype]:
    if gradient not in ("adjoint", "backprop"):
        raise ConfigError(f"gradient={gradient!r} is unknown; choose adjoint or backprop")
    count = len(circuit.parameters)
    if values is None:
        if count:
            raise ConfigError(f"the circuit has {count} free parameters ({', '.join(circuit.parameters[:5])} …): give their values")
        values = torch.zeros(0, device=initial.device if initial is not None else None)
    if not values.is_floating_point() or values.ndim not in (1, 2) or values.shape[-1] != count:
        raise ConfigError(f"values have shape {tuple(values.shape)} and dtype {values.dtype}; the circuit takes ({count},) or (B, {count}) real numbers")
    if dtype is None:
        real = torch.promote_types(values.dtype, torch.float32)
        dtype = torch.promote_types(real if initial is None else torch.promote_types(real if count else torch.float32, initial.dtype), torch.complex64)
    if dtype not in (torch.complex64, torch.complex128):
        raise ConfigError(f"a state vector is complex64 or complex128, not {dtype}")
    if initial is not None:
        size = 1 << circuit.n_qubits
        if initial.ndim not in (1, 2) or initial.shape[-1] != size:
            raise ConfigError(f"initial states have shape {tuple(initial.shape)}; {circuit.n_qubits} qubits need ({size},) or (B, {size})")
        if values.ndim == 2 and initial.ndim == 2 and len(values) != len(initial):
            raise ConfigError(f"a batch of {len(values)} values does not go with a batch of {len(initial)} initial states")
        initial = initial.to(dtype)
    return values, initial, dtype


def _start(program: Program, initial: Tensor | None, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, int]:
    """The first state, (B, 2ⁿ), and the step that comes next: steps without parameters at the start are run once and remembered."""
    if initial is not None:
        return torch.atleast_2d(initial), 0
    key = ("start", dtype, device)
    if key not in program.cache:
        with torch.no_grad():
            state = torch.zeros(1, 1 << program.n_qubits, dtype=dtype, device=device)
            state[0, 0] = 1
            for k in range(program.prefix):
                state = _forward(program.steps[k], _tensor(program, k, torch.zeros(0, device=device), dtype), state, program, k)
        program.cache[key] = state
    return program.cache[key], program.prefix


# What a step computes with ---------------------------------------------------------------------------------------
# A block's matrix, (2ᵏ, 2ᵏ) or (B, 2ᵏ, 2ᵏ); the values v of phases, (K,) or (B, K); nothing for a shuffle. Made by torch operations from
# the parameters, so that autograd takes the gradients from here to them.


def _tensor(program: Program, k: int, values: Tensor, dtype: torch.dtype) -> Tensor | None:
    step = program.steps[k]
    if isinstance(step, Shuffle):
        return None
    if isinstance(step, Phases):
        columns = [_product(names, program, values) for names in step.products]
        return torch.stack(columns, -1).double() if columns else None
    real = dtype.to_real()
    kind = real if step.is_real else dtype
    if step.is_constant:
        key = (k, kind, values.device)
        if key not in program.cache:
            program.cache[key] = torch.as_tensor(np.array(step.factors[0]), dtype=kind, device=values.device)
        return program.cache[key]
    return _matrix(step, program, values, kind)


def _matrix(block: Block, program: Program, values: Tensor, kind: torch.dtype) -> Tensor:
    k = len(block.qubits)
    columns: Tensor = torch.eye(1 << k, dtype=kind, device=values.device)[None]  # (B, column, row)
    for factor in block.factors:
        if isinstance(factor, Operation):
            columns = _apply(_gate(factor, program, values, kind), columns, factor.qubits, k)
        else:
            columns = columns @ torch.as_tensor(factor, dtype=kind, device=values.device).mT
    matrices = columns.mT
    return matrices if values.ndim == 2 else matrices[0]


def _product(names: tuple[str, ...], program: Program, values: Tensor) -> Tensor:
    product = values[..., program.parameters.index(names[0])]
    for name in names[1:]:
        product = product * values[..., program.parameters.index(name)]
    return product


def _gate(op: Operation, program: Program, values: Tensor, kind: torch.dtype) -> Tensor:
    """The matrix of a gate with one angle: A + B cos fθ + C sin fθ, f = ½ for rotations and 1 for phases. (B or 1, 2ᵏ, 2ᵏ)."""
    angle = op.params[0]
    assert isinstance(angle, Parameter)
    theta = angle.scale * _product(angle.names, program, values) + angle.shift
    frequency, *parts = _harmonics(op.gate)
    a, b, c = (torch.as_tensor(p if kind.is_complex else p.real, dtype=kind, device=values.device) for p in parts)
    theta = frequency * theta.reshape(-1, 1, 1)
    return a + b * torch.cos(theta) + c * torch.sin(theta)


def _harmonics(gate: str) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    matrix = GATES[gate].matrix
    for frequency in (0.5, 1.0):
        start, quarter, half = (matrix(t * np.pi / frequency) for t in (0.0, 0.5, 1.0))
        a, b = (start + half) / 2, (start - half) / 2
        c = quarter - a
        if np.allclose(a + b * np.cos(frequency * 0.7) + c * np.sin(frequency * 0.7), matrix(0.7)):
            return frequency, a, b, c
    raise AssertionError(gate)


# Applying steps --------------------------------------------------------------------------------------------------


def _forward(step: Step, tensor: Tensor | None, state: Tensor, program: Program, k: int) -> Tensor:
    if isinstance(step, Shuffle):
        return state.index_select(-1, _index(program, k, "source", step.source, state))
    if isinstance(step, Phases):
        return state * _phase(step, tensor, state, program, k)
    assert tensor is not None
    return _apply(tensor if tensor.ndim == 3 else tensor[None], state[:, None], step.qubits, program.n_qubits)[:, 0]


def _backward(step: Step, tensor: Tensor | None, state: Tensor, program: Program, k: int) -> Tensor:
    """The step undone; its adjoint is the same map."""
    if isinstance(step, Shuffle):
        return state.index_select(-1, _index(program, k, "target", step.target, state))
    if isinstance(step, Phases):
        return state * _phase(step, tensor, state, program, k).conj()
    assert tensor is not None
    inverse = tensor.mH
    return _apply(inverse if inverse.ndim == 3 else inverse[None], state[:, None], step.qubits, program.n_qubits)[:, 0]


def _index(program: Program, k: int, name: str, array: np.ndarray, like: Tensor) -> Tensor:
    key = (k, name, like.device)
    if key not in program.cache:
        program.cache[key] = torch.from_numpy(array).to(like.device)
    return program.cache[key]


def _exponents(step: Phases, like: Tensor, program: Program, k: int) -> tuple[Tensor, Tensor, Tensor | None]:
    return (
        _index(program, k, "constant", step.constant, like),
        _index(program, k, "exponents", step.exponents, like),
        None if step.column is None else _index(program, k, "column", step.column, like),
    )


def _phase(step: Phases, tensor: Tensor | None, state: Tensor, program: Program, k: int) -> Tensor:
    constant, exponents, column = _exponents(step, state, program, k)
    radians = constant if tensor is None else constant + tensor @ exponents
    phase = torch.polar(torch.ones_like(radians), radians).to(state.dtype)
    return phase if column is None else phase.index_select(-1, column)


def _apply(matrices: Tensor, states: Tensor, qubits: tuple[int, ...], n: int) -> Tensor:
    """Matrices (B or 1, 2ᵏ, 2ᵏ) on qubits of states (B, s, 2ⁿ); real matrices take complex states as pairs of numbers."""
    k = len(qubits)
    if qubits != tuple(range(qubits[0], qubits[0] + k)):
        order = [*qubits, *(q for q in range(n) if q not in qubits)]
        moved = _apply(matrices, _permuted(states, order, n), tuple(range(k)), n)
        return _permuted(moved, [order.index(q) for q in range(n)], n)
    batch, count = max(len(matrices), len(states)), states.shape[1]
    left, right = count << qubits[0], 1 << (n - 1 - qubits[-1])
    if states.is_complex() and not matrices.is_complex():
        if right == 1:  # pairs would be columns of length 2: let the matrix grow instead
            matrices = torch.stack([matrices, torch.zeros_like(matrices)], -1)
            matrices = torch.stack([matrices, matrices.flip(-1)], -3).reshape(len(matrices), 2 << k, 2 << k)
            out = _rows(matrices, torch.view_as_real(states.contiguous()).reshape(len(states), left, 2 << k), batch)
        else:
            out = _planes(matrices, torch.view_as_real(states.contiguous()).reshape(len(states), left, 1 << k, 2 * right), batch)
        return torch.view_as_complex(out.reshape(batch, count, -1, 2))
    if right == 1:
        return _rows(matrices, states.reshape(len(states), left, 1 << k), batch).reshape(batch, count, -1)
    return _planes(matrices, states.reshape(len(states), left, 1 << k, right), batch).reshape(batch, count, -1)


def _rows(matrices: Tensor, states: Tensor, batch: int) -> Tensor:
    """(B or 1, d, d) on the last axis of (B or 1, left, d)."""
    if len(matrices) == 1:
        return (states.reshape(-1, states.shape[-1]) @ matrices[0].mT).reshape(states.shape)
    return states @ matrices.mT


def _planes(matrices: Tensor, states: Tensor, batch: int) -> Tensor:
    """(B or 1, d, d) on the third axis of (B or 1, left, d, right)."""
    return torch.matmul(matrices[:, None], states)


def _permuted(states: Tensor, order: list[int], n: int) -> Tensor:
    batch, count = states.shape[:2]
    return states.reshape(batch, count, *([2] * n)).permute(0, 1, *(2 + q for q in order)).reshape(batch, count, -1)


# Adjoint gradients -----------------------------------------------------------------------------------------------


class _Adjoint(torch.autograd.Function):
    """Runs a program forwards; backwards it undoes state and cotangent step by step and takes each step's gradient on the way."""

    @staticmethod
    def forward(ctx: Any, program: Program, start: int, state: Tensor, *tensors: Tensor | None) -> Tensor:  # type: ignore[override]
        for k, tensor in enumerate(tensors, start):
            state = _forward(program.steps[k], tensor, state, program, k)
        ctx.program, ctx.start = program, start
        ctx.present = [t is not None for t in tensors]
        ctx.save_for_backward(state, *(t for t in tensors if t is not None))
        return state.clone() if not tensors else state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        state, *saved = ctx.saved_tensors
        steps = iter(reversed(saved))
        tensors = [next(steps) if there else None for there in reversed(ctx.present)][::-1]
        program, start, wanted = ctx.program, ctx.start, ctx.needs_input_grad
        first = start if wanted[2] else next((start + j for j, w in enumerate(wanted[3:]) if w), start + len(tensors))
        gradients: list[Tensor | None] = [None] * len(tensors)
        for k in range(start + len(tensors) - 1, first - 1, -1):
            step, tensor = program.steps[k], tensors[k - start]
            if isinstance(step, Phases) and wanted[3 + k - start]:
                gradients[k - start] = _phase_gradient(step, tensor, state, cotangent, program, k)
            if k == first and not wanted[2] and not isinstance(step, Block):
                break
            state = _backward(step, tensor, state, program, k)
            if isinstance(step, Block) and wanted[3 + k - start]:
                gradients[k - start] = _matrix_gradient(step, tensor, state, cotangent, program.n_qubits)
            if k > first or wanted[2]:
                cotangent = _backward(step, tensor, cotangent, program, k)
        return None, None, cotangent if wanted[2] else None, *gradients


def _phase_gradient(step: Phases, tensor: Tensor, state: Tensor, cotangent: Tensor, program: Program, k: int) -> Tensor:
    """∂L/∂v = −Im Σ conj(λ) D ψ, both after the step."""
    _, exponents, column = _exponents(step, state, program, k)
    weight = (state.real * cotangent.imag - state.imag * cotangent.real).double()
    if column is not None:
        folded = torch.zeros(len(weight), exponents.shape[-1], dtype=weight.dtype, device=weight.device)
        weight = folded.index_add_(1, column, weight)
    gradient = weight @ exponents.mT
    return gradient if tensor.ndim == 2 else gradient.sum(0)


def _matrix_gradient(step: Block, tensor: Tensor, state: Tensor, cotangent: Tensor, n: int) -> Tensor:
    """∂L/∂M = Σ λ ψ†, the cotangent after the step and the state before it."""
    k = len(step.qubits)
    if step.qubits != tuple(range(step.qubits[0], step.qubits[0] + k)):
        order = [*step.qubits, *(q for q in range(n) if q not in step.qubits)]
        state, cotangent = (_permuted(t[:, None], order, n)[:, 0] for t in (state, cotangent))
        step = Block(tuple(range(k)), step.factors)
    batch, left, right = len(state), 1 << step.qubits[0], 1 << (n - 1 - step.qubits[-1])
    shape = (batch, left, 1 << k, right)
    state, cotangent = state.reshape(shape), cotangent.reshape(shape)
    if not tensor.is_complex():
        state, cotangent = (torch.view_as_real(t.contiguous()).reshape(batch, left, 1 << k, 2 * right) for t in (state, cotangent))
    if state.shape[-1] < 1 << k:  # few columns: one product over everything else
        state, cotangent = (t.transpose(1, 2).reshape(batch, 1, 1 << k, -1) for t in (state, cotangent))
    if tensor.ndim == 2 and batch > 1:
        state, cotangent = (t.reshape(1, -1, *t.shape[2:]) for t in (state, cotangent))
    gradient = (cotangent @ state.mH).sum(1)
    return gradient if tensor.ndim == 3 else gradient[0]
