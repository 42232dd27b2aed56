"""One to one: agents to tasks, facilities to places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.penalties import MOST_PAIRS
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once
from qualms.problems.spins import from_binary


@dataclass(frozen=True)
class QuadraticAssignment(Noted):
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

    def _places(self, assignment: Solution) -> np.ndarray:
        p = np.asarray(assignment)
        if p.shape != (self.size,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.size).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.size} places from 0 to {self.size - 1}")
        return p.astype(np.int64)

    def objective(self, assignment: Solution) -> Number:
        p = self._places(assignment)
        flow, distance = self.flow, self.distance[np.ix_(p, p)]
        if float(np.abs(flow).max(initial=0)) * float(np.abs(distance).max(initial=0)) * p.size**2 >= 2**62:
            flow, distance = flow.astype(object), distance.astype(object)
        return int((flow * distance).sum())

    def violations(self, assignment: Solution) -> list[str]:
        counts = np.bincount(self._places(assignment), minlength=self.size)
        return [f"place {k + 1} has {c} facilities" for k, c in enumerate(counts) if c != 1]

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.permutation(self.size)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Busy facilities to central places."""
        busy = (self.flow + self.flow.T).sum(1)
        far = (self.distance + self.distance.T).sum(1)
        places = np.empty(self.size, np.int64)
        places[np.lexsort((rng.random(self.size), -busy))] = np.lexsort((rng.random(self.size), far))
        return places

    def linear(self) -> Linear:
        raise ConfigError(f"{self.kind} {self.name} has no linear form here: its products of products would be n⁴ rows")

    @once
    def lower(self) -> Lowering:
        """n² bits x_ik, facility i at place k; each row and column sums to one by a penalty above what moving one facility can change."""
        n = self.size
        pairs = int(np.count_nonzero(self.flow)) * int(np.count_nonzero(self.distance)) + n**3
        if pairs > 2 * MOST_PAIRS:
            raise TooLargeError(f"{self.name} as spins: {pairs:,} products; at most {2 * MOST_PAIRS:,}")
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
        couplings: IsingModel = from_binary(n * n, linear, joined[0], joined[1], joined[2], 2 * penalty * n)
        return Lowering(couplings, self._rounded, self._encoded, penalty)

    def _rounded(self, spins: np.ndarray) -> Solution:
        """The permutation with most of the bits that are set."""
        from scipy.optimize import linear_sum_assignment

        _, places = linear_sum_assignment(-(np.asarray(spins).reshape(self.size, self.size) > 0).astype(float))
        return places.astype(np.int64)

    def _encoded(self, assignment: Solution) -> np.ndarray:
        spins = -np.ones((self.size, self.size), np.int64)
        spins[np.arange(self.size), self._places(assignment)] = 1
        return spins.reshape(-1)

    def written(self, assignment: Solution) -> str:
        """QAPLIB's solution file: n, value, the permutation from 1."""
        p = self._places(assignment)
        return f"{self.size} {self.objective(p)}\n" + " ".join(str(k + 1) for k in p) + "\n"


@dataclass(frozen=True)
class LinearAssignment(Noted):
    """Σ_i cost[i, p_i], at its smallest over permutations p.

    Attributes
    ----------
    cost : (n, n) of Decimals by rows. An assignment gives each agent its task, 0 … n − 1.
    """

    n: int
    cost: Decimals
    name: str = "assignment"
    kind: str = field(default="assignment", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.n

    def _tasks(self, assignment: Solution) -> np.ndarray:
        p = np.asarray(assignment)
        if p.shape != (self.n,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.n).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.n} tasks from 0 to {self.n - 1}")
        return p.astype(np.int64)

    def objective(self, assignment: Solution) -> Number:
        return self.cost.total(np.arange(self.n) * self.n + self._tasks(assignment))

    def violations(self, assignment: Solution) -> list[str]:
        counts = np.bincount(self._tasks(assignment), minlength=self.n)
        return [f"task {k + 1} has {c} agents" for k, c in enumerate(counts) if c != 1]

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.permutation(self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Agents in random order take the cheapest task that is left."""
        cost, places = self.cost.floats.reshape(self.n, self.n).copy(), np.empty(self.n, np.int64)
        for i in rng.permutation(self.n):
            places[i] = cost[i].argmin()
            cost[:, places[i]] = np.inf
        return places

    @once
    def linear(self) -> Linear:
        n = self.n
        at = np.concatenate([np.repeat(np.arange(n), n), n + np.tile(np.arange(n), n)])
        rows = csr_matrix((np.ones(2 * n * n), (at, np.tile(np.arange(n * n), 2))), (2 * n, n * n))
        bits = np.ones(n * n)
        model = MixedInteger(self.cost.floats, 0 * bits, bits, bits > 0, rows, np.ones(2 * n), np.ones(2 * n), name=self.name)
        return Linear(model, self._matched, self._matrix)

    def _matched(self, x: np.ndarray) -> Solution:
        from scipy.optimize import linear_sum_assignment

        return linear_sum_assignment(-np.asarray(x).reshape(self.n, self.n))[1].astype(np.int64)

    def _matrix(self, assignment: Solution) -> np.ndarray:
        found = np.zeros((self.n, self.n))
        found[np.arange(self.n), self._tasks(assignment)] = 1
        return found.reshape(-1)

    @once
    def lower(self) -> Lowering:
        return lowered_through(self.linear())

    def written(self, assignment: Solution) -> str:
        return "\n".join(f"{i + 1} {p + 1}" for i, p in enumerate(self._tasks(assignment))) + "\n"
