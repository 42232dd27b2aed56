"""The index's tables: SQLite, in a file that may be deleted, because it is made from the records."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path

from qualms.records.record import SCHEMA

FILE = ".qualms-index.sqlite"  # in the folder of the records; hidden, because it is no result
_LAYOUT = 2

_TABLES = """
CREATE TABLE about (made_by TEXT NOT NULL, changes INTEGER NOT NULL);
CREATE TABLE files (
    file INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, offset INTEGER NOT NULL, lines INTEGER NOT NULL, fingerprint TEXT NOT NULL,
    cut INTEGER NOT NULL, error TEXT NOT NULL
);
CREATE TABLE entries (
    row INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, line INTEGER NOT NULL,
    offset INTEGER NOT NULL, length INTEGER NOT NULL, open INTEGER NOT NULL,
    key TEXT NOT NULL, task_key TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL,
    title TEXT NOT NULL, method TEXT NOT NULL, seed INTEGER NOT NULL, twin_of TEXT, data TEXT NOT NULL,
    compute TEXT NOT NULL, created REAL NOT NULL, metric TEXT NOT NULL, value REAL, unit TEXT NOT NULL,
    better TEXT NOT NULL, seconds REAL, dollars REAL, words TEXT NOT NULL
);
CREATE TABLE broken (
    file INTEGER NOT NULL, line INTEGER NOT NULL, open INTEGER NOT NULL, message TEXT NOT NULL
);
CREATE INDEX entries_key ON entries (key);
CREATE INDEX entries_task ON entries (task_key, method);
CREATE INDEX entries_file ON entries (file);
CREATE INDEX entries_created ON entries (created);
CREATE INDEX entries_counted ON entries (kind, compute, data, method, task_key, key);
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection with today's tables; what another version made is made anew."""
    if inode(path) is None:  # what belongs to a database that was deleted would be read into the new one
        _remove(path)
    try:
        return _opened(path)
    except sqlite3.DatabaseError:  # not a database, or a damaged one
        _remove(path)
        return _opened(path)


def inode(path: Path) -> int | None:
    """Which file has this name now; None for none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _opened(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
    try:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA synchronous = NORMAL")
        made.row_factory = sqlite3.Row
        _prepare(made)
    except BaseException:
        made.close()
        raise
    return made


def _prepare(made: sqlite3.Connection) -> None:
    # what is a record depends on the version of the package as well
    maker = f"{_LAYOUT} {SCHEMA} {version('qualms')}"
    made.execute("BEGIN IMMEDIATE")
    try:
        if _maker(made) != maker:
            for table in ("about", "files", "entries", "broken"):
                made.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in _TABLES.split(";"):
                made.execute(statement)
            made.execute("INSERT INTO about VALUES (?, 0)", (maker,))
        made.execute("COMMIT")
    except BaseException:
        made.execute("ROLLBACK")
        raise


def _maker(made: sqlite3.Connection) -> str | None:
    try:
        with closing(made.execute("SELECT made_by FROM about")) as found:
            row = found.fetchone()
    except sqlite3.OperationalError:
        return None
    return None if row is None else str(row[0])
