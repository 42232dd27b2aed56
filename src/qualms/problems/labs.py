"""Low-autocorrelation binary sequences."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary


@dataclass(frozen=True)
class LABS(WithNotes):
    """Σ_k C_k², C_k = Σ_i s_i s_{i+k}, k = 1 … n − 1, at its smallest over s ∈ {−1, 1}ⁿ (Golay 1977; QOBLIB
    class 02).
    """

    n: int
    kind: str = field(default="labs", init=False)
    sense: str = field(default="min", init=False)

    @property
    def name(self) -> str:
        return f"labs{self.n:03d}"

    @property
    def size(self) -> int:
        return self.n

    def objective(self, solution: Solution) -> Number:
        s = binary(self, solution, (-1, 1))
        return sum(int(s[:-k] @ s[k:]) ** 2 for k in range(1, self.n))

    def violations(self, solution: Solution) -> list[str]:
        binary(self, solution, (-1, 1))
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([-1, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent: a flip of s_i changes C_k by −2 s_i (s_{i−k} + s_{i+k})."""
        n, s = self.n, self.sample(rng)
        lags = np.array([int(s[:-k] @ s[k:]) for k in range(1, n)], np.int64)
        i, k = np.arange(n)[:, None], np.arange(1, n)[None]
        while n > 1:
            padded = np.concatenate([np.zeros(n, np.int64), s, np.zeros(n, np.int64)])
            flipped = lags - 2 * s[:, None] * (padded[n + i - k] + padded[n + i + k])
            energies = (flipped * flipped).sum(1)
            best = int(energies.argmin())
            if energies[best] >= int(lags @ lags):
                break
            s[best], lags = -s[best], flipped[best]
        return s
