"""Items into a knapsack, with profits of single items and of pairs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary


@dataclass(frozen=True)
class Knapsack(WithNotes):
    """Σ_{i≤j} profit[i, j] x_i x_j, at its largest while Σ weight x ≤ capacity.

    Without pairs it is the plain knapsack.

    Attributes
    ----------
    profits : np.ndarray
        (n, n) int64, upper triangle; the diagonal holds those of single items.
    weights : np.ndarray
        (n) int64, at least 0.
    capacity : int
        The largest total weight, at least 0.
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

    def objective(self, solution: Solution) -> Number:
        chosen = np.flatnonzero(binary(self, solution))
        return int(np.triu(self.profits[np.ix_(chosen, chosen)]).astype(object).sum()) if len(chosen) else 0

    def violations(self, solution: Solution) -> list[str]:
        load = int(self.weights[binary(self, solution).astype(bool)].astype(object).sum())
        return (
            [f"the items weigh {load:,}, the knapsack takes {self.capacity:,}"]
            if load > self.capacity
            else []
        )

    def sample(self, rng: np.random.Generator) -> Solution:
        """Random items, as many as fit."""
        order = rng.permutation(self.size)
        x = np.zeros(self.size, np.int64)
        x[order[np.cumsum(self.weights[order]) <= self.capacity]] = 1
        return x

    def greedy(self, rng: np.random.Generator) -> Solution:
        """What brings most for its weight beside what is in, first."""
        return self.repaired(np.zeros(self.size, np.int64))

    def _worth(self, x: np.ndarray) -> np.ndarray:
        """What each item brings beside those chosen."""
        upper = np.triu(self.profits, 1)
        return np.diag(self.profits) + (upper + upper.T) @ x

    def repaired(self, chosen: np.ndarray) -> Solution:
        """From items chosen (0 or 1), which may weigh too much: the worst for their weight leave until the
        rest fits, then the best that fit join.
        """
        x = np.array(chosen, np.int64)
        weights = np.maximum(self.weights, 1e-9)
        load = int(self.weights @ x)
        while load > self.capacity:
            worth = np.where(x > 0, self._worth(x) / weights, np.inf)
            k = int(worth.argmin())
            x[k], load = 0, load - int(self.weights[k])
        while True:
            worth = np.where(
                (x == 0) & (self.weights <= self.capacity - load), self._worth(x) / weights, -np.inf
            )
            k = int(worth.argmax()) if self.size else 0
            if not self.size or worth[k] <= 0:
                return x
            x[k], load = 1, load + int(self.weights[k])
