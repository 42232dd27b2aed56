"""The slow, obvious oracle: every gate as a matrix on the whole state, complex128, one gate after the other."""

from __future__ import annotations

import numpy as np

from qualms.circuits.ansatz import LayeredAnsatz


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
