"""Calls in this process, one after another: for programs whose processes somebody else has started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from qualms.execution.event import Event, Listener, unheard
from qualms.execution.executor import Call, Done, Failed, Outcome
from qualms.execution.worker import Steps, heard


class InlineExecutor:
    """An executor without workers. A call that dies takes the program with it, and limits of calls are not
    held.
    """

    workers = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """There is nothing to end."""

    def run(self, calls: Sequence[Call], listener: Listener = unheard) -> Iterator[Outcome]:
        """See `Executor.run`."""
        for call in calls:
            yield _made(call, listener)


def _made(call: Call, listener: Listener) -> Outcome:
    listener(Event("started", call.label, 0, call.steps))
    try:
        return Done(
            call, call.function(*call.arguments, Steps(lambda message: heard(message, call, listener)))
        )
    except Exception as error:
        return Failed(call, error)
