"""Arms beside each other: who runs, what their findings are worth, and the result of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from qualms.errors import ConfigError
from qualms.problems.problem import Bound, NoAnswer, Problem
from qualms.records.twin import twins_of
from qualms.solve.check import Checked, better, check
from qualms.solve.encodings import ising_encoding
from qualms.solve.result import Arm, Result, contradicted, tightest
from qualms.solve.solvers import BASELINES, Solver, defaults, get_solver
from qualms.solve.solvers.solver import Effort, Finding, Limits

IncumbentListener = Callable[[Arm, Checked], None]  # told about every new incumbent of an arm
# told the tightest bound and its gap, each time one of them changes; None for what is not known
ProofListener = Callable[[Bound | None, float | None], None]


def line_up(solvers: Sequence[str | Solver] | None, problem: Problem, seed: int) -> list[tuple[Solver, Arm]]:
    """The solvers to run and their arms: baselines first, and twins after their quantum solvers.

    Parameters
    ----------
    solvers : Sequence[str | Solver] or None
        Those asked for; None for what suits the kind.
    problem : Problem
        What they will work on.
    seed : int
        Of every arm.

    Raises
    ------
    ConfigError
        For an unknown solver, one named twice, or where none of those asked for takes the problem.
    """
    asked = [
        get_solver(s) if isinstance(s, str) else s
        for s in (solvers if solvers is not None else defaults(problem))
    ]
    found: list[Solver] = []
    twin_of: dict[str, tuple[str, str]] = {}  # the quantum solver, and what is different from it
    for solver in asked:
        found.append(solver)
        for twin in twins_of(solver):
            made = twin.make(solver)
            twin_of[made.name] = (solver.name, twin.control)
            if made.name not in [s.name for s in asked]:
                found.append(made)
    names = [s.name for s in found]
    if len(set(names)) != len(names):
        raise ConfigError(f"a solver is named twice: {', '.join(names)}")
    found = [*(get_solver(b) for b in BASELINES if b not in names), *found]
    if solvers is not None:
        # twins refuse what their solvers do
        reasons = [
            (s.name, s.refuses(problem)) for s in found if s.name not in BASELINES and s.name not in twin_of
        ]
        if reasons and all(why is not None for _, why in reasons):
            raise ConfigError("; ".join(f"{name}: {why}" for name, why in reasons))
    arms = []
    for solver in found:
        of, control = twin_of.get(solver.name, (None, None))
        refused = solver.refuses(problem)
        arm = Arm(solver.name, solver.quadrant, seed, refused=refused, twin_of=of, twin_is=control)
        arms.append((solver, arm))
    return arms


def limits_of(arm: Arm, arms: Iterable[Arm], seconds: float, rounds: int | None) -> Limits:
    """What an arm may take: a twin as much as its quantum arm did, and at least 1, so that it answers where
    that one failed before it began.
    """
    if arm.twin_of is None:
        return Limits(seconds, rounds)
    told = next((a.effort for a in arms if a.solver == arm.twin_of), None)
    amount, marginals = (told.amount, told.marginals) if told else (0, None)
    return Limits(seconds, rounds, max(1, amount), marginals)


def take(
    problem: Problem, arm: Arm, found: Finding, seconds: float, listener: IncumbentListener | None = None
) -> None:
    """Note what an arm has found after so many seconds.

    A solution is checked, and counts if it is better than all before it and than what the arm was offered,
    whatever the solver thinks.
    """
    if isinstance(found, Bound):
        arm.bounds.append(found)
    elif isinstance(found, NoAnswer):
        arm.no_answer = found
    elif isinstance(found, Effort):
        arm.effort = found
    else:
        checked = check(problem, found)
        if better(problem, checked, arm.best) and better(problem, checked, arm.start):
            arm.best = checked
            arm.incumbents.append((seconds, checked.objective))
            if listener:
                listener(arm, checked)


def best_of(problem: Problem, arms: Iterable[Arm]) -> tuple[Checked | None, str | None]:
    """The best checked answer of all arms, and whose it is."""
    best, winner = None, None
    for arm in arms:
        if arm.best is not None and better(problem, arm.best, best):
            best, winner = arm.best, arm.solver
    return best, winner


def proven(
    problem: Problem, arms: Sequence[Arm], bounds: Sequence[Bound] = ()
) -> tuple[Bound | None, float | None]:
    """The tightest bound that no checked answer contradicts, and the gap that it leaves.

    The gap says how far the best answer may be from the optimum, relative to its size: 0 where the bound
    meets it, or where it is said that there is no answer and none was found; None where nothing is known.
    """
    best, _ = best_of(problem, arms)
    told = [*bounds, *(b for a in arms for b in a.bounds)]
    limit = tightest(problem, [b for b in told if not contradicted(problem, b, best)])
    if best is None or not best.feasible:
        return limit, 0.0 if any(a.no_answer is not None for a in arms) else None
    if limit is None:
        return None, None
    value, bound = float(best.objective), float(limit.value)
    away = abs(bound - value)
    closed = away <= 1e-9 * max(abs(bound), abs(value))
    return limit, 0.0 if closed else away / max(abs(value), 1e-12)


def conclude(
    problem: Problem, arms: list[Arm], bounds: Sequence[Bound], seconds: float, stopped: bool = False
) -> Result:
    """The result of all arms: the best answer, and the bounds that no checked answer contradicts."""
    best, winner = best_of(problem, arms)
    told = (*bounds, *(b for a in arms for b in a.bounds))
    kept = [b for b in told if not contradicted(problem, b, best)]
    encoding = ising_encoding.known(problem)
    report = encoding.report() if encoding is not None else None
    return Result(problem, best, winner, kept, arms, seconds, report, stopped)


def all_failed(solvers: Sequence[str | Solver] | None, arms: Iterable[Arm]) -> str | None:
    """Why, where none of the solvers that were asked for found anything, or None."""
    asked = [a for a in arms if solvers is not None and a.solver not in BASELINES]
    if asked and all(a.reason is not None and a.best is None for a in asked):
        return "; ".join(f"{a.solver}: {a.reason}" for a in asked)
    return None
