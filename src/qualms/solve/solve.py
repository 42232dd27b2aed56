"""A problem in, a checked answer out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qualms.errors import ConfigError, QualmsError
from qualms.problems.problem import Bound, NoAnswer, Problem
from qualms.records.twin import twins_of
from qualms.solve.bounds import bound
from qualms.solve.check import Checked, better, check
from qualms.solve.encodings import ising_encoding
from qualms.solve.result import Arm, Result, contradicted, tightest
from qualms.solve.solvers import BASELINES, Solver, defaults, get_solver
from qualms.solve.solvers.solver import Clock, Effort, Limits, positive

_BOUND, _BASELINE = 0.2, 0.03  # shares of the time
_BASELINES = 2.0  # seconds of a baseline at most
_TwinOf = tuple[str, str]  # the quantum solver, and what is different from it
IncumbentListener = Callable[[Arm, Checked], None]  # told about every new incumbent of an arm


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
        whether named or not; every quantum arm is followed by its classical twin, the same work and
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
    named, twins = _named(solvers, problem)
    arms: list[Arm] = []
    bounds: list[Bound] = []
    stopped = False
    try:
        _check_asked(solvers, named, twins, problem)
        for k, solver in enumerate(named):
            of, control = twins.get(solver.name, (None, None))
            arm = Arm(
                solver.name,
                solver.quadrant,
                seed,
                refused=solver.refuses(problem),
                twin_of=of,
                twin_is=control,
            )
            arms.append(arm)
            if arm.refused is None:
                rest = max(0.0, clock.left - _BOUND * clock.limits.seconds)
                share = _baseline(clock) if solver.name in BASELINES else rest / (len(named) - k)
                told = _told_effort(arm, arms)
                given = Limits(
                    min(share, clock.left),
                    clock.limits.rounds,
                    _effort(arm, told),
                    told.marginals if told else None,
                )
                _run(arm, solver, problem, Clock(given), listener)
        if not _closed(problem, arms):
            found = bound(problem, clock.left)
            bounds += [found] if found is not None else []
    except KeyboardInterrupt:
        stopped = True
    asked = [a for a in arms if solvers is not None and a.solver not in BASELINES]
    if asked and all(a.reason is not None and a.best is None for a in asked):
        raise ConfigError("; ".join(f"{a.solver}: {a.reason}" for a in asked))
    best, winner = None, None
    for arm in arms:
        if arm.best is not None and better(problem, arm.best, best):
            best, winner = arm.best, arm.solver
    kept = [b for b in (*bounds, *(b for a in arms for b in a.bounds)) if not contradicted(problem, b, best)]
    encoding = ising_encoding.known(problem)
    report = encoding.report() if encoding is not None else None
    return Result(problem, best, winner, kept, arms, clock.spent, report, stopped)


def _baseline(clock: Clock) -> float:
    """Seconds of a baseline; as many as there are where rounds end it."""
    if clock.limits.rounds is not None:
        return clock.left
    return min(_BASELINES, _BASELINE * clock.limits.seconds)


def _named(
    solvers: Sequence[str | Solver] | None, problem: Problem
) -> tuple[list[Solver], dict[str, _TwinOf]]:
    """The solvers to run, baselines first and twins after their quantum solvers; and of which solver each
    twin is, by name.
    """
    asked = [
        get_solver(s) if isinstance(s, str) else s
        for s in (solvers if solvers is not None else defaults(problem))
    ]
    found: list[Solver] = []
    twins: dict[str, _TwinOf] = {}
    for solver in asked:
        found.append(solver)
        for twin in twins_of(solver):
            made = twin.make(solver)
            twins[made.name] = (solver.name, twin.control)
            if made.name not in [s.name for s in asked]:
                found.append(made)
    names = [s.name for s in found]
    if len(set(names)) != len(names):
        raise ConfigError(f"a solver is named twice: {', '.join(names)}")
    return [*(get_solver(b) for b in BASELINES if b not in names), *found], twins


def _check_asked(
    solvers: Sequence[str | Solver] | None, named: list[Solver], twins: dict[str, _TwinOf], problem: Problem
) -> None:
    """Refuse to begin where none of the solvers that were asked for takes the problem; twins refuse what
    their solvers do.
    """
    if solvers is None:
        return
    asked = [s for s in named if s.name not in BASELINES and s.name not in twins]
    reasons = [(s.name, s.refuses(problem)) for s in asked]
    if asked and all(why is not None for _, why in reasons):
        raise ConfigError("; ".join(f"{name}: {why}" for name, why in reasons))


def _told_effort(arm: Arm, arms: list[Arm]) -> Effort | None:
    """What the quantum arm of a twin has told of its effort."""
    of = next((a for a in arms if a.solver == arm.twin_of), None)
    return None if of is None else of.effort


def _effort(arm: Arm, told: Effort | None) -> int | None:
    """What a twin may spend: as much as its quantum arm did, and at least 1, so that it answers where that
    one failed before it began.
    """
    return None if arm.twin_of is None else max(1, told.amount if told else 0)


def _run(
    arm: Arm, solver: Solver, problem: Problem, clock: Clock, listener: IncumbentListener | None
) -> None:
    """Let a solver work and check everything it says.

    Only a better answer counts, whatever the solver thinks.
    """
    try:
        for found in solver.run(problem, clock, arm.seed):
            if isinstance(found, Bound):
                arm.bounds.append(found)
            elif isinstance(found, NoAnswer):
                arm.no_answer = found
            elif isinstance(found, Effort):
                arm.effort = found
            else:
                checked = check(problem, found)
                if better(problem, checked, arm.best):
                    arm.best = checked
                    arm.incumbents.append((clock.spent, checked.objective))
                    if listener:
                        listener(arm, checked)
    except QualmsError as error:  # one arm's failure is not the others'
        arm.failed = str(error)
    finally:
        arm.seconds = clock.spent


def _closed(problem: Problem, arms: list[Arm]) -> bool:
    """Whether an arm's own bound already meets the best answer, or there is none to bound."""
    best = None
    for arm in arms:
        if arm.best is not None and better(problem, arm.best, best):
            best = arm.best
    if best is None or not best.feasible:
        return any(a.no_answer is not None for a in arms)
    limit = tightest(problem, [b for a in arms for b in a.bounds if not contradicted(problem, b, best)])
    return limit is not None and abs(float(limit.value) - float(best.objective)) <= 1e-9 * max(
        abs(float(limit.value)), abs(float(best.objective))
    )
