"""What every executor offers: calls go in, outcomes come out as they are there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from qualms.errors import one_line
from qualms.execution.event import Event, Listener

# read when a library is loaded: set before that
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Tell(Protocol):
    """How a call tells what it does while it runs."""

    @property
    def elapsed(self) -> float:
        """Seconds since the call came to the place where it is made, reading its arguments included."""
        ...

    def __call__(self, step: int, steps: int, note: str = "") -> None:
        """How far it is. Not more than two steps a second are passed on."""
        ...

    def found(self, value: Any) -> None:
        """Something that it has found on its way. All of these are passed on, in their order."""
        ...


@dataclass(frozen=True)
class Call:
    """A job: a function that can be called anywhere, because it reads nothing that its arguments do not hold.

    Attributes
    ----------
    label : str
        How the job is called in events and messages.
    function : callable
        Called as ``function(*arguments, tell)``, see `Tell`.
        Function, arguments and what it returns are pickled, so the function stands at the top of a module.
    arguments : tuple
        Its arguments.
    steps : int
        How many steps it will take, for the event "started"; 0 where that is not known.
    seconds : float or None
        After which its process is ended, if it has not ended by itself. The outcome is `Died`.
    memory : int or None
        Bytes of which, if its process uses more, it is ended. The outcome is `Died`. Both are looked at a few
        times a second.
    """

    label: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    steps: int = 0
    seconds: float | None = None
    memory: int | None = None

    @property
    def limited(self) -> bool:
        """Whether somebody has to watch it."""
        return self.seconds is not None or self.memory is not None

    def exceeded(self, seconds: float, memory: int) -> str | None:
        """Which limit a call breaks that has run so many seconds and uses so many bytes, in words."""
        if self.seconds is not None and seconds > self.seconds:
            return f"it took longer than {self.seconds:.3g} s and was ended"
        if self.memory is not None and memory > self.memory:
            return f"it used more than {self.memory / 2**20:,.0f} MiB of memory and was ended"
        return None


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
            Gets the events "started", "step" and "found", in the process and thread that iterates. How a call
            ended is the outcome's to tell, whose method `event` makes the last one.

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
