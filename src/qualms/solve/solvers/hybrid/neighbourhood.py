"""Large-neighbourhood search on spins: a cluster is set free and solved among the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Problem
from qualms.problems.spins import descended
from qualms.problems.system import SpinSystem
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.hybrid.inner import Inner, twins_of_inner
from qualms.solve.solvers.solver import Clock, Effort, Finding, without_spins

_ROUND = 50  # pieces
_PATIENCE = 200  # pieces without a new best before a part of the spins is turned


class NeighbourhoodSolver:
    """From a greedy answer, clusters of coupled spins are solved by the inner step in the field of the rest,
    and kept if that is no worse.

    A round is 50 clusters.

    Parameters
    ----------
    inner : str, default "qaoa"
        "qaoa", "annealing" or "exact".
    size : int, default 10
        Spins of a cluster.
    """

    def __init__(
        self, inner: str = "qaoa", size: int = 10, backend: Any = "statevector", placebo: str = ""
    ) -> None:
        if not 2 <= size <= 16:
            raise ConfigError(f"size={size}: a cluster must have 2 to 16 spins")
        self.size, self._options = size, {"inner": inner, "size": size, "backend": backend}
        self._inner = Inner(inner, placebo, backend=backend)
        self.name = f"neighbourhood/{placebo}" if placebo else "neighbourhood"

    @property
    def quadrant(self) -> Quadrant:
        return self._inner.quadrant

    @property
    def twins(self) -> tuple[Twin, ...]:
        return twins_of_inner(self)

    def refuses(self, problem: Problem) -> str | None:
        return self._inner.too_wide(self.size) or without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding, rng = ising_encoding(problem), np.random.default_rng(seed)
        c = encoding.model
        system = SpinSystem(c)
        spins = descended(c, rng.choice(np.array([-1.0, 1.0]), c.n))
        energy = best = float(c.energies(spins))
        yield encoding.decode(spins)
        pieces = since = 0
        while c.n and not clock.over(pieces):
            chosen = cluster(c, int(rng.integers(c.n)), min(self.size, c.n), rng)
            found = self._inner.answers(system.piece(spins, chosen), clock.left, int(rng.integers(2**31)))
            if found:
                other = spins.copy()
                other[chosen] = found[-1]
                value = float(c.energies(other))
                if value <= energy + 1e-9 * abs(energy):
                    spins, energy = other, value
            pieces, since = pieces + 1, since + 1
            yield Effort(pieces, "clusters")
            if energy < best - 1e-9 * max(1.0, abs(best)):
                best, since = energy, 0
                yield encoding.decode(spins)
            if since >= _PATIENCE:
                turned = rng.random(c.n) < 0.1
                spins = descended(c, np.where(turned, -spins, spins))
                energy, since = float(c.energies(spins)), 0
            if pieces % _ROUND == 0:
                clock.made()


def cluster(c: IsingModel, start: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Spins grown over couplings from a start, next ones at random; others at random where none are
    coupled.
    """
    chosen, edge = [start], set(c.neighbours[c.first[start] : c.first[start + 1]].tolist())
    taken = {start}
    while len(chosen) < size:
        edge -= taken
        k = int(rng.choice(sorted(edge))) if edge else int(rng.choice(np.setdiff1d(np.arange(c.n), chosen)))
        chosen.append(k)
        taken.add(k)
        edge |= set(c.neighbours[c.first[k] : c.first[k + 1]].tolist())
    return np.array(chosen)
