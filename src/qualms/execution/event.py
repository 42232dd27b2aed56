"""What a job tells while it runs; the one type of progress that commands and programs listen to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["started", "step", "found", "done", "skipped", "failed", "died"]


@dataclass(frozen=True)
class Event:
    """Something that happened to a job.

    Attributes
    ----------
    kind : str
        "started"; "step" and "found", which may come any number of times; then one of "done", "failed" (the
        job raised an error) and "died" (its process ended under it). Or nothing but "skipped": its result is
        there already.
    job : str
        The job's label.
    step, steps : int
        How far the job is, and of how much.
    note : str
        A few words to show beside it: a loss, an error.
    value : object
        What the job has found on its way, for "found".
    """

    kind: Kind
    job: str
    step: int = 0
    steps: int = 0
    note: str = ""
    value: Any = None


Listener = Callable[[Event], None]


def unheard(event: Event) -> None:
    """A listener for those who want none."""
