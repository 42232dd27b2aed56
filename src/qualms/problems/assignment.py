"""One to one: agents to tasks, facilities to places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True)
class QuadraticAssignment(WithNotes):
    """Σ_ij flow[i, j] · distance[p_i, p_j], at its smallest over permutations p.

    A solution gives each facility its place, 0 … n − 1.

    Attributes
    ----------
    flow, distance : np.ndarray
        (n, n) int64.
    """

    flow: np.ndarray
    distance: np.ndarray
    name: str = "qap"
    kind: str = field(default="quadratic assignment", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return len(self.flow)

    def places(self, solution: Solution) -> np.ndarray:
        """The place of each facility. Raises ConfigError for what is no solution of this problem."""
        p = np.asarray(solution)
        if p.shape != (self.size,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.size).any():
            raise ConfigError(
                f"a solution of {self.kind} {self.name} is {self.size} places from 0 to {self.size - 1}"
            )
        return p.astype(np.int64)

    def objective(self, solution: Solution) -> Number:
        p = self.places(solution)
        flow, distance = self.flow, self.distance[np.ix_(p, p)]
        if float(np.abs(flow).max(initial=0)) * float(np.abs(distance).max(initial=0)) * p.size**2 >= 2**62:
            flow, distance = flow.astype(object), distance.astype(object)
        return int((flow * distance).sum())

    def violations(self, solution: Solution) -> list[str]:
        counts = np.bincount(self.places(solution), minlength=self.size)
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


@dataclass(frozen=True)
class LinearAssignment(WithNotes):
    """Σ_i cost[i, p_i], at its smallest over permutations p.

    A solution gives each agent its task, 0 … n − 1.

    Attributes
    ----------
    n : int
        Agents, and tasks.
    cost : Decimals
        (n · n) costs, by agent.
    """

    n: int
    cost: Decimals
    name: str = "assignment"
    kind: str = field(default="assignment", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.n

    def tasks(self, solution: Solution) -> np.ndarray:
        """The task of each agent. Raises ConfigError for what is no solution of this problem."""
        p = np.asarray(solution)
        if p.shape != (self.n,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.n).any():
            raise ConfigError(
                f"a solution of {self.kind} {self.name} is {self.n} tasks from 0 to {self.n - 1}"
            )
        return p.astype(np.int64)

    def objective(self, solution: Solution) -> Number:
        return self.cost.total(np.arange(self.n) * self.n + self.tasks(solution))

    def violations(self, solution: Solution) -> list[str]:
        counts = np.bincount(self.tasks(solution), minlength=self.n)
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
