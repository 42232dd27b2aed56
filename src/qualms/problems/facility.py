"""Which facilities to open, and which serves whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True)
class FacilityLocation(WithNotes):
    """Σ opening cost of facilities that serve somebody + Σ_j cost[p_j, j]; each customer has one facility,
    within its capacity if it has one.

    A solution gives each customer its facility, 0 … m − 1.

    Attributes
    ----------
    m, n : int
        Facilities, customers.
    opening : Decimals
        (m) costs of opening each facility.
    cost : Decimals
        (m · n) costs of serving each customer, by facility.
    demand, capacity : np.ndarray | None
        (n) and (m) int64, or None.
    """

    m: int
    n: int
    opening: Decimals
    cost: Decimals
    demand: np.ndarray | None = None
    capacity: np.ndarray | None = None
    name: str = "facilities"
    kind: str = field(default="facility location", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.n

    def serving(self, solution: Solution) -> np.ndarray:
        """The facility of each customer. Raises ConfigError for what is no solution of this problem."""
        p = np.asarray(solution)
        if p.shape != (self.n,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.m).any():
            raise ConfigError(
                f"a solution of {self.kind} {self.name} is {self.n} facilities from 0 to {self.m - 1}"
            )
        return p.astype(np.int64)

    def objective(self, solution: Solution) -> Number:
        p = self.serving(solution)
        return self.opening.total(np.unique(p)) + self.cost.total(p * self.n + np.arange(self.n))

    def violations(self, solution: Solution) -> list[str]:
        p = self.serving(solution)
        if self.demand is None or self.capacity is None:
            return []
        load = np.zeros(self.m, np.int64)
        np.add.at(load, p, self.demand)
        return [
            f"facility {k + 1} serves {load[k]:,}, more than its {self.capacity[k]:,}"
            for k in np.flatnonzero(load > self.capacity)
        ]

    def _costs(self) -> np.ndarray:
        return self.cost.floats.reshape(self.m, self.n)

    def sample(self, rng: np.random.Generator) -> Solution:
        """Customers to random facilities with room."""
        return self._served(rng.random((self.m, self.n)), rng.permutation(self.n))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Open the facility that lowers the total most until none does; with capacities, then serve the
        largest customers first.
        """
        costs, fixed = self._costs(), self.opening.floats
        order = rng.permutation(self.m)
        total = fixed + costs.sum(1)
        first = int(order[total[order].argmin()])
        best, opened = costs[first].copy(), {first}
        while True:
            gain = np.maximum(0, best - costs).sum(1) - fixed
            gain[list(opened)] = -np.inf
            k = int(order[gain[order].argmax()])
            if gain[k] <= 0:
                break
            opened.add(k)
            best = np.minimum(best, costs[k])
        wanted = costs.copy()
        if self.demand is None or self.capacity is None:
            wanted[[k for k in range(self.m) if k not in opened]] = np.inf
            return wanted.argmin(0)
        wanted[[k for k in range(self.m) if k not in opened]] += float(costs.max(initial=0)) + float(
            fixed.max(initial=0)
        )
        return self._served(wanted, np.lexsort((rng.random(self.n), -self.demand)))

    def _served(self, wanted: np.ndarray, order: np.ndarray) -> Solution:
        """Customers in an order, each to the facility it wants most (least number) that has room, or the one
        with most room.
        """
        if self.demand is None or self.capacity is None:
            return wanted.argmin(0)
        left, p = self.capacity.astype(np.int64).copy(), np.zeros(self.n, np.int64)
        for j in order:
            fits = left >= self.demand[j]
            p[j] = np.where(fits, wanted[:, j], np.inf).argmin() if fits.any() else left.argmax()
            left[p[j]] -= self.demand[j]
        return p
