"""What the queue keeps of a job, and what it gives out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Where a job stands. The last three are final."""

    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing will change it any more."""
        return self in (State.done, State.failed, State.cancelled)


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Attributes
    ----------
    id : str
        Sixteen hexadecimal digits.
    kind : str
        What is to be done: "solve", "read", "learn", "compare" or "generate".
    title : str
        What is to be done, in a line.
    request : Mapping
        The request as it was validated. Empty in lists, where it may be large.
    state : State
    key : str or None
        The idempotency key under which it was submitted.
    submitted, started, ended : float or None
        Seconds since 1970 by the clock of the machine, for display alone. What depends on time is measured
        by a clock that nobody sets.
    progress : Mapping or None
        The latest step: "step", "steps", "note", "seconds" (since it began) and "eta" (seconds that are left,
        or None where nobody knows).
    result : Mapping or None
        What came of it, for a job that is done. None in lists.
    error : str or None
        One line, for a job that failed.
    attempts : int
        How often it was begun.
    """

    id: str
    kind: str
    title: str
    request: Mapping[str, Any]
    state: State
    key: str | None
    submitted: float
    started: float | None
    ended: float | None
    progress: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    error: str | None
    attempts: int

    def left(self, now: float) -> float | None:
        """Seconds that are left: what the latest step told, less the time since then.

        Parameters
        ----------
        now : float
            Seconds since 1970.

        Returns
        -------
        float or None
            None where nobody knows, and for a job that does not run.
        """
        told = self.progress
        if told is None or told.get("eta") is None or self.state is not State.running or self.started is None:
            return None
        since = max(0.0, now - self.started - float(told.get("seconds", 0.0)))
        return max(0.0, float(told["eta"]) - since)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Page:
    """Some jobs of a list, the newest first.

    Attributes
    ----------
    jobs : tuple of Job
        Without their requests and results.
    next : str or None
        The cursor with which the list goes on; None at its end.
    """

    jobs: tuple[Job, ...]
    next: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened to a job.

    Attributes
    ----------
    number : int
        Of the event among those of its job, from 1 upwards and without gaps.
    at : float
        Seconds since 1970.
    kind : str
        "state" (with the new "state", and "error" where there is one), "step", "found" (a new best answer of
        a solver, or what is proven: "bound", "bound_from" and "gap"), "note" (with "text").
    data : Mapping
        What it says.
    """

    number: int
    at: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Lease:
    """The right to work on a job for a time.

    Attributes
    ----------
    job : Job
    worker : str
        Who has it.
    token : int
        The fencing token: of all leases of a job only the one with the latest token can change it.
    seconds : float
        For which it holds, counted from when it was given or renewed.
    """

    job: Job
    worker: str
    token: int
    seconds: float
