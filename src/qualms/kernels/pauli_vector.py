"""Density matrices as vectors of Pauli expectations: real numbers, and every channel a real matrix.

A state of n qubits is r_P = tr(P ρ) for the 4ⁿ Pauli strings, index Σ q_k 4^(n−1−k) with I, X, Y, Z = 0 … 3.
That is half the memory of a complex density matrix and a quarter of the arithmetic; an expectation is one
component, and probabilities are the I-Z components after a Walsh–Hadamard transform.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache, reduce

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit, Diagonal, Observable, Operation, Parameter
from qualms.circuits.gates import PAULIS
from qualms.errors import ConfigError
from qualms.kernels import memory
from qualms.kernels.program import one_angle_each, without_measurements
from qualms.kernels.statevector import inputs_of
from qualms.kernels.steps import angle_values, gate_matrix

_FUSED = 2  # qubits: 16 × 16 matrices; 64 × 64 do more arithmetic than the passes they save
_PLANES = {"rx": (2, 3), "ry": (3, 1), "rz": (1, 2), "p": (1, 2)}  # RX turns (Y, Z), RY (Z, X), RZ (X, Y)


@dataclass
class Fixed:
    """A channel without parameters: its transfer matrix, (4ᵏ, 4ᵏ) float64."""

    qubits: tuple[int, ...]
    matrix: np.ndarray
    tensors: dict = field(default_factory=dict)

    def on(self, like: Tensor) -> Tensor:
        key = (like.dtype, like.device)
        if key not in self.tensors:
            self.tensors[key] = torch.as_tensor(self.matrix, dtype=like.dtype, device=like.device)
        return self.tensors[key]


Step = Fixed | Operation  # an operation has exactly one free angle


def evolve(
    circuit: Circuit,
    values: Tensor | None = None,
    initial: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """The Pauli vector after a circuit with channels, (4ⁿ,) or (B, 4ⁿ) real.

    Differentiable to `values` and `initial`.

    Parameters
    ----------
    circuit : Circuit
        Gates, channels and resets; measurements at its end are left out.
    values : Tensor, optional
        (P,) or (B, P) real, radians, in the order of `circuit.parameters`.
    initial : Tensor, optional
        Amplitudes (2ⁿ,) or (B, 2ⁿ), real or complex; default |0…0⟩.
    dtype : torch.dtype, optional
        complex64 or complex128, as for `simulate`; the vector has the real type that goes with it.

    Raises
    ------
    ConfigError
        For shapes that do not fit.
    TooLargeError
        If the state would not fit in memory, before anything is allocated.
    """
    values, initial, dtype = inputs_of(circuit, values, initial, dtype)
    real, n = dtype.to_real(), circuit.n_qubits
    batch = max(
        len(values) if values.ndim == 2 else 1,
        len(initial) if initial is not None and initial.ndim == 2 else 1,
    )
    steps = _compiled(circuit)
    kept = (
        len(steps)
        if torch.is_grad_enabled()
        and (values.requires_grad or (initial is not None and initial.requires_grad))
        else 1
    )
    memory.require(
        lambda size: (2 + kept) * batch * real.itemsize << (2 * size),
        n,
        values.device,
        f"a density matrix (batch {batch})",
        "qubits",
    )
    state = _zero(n, real, values.device) if initial is None else from_amplitudes(torch.atleast_2d(initial))
    flat = values.ndim == 1 and (initial is None or initial.ndim == 1)
    if values.ndim == 2 and len(state) == 1:
        state = state.expand(len(values), -1)
    vector = _Ordered(state.to(real).unflatten(-1, [4] * n), list(range(n)))
    for step in steps:
        vector = (
            _fixed(vector, step)
            if isinstance(step, Fixed)
            else _parametric(vector, step, circuit.parameters, values)
        )
    state = vector.sorted().flatten(1)
    return state[0] if flat else state


# States -----------------------------------------------------------------------------------------------------


def _zero(n: int, real: torch.dtype, device: torch.device) -> Tensor:
    one = torch.tensor([1.0, 0, 0, 1], dtype=real, device=device)
    return reduce(lambda a, b: torch.outer(a, b).flatten(), [one] * n)[None]


# tr(P ρ) of one qubit from (ρ00, ρ01, ρ10, ρ11)
_PAULI_ROWS = np.stack([p.conj().reshape(-1) for p in PAULIS.values()])


def from_amplitudes(states: Tensor) -> Tensor:
    """(B, 2ⁿ) amplitudes → (B, 4ⁿ): tr(P |ψ⟩⟨ψ|)."""
    n = states.shape[-1].bit_length() - 1
    states = states.to(torch.promote_types(states.dtype, torch.complex64))
    density = states[:, :, None] * states[:, None, :].conj()
    order = [0] + [axis for q in range(n) for axis in (1 + q, 1 + n + q)]
    pairs = density.reshape(-1, *[2] * (2 * n)).permute(order).reshape(-1, *[4] * n)
    transform = torch.as_tensor(_PAULI_ROWS, dtype=pairs.dtype, device=pairs.device)
    for q in range(n):
        pairs = torch.movedim(torch.tensordot(pairs, transform, dims=([1 + q], [1])), -1, 1 + q)
    return pairs.real.reshape(len(states), -1)


def to_density(vector: Tensor) -> Tensor:
    """(B, 4ⁿ) → (B, 2ⁿ, 2ⁿ) complex: ρ = Σ r_P P / 2ⁿ."""
    n = (vector.shape[-1].bit_length() - 1) // 2
    kind = torch.promote_types(vector.dtype, torch.complex64)
    pairs = vector.to(kind).reshape(-1, *[4] * n)
    transform = torch.as_tensor(_PAULI_ROWS.conj(), dtype=kind, device=vector.device) / 2
    for q in range(n):
        pairs = torch.movedim(torch.tensordot(pairs, transform, dims=([1 + q], [0])), -1, 1 + q)
    order = [0] + [1 + 2 * q for q in range(n)] + [2 + 2 * q for q in range(n)]
    return pairs.reshape(-1, *[2] * (2 * n)).permute(order).reshape(-1, 1 << n, 1 << n)


# Reading out ------------------------------------------------------------------------------------------------


def reduced(vector: Tensor, qubits: tuple[int, ...]) -> Tensor:
    """The state of some qubits in this order, the others traced out: (B, 4ᵐ) → (B, 4ⁿ)."""
    m = (vector.shape[-1].bit_length() - 1) // 2
    if qubits == tuple(range(m)):
        return vector
    shaped = vector.reshape(-1, *[4] * m)
    for q in sorted((q for q in range(m) if q not in qubits), reverse=True):
        shaped = shaped.select(1 + q, 0)
    kept = sorted(qubits)
    return shaped.permute(0, *(1 + kept.index(q) for q in qubits)).reshape(len(vector), -1)


def misread(vector: Tensor, confusion: np.ndarray) -> Tensor:
    """Readout errors: (B, 4ⁿ) as its measurement would show it.

    `confusion` (n, 2, 2): entry (k, i, j) is the probability that qubit k is read as i when it is j. A Pauli
    measured on qubit k shrinks by 1 − p(1|0) − p(0|1) and moves by p(0|1) − p(1|0).
    """
    n = len(confusion)
    shaped = vector.reshape(-1, *[4] * n)
    for q, ((_, wrong1), (wrong0, _)) in enumerate(confusion):
        matrix = np.diag([1.0, *[1 - wrong0 - wrong1] * 3])
        matrix[1:, 0] = wrong1 - wrong0
        turned = torch.tensordot(
            shaped, torch.as_tensor(matrix, dtype=vector.dtype, device=vector.device), dims=([1 + q], [1])
        )
        shaped = torch.movedim(turned, -1, 1 + q)
    return shaped.reshape(vector.shape)


def probabilities(vector: Tensor) -> Tensor:
    """(B, 4ⁿ) → (B, 2ⁿ) probabilities of the basis states; rounding below zero is set to zero."""
    n = (vector.shape[-1].bit_length() - 1) // 2
    walsh = torch.tensor([[0.5, 0.5], [0.5, -0.5]], dtype=vector.dtype, device=vector.device)
    diagonal = vector.reshape(-1, *[4] * n)
    for q in range(n):
        pair = diagonal.index_select(1 + q, torch.tensor([0, 3], device=vector.device))
        diagonal = torch.movedim(torch.tensordot(pair, walsh, dims=([1 + q], [1])), -1, 1 + q)
    return diagonal.reshape(len(diagonal), -1).clamp_min(0)


def expectations(vector: Tensor, observables: list[Observable]) -> Tensor:
    """(B, 4ⁿ) → (B, k): means of observables."""
    n = (vector.shape[-1].bit_length() - 1) // 2
    columns: list[Tensor] = []
    chances: Tensor | None = None
    for observable in observables:
        if observable.n_qubits != n:
            raise ConfigError(f"an observable on {observable.n_qubits} qubits was asked of a state on {n}")
        if isinstance(observable, Diagonal):
            chances = probabilities(vector) if chances is None else chances
            columns.append(
                chances @ torch.tensor(observable.values, dtype=vector.dtype, device=vector.device)
            )
            continue
        index = torch.tensor([string_index(s) for s, _ in observable.terms], device=vector.device)
        weights = torch.tensor([c for _, c in observable.terms], dtype=vector.dtype, device=vector.device)
        columns.append(vector.index_select(-1, index) @ weights)
    return torch.stack(columns, -1)


def string_index(string: str) -> int:
    """Where a Pauli string stands in a vector."""
    return reduce(lambda total, character: 4 * total + "IXYZ".index(character), string, 0)


# Steps ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _compiled(circuit: Circuit) -> tuple[Step, ...]:
    """Channels without parameters multiplied into matrices on at most two qubits; gates with an angle stay by
    themselves.
    """
    steps: list[Step] = []
    for op in (single for whole in without_measurements(circuit) for single in one_angle_each(whole)):
        if op.gate == "gphase":
            continue
        if op.free:
            steps.append(op)
            continue
        found = Fixed(op.qubits, transfer_matrix(_kraus(op)))
        home = _home(steps, found)
        if home is None:
            steps.append(found)
        else:
            earlier = steps[home]
            assert isinstance(earlier, Fixed)
            steps[home] = _product(found, earlier)
    return tuple(steps)


def _kraus(op: Operation) -> tuple[np.ndarray, ...]:
    if op.gate == "channel":
        return op.matrices
    if op.gate == "reset":
        return np.array([[1, 0], [0, 0]], np.complex128), np.array([[0, 1], [0, 0]], np.complex128)
    return (op.matrix(),)


def transfer_matrix(kraus: tuple[np.ndarray, ...]) -> np.ndarray:
    """R_ij = tr(P_i Σ K P_j K†) / 2ᵏ of a channel on k qubits, (4ᵏ, 4ᵏ) float64."""
    k = len(kraus[0]).bit_length() - 1
    rows = _pauli_rows(k)
    superoperator = sum(np.kron(a, a.conj()) for a in kraus)
    return np.ascontiguousarray((rows @ superoperator @ rows.conj().T).real / (1 << k))


@lru_cache(maxsize=8)
def _pauli_rows(k: int) -> np.ndarray:
    """Row i: conj(vec P_i), so that row · vec ρ = tr(P_i ρ). (4ᵏ, 4ᵏ) complex128."""
    strings = reduce(
        lambda some, one: [np.kron(a, b) for a in some for b in one], [list(PAULIS.values())] * k
    )
    return np.stack([s.conj().reshape(-1) for s in strings])


def _home(steps: list[Step], new: Fixed) -> int | None:
    """The latest channel that the new one may be multiplied into: it commutes past everything after that
    one.
    """
    qubits, found = set(new.qubits), None
    for k in range(len(steps) - 1, -1, -1):
        step = steps[k]
        there = set(step.qubits)
        if (
            isinstance(step, Fixed)
            and len(there | qubits) <= max(_FUSED, len(qubits))
            and (there & qubits or found is None)
        ):
            found = k
        if there & qubits:
            break
    return found


def _product(later: Fixed, earlier: Fixed) -> Fixed:
    qubits = tuple(sorted({*later.qubits, *earlier.qubits}))
    return Fixed(qubits, _widened(later, qubits) @ _widened(earlier, qubits))


def _widened(step: Fixed, qubits: tuple[int, ...]) -> np.ndarray:
    """The transfer matrix on more qubits, in the order of `qubits`."""
    if step.qubits == qubits:
        return step.matrix
    order = [*step.qubits, *(q for q in qubits if q not in step.qubits)]
    wide = np.kron(step.matrix, np.eye(4 ** (len(qubits) - len(step.qubits))))
    axes = [order.index(q) for q in qubits]
    k = len(qubits)
    return wide.reshape([4] * (2 * k)).transpose(axes + [k + a for a in axes]).reshape(4**k, 4**k)


@dataclass
class _Ordered:
    """A batch of Pauli vectors (B, 4, …, 4) whose axis 1 + j belongs to qubit `order[j]`: axes move only when
    they must.
    """

    tensor: Tensor
    order: list[int]

    def last(self, qubits: tuple[int, ...]) -> _Ordered:
        """The same with these qubits' axes at the end."""
        if self.order[len(self.order) - len(qubits) :] == list(qubits):
            return self
        order = [q for q in self.order if q not in qubits] + list(qubits)
        return _Ordered(self.tensor.permute(0, *(1 + self.order.index(q) for q in order)), order)

    def sorted(self) -> Tensor:
        return self.last(tuple(range(len(self.order)))).tensor


