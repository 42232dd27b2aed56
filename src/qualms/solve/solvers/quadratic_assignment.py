"""Robust tabu search for quadratic assignment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.problems.assignment import QuadraticAssignment
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL
from qualms.solve.solvers.solver import Clock, Finding

_RESTART = 20  # swaps without a new best, times the size, before the best is perturbed
_FRESH = 0.2  # chance of a start from nothing
_LOOK = 64


class RobustTabuSolver:
    """Swaps of two facilities, the best that was not undone lately; tenures at random.

    Short runs, each from the best perturbed, or from nothing.

    References
    ----------
    Taillard, "Robust taboo search for the quadratic assignment problem", Parallel Computing 17 (1991). All n²
    changes come from two products of matrices, which at these sizes beats updating them one by one.
    """

    name = "robust-tabu"
    quadrant = CLASSICAL
    takes_answers = True

    def refuses(self, problem: Problem) -> str | None:
        return (
            None
            if isinstance(problem, QuadraticAssignment)
            else f"robust tabu takes quadratic assignments, not a problem of kind {problem.kind!r}"
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, QuadraticAssignment)
        rng, n = np.random.default_rng(seed), problem.size
        best_p, best = None, np.inf
        while not clock.over() or best_p is None:
            offered = clock.offered()
            if offered is not None and float(problem.objective(offered)) < best:
                best_p = np.asarray(offered)  # until there is a better one of its own
            start = rng.permutation(n) if best_p is None or rng.random() < _FRESH else _perturbed(best_p, rng)
            for p, value in _search(problem, start, clock, rng):
                if value < best:
                    best, best_p = value, p
                    yield p
            clock.made()
            if n < 3:
                return


def _perturbed(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some facilities, from two to half of them, change places among themselves."""
    moved = rng.permutation(len(p))[: int(rng.integers(2, max(3, len(p) // 2 + 1)))]
    found = p.copy()
    found[moved] = p[np.roll(moved, 1)]
    return found


def _search(
    problem: QuadraticAssignment, p: np.ndarray, clock: Clock, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, float]]:
    """One run: every new lowest of it."""
    n = problem.size
    f, d = problem.flow.astype(np.float64), problem.distance.astype(np.float64)
    p = p.copy()
    value = float((f * d[np.ix_(p, p)]).sum())
    lowest = value
    yield p.copy(), value
    if n < 2:
        return
    upper = np.triu(np.ones((n, n), bool), 1)
    change = _changes(f, d[np.ix_(p, p)])
    free = np.zeros((n, n), np.int64)  # facility × place: from which swap on it may come back
    swaps, since, most = 0, 0, _RESTART * n
    rows = np.arange(n)
    while since < most:
        back = free[rows[:, None], p[None, :]]  # facility i to the place of j
        tabu = np.minimum(back, back.T) > swaps
        allowed = upper & (~tabu | (value + change < lowest - 1e-9))
        flat = int(np.where(allowed, change, np.inf).argmin())
        a, b = divmod(flat, n)
        if not allowed[a, b]:
            a, b = sorted(rng.choice(n, 2, replace=False))
        value += change[a, b]
        free[a, p[a]] = swaps + rng.integers(int(0.9 * n), int(1.1 * n) + 2)
        free[b, p[b]] = swaps + rng.integers(int(0.9 * n), int(1.1 * n) + 2)
        p[a], p[b] = p[b], p[a]
        change = _changes(f, d[np.ix_(p, p)])
        swaps, since = swaps + 1, since + 1
        if value < lowest - 1e-9:
            lowest, since = value, 0
            yield p.copy(), value
        if swaps % _LOOK == 0 and clock.left == 0:
            return


def _changes(f: np.ndarray, dp: np.ndarray) -> np.ndarray:
    """(n, n) of what each swap changes; dp[i, j] = d[p_i, p_j]."""
    own_f, own_d = np.diag(f), np.diag(dp)
    # Σ over k of (f_ik − f_jk)(d_jk − d_ik) and of columns, with the four terms that touch i and j put right
    rows = f @ dp.T
    columns = f.T @ dp
    both = rows + columns
    cross = both + both.T - np.diag(both)[:, None] - np.diag(both)[None]
    i_i, j_j = own_f[:, None], own_f[None]
    d_i, d_j = own_d[:, None], own_d[None]
    wrong = (
        (i_i - f.T) * (dp.T - d_i)
        + (f - j_j) * (d_j - dp)
        + (i_i - f) * (dp - d_i)
        + (f.T - j_j) * (d_j - dp.T)
    )
    right = (i_i - j_j) * (d_j - d_i) + (f - f.T) * (dp.T - dp)
    return cross - wrong + right
