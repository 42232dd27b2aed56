"""Noise channels as Kraus operators, ρ → Σ K ρ K†. ``circuit.channel(depolarizing(0.01), 0)``."""

from __future__ import annotations

from itertools import product

import numpy as np

from qualms.circuits.gates import PAULIS
from qualms.errors import ConfigError

Kraus = tuple[np.ndarray, ...]


def _probability(name: str, value: float, most: float = 1.0) -> float:
    if not 0 <= value <= most:
        raise ConfigError(f"{name}={value} must be in [0, {most:g}]")
    return value


def depolarizing(p: float, n_qubits: int = 1) -> Kraus:
    """ρ → (1−p) ρ + p 1/2ⁿ, Qiskit Aer's convention: p = 1 leaves nothing; p may reach 4ⁿ/(4ⁿ−1)."""
    paulis = 4**n_qubits
    _probability("depolarizing p", p, paulis / (paulis - 1))
    each = p / paulis
    operators = []
    for k, names in enumerate(product("IXYZ", repeat=n_qubits)):
        matrix = np.eye(1)
        for name in names:
            matrix = np.kron(matrix, PAULIS[name])
        operators.append(np.sqrt(max(0.0, 1 - p + each if k == 0 else each)) * matrix)
    return tuple(operators)


def amplitude_damping(gamma: float) -> Kraus:
    """Decay |1⟩ → |0⟩ with probability γ."""
    _probability("gamma", gamma)
    return np.array([[1, 0], [0, np.sqrt(1 - gamma)]], np.complex128), np.array([[0, np.sqrt(gamma)], [0, 0]], np.complex128)


def phase_damping(lam: float) -> Kraus:
    """Off-diagonal elements shrink by √(1−λ)."""
    _probability("lam", lam)
    return np.diag([1, np.sqrt(1 - lam)]).astype(np.complex128), np.diag([0, np.sqrt(lam)]).astype(np.complex128)


def bit_flip(p: float) -> Kraus:
    """X with probability p."""
    _probability("p", p)
    return np.sqrt(1 - p) * PAULIS["I"], np.sqrt(p) * PAULIS["X"]


def phase_flip(p: float) -> Kraus:
    """Z with probability p."""
    _probability("p", p)
    return np.sqrt(1 - p) * PAULIS["I"], np.sqrt(p) * PAULIS["Z"]
