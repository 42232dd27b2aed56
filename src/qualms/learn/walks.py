"""Continuous-time quantum walks on graphs, beside the continuous-time random walk."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from qualms.data.numbers import as_real, plain
from qualms.errors import ConfigError
from qualms.learn.graphs import Graph, graph_of
from qualms.learn.learner import SIMULATED
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin

_SAME = 1e-9  # eigenvalues that differ by less than this part of the largest are one
_GRID = 240  # times at which mixing is looked for

RANDOM_WALK = Twin(
    "random-walk",
    "the continuous-time random walk on the same graph with the same rates",
    lambda walk: walk.classical,
)


@dataclass(frozen=True, eq=False)
class QuantumWalk:
    """A continuous-time quantum walk, and the random walk beside it.

    Attributes
    ----------
    nodes : tuple
        Names, in the order of the columns below.
    times : np.ndarray
        (k,), in units of one over the weight of an edge.
    probabilities : np.ndarray
        (k, n): of finding the quantum walk at each node at each time.
    classical : np.ndarray
        (k, n): the same of the random walk, exp(−Lt) on the start's probabilities.
    limit : np.ndarray
        (n,): the average of the quantum walk over all times. The walk itself converges to nothing, because
        it can be undone. The random walk's limit is uniform on each connected part.
    quantum_gap : float
        The smallest difference between two of H's eigenvalues that differ: the average over the time T is
        near its limit when T is several times one over it.
    classical_gap : float
        The second smallest eigenvalue of the Laplacian: the random walk's rate of convergence; 0 for a graph
        that is not connected.
    cut : tuple
        Nodes of a set S of at most half of all: that with the smallest ratio, among all sets in a graph of
        at most 12 nodes, and along the Laplacian's second eigenvector in a larger one.
    cut_ratio : float
        Weight of the edges out of S by its number of nodes.
    """

    quadrant: ClassVar[Quadrant] = SIMULATED
    twins: ClassVar[tuple[Twin, ...]] = (RANDOM_WALK,)

    nodes: tuple[Hashable, ...]
    times: np.ndarray
    probabilities: np.ndarray
    classical: np.ndarray
    limit: np.ndarray
    quantum_gap: float
    classical_gap: float
    cut: tuple[Hashable, ...]
    cut_ratio: float
    _energies: np.ndarray = field(repr=False)
    _parts: np.ndarray = field(repr=False)  # (n, n): column j is the start's part in eigenvector j
    _rates: np.ndarray = field(repr=False)
    _modes: np.ndarray = field(repr=False)

    def averaged(self, times: Sequence[float] | np.ndarray) -> np.ndarray:
        """The quantum walk's probabilities averaged over [0, T] for each T, (k, n), exactly."""
        gaps = self._energies[:, None] - self._energies
        found = np.empty((len(times), len(self.nodes)))
        for row, time in zip(found, np.asarray(times, float), strict=True):
            # the mean of exp(−i g t) over [0, T]
            mean = np.exp(-0.5j * gaps * time) * np.sinc(gaps * time / (2 * np.pi))
            row[:] = np.einsum("ij,ij->i", self._parts @ mean, self._parts.conj()).real
        return found

    def mixing_time(self, epsilon: float = 0.25) -> tuple[float, float]:
        """When the walks from this start have come near their limits, in total variation.

        Parameters
        ----------
        epsilon : float
            The distance, between 0 and 1.

        Returns
        -------
        tuple of float
            For the quantum walk the time after which its average stays within epsilon of `limit`; for the
            random walk the time after which it stays within epsilon of its own limit. Both are looked for at
            240 times in a geometric series that ends at 100 by the smallest gap, in time n³ each, and are
            infinite where none of these is enough.
        """
        epsilon = _epsilon(epsilon)
        quantum = _grid(self.quantum_gap, self._energies)
        classical = _grid(min((r for r in self._rates if r > _SAME * self._rates.max()), default=1.0), None)
        moved = np.exp(-np.outer(classical, self._rates)) @ self._modes.T
        still = self._modes[:, self._rates <= _SAME * max(self._rates.max(), 1.0)].sum(axis=1)
        return (
            _settled(quantum, _distance(self.averaged(quantum), self.limit), epsilon),
            _settled(classical, _distance(moved, still), epsilon),
        )

    def no_speed_up_bound(self, epsilon: float = 0.25) -> float:
        """A time before which no quantum walk on this graph is near the uniform distribution from every node.

        The uniform mixture of the nodes of a set S stays below 1/|S| as a density matrix, so that its
        coherences stay below 1/(2|S|), and at most cut(S)/|S| of probability leaves S in a unit of time. The
        random walk begins with just this rate. It holds for both Hamiltonians. See `sentence`.
        """
        missing = 1 - len(self.cut) / len(self.nodes) - _epsilon(epsilon)
        return max(0.0, missing) / self.cut_ratio if self.cut_ratio > 0 else np.inf

    def sentence(self, epsilon: float = 0.25) -> str:
        """The known bound on what a quantum walk can gain in mixing, for this graph."""
        return (
            f"No quantum walk on this graph is within {epsilon:g} of uniform from every node before the "
            f"time {self.no_speed_up_bound(epsilon):.3g}, because of a cut of {len(self.cut)} nodes with "
            f"ratio {self.cut_ratio:.3g}; the random walk relaxes at the rate {self.classical_gap:.3g}. By "
            "Cheeger's inequality mixing is at most quadratically faster, up to logarithms and degrees "
            "(Aharonov et al. 2001)."
        )

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        names = (
            "nodes",
            "times",
            "probabilities",
            "classical",
            "limit",
            "quantum_gap",
            "classical_gap",
            "cut",
            "cut_ratio",
        )
        found: dict[str, Any] = plain({name: getattr(self, name) for name in names})
        return {**found, "quadrant": self.quadrant.to_dict(), "bound": self.sentence()}


