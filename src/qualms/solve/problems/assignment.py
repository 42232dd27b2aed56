"""Facilities to places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import Couplings
from qualms.solve.problems.problem import Assignment, Lowering, Number
from qualms.solve.problems.spins import from_binary


@dataclass(frozen=True)
class QuadraticAssignment:
    """Σ_ij flow[i, j] · distance[p_i, p_j], at its smallest over permutations p.

    Attributes
    ----------
    flow, distance : (n, n) int64. An assignment gives each facility its place, 0 … n − 1.
    """

    flow: np.ndarray
    distance: np.ndarray
    name: str = "qap"
    kind: str = field(default="quadratic assignment", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return len(self.flow)

    def _places(self, assignment: Assignment) -> np.ndarray:
        p = np.asarray(assignment)
        if p.shape != (self.size,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.size).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.size} places from 0 to {self.size - 1}")
        return p.astype(np.int64)

    def objective(self, assignment: Assignment) -> Number:
        p = self._places(assignment)
        terms = self.flow.astype(object) * self.distance[np.ix_(p, p)].astype(object)
        return int(terms.sum())

    def violations(self, assignment: Assignment) -> list[str]:
        counts = np.bincount(self._places(assignment), minlength=self.size)
        return [f"place {k + 1} has {c} facilities" for k, c in enumerate(counts) if c != 1]

    def lower(self) -> Lowering:
        """n² bits x_ik, facility i at place k; each row and column sums to one by a penalty above what moving one facility can change."""
        n = self.size
        flow, distance = np.abs(self.flow).astype(float), np.abs(self.distance).astype(float)
        most = (flow + flow.T).sum(1).max(initial=0) * distance.max(initial=0)
        penalty = float(most) + 1.0
        index = np.arange(n * n).reshape(n, n)
        i, j = (a.reshape(-1) for a in np.nonzero(self.flow))
        k, m = (a.reshape(-1) for a in np.nonzero(self.distance))
        rows, columns = index[i[:, None], k[None]].reshape(-1), index[j[:, None], m[None]].reshape(-1)
        values = (self.flow[i, j].astype(float)[:, None] * self.distance[k, m].astype(float)[None]).reshape(-1)
        linear = np.full(n * n, -2 * penalty)
        own = rows == columns
        linear += np.bincount(rows[own], values[own], n * n)
        parts = [(rows[~own], columns[~own], values[~own])]
        a, b = np.triu_indices(n, 1)
        for lines in (index, index.T):
            first, second = lines[:, a].reshape(-1), lines[:, b].reshape(-1)
            parts.append((first, second, np.full(len(first), 2 * penalty)))
        joined = [np.concatenate(column) for column in zip(*parts, strict=True)]
        couplings: Couplings = from_binary(n * n, linear, joined[0], joined[1], joined[2], 2 * penalty * n)
        return Lowering(couplings, self._rounded, self._encoded, penalty)

    def _rounded(self, spins: np.ndarray) -> Assignment:
        """The permutation with most of the bits that are set."""
        from scipy.optimize import linear_sum_assignment

        _, places = linear_sum_assignment(-(np.asarray(spins).reshape(self.size, self.size) > 0).astype(float))
        return places.astype(np.int64)

    def _encoded(self, assignment: Assignment) -> np.ndarray:
        spins = -np.ones((self.size, self.size), np.int64)
        spins[np.arange(self.size), self._places(assignment)] = 1
        return spins.reshape(-1)

    def written(self, assignment: Assignment) -> str:
        """QAPLIB's solution file: n, value, the permutation from 1."""
        p = self._places(assignment)
        return f"{self.size} {self.objective(p)}\n" + " ".join(str(k + 1) for k in p) + "\n"
