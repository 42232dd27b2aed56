"""Low-autocorrelation binary sequences."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import TooLargeError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once
from qualms.problems.spins import binary

_MOST = 64  # elements of a sequence that becomes bits: n³ of them


@dataclass(frozen=True)
class LABS(Noted):
    """Σ_k C_k², C_k = Σ_i s_i s_{i+k}, k = 1 … n − 1, at its smallest over s ∈ {−1, 1}ⁿ (Golay 1977; QOBLIB class 02)."""

    n: int
    kind: str = field(default="labs", init=False)
    sense: str = field(default="min", init=False)

    @property
    def name(self) -> str:
        return f"labs{self.n:03d}"

    @property
    def size(self) -> int:
        return self.n

    def objective(self, assignment: Solution) -> Number:
        s = binary(self, assignment, (-1, 1))
        return sum(int(s[:-k] @ s[k:]) ** 2 for k in range(1, self.n))

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment, (-1, 1))
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

    @once
    def linear(self) -> Linear:
        """Bits x, products p_ij = x_i x_j as bits of their own, and C_k linear in them; the squares are in the objective.

        C_k = Σ (2x_i − 1)(2x_j − 1) = Σ (4 p_ij − 2x_i − 2x_j + 1); its square is a product of bits again, so this is the
        form that becomes spins: n + n(n − 1)/2 bits.
        """
        if self.n > _MOST:
            raise TooLargeError(f"{self.name} as bits: at most {_MOST} elements")
        n = self.n
        a, b = np.triu_indices(n, 1)
        total = n + len(a)
        c = np.zeros((max(0, n - 1), total))
        lag = b - a - 1
        np.add.at(c, (lag, a), -2.0)
        np.add.at(c, (lag, b), -2.0)
        c[lag, n + np.arange(len(a))] = 4.0
        constant = np.bincount(lag, minlength=max(0, n - 1)).astype(float)
        form = c.T @ c
        i, j = np.triu_indices(total, 1)
        q = 2 * form[i, j]
        kept = q != 0
        cost = np.diag(form) + 2 * constant @ c
        k, m = len(a), np.arange(len(a))
        at = np.concatenate([m, m, k + m, k + m, 2 * k + m, 2 * k + m, 2 * k + m])
        columns = np.concatenate([n + m, a, n + m, b, a, b, n + m])
        signs = np.repeat([1.0, -1, 1, -1, 1, 1, -1], k)
        rows = csr_matrix((signs, (at, columns)), (3 * k, total))
        model = MixedInteger(
            cost, np.zeros(total), np.ones(total), np.ones(total, bool), rows, np.full(3 * k, -np.inf),
            np.concatenate([np.zeros(2 * k), np.ones(k)]), i[kept], j[kept], q[kept], float(constant @ constant), name=self.name,
        )  # fmt: skip
        return Linear(model, lambda x: 2 * np.rint(x[:n]).astype(np.int64) - 1, lambda s: np.append((s + 1) // 2, (s[a] + 1) * (s[b] + 1) // 4))

    @once
    def lower(self) -> Lowering:
        return lowered_through(self.linear())

    def written(self, assignment: Solution) -> str:
        """QOBLIB's: bits in a row, the energy, the lengths of runs."""
        s = binary(self, assignment, (-1, 1))
        ends = np.flatnonzero(np.diff(s)) + 1
        runs = np.diff(np.concatenate([[0], ends, [self.n]]))
        bits = " ".join(map(str, (s + 1) // 2))
        return f"{bits}\n# Energy: {self.objective(s)}\n# Consecutive entries: {' '.join(map(str, runs))}\n"
