"""Portfolios: a convex relaxation by Clarabel, then the best weights on chosen assets, assets exchanged while
that helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, diags, hstack, identity, vstack

from qualms.errors import MissingExtraError, QualmsError
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Bound, Problem
from qualms.records.quadrant import CLASSICAL
from qualms.solve.bounds.lagrangian import Multipliers, portfolio_bound
from qualms.solve.solvers.columns import by_columns, fewer, suits
from qualms.solve.solvers.solver import Clock, Finding, Limits


def _clarabel() -> Any:
    try:
        import clarabel
    except ImportError:
        raise MissingExtraError("clarabel", "solve", "the solver Clarabel") from None
    return clarabel


class ConvexSolver:
    """Relax who is held (perspective cones), keep the largest, find their best weights, exchange assets.

    The relaxation's exposures give a bound that `lagrangian.portfolio_bound` proves. Of thousands of assets
    it is taken apart (`columns`). A round is one pass of exchanges from a perturbed start, or from an answer
    that a race offers.

    References
    ----------
    Goulart and Chen, "Clarabel" (2024); Frangioni and Gentile, "Perspective cuts" (2006).
    """

    name = "convex"
    quadrant = CLASSICAL
    takes_answers = True

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem, Portfolio):
            return f"the convex solver takes portfolios, not a problem of kind {problem.kind!r}"
        try:
            _clarabel()
        except QualmsError as error:
            return str(error)
        return None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, Portfolio)
        rng = np.random.default_rng(seed)
        greedy = problem.greedy(rng)
        yield greedy
        count = min(problem.most or problem.size, problem.size)
        if problem.smallest > 0:
            count = min(count, int(1 / problem.smallest + 1e-9))
        relaxed = _relaxed(problem, count, clock)
        if relaxed is None:  # there was no time for it
            share, w, chosen = greedy, greedy, np.flatnonzero(greedy)
        else:
            share, w, multipliers = relaxed
            yield Bound(portfolio_bound(problem, multipliers), "Lagrangian of the convex relaxation")
            chosen = _wanted(problem, share, w, count)
        order = np.argsort(-share, kind="stable")
        best, kept = np.inf, None
        first = True
        while (not clock.over() or first) and len(chosen):
            for weights, value, members in _exchanged(problem, chosen, count, clock):
                if value < best - 1e-15:
                    best, kept = value, members
                    yield weights
            clock.made()
            first = False
            offered = clock.offered()
            if offered is not None:
                chosen = np.flatnonzero(offered)
                continue
            if kept is None:
                chosen = rng.permutation(order[: 3 * count])[:count]
                continue
            if len(kept) == problem.size:
                return
            out = rng.permutation(len(kept))[: max(1, len(kept) // 5)]
            pool = np.setdiff1d(order[: max(4 * count, 20)], kept)
            chosen = np.concatenate([np.delete(kept, out), rng.permutation(pool)[: len(out)]])


# how much each asset is wanted, weights, what proves a bound
Relaxed = tuple[np.ndarray, np.ndarray, Multipliers]


def _relaxed(problem: Portfolio, count: int, clock: Clock) -> Relaxed | None:
    """The relaxation, as a whole or taken apart."""
    given = Clock(Limits(max(0.1, 0.6 * clock.left)))
    if not suits(problem):
        return relaxation(problem, given.limits.seconds)
    found = by_columns(problem, weights_on, given)
    if found is None:
        return None
    w, multipliers = found
    share = w.copy()
    share[fewer(problem, weights_on, w, count, given)] += 1.0
    return share, w, multipliers


def _wanted(problem: Portfolio, share: np.ndarray, w: np.ndarray, count: int) -> np.ndarray:
    """The assets to begin with: those that the relaxation wants most, without those that it hardly holds."""
    wanted = np.argsort(-share, kind="stable")[:count]
    clearly = w[wanted] > 0.5 * problem.smallest
    return wanted[w[wanted] > max(1e-7, 0.5 * problem.smallest)] if clearly.any() else wanted


class _Program:
    """A conic program in the making: minimise ½ xᵀPx + qᵀx with rows x + s = sides, s in cones; x is made of
    named parts.
    """

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes
        ends = np.cumsum([0, *sizes.values()]).tolist()
        self.at = {name: slice(a, b) for name, a, b in zip(sizes, ends[:-1], ends[1:], strict=True)}
        self.p, self.q = np.zeros(ends[-1]), np.zeros(ends[-1])
        self.rows: list[csc_matrix] = []
        self.sides: list[np.ndarray] = []
        self.cones: list[Any] = []

    def block(self, **parts: Any) -> csc_matrix:
        height = next(iter(parts.values())).shape[0]
        return hstack(
            [parts.get(name, csc_matrix((height, size))) for name, size in self.sizes.items()], format="csc"
        )

    def add(self, cones: list[Any], matrix: csc_matrix, sides: np.ndarray | list[float]) -> int:
        """Where its rows begin."""
        first = sum(len(b) for b in self.sides)
        self.rows.append(matrix)
        self.sides.append(np.asarray(sides, float))
        self.cones += cones
        return first

    def solved(self, cl: Any, seconds: float) -> Any:
        settings = cl.DefaultSettings()
        settings.verbose, settings.time_limit = False, seconds
        matrices = (
            diags(self.p, format="csc"),
            self.q,
            vstack(self.rows, format="csc"),
            np.concatenate(self.sides),
        )
        solution = cl.DefaultSolver(*matrices, self.cones, settings).solve()
        return solution if str(solution.status) in ("Solved", "AlmostSolved") else None


def relaxation(problem: Portfolio, seconds: float) -> Relaxed | None:
    """min λ(‖e‖² + Σ s t) − (1 − λ) μᵀw, e = Fᵀw, t y ≥ w², Σ y ≤ most, smallest y ≤ w ≤ largest y, and what
    else binds.
    """
    cl = _clarabel()
    n, k = problem.factors.shape
    limited, moved = problem.most is not None or problem.smallest > 0, problem.turnover is not None
    program = _Program(
        {"w": n, **({"y": n, "t": n} if limited else {}), **({"d": n} if moved else {}), "e": k}
    )
    at, block = program.at, program.block
    program.q[at["w"]] = -(1 - problem.risk) * problem.mean
    program.p[at["e"]] = 2 * problem.risk
    if limited:
        program.q[at["t"]] = problem.risk * problem.specific
    else:
        program.p[at["w"]] = 2 * problem.risk * problem.specific
    eye, one = identity(n, format="csc"), csc_matrix(np.ones((1, n)))
    program.add([cl.ZeroConeT(1)], block(w=one), [1.0])
    program.add(
        [cl.ZeroConeT(k)], block(w=csc_matrix(problem.factors.T), e=-identity(k, format="csc")), np.zeros(k)
    )
    program.add([cl.NonnegativeConeT(n)], block(w=-eye), np.zeros(n))
    if limited:
        _held_or_not(cl, program, problem, eye, one)
    else:
        program.add([cl.NonnegativeConeT(n)], block(w=eye), np.full(n, problem.largest))
    turnover = returns = None
    if moved:
        held = np.asarray(problem.held, float)
        program.add(
            [cl.NonnegativeConeT(2 * n)],
            vstack([block(w=eye, d=-eye), block(w=-eye, d=-eye)], format="csc"),
            np.concatenate([held, -held]),
        )
        turnover = program.add([cl.NonnegativeConeT(1)], block(d=one), [float(problem.turnover or 0.0)])
    if problem.least_return is not None:
        returns = program.add(
            [cl.NonnegativeConeT(1)], block(w=csc_matrix(-problem.mean[None])), [-problem.least_return]
        )
    solution = program.solved(cl, seconds)
    if solution is None:
        return None
    x, z = np.array(solution.x), np.array(solution.z)
    multipliers = Multipliers(
        x[at["e"]],
        max(0.0, float(z[returns])) if returns is not None else 0.0,
        max(0.0, float(z[turnover])) if turnover is not None else 0.0,
    )
    w = np.maximum(0, x[at["w"]])
    return (x[at["y"]] + w if limited else w), w, multipliers


def _held_or_not(cl: Any, program: _Program, problem: Portfolio, eye: csc_matrix, one: csc_matrix) -> None:
    """smallest y ≤ w ≤ largest y, y ≤ 1, Σ y ≤ most, and t y ≥ w² as cones of three; t is nothing where no
    square is behind it.
    """
    n, block = problem.size, program.block
    limits = [block(w=eye, y=-problem.largest * eye), block(w=-eye, y=problem.smallest * eye), block(y=eye)]
    program.add(
        [cl.NonnegativeConeT(3 * n)],
        vstack(limits, format="csc"),
        np.concatenate([np.zeros(2 * n), np.ones(n)]),
    )
    if problem.most is not None:
        program.add([cl.NonnegativeConeT(1)], block(y=one), [float(problem.most)])
    squares, idle = np.flatnonzero(problem.specific > 0), np.flatnonzero(problem.specific <= 0)
    m = len(squares)
    if m:
        pick = csc_matrix((np.ones(m), (np.arange(m), squares)), (m, n))
        stack = vstack([block(t=-pick, y=-pick), block(w=-2 * pick), block(t=-pick, y=pick)], format="csc")
        program.add(
            [cl.SecondOrderConeT(3)] * m,
            stack.tocsr()[np.arange(3 * m).reshape(3, m).T.reshape(-1)].tocsc(),
            np.zeros(3 * m),
        )
    if len(idle):
        pick = csc_matrix((np.ones(len(idle)), (np.arange(len(idle)), idle)), (len(idle), n))
        program.add([cl.ZeroConeT(len(idle))], block(t=pick), np.zeros(len(idle)))


def weights_on(problem: Portfolio, members: np.ndarray) -> np.ndarray | None:
    """The best weights of the members alone, every one of them held; None where there are none."""
    cl = _clarabel()
    f, s, m = problem.factors[members], problem.specific[members], len(members)
    risk = problem.risk
    square, q = np.triu(2 * risk * (f @ f.T + np.diag(s))), -(1 - risk) * problem.mean[members]
    # daily returns are of thousandths, and the solver's tolerances are absolute
    scale = max(float(np.abs(square).max(initial=0)), float(np.abs(q).max(initial=0)), 1e-300)
    p, q = csc_matrix(square / scale), q / scale
    eye, one = np.eye(m), np.ones((1, m))
    a, b = [one, eye, -eye], [np.ones(1), np.full(m, problem.largest), np.full(m, -problem.smallest)]
    if problem.least_return is not None:
        a.append(-problem.mean[members][None])
        b.append(np.array([-problem.least_return]))
    if problem.turnover is not None:
        held = np.asarray(problem.held, float)
        away = float(held.sum() - held[members].sum())  # sold outright
        d = np.zeros((m, m))
        a = [np.hstack([r, np.zeros((len(r), m))]) for r in a] + [
            np.hstack([eye, -eye]),
            np.hstack([-eye, -eye]),
            np.hstack([np.zeros((1, m)), one]),
        ]
        b += [held[members], -held[members], np.array([problem.turnover - away])]
        p = csc_matrix(np.block([[p.toarray(), d], [d, d]]))
        q = np.concatenate([q, np.zeros(m)])
    matrix, side = csc_matrix(np.vstack(a)), np.concatenate(b)
    settings = cl.DefaultSettings()
    settings.verbose = False
    solution = cl.DefaultSolver(
        p, q, matrix, side, [cl.ZeroConeT(1), cl.NonnegativeConeT(len(side) - 1)], settings
    ).solve()
    if str(solution.status) not in ("Solved", "AlmostSolved"):
        return None
    w = np.clip(np.array(solution.x[:m]), problem.smallest, problem.largest)
    w[w < 1e-9] = 0
    found = np.zeros(problem.size)
    found[members] = w / w.sum() if w.sum() > 0 else w
    return problem.rounded(found)


def _exchanged(
    problem: Portfolio, chosen: np.ndarray, count: int, clock: Clock
) -> Iterator[tuple[np.ndarray, float, np.ndarray]]:
    """Weights of the chosen; then one goes, one comes, or both, while that is better."""
    members = np.array(chosen)
    w = weights_on(problem, members)
    if w is None:
        return
    value = _value(problem, w)
    yield w, value, members
    tried: set[bytes] = set()
    better: tuple[np.ndarray, np.ndarray] | None = members, w
    while better is not None:
        better = None
        for other in _neighbours(problem, members, w, count):
            key = np.sort(other).tobytes()
            if key in tried or clock.left == 0:
                continue
            tried.add(key)
            found = weights_on(problem, other)
            if found is not None and _value(problem, found) < value - 1e-14:
                better = other, found
                break
        if better is not None:
            members, w = better
            value = _value(problem, w)
            yield w, value, members


def _neighbours(problem: Portfolio, members: np.ndarray, w: np.ndarray, count: int) -> Iterator[np.ndarray]:
    slope = (
        problem.risk * 2 * (problem.factors @ (problem.factors.T @ w) + problem.specific * w)
        - (1 - problem.risk) * problem.mean
    )
    outside = np.setdiff1d(np.arange(problem.size), members)
    entering = outside[np.argsort(slope[outside], kind="stable")[:8]]
    # of equal weights, as at the least that may be held, the one that costs most to hold goes first
    leaving = members[np.lexsort((-slope[members], np.round(w[members], 6)))[:4]]
    if problem.smallest > 0 and len(members) > 1:
        yield from (members[members != old] for old in leaving)
    if len(members) < count:
        yield from (np.append(members, new) for new in entering)
    for new in entering:
        yield from (np.append(members[members != old], new) for old in leaving)


def _value(problem: Portfolio, w: np.ndarray) -> float:
    return problem.risk * problem.variance(w) - (1 - problem.risk) * problem.expected(w)
