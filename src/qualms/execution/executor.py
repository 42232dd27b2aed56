"""What every executor offers: calls go in, outcomes come out as they are there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from qualms.errors import one_line
from qualms.execution.event import Event, Listener

Tell = Callable[[int, int, str], None]  # step, steps, note
# read when a library is loaded: set before that
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Call:
    """A job: a function that can be called anywhere, because it reads nothing that its arguments do not hold.

    Attributes
    ----------
    label : str
        How the job is called in events and messages.
    function : callable
        Called as ``function(*arguments, tell)``, where ``tell(step, steps, note)`` tells how far it is.
        Function, arguments and what it returns are pickled, so the function stands at the top of a module.
    arguments : tuple
        Its arguments.
    steps : int
        How many steps it will take, for the event "started"; 0 where that is not known.
    """

    label: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    steps: int = 0


@dataclass(frozen=True)
class Done:
    """A call that returned a value."""

    call: Call
    value: Any

    def event(self, note: str = "") -> Event:
        return Event("done", self.call.label, note=note)


@dataclass(frozen=True)
class Failed:
    """A call that raised an error, or could not be sent; where the error itself cannot be, one with its
    words.
    """

    call: Call
    error: Exception

    def event(self) -> Event:
        return Event("failed", self.call.label, note=one_line(self.error))


@dataclass(frozen=True)
class Died:
    """A call whose process ended under it: killed by the system, out of memory, a crash of compiled code.

    Attributes
    ----------
    call : Call
        The call, of which nothing is known but that it did not end. It is not made again by itself.
    reason : str
        What is known, in words.
    signal : int or None
        The signal that ended the process, where it is known.
    """

    call: Call
    reason: str
    signal: int | None = None

    def event(self) -> Event:
        return Event("died", self.call.label, note=self.reason)


Outcome = Done | Failed | Died


class Executor(Protocol):
    """A place where calls are made, some at a time. A context manager: when it ends, nothing is left running.

    Attributes
    ----------
    workers : int
        How many calls are made at a time.
    """

    workers: int

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def run(self, calls: Sequence[Call], listener: Listener = ...) -> Iterator[Outcome]:
        """Make all calls, and yield an outcome for each as it is there, in no particular order.

        A call that fails or dies does not stop the others. Where the iterator is left before its end, calls
        under way are ended and the others are not begun. One iterator at a time.

        Parameters
        ----------
        calls : sequence of Call
            What to do.
        listener : callable
            Gets the events "started" and "step", in the process and thread that iterates. How a call ended is
            the outcome's to tell, whose method `event` makes the last one.

        Raises
        ------
        ExecutionError
            The place itself is gone: workers cannot be started, or a cluster went away.
        """
        ...


def how_it_ended(exit_code: int | None) -> tuple[str, int | None]:
    """Why a process is no longer there, in words, and the signal; from `multiprocessing`'s exit code."""
    if exit_code is None or exit_code >= 0:
        return f"its process ended with exit status {exit_code}", None
    number = -exit_code
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGKILL:
        name += "; out of memory?"
    return f"its process was killed by the system ({name})", number
