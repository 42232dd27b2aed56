"""What the steps of a program do to state vectors, forwards and backwards."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Operation, Parameter
from qualms.circuits.gates import GATES
from qualms.kernels import wide
from qualms.kernels.core import CompiledCore, compiled_core
from qualms.kernels.program import BLOCK, Block, Phases, Program, Rotations, Shuffle

# What a step computes with ----------------------------------------------------------------------------------
# A block's matrix, (2ᵏ, 2ᵏ) or (B, 2ᵏ, 2ᵏ); the values v of phases and the angles of rotations, (K,) or (B,
# K); nothing for a shuffle. Made by torch operations from the parameters, so that autograd takes the
# gradients from here to them.


def tensor(program: Program, k: int, values: Tensor, dtype: torch.dtype, made: dict) -> Tensor | None:
    """What step k computes with, for these values of the parameters; `made` remembers what equal steps
    share.
    """
    step = program.steps[k]
    if isinstance(step, Shuffle):
        return None
    if isinstance(step, Rotations):
        angles = [angle_values(a, program.parameters, values) for a in step.angles]
        return torch.stack(angles, -1)
    if isinstance(step, Phases):
        columns = [_product(names, program.parameters, values) for names in step.products]
        return torch.stack(columns, -1).double() if columns else None
    real = dtype.to_real()
    kind = real if step.is_real else dtype
    if step.is_constant:
        key = (k, kind, values.device)
        if key not in program.cache:
            program.cache[key] = torch.as_tensor(np.array(step.factors[0]), dtype=kind, device=values.device)
        return program.cache[key]
    if step.signature not in made:
        made[step.signature] = _matrix(step, program, values, kind, made)
    return made[step.signature]


def _matrix(block: Block, program: Program, values: Tensor, kind: torch.dtype, made: dict) -> Tensor:
    k = len(block.qubits)
    columns: Tensor = torch.eye(1 << k, dtype=kind, device=values.device)[None]  # (B, column, row)
    for factor in block.factors:
        if isinstance(factor, Operation):
            key = (factor.gate, factor.params, kind)
            if key not in made:
                made[key] = gate_matrix(factor, program.parameters, values, kind)
            columns = _apply(made[key], columns, factor.qubits, k)
        else:
            columns = columns @ torch.as_tensor(factor, dtype=kind, device=values.device).mT
    matrices = columns.mT
    return matrices if values.ndim == 2 else matrices[0]


def _product(names: tuple[str, ...], parameters: tuple[str, ...], values: Tensor) -> Tensor:
    product = values[..., parameters.index(names[0])]
    for name in names[1:]:
        product = product * values[..., parameters.index(name)]
    return product


def angle_values(angle: Parameter, parameters: tuple[str, ...], values: Tensor) -> Tensor:
    """An angle in radians for values (P,) or (B, P) of the parameters: () or (B,)."""
    return angle.scale * _product(angle.names, parameters, values) + angle.shift


def gate_matrix(op: Operation, parameters: tuple[str, ...], values: Tensor, kind: torch.dtype) -> Tensor:
    """The matrix of a gate with one angle: A + B cos fθ + C sin fθ, f = ½ for rotations and 1 for phases. (B
    or 1, 2ᵏ, 2ᵏ).
    """
    angle = op.params[0]
    assert isinstance(angle, Parameter)
    theta = angle_values(angle, parameters, values)
    frequency, a, b, c = _harmonics(op.gate, kind, values.device)
    theta = frequency * theta.reshape(-1, 1, 1)
    return a + b * torch.cos(theta) + c * torch.sin(theta)


@lru_cache(maxsize=256)
def _harmonics(gate: str, kind: torch.dtype, device: torch.device) -> tuple[float, Tensor, Tensor, Tensor]:
    matrix = GATES[gate].matrix
    for frequency in (0.5, 1.0):
        start, quarter, half = (matrix(t * np.pi / frequency) for t in (0.0, 0.5, 1.0))
        a, b = (start + half) / 2, (start - half) / 2
        c = quarter - a
        if np.allclose(a + b * np.cos(frequency * 0.7) + c * np.sin(frequency * 0.7), matrix(0.7)):
            a, b, c = (
                torch.as_tensor(part if kind.is_complex else part.real, dtype=kind, device=device)
                for part in (a, b, c)
            )
            return frequency, a, b, c
    raise AssertionError(gate)


# Applying steps ---------------------------------------------------------------------------------------------


def _core(state: Tensor, tensor: Tensor | None) -> CompiledCore | None:
    """The compiled core, where it takes this work: a wide state in memory and the same numbers for the whole
    batch.
    """
    if (
        state.device.type != "cpu"
        or state.shape[-1] < 256
        or (tensor is not None and tensor.ndim == 2 and len(tensor) > 1)
    ):
        return None
    return compiled_core()


Undone = tuple[Tensor, Tensor, Tensor | None]  # state, cotangent, gradient to the step's tensor


def forward(program: Program, k: int, tensor: Tensor | None, state: Tensor, in_place: bool = False) -> Tensor:
    """The state (B, 2ⁿ) after step k. In place where that is allowed and faster."""
    step = program.steps[k]
    if isinstance(step, Shuffle):
        return state.index_select(-1, _index(program, k, "source", step.source, state))
    if isinstance(step, Block):
        assert tensor is not None
        return on_qubits(tensor, state, step.qubits, program.n_qubits)
    core = _core(state, tensor) if in_place and state.is_contiguous() else None
    if isinstance(step, Rotations):
        assert tensor is not None
        if core:
            wide.turn(core, state, _qubits(program, k, step), tensor.reshape(-1))
            return state
        return _turned(step, tensor, state, program.n_qubits)
    table, column = _table(step, tensor, state, program, k)
    if core and column is not None:
        wide.phase(core, state, table.reshape(-1), column)
        return state
    return state * (table if column is None else table.index_select(-1, column))


def undo(
    program: Program, k: int, tensor: Tensor | None, state: Tensor, cotangent: Tensor, wanted: bool
) -> Undone:
    """State and cotangent (B, 2ⁿ) before step k from those after it, and the gradient to the step's tensor if
    it is wanted.

    Both may be changed in place.
    """
    step, n = program.steps[k], program.n_qubits
    if isinstance(step, Shuffle):
        back = _index(program, k, "target", step.target, state)
        return state.index_select(-1, back), cotangent.index_select(-1, back), None
    if isinstance(step, Phases):
        return _undo_phases(program, k, tensor, state, cotangent, wanted)
    assert tensor is not None
    if isinstance(step, Rotations):
        return _undo_rotations(program, k, tensor, state, cotangent, wanted)
    inverse = tensor.mH
    state = on_qubits(inverse, state, step.qubits, n)
    gradient = _matrix_gradient(step, tensor, state, cotangent, n) if wanted else None
    return state, on_qubits(inverse, cotangent, step.qubits, n), gradient


def _undo_phases(
    program: Program, k: int, tensor: Tensor | None, state: Tensor, cotangent: Tensor, wanted: bool
) -> Undone:
    step = program.steps[k]
    assert isinstance(step, Phases)
    table, column = _table(step, tensor, state, program, k)
    core = _core(state, tensor)
    gradient = None
    if core and column is not None:
        weight = wide.phase(core, state, table.reshape(-1), column, cotangent)
        if wanted and weight is not None and tensor is not None:
            gradient = (_index(program, k, "exponents", step.exponents, state) @ weight).reshape(tensor.shape)
        return state, cotangent, gradient
    if wanted and tensor is not None:
        gradient = _phase_gradient(step, tensor, state, cotangent, program, k)
    phase = (table if column is None else table.index_select(-1, column)).conj()
    return state * phase, cotangent * phase, gradient


def _undo_rotations(
    program: Program, k: int, tensor: Tensor, state: Tensor, cotangent: Tensor, wanted: bool
) -> Undone:
    step, n = program.steps[k], program.n_qubits
    assert isinstance(step, Rotations)
    if core := _core(state, tensor):
        gradient = wide.turn(core, state, _qubits(program, k, step), tensor.reshape(-1), cotangent)
        return (
            state,
            cotangent,
            gradient.to(tensor.dtype).reshape(tensor.shape) if wanted and gradient is not None else None,
        )
    with torch.enable_grad():
        angles = tensor.detach().requires_grad_()
        state = _turned(step, -tensor, state, n)
        (gradient,) = torch.autograd.grad(_turned(step, angles, state, n), angles, cotangent)
    return state, _turned(step, -tensor, cotangent, n), gradient


def on_qubits(matrix: Tensor, state: Tensor, qubits: tuple[int, ...], n: int) -> Tensor:
    """A matrix (2ᵏ, 2ᵏ) or (B, 2ᵏ, 2ᵏ) on qubits of states (B, 2ⁿ)."""
    return _apply(matrix if matrix.ndim == 3 else matrix[None], state[:, None], qubits, n)[:, 0]


def _turned(step: Rotations, angles: Tensor, state: Tensor, n: int) -> Tensor:
    """RY on the step's qubits, a few neighbours at a time as one matrix; `angles` (K,) or (B, K)."""
    half = torch.atleast_2d(angles).to(state.dtype.to_real()) / 2
    # (B, K, 2, 2)
    gates = torch.stack([torch.cos(half), -torch.sin(half), torch.sin(half), torch.cos(half)], -1).unflatten(
        -1, (2, 2)
    )
    order = sorted(range(len(step.qubits)), key=lambda j: step.qubits[j])
    while order:
        size = next(
            (
                j
                for j in range(1, len(order))
                if j == BLOCK or step.qubits[order[j]] != step.qubits[order[0]] + j
            ),
            len(order),
        )
        block = gates[:, order[0]]
        for j in order[1:size]:
            block = torch.einsum("bij,bkl->bikjl", block, gates[:, j]).flatten(3, 4).flatten(1, 2)
        state = on_qubits(block, state, tuple(step.qubits[j] for j in order[:size]), n)
        order = order[size:]
    return state


