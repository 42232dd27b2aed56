"""The relaxation of portfolios of many assets: the best weights of few, and more until none is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qualms.problems.portfolio import Portfolio
from qualms.solve.bounds.lagrangian import Multipliers
from qualms.solve.solvers.solver import Clock

_FIRST, _MORE = 100, 60  # assets to begin with, and those that join at most in a step
_CLOSE = 1e-9  # of the largest slope: an asset whose slope is no lower than that has nothing to give
# Factors times assets from which on this pays; and from which on cones, whose bound is higher where assets
# have a variance of their own, take too long.
_ENOUGH, _FOR_CONES = 100_000, 500_000

Weights = Callable[[Portfolio, np.ndarray], np.ndarray | None]


def suits(problem: Portfolio) -> bool:
    """Whether the relaxation is worth taking apart: it is large, and nothing but sums and limits of weights
    binds it.
    """
    large = problem.factors.size >= (_FOR_CONES if (problem.specific > 0).any() else _ENOUGH)
    return large and problem.least_return is None and problem.turnover is None


def by_columns(
    problem: Portfolio, weights_on: Weights, clock: Clock
) -> tuple[np.ndarray, Multipliers] | None:
    """The best weights where any number of assets may be held in any amounts.

    A conic program over all assets has a dense row for each factor and takes minutes for thousands of assets.
    Its solution holds few of them, at most one more than there are factors, so that a sequence of small
    programs finds it (column generation; Dantzig and Wolfe 1960): after each, the slopes of all assets, which
    are one product of a matrix and a vector, say which of the others would lower the objective.

    Parameters
    ----------
    problem : Portfolio
        The problem, of which the least weight, the lots and the number of assets are disregarded.
    weights_on : callable
        The best weights of some assets alone.
    clock : Clock
        The time.

    Returns
    -------
    tuple or None
        (n) weights and what a bound is proven from; None where a small program failed. Where the time ended
        before no asset was missing, both are still valid, and the bound is lower.
    """
    loose = replace(problem, most=None, smallest=0.0, lot=None)
    slope_at = 2 * problem.risk
    spread = np.sqrt((problem.factors**2).sum(1) + problem.specific)
    # those that promise most, and the calmest, for a risk near 1
    members = np.union1d(np.argsort(-problem.mean)[:_FIRST], np.argsort(spread)[:_FIRST])
    while len(members) * problem.largest < 1:
        members = np.union1d(members, np.argsort(-problem.mean)[: 2 * len(members)])
    while True:
        w = weights_on(loose, members)
        if w is None:
            return None
        exposures = problem.factors.T @ w
        slope = slope_at * (problem.factors @ exposures + problem.specific * w)
        slope -= (1 - problem.risk) * problem.mean
        held = np.flatnonzero(w > 1e-9)
        free = held[w[held] < problem.largest - 1e-9]
        level = slope[free].max() if len(free) else slope[held].max()
        missing = np.flatnonzero(slope < level - _CLOSE * np.abs(slope).max())
        joining = np.setdiff1d(missing, members)
        if not len(joining) or clock.left == 0:
            return w, Multipliers(exposures)
        members = np.union1d(held, joining[np.argsort(slope[joining], kind="stable")][:_MORE])


def fewer(problem: Portfolio, weights_on: Weights, w: np.ndarray, count: int, clock: Clock) -> np.ndarray:
    """The assets of a relaxation's weights, the least held left out and the rest weighed again, a sixth at a
    time, until `count` are left.
    """
    loose = replace(problem, most=None, smallest=0.0, lot=None)
    order = np.argsort(-w, kind="stable")
    members = order[: max(count, int((w > 1e-9).sum()))]
    while len(members) > count:
        found = weights_on(loose, members) if clock.left > 0 else None
        if found is None:
            return members[:count]
        members = members[np.argsort(-found[members], kind="stable")][: max(count, len(members) * 5 // 6)]
    return members
