"""What every solver offers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from qualms.data.numbers import plain_integer
from qualms.errors import ConfigError, QualmsError
from qualms.problems.problem import Bound, NoAnswer, Problem, Solution
from qualms.records.quadrant import Quadrant
from qualms.solve.encodings import ising_encoding

if TYPE_CHECKING:
    from qualms.solve.solvers.samples import Marginals


MOST_SECONDS = 30 * 24 * 3600.0  # what waits for a result takes no number without end


@dataclass(frozen=True)
class Effort:
    """What a run has done since it began, in a unit of its own: samples drawn, pieces solved, sweeps made.

    The last one told counts.

    A quantum solver tells it so that its twins can be given as much, without either reading the other's
    state.

    Attributes
    ----------
    amount : int
        How much.
    unit : str
        Of what.
    marginals : Marginals or None
        Means and pair correlations of the samples of a circuit, for a twin that imitates them.
    """

    amount: int
    unit: str
    marginals: Marginals | None = field(default=None, repr=False, compare=False)


Finding = Solution | Bound | NoAnswer | Effort


@dataclass(frozen=True)
class Limits:
    """When a run ends: after seconds, rounds or an effort, whichever comes first.

    Two runs that end by rounds do the same; those that end by time need not.

    Attributes
    ----------
    seconds : float
        Of wall time.
    rounds : int or None
        Of the solver's own: restarts, sweeps of neighbours.
    effort : int or None
        In the unit in which the solver tells its own (`Effort`). `solve` gives a twin what its quantum arm
        took.
    marginals : Marginals or None
        Those of the quantum arm's samples, for twins that imitate them.
    """

    seconds: float = 10.0
    rounds: int | None = None
    effort: int | None = None
    marginals: Marginals | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < float("inf"):
            raise ConfigError(
                f"the time limit is {self.seconds} seconds; it must be a finite number of at least 0"
            )
        if self.seconds > MOST_SECONDS:
            raise ConfigError(
                f"the time limit is {self.seconds:g} seconds; {MOST_SECONDS:,.0f} (30 days) are the most"
            )
        if self.rounds is not None and self.rounds < 1:
            raise ConfigError(f"rounds={self.rounds} must be at least 1")
        if self.effort is not None and self.effort < 1:
            raise ConfigError(f"effort={self.effort} must be at least 1")


class Clock:
    """The time and the rounds of one run, counted from when it is made; and what a race has for it meanwhile.

    Parameters
    ----------
    limits : Limits
        Of the run.
    offers : callable, optional
        Gives the best answer of a race where that is new to this run, else None. Not to be waited for: it is
        called between two steps of the run, as the time is looked at.
    """

    def __init__(self, limits: Limits, offers: Callable[[], Solution | None] | None = None) -> None:
        self.limits = limits
        self._offers = offers
        self._began = time.monotonic()
        self._made = 0

    @property
    def spent(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds that it still has, at least 0."""
        return max(0.0, self.limits.seconds - self.spent)

    def over(self, effort: int = 0) -> bool:
        """Whether to end. `effort` : what the run has taken so far, from solvers that tell it."""
        rounds = self.limits.rounds is not None and self._made >= self.limits.rounds
        return self.left == 0 or rounds or (self.limits.effort is not None and effort >= self.limits.effort)

    def made(self, rounds: int = 1) -> None:
        """Tell that rounds are done."""
        self._made += rounds

    def offered(self) -> Solution | None:
        """A feasible answer to go on from, if a race has a better one than when it was last asked for.

        It is a start and no threshold: a run tells what it finds itself, also where that is worse.
        """
        return self._offers() if self._offers is not None else None


class Solver(Protocol):
    """A way to look for good solutions.

    It says which it found, in the order found; never how good they are: that is checked elsewhere.

    Attributes
    ----------
    name : str
        As the user types it.
    quadrant : Quadrant
        What it computes on.

    A solver that can go on from an answer that another one has found also has ``takes_answers = True`` and
    asks `Clock.offered` for it. No quantum solver does, and none of their twins, so that what they find is
    their own.
    """

    name: str

    @property
    def quadrant(self) -> Quadrant: ...

    def refuses(self, problem: Problem) -> str | None:
        """Why it cannot take this problem, or None."""
        ...

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        """Solutions, each thought better than the last; what it proved: bounds, or that there is no answer;
        and, for the sake of twins, its effort.

        Ends soon after the clock is over. Nothing that another run reads stays on the solver.
        """
        ...


def takes_answers(solver: Solver) -> bool:
    """Whether it can go on from other solvers' answers."""
    return bool(getattr(solver, "takes_answers", False))


def without_spins(problem: Problem) -> str | None:
    """Why a problem has no Ising encoding, or None if it has one."""
    try:
        ising_encoding(problem)
    except QualmsError as error:
        return str(error)
    return None


def positive(name: str, value: int, least: int = 1) -> int:
    """The value of an option. Raises ConfigError for what is no integer of at least `least`."""
    found = plain_integer(value)
    if found is None or found < least:
        raise ConfigError(f"{name}={value!r} must be an integer of at least {least}")
    return found
