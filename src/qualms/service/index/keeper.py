"""A thread that keeps the index up to date and knows whether anything changed."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from qualms.errors import QualmsError, one_line
from qualms.service.index.index import Index

EVERY = 1.0  # seconds between two looks

log = logging.getLogger("qualms.service")


class Keeper:
    """Refreshes an index about once a second, and tells by two numbers whether records or jobs changed.

    A context manager. Whoever waits for news compares numbers, so that a hundred of them cost what one does.

    Parameters
    ----------
    index : Index
    jobs : callable
        Returns a number that is another one after any job changed.

    Attributes
    ----------
    records, jobs : int
        Another number than before where something changed.
    ready : bool
        Whether everything was read once.
    trouble : str
        Why the last look failed; empty where it did not.
    """

    def __init__(self, index: Index, jobs: Callable[[], int] = lambda: 0) -> None:
        self.index, self._jobs = index, jobs
        self.records = self.jobs = 0
        self.ready, self.trouble = False, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper of the index", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def look(self) -> None:
        """Look once; what fails is kept as `trouble`, and the next look tries again."""
        try:
            self.index.refresh()
            self.ready, self.trouble = True, ""
        except (QualmsError, OSError, sqlite3.Error, TimeoutError) as error:
            self.trouble = f"the index of the records cannot be brought up to date: {one_line(error)}"
        try:
            self.records = self.index.changes()
            self.jobs = self._jobs()
        except (QualmsError, sqlite3.Error) as error:
            self.trouble = one_line(error)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.look()
            except Exception as error:  # a mistake of ours must not end the thread: nothing new would appear
                log.exception("the index of the records: unexpected error")
                self.trouble = f"the index of the records: {type(error).__name__}: {one_line(error)}"
            # a look that takes long is followed by as long a rest
            self._stop.wait(max(EVERY, time.monotonic() - began))
        self.index.close()
