"""Portfolios whose doubtful assets are chosen by a small circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Bound, Problem
from qualms.problems.spins import from_binary
from qualms.problems.system import SpinSystem
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin
from qualms.solve.bounds.lagrangian import portfolio_bound
from qualms.solve.solvers.convex import ConvexSolver, relaxation, weights_on
from qualms.solve.solvers.hybrid.inner import Inner, twins_of_inner
from qualms.solve.solvers.solver import Clock, Effort, Finding


class ResidualPortfolioSolver:
    """The relaxation settles the sure assets; which of the doubtful join them is a form of bits; the weights
    of each choice are convex.

    The form is the objective at equal weights with a penalty for the count, over at most `size` assets next
    to the cut. A round is one draw of it around another set of doubtful assets.

    Parameters
    ----------
    inner : str, default "qaoa"
        "qaoa", "annealing" or "exact".
    size : int, default 12
        Doubtful assets.
    """

    def __init__(
        self, inner: str = "qaoa", size: int = 12, backend: Any = "statevector", placebo: str = ""
    ) -> None:
        if not 2 <= size <= 16:
            raise ConfigError(
                f"size={size}: the number of assets that are decided again must be from 2 to 16"
            )
        self.size, self._options = size, {"inner": inner, "size": size, "backend": backend}
        self._inner = Inner(inner, placebo, backend=backend)
        self.name = f"residual-portfolio/{placebo}" if placebo else "residual-portfolio"

    @property
    def quadrant(self) -> Quadrant:
        return self._inner.quadrant

    @property
    def twins(self) -> tuple[Twin, ...]:
        return twins_of_inner(self)

    def refuses(self, problem: Problem) -> str | None:
        why = self._inner.too_wide(self.size) or ConvexSolver().refuses(problem)
        if why is not None:
            return why
        return (
            "no limit on how many assets are held, so none are doubtful"
            if isinstance(problem, Portfolio) and problem.most is None
            else None
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, Portfolio)
        rng = np.random.default_rng(seed)
        yield problem.greedy(rng)
        relaxed = relaxation(problem, max(0.1, 0.6 * clock.left))
        if relaxed is None:
            return
        share, _, multipliers = relaxed
        yield Bound(portfolio_bound(problem, multipliers), "Lagrangian of the convex relaxation")
        order = np.argsort(-share, kind="stable")
        most = min(
            problem.most or problem.size,
            problem.size,
            int(1 / problem.smallest + 1e-9) if problem.smallest > 0 else problem.size,
        )
        best, first = np.inf, True
        seen: set[bytes] = set()
        pieces = 0
        while first or not clock.over(pieces):
            sure, doubtful = self._cut(order, most, rng, first)
            found = self._inner.answers(
                _form(problem, sure, doubtful, most), clock.left, int(rng.integers(2**31))
            )
            for spins in found[-3:]:
                members = np.concatenate([sure, doubtful[np.asarray(spins) > 0]])[:most]
                key = np.sort(members).tobytes()
                if not len(members) or key in seen:
                    continue
                seen.add(key)
                w = weights_on(problem, members)
                if w is None:
                    continue
                value = problem.risk * problem.variance(w) - (1 - problem.risk) * problem.expected(w)
                if value < best:
                    best = value
                    yield w
            first = False
            pieces += 1
            yield Effort(pieces, "cuts")
            clock.made()

    def _cut(
        self, order: np.ndarray, most: int, rng: np.random.Generator, first: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Assets that are held for sure, and those around the cut; after the first time the cut's
        surroundings vary.
        """
        half = min(self.size // 2, most)
        if first:
            return order[: most - half], order[most - half : most - half + self.size]
        moved = rng.permutation(order[: min(len(order), most + 2 * self.size)])
        kept = moved[: self.size]
        sure = order[~np.isin(order, kept)][: most - half]
        return sure, kept


def _form(problem: Portfolio, sure: np.ndarray, doubtful: np.ndarray, most: int) -> SpinSystem:
    """Bits of the doubtful: λ‖Σ F/K‖² + … at equal weights 1/K, and a penalty that keeps their count."""
    m, count = len(doubtful), most - len(sure)
    f, s, mean = (
        problem.factors[doubtful] / most,
        problem.specific[doubtful] / most**2,
        problem.mean[doubtful] / most,
    )
    base = problem.factors[sure].sum(0) / most
    square = problem.risk * (f @ f.T)
    linear = problem.risk * (2 * f @ base + s) + np.diag(square) - (1 - problem.risk) * mean
    i, j = np.triu_indices(m, 1)
    values = 2 * square[i, j]
    penalty = float(np.abs(linear).max(initial=0) + np.abs(values).sum() / max(1, m))
    return SpinSystem(
        from_binary(m, linear + penalty * (1 - 2 * count), i, j, values + 2 * penalty, penalty * count**2)
    )
