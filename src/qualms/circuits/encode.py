"""Encoders: classical numbers into quantum states."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from qualms.circuits.circuit import Circuit
from qualms.circuits.operation import Operation
from qualms.circuits.parameter import Angle, Parameter
from qualms.errors import ConfigError


def amplitude_encoding(vector: Sequence[complex] | np.ndarray) -> Circuit:
    """The circuit that makes |0…0⟩ into the state with these amplitudes, divided by their norm.

    Multiplexed rotations, RY for the magnitudes and RZ for the phases (none for real vectors): 2ⁿ − 1
    rotations and 2ⁿ − 2 CNOTs for real vectors, twice that for complex ones. "log₂ d qubits" is not "log
    time".

    Parameters
    ----------
    vector : Sequence[complex] | np.ndarray
        (2ⁿ,) real or complex, n ≥ 1.

    Raises
    ------
    ConfigError
        For another length, a zero vector, or numbers that are not finite.

    References
    ----------
    Möttönen, Vartiainen, Bergholm, Salomaa, "Transformation of quantum states using uniformly controlled
    rotations" (2005).
    """
    amplitudes = np.asarray(vector)
    size = amplitudes.size
    if amplitudes.ndim != 1 or size < 2 or size & (size - 1):
        raise ConfigError(
            "amplitude encoding needs 2ⁿ numbers in a row, n ≥ 1; got "
            f"shape {amplitudes.shape} (pad with zeros)"
        )
    norm = np.linalg.norm(amplitudes)
    if not np.isfinite(norm) or norm == 0:
        raise ConfigError(
            "amplitude encoding: a zero vector, or one with NaN or infinity, is not a quantum state"
        )
    n, is_real = size.bit_length() - 1, np.isrealobj(amplitudes) or not np.any(amplitudes.imag)
    levels = [amplitudes.real / norm if is_real else np.abs(amplitudes) / norm]
    for _ in range(n - 1):  # what the qubits after this one leave of every pair
        levels.append(np.hypot(levels[-1][0::2], levels[-1][1::2]))
    operations: list[Operation] = []
    for qubit, level in enumerate(reversed(levels)):
        operations += multiplexed("ry", 2 * np.arctan2(level[1::2], level[0::2]), qubit)
    if not is_real:
        phases = np.angle(amplitudes)
        for qubit in range(n - 1, -1, -1):
            operations += multiplexed("rz", phases[1::2] - phases[0::2], qubit)
            phases = (phases[0::2] + phases[1::2]) / 2
        operations.append(Operation("gphase", (), (float(phases[0]),)))
    return Circuit(n).extended(operations)


def amplitude_loading(n_qubits: int, prefix: str = "a") -> Circuit:
    """The circuit of `amplitude_encoding` for real vectors with its 2ⁿ − 1 angles left free: one circuit for
    a whole batch of vectors.

    `qualms.kernels.loading_angles` computes the angles a0, a1, … of states.
    """
    operations: list[Operation] = []
    for qubit in range(n_qubits):
        first = (1 << qubit) - 1
        operations += _multiplexed(
            "ry", [Parameter(f"{prefix}{first + j}") for j in range(1 << qubit)], qubit
        )
    return Circuit(n_qubits).extended(operations)


def multiplexing(count: int) -> np.ndarray:
    """(count, count): the angles of a multiplexed rotation's gates, in order, are this matrix times the angle
    for each state of the controls.
    """
    index = np.arange(count)
    gray = index ^ (index >> 1)
    return (1 - 2 * (np.bitwise_count(index[:, None] & gray[None, :]).astype(np.int64) & 1)).T / count


def multiplexed(gate: str, angles: np.ndarray, target: int) -> list[Operation]:
    """A rotation of `target` by `angles[k]`, (2^target,) radians, when the qubits before it are in state k.

    `gate` is "ry" or "rz"; it takes as many rotations and CNOTs as there are angles.
    """
    return _multiplexed(gate, _turns(angles), target)


def _turns(angles: np.ndarray) -> list[float]:
    return [float(a) for a in multiplexing(len(angles)) @ angles]


def _multiplexed(gate: str, turns: Sequence[Angle], target: int) -> list[Operation]:
    """A rotation of `target` whose angle depends on the state of the qubits before it: rotations and CNOTs in
    Gray-code order.
    """
    count = len(turns)
    operations = []
    for j, turn in enumerate(turns):
        operations.append(Operation(gate, (target,), (turn,)))
        if count > 1:
            changed = (_gray(j) ^ _gray((j + 1) % count)).bit_length() - 1
            operations.append(Operation("cx", (target - 1 - changed, target)))
    return operations


def _gray(j: int) -> int:
    return j ^ (j >> 1)


def angle_encoding(n_qubits: int, axis: str = "y", prefix: str = "x") -> Circuit:
    """One rotation R_axis(x_k) per qubit; parameters x0, x1, …"""
    if axis not in ("x", "y", "z"):
        raise ConfigError(f"axis={axis!r} is unknown; choose x, y or z")
    return Circuit(n_qubits).extended(
        Operation(f"r{axis}", (q,), (Parameter(f"{prefix}{q}"),)) for q in range(n_qubits)
    )


def iqp_encoding(n_qubits: int, repeats: int = 2, prefix: str = "x") -> Circuit:
    """Hadamards, RZ(2 x_k), RZZ(2 x_j x_k) on every pair; `repeats` times. Parameters x0, x1, …

    References
    ----------
    Havlíček et al., "Supervised learning with quantum-enhanced feature spaces" (2019), with products of
    features in place of their φ.
    """
    x = [Parameter(f"{prefix}{q}") for q in range(n_qubits)]
    layer = [Operation("h", (q,)) for q in range(n_qubits)]
    layer += [Operation("rz", (q,), (2 * x[q],)) for q in range(n_qubits)]
    layer += [Operation("rzz", (j, k), (2 * x[j] * x[k],)) for j, k in combinations(range(n_qubits), 2)]
    return Circuit(n_qubits).extended(layer * repeats)


def basis_encoding(bits: Sequence[int]) -> Circuit:
    """X on every qubit whose bit is 1."""
    if not bits or any(b not in (0, 1) for b in bits):
        raise ConfigError(f"basis encoding needs bits 0 and 1, got {list(bits)}")
    return Circuit(len(bits)).extended(Operation("x", (q,)) for q, b in enumerate(bits) if b)
