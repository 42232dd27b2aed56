"""Which constraints of an infeasible model cannot hold together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qualms.errors import ConfigError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Problem
from qualms.solve.conditions import Condition, conditions, only
from qualms.solve.encodings import linear_encoding
from qualms.solve.solvers.highs import optimum
from qualms.solve.solvers.solver import Clock

_SHARE = 0.25  # of the time that is left, for one question to HiGHS


@dataclass(frozen=True)
class Conflict:
    """Conditions that cannot hold together, by the word of HiGHS.

    Attributes
    ----------
    members : tuple of Condition
        The conditions.
    irreducible : bool
        Whether HiGHS found a solution for the conditions without any one of them. False where the time
        ended before that was known of each.
    solves : int
        How often HiGHS was asked.
    """

    members: tuple[Condition, ...]
    irreducible: bool
    solves: int

    def sentences(self, say: Callable[[Condition], str] = str) -> list[str]:
        """In words; `say` tells a condition, such as with its unit."""
        told = [f"These cannot hold together: {'; '.join(map(say, self.members))}."]
        if self.irreducible:
            return [*told, "If any one of them is left out, the others can hold together."]
        return [*told, "The time ended before it was known whether all of them are needed for that."]

    def to_dict(self) -> dict[str, Any]:
        return {
            "members": [m.to_dict() for m in self.members],
            "irreducible": self.irreducible,
            "solves": self.solves,
        }


def conflict(problem: Problem, clock: Clock) -> Conflict | None:
    """A set of conditions of an infeasible problem that cannot hold together.

    This is a deletion filter (Chinneck and Dravnieks 1991). Conditions are left out for as long as the rest
    has no solution, first many at once and in the end one by one. Integrality is tried first, then the bounds
    of variables, then rows, so that what stays is as far as possible rows.

    Parameters
    ----------
    problem : Problem
        A model, or what has a linear encoding with named rows.
    clock : Clock
        The time; one question to HiGHS takes at most a quarter of what is left.

    Returns
    -------
    Conflict or None
        None where HiGHS finds a solution, or does not prove in the time that there is none.

    Raises
    ------
    ConfigError
        For a problem that has no linear encoding, or one whose rows have no names.
    MissingExtraError
        Without highspy.
    """
    asked = _Filter(_named(problem), clock)
    everything = tuple(range(len(asked.members)))
    if asked.has_solution(everything, 1.0) is not False:
        return None
    kept, irreducible = asked.reduced(everything)
    return Conflict(tuple(asked.members[k] for k in kept), irreducible, asked.solves)


def _named(problem: Problem) -> MixedInteger:
    if isinstance(problem, MixedInteger):
        return problem
    model = linear_encoding(problem).model
    if not len(model.row_names):
        raise ConfigError(
            f"{problem.kind} {problem.name}: the rows of its linear encoding have no names that a conflict "
            "could be told in"
        )
    return model


class _Filter:
    """Asks HiGHS whether some of the conditions of a model can hold together."""

    def __init__(self, model: MixedInteger, clock: Clock) -> None:
        self._model, self._clock = model, clock
        self.members = conditions(model)
        self.solves = 0

    def has_solution(self, kept: Sequence[int], share: float = _SHARE) -> bool | None:
        """None where the time ends before that is known."""
        if self._clock.left == 0:
            return None
        self.solves += 1
        part = only(self._model, [self.members[k] for k in kept])
        found = optimum(part, share * self._clock.left)
        if found.status == "infeasible":
            return False
        return True if found.x is not None or found.status == "unbounded" else None

    def reduced(self, members: Sequence[int]) -> tuple[list[int], bool]:
        """What is left of conditions without a solution, and whether each of these is known to be needed."""
        kept, needed = list(members), set[int]()
        size = max(1, len(kept) // 2)
        while size >= 1:
            position = 0
            while position < len(kept):
                block = {k for k in kept[position : position + size] if k not in needed}
                rest = [k for k in kept if k not in block]
                found = self.has_solution(rest) if block else True
                if found is False:
                    kept = rest
                    continue
                if found and len(block) == 1:
                    needed |= block
                position += size
            size //= 2
        return kept, needed == set(kept)
