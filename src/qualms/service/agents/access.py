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
    """A folder as the tools reach it. A context manager.

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

    Raises
    ------
    RunFolderError
        The folder cannot be used.
    """

    def __init__(self, settings: Settings, clients: Clients = device_client) -> None:
        self.settings, self.clients = settings, clients
        own = Service(settings)
        self.queue: Queue = own.queue
        self.index: Index = own.index
        self.ledger = SpendingLedger(settings.store / FILE)
        self._next: Service | None = own
        self._serving: Service | None = None
        self._starting, self._again = threading.Lock(), 0.0

    def __enter__(self) -> Self:
        self.work()
        return self

    def __exit__(self, *error: Any) -> None:
        if self._serving is not None:
            self._serving.__exit__(None, None, None)
            self._serving, self._again = None, 0.0
        with suppress(QualmsError):
            self.ledger.close()

    @property
    def works(self) -> bool:
        """Whether this process does the folder's jobs."""
        return self._serving is not None

    def work(self) -> None:
        """Begin to do the folder's jobs, unless another process does them; to be tried again later."""
        with self._starting:
            now = time.monotonic()
            if self._serving is not None or self.settings.limits.workers == 0 or now < self._again:
                return
            self._again = now + _AGAIN
            service = self._next or Service(self.settings)
            try:
                self._serving = service.__enter__()
            except RunFolderError:  # one that was refused is not used again
                if self._next is None:
                    service.queue.close()
            self._next = None

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
