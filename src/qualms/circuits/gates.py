"""The gates, by the names Qiskit and OpenQASM give them.

A gate's first qubit is the most significant bit of its matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Matrix = np.ndarray


@dataclass(frozen=True)
class Gate:
    """One row of the table.

    Attributes
    ----------
    name : str
        As in OpenQASM 3's stdgates.inc where it is there, else as in Qiskit.
    n_qubits, n_params : int
        How many of each; parameters are angles in radians.
    matrix : Callable[..., Matrix]
        Parameters → (2ᵏ, 2ᵏ) complex128.
    inverse : Callable[..., tuple] | None
        name and parameters of the inverse, from the parameters; None where the table has no such gate.
    n_controls : int
        How many of the first qubits are plain controls; for drawing.
    """

    name: str
    n_qubits: int
    n_params: int
    matrix: Callable[..., Matrix]
    inverse: Callable[..., tuple] | None
    n_controls: int = 0


def _u(theta: float, phi: float, lam: float) -> Matrix:
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])


def _rotation(pauli: Matrix) -> Callable[[float], Matrix]:
    """exp(−iθP/2)."""
    return lambda theta: np.cos(theta / 2) * np.eye(len(pauli)) - 1j * np.sin(theta / 2) * pauli


def _phase(theta: float) -> Matrix:
    return np.diag([1, np.exp(1j * theta)])


def _controlled(matrix: Callable[..., Matrix], controls: int = 1) -> Callable[..., Matrix]:
    def build(*params: float) -> Matrix:
        inner = matrix(*params)
        whole = np.eye(len(inner) << controls, dtype=np.complex128)
        whole[-len(inner) :, -len(inner) :] = inner
        return whole

    return build


PAULIS = {
    "I": np.eye(2, dtype=np.complex128),
    "X": np.array([[0, 1], [1, 0]], np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]).astype(np.complex128),
}
_X, _Y, _Z = PAULIS["X"], PAULIS["Y"], PAULIS["Z"]
_H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
_S, _T = np.diag([1, 1j]), np.diag([1, np.exp(0.25j * np.pi)])
_SX = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2
_SWAP = np.eye(4)[[0, 2, 1, 3]]
_ISWAP = np.array([[1, 0, 0, 0], [0, 0, 1j, 0], [0, 1j, 0, 0], [0, 0, 0, 1]])
_ECR = np.array([[0, 0, 1, 1j], [0, 0, 1j, 1], [1, -1j, 0, 0], [-1j, 1, 0, 0]]) / np.sqrt(2)


def _fixed(matrix: Matrix) -> Callable[[], Matrix]:
    return lambda: np.asarray(matrix, np.complex128)


def _self(name: str) -> Callable[..., tuple]:
    return lambda: (name,)


def _negated(name: str) -> Callable[..., tuple]:
    return lambda theta: (name, -theta)


def _cu(theta: float, phi: float, lam: float, gamma: float) -> Matrix:
    return _controlled(lambda: np.exp(1j * gamma) * _u(theta, phi, lam))()


_FIXED = [  # name, qubits, matrix, inverse, controls
    ("id", 1, np.eye(2), "id", 0), ("x", 1, _X, "x", 0), ("y", 1, _Y, "y", 0), ("z", 1, _Z, "z", 0),
    ("h", 1, _H, "h", 0), ("s", 1, _S, "sdg", 0), ("sdg", 1, _S.conj(), "s", 0), ("t", 1, _T, "tdg", 0),
    ("tdg", 1, _T.conj(), "t", 0), ("sx", 1, _SX, "sxdg", 0), ("sxdg", 1, _SX.conj().T, "sx", 0),
    ("cx", 2, _controlled(_fixed(_X))(), "cx", 1), ("cy", 2, _controlled(_fixed(_Y))(), "cy", 1),
    ("cz", 2, _controlled(_fixed(_Z))(), "cz", 1), ("ch", 2, _controlled(_fixed(_H))(), "ch", 1),
    ("csx", 2, _controlled(_fixed(_SX))(), None, 1), ("cs", 2, _controlled(_fixed(_S))(), "csdg", 1),
    ("csdg", 2, _controlled(_fixed(_S.conj()))(), "cs", 1), ("swap", 2, _SWAP, "swap", 0),
    ("iswap", 2, _ISWAP, None, 0), ("ecr", 2, _ECR, "ecr", 0), ("dcx", 2, np.eye(4)[[0, 2, 3, 1]], None, 0),
    ("ccx", 3, _controlled(_fixed(_X), 2)(), "ccx", 2), ("ccz", 3, _controlled(_fixed(_Z), 2)(), "ccz", 2),
    ("cswap", 3, _controlled(_fixed(_SWAP))(), "cswap", 1),
]  # fmt: skip
_TURNING = [  # name, qubits, matrix, controls; the inverse turns back
    ("rx", 1, _rotation(_X), 0), ("ry", 1, _rotation(_Y), 0), ("rz", 1, _rotation(_Z), 0),
    ("p", 1, _phase, 0), ("crx", 2, _controlled(_rotation(_X)), 1), ("cry", 2, _controlled(_rotation(_Y)), 1),
    ("crz", 2, _controlled(_rotation(_Z)), 1), ("cp", 2, _controlled(_phase), 1),
    ("rxx", 2, _rotation(np.kron(_X, _X)), 0), ("ryy", 2, _rotation(np.kron(_Y, _Y)), 0),
    ("rzz", 2, _rotation(np.kron(_Z, _Z)), 0), ("rzx", 2, _rotation(np.kron(_Z, _X)), 0),
    ("gphase", 0, lambda g: np.array([[np.exp(1j * g)]]), 0),
]  # fmt: skip

GATES: dict[str, Gate] = {
    **{n: Gate(n, q, 0, _fixed(m), _self(i) if i else None, c) for n, q, m, i, c in _FIXED},
    **{n: Gate(n, q, 1, m, _negated(n), c) for n, q, m, c in _TURNING},
    "u": Gate("u", 1, 3, _u, lambda t, p, l: ("u", -t, -l, -p)),
    "cu": Gate("cu", 2, 4, _cu, lambda t, p, l, g: ("cu", -t, -l, -p, -g), 1),
}
