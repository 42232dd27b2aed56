"""Numbers into two heaps of equal sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.penalties import MOST_PAIRS
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, once
from qualms.problems.spins import binary, to_bits


@dataclass(frozen=True)
class NumberPartition(Noted):
    """The least difference of two heaps.

    Attributes
    ----------
    numbers : of Decimals, at least 0. An assignment gives each its heap, 0 or 1.
    """

    numbers: Decimals
    name: str = "numbers"
    kind: str = field(default="partition", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return len(self.numbers.values)

    def objective(self, assignment: Solution) -> Number:
        heap = binary(self, assignment).astype(bool)
        difference = self.numbers.total(heap) - self.numbers.total(~heap)
        return difference if difference >= 0 else -difference

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment)
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.integers(0, 2, self.size)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Karmarkar and Karp's differencing (1982): the two largest go apart, and their difference comes back."""
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

    @once
    def lower(self) -> Lowering:
        """(Σ a s)²: the square of the difference, numbers scaled by their sum so that energies stay small."""
        if self.size**2 > 2 * MOST_PAIRS:
            raise TooLargeError(f"{self.name} as spins: {self.size:,} numbers are all coupled; too many pairs")
        a = self.numbers.floats
        a = a / max(1e-300, float(np.abs(a).max(initial=0)))
        i, j = np.triu_indices(self.size, 1)
        couplings = IsingModel.from_pairs(self.size, i, j, 2 * a[i] * a[j], None, float(a @ a))
        return Lowering(couplings, to_bits, lambda x: 2 * np.asarray(x) - 1)

    @once
    def linear(self) -> Linear:
        """difference ≥ ± Σ a (2x − 1)."""
        n, a = self.size, self.numbers.values.astype(float)
        rows = csr_matrix(np.vstack([np.append(2 * a, -1), np.append(-2 * a, -1)]))
        total = float(a.sum())
        whole = self.numbers.scale == 1
        model = MixedInteger(
            np.append(np.zeros(n), 1.0 / self.numbers.scale), np.zeros(n + 1), np.append(np.ones(n), total), np.append(np.ones(n, bool), whole),
            rows, np.full(2, -np.inf), np.array([total, -total]), name=self.name,
        )  # fmt: skip
        return Linear(model, lambda x: np.rint(x[:n]).astype(np.int64), lambda x: np.append(x, float(self.objective(x)) * self.numbers.scale))

    def written(self, assignment: Solution) -> str:
        return "\n".join(map(str, binary(self, assignment))) + "\n"