def _fixed(vector: _Ordered, step: Fixed) -> _Ordered:
    vector = vector.last(step.qubits)
    shape, size = vector.tensor.shape, 4 ** len(step.qubits)
    return _Ordered(
        (vector.tensor.reshape(-1, size) @ step.on(vector.tensor).mT).reshape(shape), vector.order
    )


def _parametric(vector: _Ordered, op: Operation, names: tuple[str, ...], values: Tensor) -> _Ordered:
    real = vector.tensor.dtype
    if op.gate in _PLANES:
        (angle,) = op.params
        assert isinstance(angle, Parameter)
        theta = angle_values(angle, names, values).to(real)
        theta = theta.reshape(-1, *[1] * (vector.tensor.ndim - 2))
        axis = 1 + vector.order.index(op.qubits[0])
        parts = list(vector.tensor.unbind(axis))
        first, second = _PLANES[op.gate]
        cos, sin = torch.cos(theta), torch.sin(theta)
        parts[first], parts[second] = (
            cos * parts[first] - sin * parts[second],
            sin * parts[first] + cos * parts[second],
        )
        return _Ordered(torch.stack(torch.broadcast_tensors(*parts), axis), vector.order)
    gate = gate_matrix(op, names, values, torch.promote_types(real, torch.complex64))  # (B or 1, 2ᵏ, 2ᵏ)
    k = len(op.qubits)
    paulis = torch.as_tensor(
        _pauli_rows(k).conj().reshape(-1, 1 << k, 1 << k), dtype=gate.dtype, device=gate.device
    )
    turned = gate[:, None] @ paulis @ gate.mH[:, None]  # (B, j, 2ᵏ, 2ᵏ): U P_j U†
    matrix = torch.einsum("iab,njba->nij", paulis, turned).real / (1 << k)
    vector = vector.last(op.qubits)
    shape = vector.tensor.shape
    out = vector.tensor.reshape(len(vector.tensor), -1, 4**k) @ matrix.to(real).mT
    return _Ordered(out.reshape(-1, *shape[1:]), vector.order)
