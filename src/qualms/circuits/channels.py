"""Noise channels as Kraus operators, ρ → Σ K ρ K†. ``circuit.channel(depolarizing(0.01), 0)``."""

from __future__ import annotations

from itertools import product

import numpy as np

from qualms.circuits.gates import PAULIS
from qualms.data.numbers import as_real
from qualms.errors import ConfigError

Kraus = tuple[np.ndarray, ...]


def _probability(name: str, value: float, most: float = 1.0) -> float:
    value = as_real(value, name)
    if not 0 <= value <= most * (1 + 1e-12):
        raise ConfigError(f"{name}={value} must be in [0, {most:g}]")
    return value


def depolarizing(p: float, n_qubits: int = 1) -> Kraus:
    """ρ → (1−p) ρ + p 1/2ⁿ, Qiskit Aer's convention: p = 1 leaves nothing; p may reach 4ⁿ/(4ⁿ−1)."""
    paulis = 4**n_qubits
    p = _probability("depolarizing p", p, paulis / (paulis - 1))
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
    gamma = _probability("gamma", gamma)
    return np.array([[1, 0], [0, np.sqrt(1 - gamma)]], np.complex128), np.array(
        [[0, np.sqrt(gamma)], [0, 0]], np.complex128
    )


def phase_damping(lam: float) -> Kraus:
    """Off-diagonal elements shrink by √(1−λ)."""
    lam = _probability("lam", lam)
    return np.diag([1, np.sqrt(1 - lam)]).astype(np.complex128), np.diag([0, np.sqrt(lam)]).astype(
        np.complex128
    )


def bit_flip(p: float) -> Kraus:
    """X with probability p."""
    p = _probability("p", p)
    return np.sqrt(1 - p) * PAULIS["I"], np.sqrt(p) * PAULIS["X"]


def phase_flip(p: float) -> Kraus:
    """Z with probability p."""
    p = _probability("p", p)
    return np.sqrt(1 - p) * PAULIS["I"], np.sqrt(p) * PAULIS["Z"]


def thermal_relaxation(t1: float, t2: float, time: float) -> Kraus:
    """Relaxation to |0⟩ with time constant `t1` and dephasing with `t2`, for `time`; all in one unit.

    At temperature 0.

    Raises
    ------
    ConfigError
        For times that are not positive or t2 > 2 t1, which no channel can do.
    """
    if not (t1 > 0 and t2 > 0 and time >= 0) or t2 > 2 * t1 * (1 + 1e-12):
        raise ConfigError(f"t1={t1}, t2={t2}, time={time}: times are positive and t2 is at most 2 t1")
    gamma = 1 - np.exp(-time / t1)
    lam = 1 - np.exp(min(0.0, time / t1 - 2 * time / t2))
    return composed(amplitude_damping(gamma), phase_damping(lam))


def composed(first: Kraus, then: Kraus) -> Kraus:
    """One channel after the other on the same qubits."""
    return canonical(tuple(b @ a for b in then for a in first))


def beside(first: Kraus, second: Kraus) -> Kraus:
    """Two channels side by side; the qubits of `first` are the more significant bits."""
    return canonical(tuple(np.kron(a, b) for a in first for b in second))


def canonical(kraus: Kraus) -> Kraus:
    """The same channel with orthogonal operators: as few as there can be, at most 4ⁿ, the largest first."""
    rows = np.stack([k.reshape(-1) for k in kraus])
    values, vectors = np.linalg.eigh(rows.T @ rows.conj())
    size = len(kraus[0])
    kept = [k for k in range(len(values) - 1, -1, -1) if values[k] > 1e-16]
    return tuple(np.sqrt(values[k]) * vectors[:, k].reshape(size, size) for k in kept)


def average_gate_fidelity(kraus: Kraus) -> float:
    """Mean fidelity of the output with the input over all pure inputs."""
    d = len(kraus[0])
    return float((sum(abs(np.trace(k)) ** 2 for k in kraus) + d) / (d * d + d))
