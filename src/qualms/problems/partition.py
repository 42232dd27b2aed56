"""Numbers into two heaps of equal sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np

from qualms.problems.numbers import Decimals
from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary


@dataclass(frozen=True)
class NumberPartition(WithNotes):
    """The least difference of two heaps.

    A solution gives each number its heap, 0 or 1.

    Attributes
    ----------
    numbers : Decimals
        At least 0.
    """

    numbers: Decimals
    name: str = "numbers"
    kind: str = field(default="partition", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return len(self.numbers.values)

    def objective(self, solution: Solution) -> Number:
        heap = binary(self, solution).astype(bool)
        difference = self.numbers.total(heap) - self.numbers.total(~heap)
        return difference if difference >= 0 else -difference

    def violations(self, solution: Solution) -> list[str]:
        binary(self, solution)
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.integers(0, 2, self.size)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Karmarkar and Karp's differencing (1982): the two largest go apart, and their difference comes
        back.
        """
        values = self.numbers.values
        queue = [(-int(v), k, [k], list[int]()) for k, v in enumerate(values)]
        heapify(queue)
        while len(queue) > 1:
            a, k, left, right = heappop(queue)
            b, _, other_left, other_right = heappop(queue)
            heappush(queue, (a - b, k, left + other_right, right + other_left))
        heap = np.zeros(self.size, np.int64)
        heap[queue[0][3] if queue else []] = 1
        return heap
