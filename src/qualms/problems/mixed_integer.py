"""Linear and quadratic objectives under linear constraints, of integer and real variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError
from qualms.problems.numbers import TOLERANCE, exact
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True, kw_only=True)
class MixedInteger(WithNotes):
    """offset + cost·x + Σ q_k x_i x_j, with low ≤ x ≤ high and row_low ≤ rows x ≤ row_high.

    A solution is (n) float64. Coefficients are the decimals that they print as.

    Attributes
    ----------
    cost, low, high : np.ndarray
        (n) float64; bounds may be infinite.
    integer : np.ndarray
        (n) bool.
    rows : csr_matrix
        (m, n) sparse.
    row_low, row_high : np.ndarray
        (m).
    i, j, q : np.ndarray
        Products, i ≤ j, each given once; squares where i = j.
    names, row_names : Sequence[str]
        Empty, or one for each variable and each row.
    """

    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    integer: np.ndarray
    rows: csr_matrix
    row_low: np.ndarray
    row_high: np.ndarray
    i: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    j: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    q: np.ndarray = field(default_factory=lambda: np.zeros(0))
    offset: float = 0.0
    sense: str = "min"
    name: str = "model"
    names: Sequence[str] = ()
    row_names: Sequence[str] = ()
    kind: str = field(default="mixed integer", init=False)

    def __post_init__(self) -> None:
        n, m = len(self.cost), len(self.row_low)
        for label, array, size in (
            ("low", self.low, n),
            ("high", self.high, n),
            ("integer", self.integer, n),
            ("row_high", self.row_high, m),
        ):
            if len(array) != size:
                raise ConfigError(f"{self.name}: {label} has {len(array)} entries, not {size}")
        if self.rows.shape != (m, n):
            raise ConfigError(f"{self.name}: rows are {self.rows.shape}, not {(m, n)}")
        numbers = (self.cost, self.rows.data, self.q, np.array([self.offset]))
        if not all(np.isfinite(a).all() for a in numbers) or any(
            np.isnan(a).any() for a in (self.low, self.high, self.row_low, self.row_high)
        ):
            raise ConfigError(f"{self.name}: a coefficient is infinite, or a number is NaN")

    @property
    def size(self) -> int:
        return len(self.cost)

    def variable(self, k: int | np.integer) -> str:
        return self.names[int(k)] if len(self.names) else f"x{k + 1}"

    def row(self, k: int) -> str:
        return self.row_names[k] if len(self.row_names) else f"row {k + 1}"

    def values(self, solution: Solution) -> np.ndarray:
        """A solution as float64. Raises ConfigError for what is none of this model."""
        x = np.asarray(solution)
        if x.shape != (self.size,) or x.dtype.kind not in "iufb" or not np.isfinite(x).all():
            raise ConfigError(f"a solution of {self.kind} {self.name} is {self.size} finite numbers")
        return x.astype(np.float64)

    def objective(self, solution: Solution) -> Number:
        x = self.values(solution)
        total = exact(self.offset)
        used = np.flatnonzero((x != 0) & (self.cost != 0))
        total += sum(
            (exact(c) * exact(v) for c, v in zip(self.cost[used], x[used], strict=True)), Fraction(0)
        )
        products = np.flatnonzero((x[self.i] != 0) & (x[self.j] != 0))
        for k in products:
            total += exact(self.q[k]) * exact(x[self.i[k]]) * exact(x[self.j[k]])
        return int(total) if total.denominator == 1 else total

    def violations(self, solution: Solution) -> list[str]:
        x = self.values(solution)
        broken = [
            f"{self.variable(k)} = {x[k]:.10g} is not an integer"
            for k in np.flatnonzero(self.integer & (x != np.rint(x)))
        ]
        slack = np.where(self.integer, 0.0, TOLERANCE * np.maximum(1.0, np.abs(x)))
        for k in np.flatnonzero((x < self.low - slack) | (x > self.high + slack)):
            broken.append(
                f"{self.variable(k)} = {x[k]:.10g} is not between {self.low[k]:.10g} and {self.high[k]:.10g}"
            )
        return broken + [self._broken_row(x, int(k)) for k in self._suspects(x) if self._exceeds(x, int(k))]

    def _suspects(self, x: np.ndarray) -> np.ndarray:
        """Rows that floating point cannot clear: beyond a side, or nearer to it than rounding."""
        rows = self.rows
        activity = rows @ x
        size = np.abs(rows) @ np.abs(x)
        integer = bool((rows.data == np.rint(rows.data)).all() and (x == np.rint(x)).all())
        rounding = np.where(integer & (size < 2**52), 0.0, 1e-15 * (np.diff(rows.indptr) + 2) * size)
        return np.flatnonzero((activity < self.row_low + rounding) | (activity > self.row_high - rounding))

    def _exceeds(self, x: np.ndarray, k: int) -> bool:
        total = self.activity(x, k)
        return any(
            np.isfinite(side) and sign * (total - exact(side)) < -self.allowance(k, side)
            for side, sign in ((self.row_low[k], 1), (self.row_high[k], -1))
        )

    def allowance(self, k: int, side: float) -> Fraction:
        """How far a row may be beyond a side: nothing where all its variables are integers."""
        columns = self.rows.indices[self.rows.indptr[k] : self.rows.indptr[k + 1]]
        if self.integer[columns].all():
            return Fraction(0)
        return exact(TOLERANCE) * max(Fraction(1), abs(exact(side)))

    def activity(self, x: np.ndarray, k: int) -> Fraction:
        """The exact sum of a row at x, (n) float64."""
        part = slice(self.rows.indptr[k], self.rows.indptr[k + 1])
        return sum(
            (
                exact(a) * exact(v)
                for a, v in zip(self.rows.data[part], x[self.rows.indices[part]], strict=True)
            ),
            Fraction(0),
        )

    def _broken_row(self, x: np.ndarray, k: int) -> str:
        return (
            f"{self.row(k)}: {float(self.activity(x, k)):.10g} is not between {self.row_low[k]:.10g} "
            f"and {self.row_high[k]:.10g}"
        )

    def sample(self, rng: np.random.Generator) -> Solution:
        """Within the bounds; infinite ones count as 0 or as the other bound ± 10."""
        low = np.where(
            np.isfinite(self.low), self.low, np.where(np.isfinite(self.high), self.high - 10, -10.0)
        )
        high = np.where(np.isfinite(self.high), self.high, low + 10)
        x = low + (high - low) * rng.random(self.size)
        return np.where(
            self.integer,
            np.clip(np.floor(low + (high - low + 1) * rng.random(self.size)), np.ceil(low), np.floor(high)),
            x,
        )

    def greedy(self, rng: np.random.Generator) -> Solution:
        """From the bound nearest to zero, variables one after the other in random order to where broken rows
        and then the objective are least.
        """
        x = np.clip(0.0, self.low, self.high)
        x = np.where(self.integer, np.clip(np.rint(x), np.ceil(self.low), np.floor(self.high)), x)
        by_column = self.rows.tocsc()
        sign = 1.0 if self.sense == "min" else -1.0
        activity = self.rows @ x
        slope = self._slopes(x)
        for k in rng.permutation(self.size):
            part = slice(by_column.indptr[k], by_column.indptr[k + 1])
            touched, a = by_column.indices[part], by_column.data[part]
            best, step = 0.0, 0.0
            here = self._short(activity[touched], touched)
            for d in (1.0, -1.0):
                if not self.low[k] <= x[k] + d <= self.high[k]:
                    continue
                gain = (
                    here
                    - self._short(activity[touched] + d * a, touched)
                    - 1e-3 * sign * d * slope[k] / (1 + abs(slope[k]))
                )
                if gain > best + 1e-12:
                    best, step = gain, d
            if step:
                x[k] += step
                activity[touched] += step * a
        return x

    def _slopes(self, x: np.ndarray) -> np.ndarray:
        return (
            self.cost
            + np.bincount(self.i, self.q * x[self.j], self.size)
            + np.bincount(self.j, self.q * x[self.i], self.size)
        )

    def _short(self, activity: np.ndarray, rows: np.ndarray) -> float:
        """How far rows are from what they ask, in sum."""
        return float(
            (
                np.maximum(0, self.row_low[rows] - activity) + np.maximum(0, activity - self.row_high[rows])
            ).sum()
        )