def _qubits(program: Program, k: int, step: Rotations) -> np.ndarray:
    if (k, "qubits") not in program.cache:
        program.cache[k, "qubits"] = np.array(step.qubits, np.int32)
    return program.cache[k, "qubits"]


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


def _table(
    step: Phases, tensor: Tensor | None, state: Tensor, program: Program, k: int
) -> tuple[Tensor, Tensor | None]:
    """Phases, and the column of each amplitude; None if there is one for each."""
    constant, exponents, column = _exponents(step, state, program, k)
    radians = constant if tensor is None else constant + tensor @ exponents
    return torch.polar(torch.ones_like(radians), radians).to(state.dtype), column


def _apply(matrices: Tensor, states: Tensor, qubits: tuple[int, ...], n: int) -> Tensor:
    """Matrices (B or 1, 2ᵏ, 2ᵏ) on qubits of states (B, s, 2ⁿ); real matrices take complex states as pairs of
    numbers.
    """
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
            out = _rows(
                matrices, torch.view_as_real(states.contiguous()).reshape(len(states), left, 2 << k), batch
            )
        else:
            out = _planes(
                matrices,
                torch.view_as_real(states.contiguous()).reshape(len(states), left, 1 << k, 2 * right),
                batch,
            )
        return torch.view_as_complex(out.reshape(batch, count, -1, 2))
    if right == 1:
        return _rows(matrices, states.reshape(len(states), left, 1 << k), batch).reshape(batch, count, -1)
    return _planes(matrices, states.reshape(len(states), left, 1 << k, right), batch).reshape(
        batch, count, -1
    )


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
    return (
        states.reshape(batch, count, *([2] * n))
        .permute(0, 1, *(2 + q for q in order))
        .reshape(batch, count, -1)
    )


def _phase_gradient(
    step: Phases, tensor: Tensor, state: Tensor, cotangent: Tensor, program: Program, k: int
) -> Tensor:
    """∂L/∂v = −Im Σ conj(λ) D ψ, both after the step."""
    _, exponents, column = _exponents(step, state, program, k)
    weight = (state.real * cotangent.imag - state.imag * cotangent.real).double()
    if column is not None:
        exponents = exponents.index_select(-1, column)
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
        state, cotangent = (
            torch.view_as_real(t.contiguous()).reshape(batch, left, 1 << k, 2 * right)
            for t in (state, cotangent)
        )
    if state.shape[-1] < 1 << k:  # few columns: one product over everything else
        state, cotangent = (t.transpose(1, 2).reshape(batch, 1, 1 << k, -1) for t in (state, cotangent))
    if tensor.ndim == 2 and batch > 1:
        state, cotangent = (t.reshape(1, -1, *t.shape[2:]) for t in (state, cotangent))
    gradient = (cotangent @ state.mH).sum(1)
    return gradient if tensor.ndim == 3 else gradient[0]
