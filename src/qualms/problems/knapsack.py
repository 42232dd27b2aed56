"""Items into a knapsack, with profits of single items and of pairs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.penalties import powers, spread
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, once
from qualms.problems.spins import binary, from_binary, to_bits


@dataclass(frozen=True)
class Knapsack(Noted):
    """Σ_{i≤j} profit[i, j] x_i x_j, at its largest while Σ weight x ≤ capacity. Without pairs it is the plain knapsack.

    Attributes
    ----------
    profits : (n, n) int64, upper triangle; the diagonal holds those of single items. weights : (n) int64, at least 0. capacity : at least 0.
    """

    profits: np.ndarray
    weights: np.ndarray
    capacity: int
    name: str = "knapsack"
    kind: str = field(default="knapsack", init=False)
    sense: str = field(default="max", init=False)

    @property
    def size(self) -> int:
        return len(self.weights)

    def objective(self, assignment: Solution) -> Number:
        chosen = np.flatnonzero(binary(self, assignment))
        return int(np.triu(self.profits[np.ix_(chosen, chosen)]).astype(object).sum()) if len(chosen) else 0

    def violations(self, assignment: Solution) -> list[str]:
        load = int(self.weights[binary(self, assignment).astype(bool)].astype(object).sum())
        return [f"the items weigh {load:,}, the knapsack takes {self.capacity:,}"] if load > self.capacity else []

    def sample(self, rng: np.random.Generator) -> Solution:
        """Random items, as many as fit."""
        order = rng.permutation(self.size)
        x = np.zeros(self.size, np.int64)
        x[order[np.cumsum(self.weights[order]) <= self.capacity]] = 1
        return x

    def greedy(self, rng: np.random.Generator) -> Solution:
        """What brings most for its weight beside what is in, first."""
        return self.repaired(-np.ones(self.size))

    @once
    def lower(self) -> Lowering:
        """The room left becomes bits, 1, 2, 4, … and a rest; (load + room − capacity)² by a penalty above the best that one item brings."""
        n, capacity = self.size, self._useful
        room = powers(capacity)
        upper = np.triu(self.profits, 1).astype(float)
        both = upper + upper.T
        penalty = float((np.abs(np.diag(self.profits)) + np.abs(both).sum(1)).max(initial=0)) + 1.0
        sizes = np.concatenate([self.weights, room]).astype(float)
        total = n + len(room)
        linear = penalty * (sizes * sizes - 2 * capacity * sizes)
        linear[:n] -= np.diag(self.profits)
        i, j = np.triu_indices(total, 1)
        values = 2 * penalty * sizes[i] * sizes[j]
        items = (i < n) & (j < n)
        values[items] -= upper[i[items], j[items]]
        couplings = from_binary(total, linear, i, j, values, penalty * float(capacity) ** 2)
        return Lowering(couplings, self.repaired, self._encoded, penalty)

    @property
    def _useful(self) -> int:
        """The capacity that all items together could fill."""
        return min(self.capacity, int(self.weights.sum()))

    def _worth(self, x: np.ndarray) -> np.ndarray:
        """What each item brings beside those chosen."""
        upper = np.triu(self.profits, 1)
        return np.diag(self.profits) + (upper + upper.T) @ x

    def repaired(self, spins: np.ndarray) -> Solution:
        """The items chosen; the worst for their weight leave until the rest fits, then the best that fit join."""
        x = to_bits(spins)[: self.size]
        weights = np.maximum(self.weights, 1e-9)
        load = int(self.weights @ x)
        while load > self.capacity:
            worth = np.where(x > 0, self._worth(x) / weights, np.inf)
            k = int(worth.argmin())
            x[k], load = 0, load - int(self.weights[k])
        while True:
            worth = np.where((x == 0) & (self.weights <= self.capacity - load), self._worth(x) / weights, -np.inf)
            k = int(worth.argmax()) if self.size else 0
            if not self.size or worth[k] <= 0:
                return x
            x[k], load = 1, load + int(self.weights[k])

    def _encoded(self, assignment: Solution) -> np.ndarray:
        x = binary(self, assignment)
        room = powers(self._useful)
        return 2 * np.concatenate([x, spread(self._useful - int(self.weights @ x), room)]) - 1

    @once
    def linear(self) -> Linear:
        i, j = np.nonzero(np.triu(self.profits, 1))
        model = MixedInteger(
            np.diag(self.profits).astype(float), np.zeros(self.size), np.ones(self.size), np.ones(self.size, bool),
            csr_matrix(self.weights[None].astype(float)), np.array([-np.inf]), np.array([float(self.capacity)]),
            i, j, self.profits[i, j].astype(float), sense="max", name=self.name,
        ).linear()  # fmt: skip
        return Linear(model.model, lambda x: np.rint(model.decode(x)).astype(np.int64), model.encode)

    def written(self, assignment: Solution) -> str:
        return "\n".join(map(str, binary(self, assignment))) + "\n"
