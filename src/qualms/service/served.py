"""What the API and the page share while the service runs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from qualms.errors import RunFolderError
from qualms.execution import ProcessExecutor
from qualms.records.files import check_folder
from qualms.service.index.index import Index
from qualms.service.index.keeper import Keeper
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.workers import Workers
from qualms.service.settings import Settings


def _ready() -> None:
    """Import what drawings need, so that it does not count as time of the first of them."""
    import_module("qualms.report.page")


class Service:
    """The queue, its workers and the index of records of one folder. A context manager: while it lasts, jobs
    are done and the index is kept up to date.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    settings : Settings
    queue : Queue
    workers : Workers
    index : Index
    keeper : Keeper
        Keeps the index up to date, so that no request waits for that.
    reports, races : ProcessExecutor
        One process each, in which reports and pictures of jobs are drawn, begun with the first of them.

    Raises
    ------
    RunFolderError
        The folder cannot be written, or another service uses it.
    """

    def __init__(self, settings: Settings) -> None:
        check_folder(settings.store, "--store")
        self.settings = settings
        try:
            settings.store.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(f"--store {settings.store}: {error.strerror or error}") from None
        self.queue = Queue(settings.database, limit=settings.limits.queue)
        self.workers = Workers(self.queue, settings)
        self.index = Index(settings.store)
        self.keeper = Keeper(self.index, self.queue.changes)
        self.reports = ProcessExecutor(1, setup=_ready)
        self.races = ProcessExecutor(1, setup=_ready)

    def __enter__(self) -> Self:
        self.workers.__enter__()
        self.keeper.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.workers.__exit__(kind, error, trace)
        self.keeper.__exit__(kind, error, trace)
        self.reports.__exit__(kind, error, trace)
        self.races.__exit__(kind, error, trace)

    @property
    def store(self) -> Path:
        """The folder."""
        return self.settings.store

    def troubles(self) -> list[str]:
        """What does not work at the moment, in lines that do not tell where the store is."""
        found = [self.workers.trouble or "", self.keeper.trouble]
        if self.workers.missing:
            found.append(f"{self.workers.missing} workers have ended")
        return [line.replace(str(self.store), "the store") for line in found if line]
