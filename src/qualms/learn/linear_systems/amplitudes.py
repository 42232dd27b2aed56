"""The amplitudes that HHL leaves, in closed form."""

from __future__ import annotations

import numpy as np
from scipy.special import diric

from qualms.learn.linear_systems.system import System

_CHUNK = 1 << 22  # numbers at a time


def amplitudes_of_rotation(system: System, clock_qubits: int) -> np.ndarray:
    """The ancilla's amplitude of 1 for every value of the clock, (2ᵗ,): C/λ̃ cut to [−1, 1], and 0 at 0."""
    size = 1 << clock_qubits
    index = np.arange(size)
    if system.is_signed:
        index = np.where(index < size // 2, index, index - size)
    estimated = index / (size * system.turns)
    safe = np.where(index == 0, 1.0, estimated)
    return np.where(index == 0, 0.0, np.clip(system.smallest / safe, -1.0, 1.0))


def response(values: np.ndarray, system: System, clock_qubits: int) -> np.ndarray:
    """What the algorithm makes of the amplitude of an eigenvector with each of these eigenvalues, (m,).

    The clock's amplitude k of an eigenvalue with phase φ has absolute square D(φ − k/2ᵗ)², D the Dirichlet
    kernel. Rotating by k, undoing phase estimation and asking for the clock at 0 leave
    Σ_k D(φ − k/2ᵗ)² · sin(θ_k/2).
    """
    rotation = amplitudes_of_rotation(system, clock_qubits)
    size = len(rotation)
    grid, found = np.arange(size) / size, np.empty(len(values))
    step = max(1, _CHUNK // size)
    for start in range(0, len(values), step):
        phase = values[start : start + step, None] * system.turns
        found[start : start + step] = diric(2 * np.pi * (phase - grid), size) ** 2 @ rotation
    return found


def factors(system: System, clock_qubits: int) -> np.ndarray:
    """What the runs that count make of the amplitude of each of b's eigenvectors or left singular vectors.

    (n,) float64; `smallest`/value would be exact.
    """
    kept = response(system.values, system, clock_qubits)
    if system.is_hermitian:
        return kept
    # eigenvalues ±σ of the dilation, whose vectors are (u, ±v)/√2
    return (kept - response(-system.values, system, clock_qubits)) / 2


def solved_by_model(system: System, kept: np.ndarray) -> np.ndarray:
    """The state of the unknowns in the runs that count, (n,), its squared norm their probability.

    `kept` are the system's `factors`.
    """
    return system.right @ (kept * (system.left.conj().T @ (system.b / np.linalg.norm(system.b))))


def least_fidelity(system: System, kept: np.ndarray) -> float:
    """The fidelity that the right side which fits worst would have, with the same matrix and clock.

    By the inequality of Kantorovich: weights of the solution on vectors that come out r₋ and r₊ times too
    long leave at least 4 r₋ r₊ / (r₋ + r₊)². It is 0 where a vector is lost or changes its sign.
    """
    ratios = kept * system.values / system.smallest
    low, high = float(ratios.min()), float(ratios.max())
    return 4 * low * high / (low + high) ** 2 if low > 0 else 0.0
