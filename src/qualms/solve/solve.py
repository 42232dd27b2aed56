"""A problem in, a checked answer out."""

from __future__ import annotations

from collections.abc import Sequence

from qualms.errors import ConfigError, QualmsError
from qualms.problems.problem import Bound, Problem
from qualms.solve.arms import (
    IncumbentListener,
    all_failed,
    conclude,
    limits_of,
    line_up,
    proven,
    take,
)
from qualms.solve.bounds import bound
from qualms.solve.result import Arm, Result
from qualms.solve.solvers import BASELINES, Solver
from qualms.solve.solvers.solver import Clock, Limits, positive

_BOUND, _BASELINE = 0.2, 0.03  # shares of the time
_BASELINES = 2.0  # seconds of a baseline at most


def solve(
    problem: Problem,
    limits: Limits | None = None,
    solvers: Sequence[str | Solver] | None = None,
    seed: int = 0,
    listener: IncumbentListener | None = None,
) -> Result:
    """The best answer that solvers find in the time, checked, with a proven bound and the baselines beside
    it.

    Parameters
    ----------
    problem : Problem
        See `qualms.problems`.
    limits : Limits, optional
        The time for everything together, default 10 seconds; rounds are each arm's.
    solvers : Sequence[str | Solver], optional
        Names, or objects with the methods of `Solver`; default: what suits the kind, see
        `solvers.defaults`. Baselines run first, for a few hundredths of the time and two seconds at most,
        whether named or not; every quantum arm is followed by its classical twins, the same work and
        effort with a classical step in the quantum one's place; the others share the rest. Arms are
        independent: one that fails while it works says so in `Arm.failed`.
    seed : int, default 0
        Seed of every arm.
    listener : IncumbentListener, optional
        Called with the arm and the answer at every new incumbent.

    Returns
    -------
    Result
        The result. Its objective was computed by `check`, never by a solver. After Ctrl-C it holds the
        best solution found so far.

    Raises
    ------
    ConfigError
        An unknown solver, one named twice, a negative seed, or none of those asked for that takes the
        problem.
    """
    clock = Clock(limits or Limits())
    seed = positive("seed", seed, least=0)
    arms: list[Arm] = []
    bounds: list[Bound] = []
    stopped = False
    try:
        lined = line_up(solvers, problem, seed)
        for k, (solver, arm) in enumerate(lined):
            arms.append(arm)
            if arm.refused is None:
                rest = max(0.0, clock.left - _BOUND * clock.limits.seconds)
                share = baseline_seconds(clock) if solver.name in BASELINES else rest / (len(lined) - k)
                given = limits_of(arm, arms, min(share, clock.left), clock.limits.rounds)
                run_here(arm, solver, problem, Clock(given), listener)
        if proven(problem, arms)[1] != 0:
            found = bound(problem, clock.left)
            bounds += [found] if found is not None else []
    except KeyboardInterrupt:
        stopped = True
    why = all_failed(solvers, arms)
    if why is not None:
        raise ConfigError(why)
    return conclude(problem, arms, bounds, clock.spent, stopped)


def baseline_seconds(clock: Clock) -> float:
    """Seconds of a baseline; as many as there are where rounds end it."""
    if clock.limits.rounds is not None:
        return clock.left
    return min(_BASELINES, _BASELINE * clock.limits.seconds)


def run_here(
    arm: Arm, solver: Solver, problem: Problem, clock: Clock, listener: IncumbentListener | None = None
) -> None:
    """Let a solver work in this process, and note everything it says."""
    try:
        for found in solver.run(problem, clock, arm.seed):
            take(problem, arm, found, clock.spent, listener)
    except QualmsError as error:  # one arm's failure is not the others'
        arm.failed = str(error)
    finally:
        arm.seconds = clock.spent
