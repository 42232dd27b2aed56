"""What the tools work on: a folder's queue, records and money, with workers where nobody else has them."""

from __future__ import annotations

import functools
import inspect
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, TypeVar

from qualms.backends.registry import device_client
from qualms.errors import QualmsError, RunFolderError, one_line
from qualms.service.agents.protocol import Context, ToolError
from qualms.service.index.index import Index
from qualms.service.jobs.queue import Queue
from qualms.service.served import Service
from qualms.service.settings import Settings
from qualms.service.spending.device_run import Clients
from qualms.service.spending.ledger import FILE, SpendingLedger

_AGAIN = 5.0  # seconds between two looks at whether somebody else still does the folder's jobs
_Tool = TypeVar("_Tool", bound=Callable[..., Any])


class Access:
    """A folder as the tools reach it. A context manager that is entered once.

    While it lasts, it does the folder's jobs if no other process does them; where one does, jobs are only
    submitted, and the other process does them.

    Parameters
    ----------
    settings : Settings
        Of the folder.
    clients : callable, optional
        Makes a device's client of its name.

    Attributes
    ----------
    settings, queue, index, ledger, clients
        What the tools use.
    works : bool
        Whether this process does the folder's jobs.

    Raises
    ------
    RunFolderError
        The folder cannot be used.
    """

    def __init__(self, settings: Settings, clients: Clients = device_client) -> None:
        self.settings, self.clients = settings, clients
        self._service = Service(settings)
        self.queue: Queue = self._service.queue
        self.index: Index = self._service.index
        self.ledger = SpendingLedger(settings.store / FILE)
        self.works = False
        self._starting, self._again = threading.Lock(), 0.0

    def __enter__(self) -> Self:
        self.work()
        return self

    def __exit__(self, *error: Any) -> None:
        if self.works:
            self._service.__exit__(None, None, None)
            self.works = False
        with suppress(QualmsError):
            self.ledger.close()

    def work(self) -> None:
        """Begin to do the folder's jobs, unless another process does them; to be tried again later."""
        with self._starting:
            now = time.monotonic()
            if self.works or self.settings.limits.workers == 0 or now < self._again:
                return
            self._again = now + _AGAIN
            with suppress(RunFolderError):  # one that is refused has started nothing
                self._service.__enter__()
                self.works = True

    def refreshed(self) -> Index:
        """The index of the folder's records, up to date with files that have just been made, too."""
        self.index.refresh(walk=True)
        return self.index


def access_of(ctx: Context) -> Access:
    """The folder that a tool's call works on."""
    found = ctx.request_context.lifespan_context
    assert isinstance(found, Access)
    return found


def plainly(tool: _Tool) -> _Tool:
    """A tool whose errors reach the agent as one sentence, and whose surprises stay on the server."""

    def told(error: QualmsError) -> ToolError:
        return ToolError(one_line(error, 2000))

    if inspect.iscoroutinefunction(tool):

        @functools.wraps(tool)
        async def waiting(*args: Any, **kwargs: Any) -> Any:
            try:
                return await tool(*args, **kwargs)
            except QualmsError as error:
                raise told(error) from None

        return waiting  # type: ignore[return-value]

    @functools.wraps(tool)
    def plain(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except QualmsError as error:
            raise told(error) from None

    return plain  # type: ignore[return-value]
