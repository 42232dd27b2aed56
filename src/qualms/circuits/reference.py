"""The slow, obvious oracle: every gate as a matrix on the whole state, complex128, one gate after the
other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qualms.circuits.ansatz import LayeredAnsatz
from qualms.circuits.circuit import Circuit
from qualms.errors import ConfigError


def ry(theta: float) -> np.ndarray:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -s], [s, c]], np.complex128)


def rz(theta: float) -> np.ndarray:
    return np.diag(np.exp(np.array([-0.5j, 0.5j]) * theta))


def on_qubit(gate: np.ndarray, qubit: int, n_qubits: int) -> np.ndarray:
    """`gate` (2, 2) on one qubit as a (2ⁿ, 2ⁿ) matrix; qubit 0 is the most significant bit."""
    return np.kron(np.kron(np.eye(1 << qubit), gate), np.eye(1 << (n_qubits - 1 - qubit)))


def cnot(control: int, target: int, n_qubits: int) -> np.ndarray:
    """CNOT as a (2ⁿ, 2ⁿ) permutation matrix."""
    matrix = np.zeros((1 << n_qubits, 1 << n_qubits))
    for i in range(1 << n_qubits):
        flipped = i ^ (1 << (n_qubits - 1 - target)) if (i >> (n_qubits - 1 - control)) & 1 else i
        matrix[flipped, i] = 1
    return matrix


def unitary(ansatz: LayeredAnsatz, angles: np.ndarray) -> np.ndarray:
    """U(θ) of the ansatz, (2ⁿ, 2ⁿ) complex128, for `angles` of shape `ansatz.angle_shape`."""
    n, matrix = ansatz.n_qubits, np.eye(ansatz.dimension, dtype=np.complex128)
    rows = iter(np.asarray(angles, np.float64))
    for _ in range(ansatz.n_layers):
        for gate in (ry, rz) if ansatz.rz else (ry,):
            for qubit, theta in enumerate(next(rows)):
                matrix = on_qubit(gate(theta), qubit, n) @ matrix
        for control, target in ansatz.cnots():
            matrix = cnot(control, target, n) @ matrix
    for row in rows:
        for qubit, theta in enumerate(row):
            matrix = on_qubit(ry(theta), qubit, n) @ matrix
    return matrix


def z_signs(n_qubits: int) -> np.ndarray:
    """Eigenvalues of Z on each qubit: (2ⁿ, n), entry (i, r) = (−1)^(bit r of i)."""
    index = np.arange(1 << n_qubits)[:, None]
    return 1.0 - 2.0 * ((index >> (n_qubits - 1 - np.arange(n_qubits))) & 1)


def embed(matrix: np.ndarray, qubits: tuple[int, ...], n_qubits: int) -> np.ndarray:
    """A (2ᵏ, 2ᵏ) matrix on the given qubits as a (2ⁿ, 2ⁿ) matrix, entry by entry."""
    size = 1 << n_qubits
    places = [n_qubits - 1 - q for q in qubits]
    whole = np.zeros((size, size), np.complex128)
    for column in range(size):
        inner = sum(((column >> place) & 1) << (len(qubits) - 1 - k) for k, place in enumerate(places))
        rest = column & ~sum(1 << place for place in places)
        for row in range(len(matrix)):
            whole[
                rest | sum(((row >> (len(qubits) - 1 - k)) & 1) << place for k, place in enumerate(places)),
                column,
            ] += matrix[row, inner]
    return whole


def statevector(
    circuit: Circuit, values: Mapping[str, float] | None = None, initial: np.ndarray | None = None
) -> np.ndarray:
    """Final amplitudes (2ⁿ,) complex128 in our bit order, from |0…0⟩ or `initial`.

    Measurements at the end are left out.
    """
    state = np.zeros(1 << circuit.n_qubits, np.complex128)
    state[0] = 1
    state = state if initial is None else np.asarray(initial, np.complex128)
    for op in circuit.operations:
        if op.gate in ("barrier", "measure"):
            continue
        if not op.is_gate:
            raise ConfigError(f"a state vector cannot go through {op.gate} on {op.qubits}")
        state = embed(op.matrix(values), op.qubits, circuit.n_qubits) @ state
    return state


def density(circuit: Circuit, values: Mapping[str, float] | None = None) -> np.ndarray:
    """Final density matrix (2ⁿ, 2ⁿ) complex128 in our bit order, from |0…0⟩, channels included."""
    state = np.zeros((1 << circuit.n_qubits,) * 2, np.complex128)
    state[0, 0] = 1
    for op in circuit.operations:
        if op.gate in ("barrier", "measure"):
            continue
        kraus = op.matrices if op.gate == "channel" else (op.matrix(values),)
        wide = [embed(k, op.qubits, circuit.n_qubits) for k in kraus]
        state = sum(k @ state @ k.conj().T for k in wide)
    return state
