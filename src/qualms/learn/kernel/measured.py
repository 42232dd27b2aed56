"""Quantum kernels from circuits on any backend: compute-uncompute for pairs, or measurements of each row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
import torch

from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import DENSE_QUBITS, Backend, check_circuit
from qualms.backends.sampled import SampledBackend
from qualms.backends.shots import seed_of
from qualms.circuits import Circuit, Diagonal, Operation, PauliSum
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.kernel.exact import (
    Fidelity,
    Hamming,
    Kernel,
    Projected,
    exact_kernel,
)
from qualms.learn.kernel.feature_maps import FeatureMap, joined, joined_values

_BATCH_BYTES = 1 << 27  # of amplitudes that one call of a simulator may take


@dataclass(frozen=True)
class MeasuredFidelity:
    """The probability of measuring zeros only after U(x), then U(x′)†. Rows are represented by themselves.

    The kernel of a row with itself is 1 by definition and is not measured; each pair is measured once.
    """

    map_: FeatureMap
    bandwidth: float
    backend: Backend

    def represent(self, X: np.ndarray) -> np.ndarray:
        return self.bandwidth * X

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        first, second = np.indices((len(A), len(B))).reshape(2, -1)
        return self._pairs(A[first], B[second]).reshape(len(A), len(B))

    def square(self, A: np.ndarray) -> np.ndarray:
        found = np.eye(len(A))
        first, second = np.triu_indices(len(A), 1)
        found[first, second] = found[second, first] = self._pairs(A[first], A[second])
        return found

    def diagonal(self, A: np.ndarray) -> np.ndarray:
        return np.ones(len(A))

    @cached_property
    def _circuit(self) -> Circuit:
        return joined(self.map_)

    def _pairs(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        zeros = np.zeros(1 << self.map_.n_qubits)
        zeros[0] = 1.0
        found = np.empty(len(A))
        for part in _parts(len(A), self.map_.n_qubits):
            values = torch.from_numpy(joined_values(self.map_, A[part], B[part]))
            with torch.no_grad():
                means = self.backend.expectation(self._circuit, Diagonal(zeros), values)
            found[part] = means.numpy()
        return found


@dataclass(frozen=True)
class SampledFidelity(Fidelity):
    """`MeasuredFidelity` on shots of the exact simulator, without a circuit for every pair.

    How often n shots give zeros only is binomial with the fidelity as its probability, so it is drawn from
    the exact kernel: the same distribution and the same count of circuits and shots, from n states instead of
    n² circuits.
    """

    backend: SampledBackend

    def compare(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        return self._drawn(super().compare(A, B), A, B)

    def square(self, A: np.ndarray) -> np.ndarray:
        found = np.eye(len(A))
        first, second = np.triu_indices(len(A), 1)
        found[first, second] = found[second, first] = self._drawn(super().square(A)[first, second], A)
        return found

    def _drawn(self, probabilities: np.ndarray, *states: np.ndarray) -> np.ndarray:
        shots = self.backend.shots
        seed = seed_of(self.backend.seed, self.map_.circuit, *map(torch.from_numpy, states))
        self.backend._count(probabilities.size, probabilities.size * shots)
        # rounding alone takes a probability out of [0, 1]
        drawn = np.random.default_rng(seed).binomial(shots, np.clip(probabilities, 0, 1))
        return np.asarray(drawn / shots)


@dataclass(frozen=True)
class MeasuredProjected(Projected):
    """The projected kernel from the means of X, Y and Z of every qubit, three measured circuits for a row."""

    backend: Backend

    def represent(self, X: np.ndarray) -> np.ndarray:
        n = self.map_.n_qubits
        strings = ["I" * q + axis + "I" * (n - 1 - q) for q in range(n) for axis in "XYZ"]
        observables = [PauliSum(string) for string in strings]
        values = self.map_.values(self.bandwidth * X)
        found = np.empty((len(X), 3 * n))
        for part in _parts(len(X), n):
            with torch.no_grad():
                means = self.backend.expectation(
                    self.map_.circuit, observables, torch.from_numpy(values[part])
                )
            found[part] = means.numpy()
        return found


@dataclass(frozen=True)
class MeasuredHamming(Hamming):
    """The Hamming kernel from the frequencies of bit strings, three measured circuits for a row.

    Two rows have independent shots, so entries off the diagonal have no bias; on it a row's shots meet
    themselves, which adds about (1 − k)/shots.
    """

    backend: Backend

    def represent(self, X: np.ndarray) -> np.ndarray:
        n = self.map_.n_qubits
        values = self.map_.values(self.bandwidth * X)
        turns = {"X": [("h", ())], "Y": [("sdg", ()), ("h", ())], "Z": []}
        found = []
        for turn in turns.values():
            circuit = self.map_.circuit.extended(
                Operation(gate, (q,), params) for q in range(n) for gate, params in turn
            )
            rows = [
                self.backend.probabilities(circuit, torch.from_numpy(values[part])).numpy()
                for part in _parts(len(X), n)
            ]
            found.append(np.concatenate(rows).T.astype(np.float64))
        return self.of_probabilities(found)


def kernel_on(
    backend: Backend,
    name: str,
    map_: FeatureMap | None,
    bandwidth: float,
    gamma: float | None,
    decay: float,
) -> Kernel:
    """A kernel where the backend computes it: batched amplitudes for the exact simulator, circuits otherwise.

    Raises
    ------
    ConfigError
        For the Hamming kernel on a backend that gives expectations alone.
    TooLargeError
        For more qubits than the backend takes.
    """
    if name == "rbf" or map_ is None or isinstance(backend, StatevectorBackend):
        return exact_kernel(name, map_, bandwidth, gamma, decay)
    check_circuit(backend, map_.n_qubits, f"kernel={name!r}")
    if name != "projected" and map_.n_qubits > DENSE_QUBITS:
        raise TooLargeError(
            f"kernel={name!r} needs all outcomes of {map_.n_qubits} qubits, at most {DENSE_QUBITS} qubits; "
            "kernel='projected' needs only means of single qubits"
        )
    if name == "projected":
        return MeasuredProjected(map_, bandwidth, 1.0 if gamma is None else gamma, backend)
    on_states = isinstance(backend, SampledBackend) and isinstance(backend.inner, StatevectorBackend)
    if name == "fidelity" and on_states and not map_.is_product:
        return SampledFidelity(map_, bandwidth, cast(SampledBackend, backend))
    if name == "fidelity":
        return MeasuredFidelity(map_, bandwidth, backend)
    if not backend.gives_probabilities:
        raise ConfigError(
            f"kernel='hamming' needs bit strings, and {backend.name} gives expectations alone; choose "
            "kernel='projected'"
        )
    return MeasuredHamming(map_, bandwidth, decay, backend)


def circuits_for(name: str, rows: int, others: int = 0, among: bool = False) -> int:
    """Circuits that a kernel measures.

    Parameters
    ----------
    name : str
        Of the kernel.
    rows, others : int
        Between all rows and all others; between all pairs of rows where there are no others.
    among : bool
        Whether the others are some of the rows, as landmarks are.

    Returns
    -------
    int
        Each pair once for the fidelity, else three for each row; those of others that are not among the rows
        are measured again, because a fit keeps their numbers alone.
    """
    if name != "fidelity":
        return 3 * (rows if among else rows + others)
    if not others:
        return rows * (rows - 1) // 2
    return others * (others - 1) // 2 + (rows - others) * others if among else rows * others


def shots_of(backend: Backend) -> int | None:
    """Shots for each circuit, where the backend says; None for an exact simulation."""
    found = getattr(backend, "shots", None)
    return int(found) if found else None


def to_landmarks(
    kernel: Kernel, represented: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The kernel between landmarks, and that of all rows to them, with no pair measured twice.

    Parameters
    ----------
    kernel : Kernel
    represented : np.ndarray
        All rows, by the kernel.
    chosen : np.ndarray
        Indices of the landmarks.

    Returns
    -------
    among, K : np.ndarray
        (landmarks, landmarks) and (rows, landmarks).
    """
    among = kernel.square(represented[chosen])
    rest = np.setdiff1d(np.arange(len(represented)), chosen)
    K = np.empty((len(represented), len(chosen)))
    K[chosen] = among
    K[rest] = kernel.compare(represented[rest], represented[chosen])
    return among, K


def _parts(rows: int, n_qubits: int) -> list[slice]:
    """Slices of rows whose states fit into the memory that one call may take."""
    size = max(1, _BATCH_BYTES // (16 << min(n_qubits, DENSE_QUBITS)))
    return [slice(k, k + size) for k in range(0, max(rows, 1), size)]