def quantum_walk(
    graph: Any,
    times: Sequence[float] | np.ndarray,
    start: Hashable | np.ndarray = None,
    hamiltonian: Literal["laplacian", "adjacency"] = "laplacian",
) -> QuantumWalk:
    """A continuous-time quantum walk, exp(−iHt) on a start, computed from the whole spectrum.

    When not to use it: to sample nodes of a graph, or to mix. The random walk beside it does so with a few
    operations a step on a graph of any size, its limit is known, and the gain in mixing is at most quadratic.
    The walk is of use to study transport, and as a part of search (`quantum_search`).

    Parameters
    ----------
    graph : networkx graph, sparse matrix or array
        Undirected, without loops; weights of edges are rates and not negative.
    times : Sequence of float
        At which the walk is looked at, not negative.
    start : node or array, optional
        A node's name (a number of a row, for a matrix), or amplitudes (n,) of norm 1; default the first node.
    hamiltonian : "laplacian" or "adjacency"
        H = L = D − A, or H = −A. They agree on regular graphs.

    Returns
    -------
    QuantumWalk

    Raises
    ------
    ConfigError
        For a graph that is directed, or has loops or negative weights; for an unknown node.
    TooLargeError
        For more than 4,096 nodes.

    References
    ----------
    Farhi and Gutmann, "Quantum computation and decision trees" (1998); Aharonov, Ambainis, Kempe, Vazirani,
    "Quantum walks on graphs" (2001).
    """
    given = graph_of(graph, "quantum_walk")
    when = _times(times, "quantum_walk")
    amplitudes = _start(given, start)
    if hamiltonian not in ("laplacian", "adjacency"):
        raise ConfigError(
            f"quantum_walk: hamiltonian={hamiltonian!r} is unknown; choose laplacian or adjacency"
        )
    rates, modes = np.linalg.eigh(given.laplacian)
    rates[0] = 0.0  # exactly: constants
    energies, vectors = (rates, modes) if hamiltonian == "laplacian" else np.linalg.eigh(-given.adjacency)
    parts = vectors * (vectors.T @ amplitudes)
    spread = modes * (modes.T @ np.abs(amplitudes) ** 2)
    nodes, ratio = given.cut(modes[:, 1]) if given.size > 1 else ((), 0.0)
    return QuantumWalk(
        nodes=given.names,
        times=when,
        probabilities=np.abs(np.exp(-1j * np.outer(when, energies)) @ parts.T) ** 2,
        classical=np.exp(-np.outer(when, rates)) @ spread.T,
        limit=_limit(energies, parts),
        quantum_gap=_smallest_gap(energies),
        classical_gap=float(max(rates[1], 0.0)) if given.size > 1 else 0.0,
        cut=tuple(given.names[k] for k in nodes),
        cut_ratio=ratio,
        _energies=energies,
        _parts=parts,
        _rates=rates,
        _modes=spread,
    )


@dataclass(frozen=True, eq=False)
class QuantumSearch:
    """Search for a marked node by a quantum walk, and by the random walk.

    Attributes
    ----------
    times : np.ndarray
        (k,).
    probabilities : np.ndarray
        (k,): of finding the marked node when the quantum walk is measured at each time.
    classical : np.ndarray
        (k,): that the random walk from a uniform start, with the same rates γ, has met the marked node by
        each time.
    gamma : float
        The rate of the walk by the oracle's energy.
    best_time, best_probability : float
        Where the quantum walk is most likely at the marked node, among the times.
    """

    quadrant: ClassVar[Quadrant] = SIMULATED
    twins: ClassVar[tuple[Twin, ...]] = (RANDOM_WALK,)

    times: np.ndarray
    probabilities: np.ndarray
    classical: np.ndarray
    gamma: float
    best_time: float
    best_probability: float

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        names = ("times", "probabilities", "classical", "gamma", "best_time", "best_probability")
        found: dict[str, Any] = plain({name: getattr(self, name) for name in names})
        return {**found, "quadrant": self.quadrant.to_dict()}


