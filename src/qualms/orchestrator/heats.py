"""The heats of a race: how long each is, and who is in the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qualms.problems.problem import Problem
from qualms.solve.check import better
from qualms.solve.result import Arm
from qualms.solve.solvers import Solver


@dataclass
class Runner:
    """A solver in the race.

    Attributes
    ----------
    solver : Solver
        What runs.
    arm : Arm
        What it has done so far.
    heats : int
        How often it ran.
    given : float
        Seconds of its last heat.
    over : bool
        Whether it is out of the race, or has no more to say.
    begun : bool
        Whether its process has begun to work.
    """

    solver: Solver
    arm: Arm
    heats: int = 0
    given: float = 0.0
    over: bool = False
    begun: bool = False


def heat_seconds(left_over: float, cores: int, arms: int, twins: int, first: bool) -> float:
    """The seconds that every arm of the next heat gets, if later heats are to be twice as long each, and
    twins as long as the first.

    Parameters
    ----------
    left_over : float
        Seconds until the race ends.
    cores : int
        Arms that run at a time.
    arms, twins : int
        How many are in the field, and how many twins have had no turn.
    first : bool
        Whether this is the first heat, in which a bound is computed too and no twin runs.
    """
    units, length = 0.0, 1.0
    left, extra = arms, twins
    while left or extra:
        now = left + (1 if first and length == 1 else 0)
        if length > 1 or not first:
            now, extra = now + extra, 0
        units += math.ceil(now / cores) * length if left else math.ceil(now / cores)
        left = 0 if left <= cores else max(cores, math.ceil(left / 2))
        length *= 2
    return left_over / max(1.0, units)


def all_at_once(left: float, bound: float, arms: int, cores: int) -> list[float] | None:
    """The seconds of each arm where all run at the same time until the race ends; None where they cannot.

    Where there are as many arms as cores, a bound is computed first on the core of the last one, which has so
    much less. No arm is interrupted then: a search goes on that would begin anew in another heat.

    Parameters
    ----------
    left : float
        Seconds until the race ends.
    bound : float
        Seconds that the bound may take.
    arms, cores : int
        How many arms there are, and how many run at a time.
    """
    if cores < 2 or not 0 < arms <= cores:
        return None
    return [*[left] * (arms - 1), max(0.0, left - bound) if arms == cores else left]


def better_half(problem: Problem, runners: list[Runner], least: int) -> list[Runner]:
    """The better half of the arms, but not fewer than there are cores; of equals those that were quicker."""
    order = list(runners)
    ranked: list[Runner] = []
    while order:
        first = order[0]
        for other in order[1:]:
            if _ahead(problem, other.arm, first.arm):
                first = other
        ranked.append(first)
        order.remove(first)
    return ranked[: max(least, math.ceil(len(ranked) / 2))]


def _ahead(problem: Problem, arm: Arm, other: Arm) -> bool:
    if arm.best is None or other.best is None:
        return arm.best is not None
    if better(problem, arm.best, other.best):
        return True
    return not better(problem, other.best, arm.best) and arm.incumbents[-1][0] < other.incumbents[-1][0]
