"""Which facilities to open, and which serves whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once


@dataclass(frozen=True)
class FacilityLocation(Noted):
    """Σ opening cost of facilities that serve somebody + Σ_j cost[p_j, j]; each customer has one facility, within its capacity if it has one.

    Attributes
    ----------
    m, n : facilities, customers. opening : (m) of Decimals. cost : (m · n) of Decimals, by facility.
    demand, capacity : (n) and (m) int64, or None. An assignment gives each customer its facility, 0 … m − 1.
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

    def _serving(self, assignment: Solution) -> np.ndarray:
        p = np.asarray(assignment)
        if p.shape != (self.n,) or p.dtype.kind not in "iu" or (p < 0).any() or (p >= self.m).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.n} facilities from 0 to {self.m - 1}")
        return p.astype(np.int64)

    def objective(self, assignment: Solution) -> Number:
        p = self._serving(assignment)
        return self.opening.total(np.unique(p)) + self.cost.total(p * self.n + np.arange(self.n))

    def violations(self, assignment: Solution) -> list[str]:
        p = self._serving(assignment)
        if self.demand is None or self.capacity is None:
            return []
        load = np.zeros(self.m, np.int64)
        np.add.at(load, p, self.demand)
        return [f"facility {k + 1} serves {load[k]:,}, more than its {self.capacity[k]:,}" for k in np.flatnonzero(load > self.capacity)]

    def _costs(self) -> np.ndarray:
        return self.cost.floats.reshape(self.m, self.n)

    def sample(self, rng: np.random.Generator) -> Solution:
        """Customers to random facilities with room."""
        return self._served(rng.random((self.m, self.n)), rng.permutation(self.n))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Open the facility that lowers the total most until none does; with capacities, then serve the largest customers first."""
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
        wanted[[k for k in range(self.m) if k not in opened]] += float(costs.max(initial=0)) + float(fixed.max(initial=0))
        return self._served(wanted, np.lexsort((rng.random(self.n), -self.demand)))

    def _served(self, wanted: np.ndarray, order: np.ndarray) -> Solution:
        """Customers in an order, each to the facility it wants most (least number) that has room, or the one with most room."""
        if self.demand is None or self.capacity is None:
            return wanted.argmin(0)
        left, p = self.capacity.astype(np.int64).copy(), np.zeros(self.n, np.int64)
        for j in order:
            fits = left >= self.demand[j]
            p[j] = np.where(fits, wanted[:, j], np.inf).argmin() if fits.any() else left.argmax()
            left[p[j]] -= self.demand[j]
        return p

    @once
    def linear(self) -> Linear:
        """y_i opens, x_ij ≤ y_i serves, Σ_i x_ij = 1; Σ_j demand x_ij ≤ capacity y_i."""
        m, n = self.m, self.n
        x = m + np.arange(m * n).reshape(m, n)
        link = n + np.arange(m * n)
        at = [np.tile(np.arange(n), m), link, link]
        columns = [x.reshape(-1), x.reshape(-1), np.repeat(np.arange(m), n)]
        values = [np.ones(m * n), np.ones(m * n), -np.ones(m * n)]
        count = n + m * n
        low, high = [np.ones(n), np.full(m * n, -np.inf)], [np.ones(n), np.zeros(m * n)]
        if self.demand is not None and self.capacity is not None:
            at += [count + np.repeat(np.arange(m), n), count + np.arange(m)]
            columns += [x.reshape(-1), np.arange(m)]
            values += [np.tile(self.demand.astype(float), m), -self.capacity.astype(float)]
            low.append(np.full(m, -np.inf))
            high.append(np.zeros(m))
            count += m
        rows = csr_matrix((np.concatenate(values), (np.concatenate(at), np.concatenate(columns))), (count, m + m * n))
        cost = np.concatenate([self.opening.floats, self.cost.floats])
        model = MixedInteger(
            cost, np.zeros(len(cost)), np.ones(len(cost)), np.ones(len(cost), bool), rows, np.concatenate(low), np.concatenate(high), name=self.name
        )
        return Linear(model, lambda z: np.asarray(z)[m:].reshape(m, n).argmax(0), self._encoded)

    def _encoded(self, assignment: Solution) -> np.ndarray:
        p = self._serving(assignment)
        x = np.zeros((self.m, self.n))
        x[p, np.arange(self.n)] = 1
        return np.concatenate([x.any(1).astype(float), x.reshape(-1)])

    @once
    def lower(self) -> Lowering:
        return lowered_through(self.linear())

    def written(self, assignment: Solution) -> str:
        """Each customer's facility, from 1, and the value."""
        p = self._serving(assignment)
        return " ".join(str(k + 1) for k in p) + f"\n{float(self.objective(p)):.10g}\n"
