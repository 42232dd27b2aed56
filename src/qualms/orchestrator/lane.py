"""What happens in the process of an arm of a race."""

from __future__ import annotations

import copy
import queue
from contextlib import suppress
from dataclasses import dataclass, replace

from qualms.errors import ConfigError
from qualms.execution import Tell
from qualms.execution.board import Reader
from qualms.problems.problem import Problem, Solution
from qualms.solve.bounds import bound
from qualms.solve.solvers import Solver
from qualms.solve.solvers.solver import Clock, Finding, Limits

# What most arms import, and none that starts threads (PyTorch, OR-Tools).
MODULES = (
    "qualms.orchestrator.race", "qualms.solve.encodings", "qualms.solve.solvers.annealing",
    "qualms.solve.solvers.tabu", "qualms.solve.solvers.highs", "qualms.solve.solvers.cpsat",
    "qualms.solve.solvers.pyvrp", "qualms.solve.solvers.convex", "qualms.solve.solvers.priced",
)  # fmt: skip
_IMPORTS = 0.5  # share of its time that an arm may lose to imports; circuits need seconds of them


@dataclass(frozen=True)
class Offered:
    """Told by an arm: it was given an answer of the race to go on from.

    Attributes
    ----------
    number : int
        Of the notice on the board that has the answer.
    """

    number: int


def run_arm(
    problem: Problem, solver: Solver, limits: Limits, seed: int, board: str | None, tell: Tell
) -> float:
    """Let a solver work, and tell everything it finds with the seconds at which it did.

    Its time has begun when it came here, so that importing what it needs counts, up to a half of its time.

    Parameters
    ----------
    problem, solver, limits, seed
        What runs; on one core, also where the solver's own setting has more threads.
    board : str or None
        The path of the board on which the race posts its best answer; None for an arm that is not to see any.
    tell : Tell
        Gets pairs of seconds and a `Finding` or `Offered`.

    Returns
    -------
    float
        The seconds that it took.
    """
    left = max(_IMPORTS * limits.seconds, limits.seconds - tell.elapsed)
    told = _Offers(board, solver.name)
    clock = Clock(replace(limits, seconds=left), told.next if board is not None else None)
    try:
        found: Finding
        for found in on_one_core(solver).run(problem, clock, seed):
            told.tell(tell)  # before what may have come of it
            tell.found((tell.elapsed, found))
    except MemoryError:
        raise ConfigError("it ran out of memory") from None
    told.tell(tell)
    return tell.elapsed


def on_one_core(solver: Solver) -> Solver:
    """The solver itself, or a copy that runs on one thread where it has more: an arm has one core, and two
    threads on it would take what belongs to another arm.
    """
    if getattr(solver, "threads", 1) == 1:
        return solver
    found = copy.copy(solver)
    found.threads = 1  # type: ignore[attr-defined]
    return found


class _Offers:
    """Reads the race's board for one solver, which may ask from a thread of its own."""

    def __init__(self, board: str | None, name: str) -> None:
        self._reader = Reader(board) if board is not None else None
        self._name = name
        self._first = True
        self._given: queue.SimpleQueue[Offered] = queue.SimpleQueue()

    def next(self) -> Solution | None:
        """The best answer of the race where it is new, and another arm's or from this one's last heat."""
        first, self._first = self._first, False
        notice = self._reader.new() if self._reader is not None else None
        own = notice is not None and notice.author == self._name
        if notice is None or (own and not first):
            return None
        if not own:
            self._given.put(Offered(notice.number))
        return notice.values

    def tell(self, tell: Tell) -> None:
        """Tell which answers were given to it."""
        with suppress(queue.Empty):
            while True:
                tell.found((tell.elapsed, self._given.get_nowait()))


def start(tell: Tell) -> None:
    """Nothing: the process is there when it has been called."""


def run_bound(problem: Problem, seconds: float, tell: Tell) -> None:
    """Compute a bound, and tell it."""
    found = bound(problem, seconds)
    if found is not None:
        tell.found(found)
