"""What the API and the page share while the service runs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from qualms.errors import QualmsError, RunFolderError, one_line
from qualms.records.files import check_folder
from qualms.service.index.index import Index
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.workers import Workers
from qualms.service.settings import Settings

_REFRESH = 1.0  # seconds between two looks for new records

log = logging.getLogger("qualms.service")


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
    trouble : str or None
        Why the index is not up to date, in a line; None where it is.

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
        self.trouble: str | None = None
        self._ending = threading.Event()
        self._refresher = threading.Thread(target=self._keep_up, name="index", daemon=True)

    def __enter__(self) -> Self:
        self.workers.__enter__()
        self._refresher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self.workers.__exit__(kind, error, trace)
        self._refresher.join(_REFRESH)

    @property
    def store(self) -> Path:
        """The folder."""
        return self.settings.store

    def _keep_up(self) -> None:
        """Bring the index up to date, again and again, so that no request waits for that."""
        while not self._ending.is_set():
            try:
                self.index.refresh()
                self.trouble = None
            except QualmsError as error:
                self.trouble = one_line(error)
            except Exception as error:  # whatever it is, the other requests are still answered
                self.trouble = f"{type(error).__name__}: {one_line(error)}"
                log.exception("the index cannot be brought up to date")
            self._ending.wait(_REFRESH)