def quantum_search(
    graph: Any, marked: Hashable, times: Sequence[float] | np.ndarray, gamma: float | None = None
) -> QuantumSearch:
    """Search by exp(−i(γL − |w⟩⟨w|)t) from the uniform superposition.

    When not to use it: to find an entry of data that a computer holds. Building the oracle for a node that is
    known already costs more than looking; the gain is at most quadratic, on graphs that connect well.

    Parameters
    ----------
    graph
        As in `quantum_walk`; connected.
    marked : node
        w, by its name.
    times : Sequence of float
        In units of one over the oracle's energy, not negative.
    gamma : float, optional
        Default Σ_j |⟨w|j⟩|²/λ_j over the Laplacian's eigenvectors but the constant one, where the start and
        the marked node are resonant.

    Returns
    -------
    QuantumSearch

    Raises
    ------
    ConfigError, TooLargeError
        As `quantum_walk`.

    References
    ----------
    Childs and Goldstone, "Spatial search by quantum walk" (2004).
    """
    given = graph_of(graph, "quantum_search")
    when, place = _times(times, "quantum_search"), given.index(marked)
    laplacian = given.laplacian
    rates, modes = np.linalg.eigh(laplacian)
    if given.size < 2 or rates[1] <= _SAME * rates[-1]:
        raise ConfigError("quantum_search: the graph must be connected and have at least 2 nodes")
    if gamma is None:
        gamma = float(np.sum(modes[place, 1:] ** 2 / rates[1:]))
    rate = as_real(gamma, "quantum_search: gamma=")
    if rate <= 0:
        raise ConfigError(f"quantum_search: gamma={rate} must be positive")
    hamiltonian = rate * laplacian
    hamiltonian[place, place] -= 1
    energies, vectors = np.linalg.eigh(hamiltonian)
    start = np.full(given.size, given.size**-0.5)
    weights = vectors[place] * (vectors.T @ start)
    found = np.abs(np.exp(-1j * np.outer(when, energies)) @ weights) ** 2
    best = int(found.argmax())
    return QuantumSearch(
        times=when,
        probabilities=found,
        classical=_met(rate * laplacian, place, when),
        gamma=rate,
        best_time=float(when[best]),
        best_probability=float(found[best]),
    )


def _met(generator: np.ndarray, place: int, times: np.ndarray) -> np.ndarray:
    """That the random walk from a uniform start has met the node, which keeps it, by each time."""
    rest = np.delete(np.delete(generator, place, 0), place, 1)
    rates, modes = np.linalg.eigh(rest)
    start = np.full(len(rest), 1 / len(generator))
    weights = modes.sum(axis=0) * (modes.T @ start)
    return 1 - np.exp(-np.outer(times, rates)) @ weights


def _times(times: Any, where: str) -> np.ndarray:
    try:
        found = np.atleast_1d(np.asarray(times, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: times are not numbers: {error}") from None
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all() or (found < 0).any():
        raise ConfigError(f"{where}: times must be a row of finite numbers that are not negative")
    return found


def _start(graph: Graph, start: Any) -> np.ndarray:
    if isinstance(start, np.ndarray) and start.ndim:
        if start.shape != (graph.size,):
            raise ConfigError(
                f"quantum_walk: the start has shape {start.shape}; it takes amplitudes of {graph.size} nodes"
            )
        if not abs(np.linalg.norm(start) - 1) < 1e-9:
            raise ConfigError(f"quantum_walk: the start has norm {np.linalg.norm(start):.6g}, not 1")
        return start
    amplitudes = np.zeros(graph.size)
    amplitudes[0 if start is None else graph.index(start)] = 1
    return amplitudes


def _limit(energies: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Probabilities averaged over all times: parts of equal energy interfere, others do not."""
    first = np.flatnonzero(np.r_[True, np.diff(energies) > _SAME * np.abs(energies).max()])
    limit: np.ndarray = (np.abs(np.add.reduceat(parts, first, axis=1)) ** 2).sum(axis=1)
    return limit


def _smallest_gap(energies: np.ndarray) -> float:
    gaps = np.diff(energies)
    return float(min(gaps[gaps > _SAME * np.abs(energies).max()], default=0.0))


def _epsilon(epsilon: float) -> float:
    found = as_real(epsilon, "epsilon")
    if not 0 < found < 1:
        raise ConfigError(f"epsilon={found} must lie between 0 and 1")
    return found


def _grid(gap: float, energies: np.ndarray | None) -> np.ndarray:
    shortest = gap if energies is None else max(float(np.ptp(energies)), gap)
    if gap <= 0:
        return np.array([0.0])
    return np.r_[0.0, np.geomspace(0.01 / shortest, 100 / gap, _GRID)]


def _distance(rows: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Total variation of each row from the limit."""
    distance: np.ndarray = 0.5 * np.abs(rows - limit).sum(axis=1)
    return distance


def _settled(times: np.ndarray, distances: np.ndarray, epsilon: float) -> float:
    """The first time after which all distances are small."""
    far = np.flatnonzero(distances > epsilon)
    if not len(far):
        return float(times[0])
    return float(times[far[-1] + 1]) if far[-1] + 1 < len(times) else np.inf
