"""HHL as a circuit: loading, phase estimation, rotation, and the estimation undone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from qualms.circuits import Circuit, Operation
from qualms.circuits.encode import amplitude_encoding, multiplexed
from qualms.errors import TooLargeError
from qualms.kernels import simulate
from qualms.learn.linear_systems.amplitudes import amplitudes_of_rotation
from qualms.learn.linear_systems.system import MAX_CONDITION, System, checked, clock_of

MOST_QUBITS = 16  # the powers of exp(iA) are dense matrices on the qubits of the unknowns


def hhl_circuit(
    A: Any, b: Any, clock_qubits: int | None = None, max_condition: float = MAX_CONDITION
) -> Circuit:
    """The circuit that `hhl` simulates.

    Qubits 0 … t−1 are the clock, the most significant bit first, qubit t is the ancilla, and the unknowns
    follow; of a matrix that is not Hermitian the first of these is the qubit of the dilation. A run counts
    if the clock is read as 0 and the ancilla (and the qubit of the dilation) as 1; the unknown's index is
    then in the remaining qubits.

    The powers of exp(2πi·turns·A) are unitaries given as matrices: how a device makes them from gates
    depends on the structure of A, and is not part of this circuit.

    Parameters
    ----------
    A, b, clock_qubits, max_condition
        As in `hhl`.

    Returns
    -------
    Circuit
        Without measurements.

    Raises
    ------
    ConfigError, TooLargeError
        As `hhl`; also for more than 16 qubits.
    """
    system = checked(A, b, max_condition)
    return built(system, clock_of(system, clock_qubits))


def system_qubits(system: System) -> int:
    """Qubits that hold the unknowns, that of the dilation included."""
    return max(1, (system.size - 1).bit_length()) + (not system.is_hermitian)


def built(system: System, t: int) -> Circuit:
    """The circuit of a checked system with t clock qubits."""
    n = system_qubits(system)
    if t + 1 + n > MOST_QUBITS:
        raise TooLargeError(
            f"hhl: the circuit has {t + 1 + n} qubits ({t} of the clock, {n} of the unknowns, 1 ancilla), "
            f"at most {MOST_QUBITS} are built; use method='model'"
        )
    unknowns = tuple(range(t + 1, t + 1 + n))
    loading = Circuit(t + 1 + n).then(amplitude_encoding(_loaded(system, n)), unknowns)
    estimation = _phase_estimation(system, t, unknowns)
    rotation = multiplexed("ry", 2 * np.arcsin(amplitudes_of_rotation(system, t)), t)
    return loading.then(estimation).extended(rotation).then(estimation.inverse())


def solved_by_circuit(system: System, t: int) -> np.ndarray:
    """The state of the unknowns in the runs that count, (size,), from the whole circuit's amplitudes."""
    circuit = built(system, t)
    with torch.no_grad():
        state = simulate(circuit, dtype=torch.complex128).numpy()
    n = system_qubits(system)
    kept = state.reshape(1 << t, 2, 1 << n)[0, 1]
    if not system.is_hermitian:
        kept = kept.reshape(2, -1)[1]
    kept = kept[: system.size]
    if np.isrealobj(system.matrix) and np.isrealobj(system.b):
        return kept.real  # real up to rounding: b is real, and the response to a real eigenvalue is
    return kept


def _padded(system: System, n: int) -> np.ndarray:
    """The Hermitian matrix on n qubits. Places that are not used get an eigenvalue that is there anyway."""
    size, half = system.size, 1 << (n - (not system.is_hermitian))
    inner = np.eye(half, dtype=system.matrix.dtype) * system.largest
    inner[:size, :size] = system.matrix
    if system.is_hermitian:
        return inner
    empty = np.zeros_like(inner)
    return np.block([[empty, inner], [inner.conj().T, empty]])


def _loaded(system: System, n: int) -> np.ndarray:
    padded = np.zeros(1 << n, system.b.dtype)
    padded[: system.size] = system.b
    return padded


def _phase_estimation(system: System, t: int, unknowns: tuple[int, ...]) -> Circuit:
    """Hadamards, controlled powers of exp(2πi·turns·A), and the inverse Fourier transform of the clock."""
    n = len(unknowns)
    values, vectors = np.linalg.eigh(_padded(system, n))
    circuit = Circuit(t + 1 + n).extended(Operation("h", (q,)) for q in range(t))
    for q in range(t):
        phases = np.exp(2j * np.pi * system.turns * values * (1 << (t - 1 - q)))
        controlled = np.eye(2 << n, dtype=np.complex128)
        controlled[1 << n :, 1 << n :] = (vectors * phases) @ vectors.conj().T
        circuit = circuit.unitary(controlled, q, *unknowns, label=f"U^{1 << (t - 1 - q)}")
    return circuit.then(fourier(t).inverse())


def fourier(t: int) -> Circuit:
    """The quantum Fourier transform, |k⟩ → 2^(−t/2) Σ_y exp(2πi k y / 2ᵗ) |y⟩."""
    operations: list[Operation] = []
    for q in range(t):
        operations.append(Operation("h", (q,)))
        operations += [Operation("cp", (c, q), (np.pi / (1 << (c - q)),)) for c in range(q + 1, t)]
    operations += [Operation("swap", (q, t - 1 - q)) for q in range(t // 2)]
    return Circuit(t).extended(operations)
