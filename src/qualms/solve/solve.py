"""A problem in, a checked answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from qualms.errors import ConfigError
from qualms.solve.bound import Bound, bound
from qualms.solve.check import Checked, better, check
from qualms.solve.problems.problem import Lowering, Problem
from qualms.solve.result import Arm, Result
from qualms.solve.solvers import Solver, Stop, get_solver

BASELINES = ("random", "greedy")  # always there
_BOUND, _BASELINE = 0.2, 0.03  # shares of the time
Listener = Callable[[Arm, Checked], None]  # told about every new incumbent of an arm


def solve(
    problem: Problem, stop: Stop | None = None, solvers: Sequence[str | Solver] | None = None, seed: int = 0, listener: Listener | None = None
) -> Result:
    """The best answer that solvers find in the time, checked, with a proven bound and the baselines beside it.

    Parameters
    ----------
    problem : see `qualms.solve.problems`.
    stop : the time for everything together, default 10 seconds; rounds are each arm's.
    solvers : by name, or objects with the methods of `Solver`; default: "exact" for up to 20 spins, else "annealing". Baselines run first,
        for a few hundredths of the time, whether named or not; the others share the rest. Arms are independent.
    seed : of every arm.
    listener : called with the arm and the answer at every new incumbent.

    Returns
    -------
    Result, whose objective was computed by `check`, never by a solver. With Ctrl-C the best so far.

    Raises
    ------
    ConfigError : an unknown solver, one named twice, or none that takes the problem.
    """
    stop = stop or Stop()
    lowering = problem.lower()
    named = _named(solvers, lowering)
    arms: list[Arm] = []
    limit: Bound | None = None
    began = time.monotonic()
    try:
        for k, solver in enumerate(named):
            arm = Arm(solver.name, solver.quadrant, seed, refused=solver.refuses(problem, lowering))
            arms.append(arm)
            if arm.refused is None:
                rest = stop.left * (1 - _BOUND)
                share = _BASELINE * stop.seconds if solver.name in BASELINES else rest / (len(named) - k)
                _run(arm, solver, problem, lowering, Stop(min(share, stop.left), stop.rounds), listener)
        limit = bound(problem, stop.left)
    except KeyboardInterrupt:
        pass
    if all(a.refused is not None for a in arms):
        raise ConfigError("; ".join(f"{a.solver}: {a.refused}" for a in arms))
    best, winner = None, None
    for arm in arms:
        if arm.best is not None and better(problem, arm.best, best):
            best, winner = arm.best, arm.solver
    return Result(problem.name, problem.kind, problem.sense, best, winner, limit, arms, lowering.report(), time.monotonic() - began)


def _named(solvers: Sequence[str | Solver] | None, lowering: Lowering) -> list[Solver]:
    asked = solvers if solvers is not None else ["exact" if lowering.couplings.n <= 20 else "annealing"]
    found = [get_solver(s) if isinstance(s, str) else s for s in asked]
    names = [s.name for s in found]
    if len(set(names)) != len(names):
        raise ConfigError(f"a solver is named twice: {', '.join(names)}")
    return [*(get_solver(b) for b in BASELINES if b not in names), *found]


def _run(arm: Arm, solver: Solver, problem: Problem, lowering: Lowering, stop: Stop, listener: Listener | None) -> None:
    """Let a solver work and check everything it says. Only a better answer counts, whatever the solver thinks."""
    try:
        for assignment in solver.run(problem, lowering, stop, arm.seed):
            found = check(problem, assignment)
            if better(problem, found, arm.best):
                arm.best = found
                arm.incumbents.append((stop.spent, found.objective))
                if listener:
                    listener(arm, found)
    finally:
        arm.seconds = stop.spent
