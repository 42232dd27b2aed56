"""A file of SQLite that many threads and processes use: transactions, and errors in words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from qualms.errors import RunFolderError

_BUSY = 20.0  # seconds to wait for another process that writes


class Database:
    """A file of tables. Each thread has a connection of its own, so that readers do not wait for a writer.

    Parameters
    ----------
    path : Path
        Of the file; made if it is not there.
    tables : str
        The statements that make its tables, with ``;`` between them.
    version : int
        Of the tables. A file of another version is refused.

    Raises
    ------
    RunFolderError
        The file cannot be read or written, is no file of SQLite, or has tables of another version.
    """

    def __init__(self, path: Path, tables: str, version: int) -> None:
        self.path = Path(path)
        self._opened: dict[threading.Thread, sqlite3.Connection] = {}
        self._opening = threading.Lock()
        with self.writing() as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in tables.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version}")
            elif found != version:
                raise RunFolderError(
                    f"{self.path}: its tables are of version {found}, and this version of Qualms has "
                    f"{version}; choose another folder"
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file in all threads; none of them may be using it."""
        with self._opening:
            for connection in self._opened.values():
                with suppress(sqlite3.Error):
                    connection.close()
            self._opened.clear()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is alone with the file, on disk at its end or not at all."""
        with self._in_words():
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is at one moment."""
        with self._in_words():
            db = self._connection()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        thread = threading.current_thread()
        found = self._opened.get(thread)
        if found is None:
            found = sqlite3.connect(self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")  # what was promised survives a loss of power, too
            with self._opening:
                self._close_ended()
                self._opened[thread] = found
        return found

    def _close_ended(self) -> None:
        """Close the connections of threads that have ended: servers start new threads all the time."""
        for thread in [t for t in self._opened if not t.is_alive()]:
            with suppress(sqlite3.Error):
                self._opened.pop(thread).close()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """A full or a read-only disk, or a file of another program, in one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise RunFolderError(f"{self.path}: cannot be read or written: {error}") from None
