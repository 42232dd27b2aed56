"""The index of all records below a folder."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from qualms.errors import DataError, RunFolderError, one_line
from qualms.records import Record
from qualms.records.store import RECORDS
from qualms.service.index import lines
from qualms.service.index.database import FILE, connect, inode
from qualms.service.index.entry import Entry, values_of
from qualms.service.index.query import Filters, Found, Sort, counted, found, selected

_WALK = 5.0  # seconds between two looks for new files; known files are looked at every time
_LARGEST = 2**63  # of the integers that SQLite keeps
_COLUMNS = tuple(Entry.__dataclass_fields__)
_KEPT = ("file", "line", "offset", "length", "open", *_COLUMNS[1:], "words")


@dataclass(frozen=True)
class Broken:
    """A line that is no record, or a file that cannot be read (line 0).

    Attributes
    ----------
    file : str
        Path below the store's folder.
    line : int
    message : str
    """

    file: str
    line: int
    message: str


class Index:
    """All records below a folder, in a database that is brought up to date from what was added to the files.

    Only new bytes are read. A file that became shorter, was replaced, or was changed without becoming longer
    is read again from its beginning. Several threads and several processes may use one index.

    Parameters
    ----------
    store : str or Path
        Every `records.jsonl` in it and in the folders below counts. Hidden folders are left out, links to
        folders are not followed, and neither are the folders of single runs.
    database : str or Path, optional
        Where the index is kept; by default a hidden file in the store.

    Raises
    ------
    RunFolderError
        There is no such folder.
    """

    def __init__(self, store: str | Path, database: str | Path | None = None) -> None:
        self.store = Path(store).resolve()
        if not self.store.is_dir():
            raise RunFolderError(f"{store}: there is no such folder; give the folder of the records")
        self._database = Path(database) if database is not None else self.store / FILE
        self._threads = threading.local()
        self._refreshing = threading.Lock()
        self._alone = FileLock(f"{self._database}.lock")  # other processes read these files as well
        self._walked = -_WALK
        self._paths: list[Path] = []
        self._counted: dict[str, tuple[int, Any]] = {}

    # Keeping up to date ------------------------------------------------------------------------------------

    def refresh(self, walk: bool | None = None) -> int:
        """Read what was added since the last time.

        Parameters
        ----------
        walk : bool, optional
            Whether to look for new files; by default if the last look was five seconds ago or longer.

        Returns
        -------
        int
            How many records were read.
        """
        with self._refreshing, self._alone:
            if walk or (walk is None and time.monotonic() - self._walked >= _WALK):
                self._paths, self._walked = sorted(_files(self.store)), time.monotonic()
            known = {row["path"]: row for row in self._connection.execute("SELECT * FROM files")}
            there = {str(path.relative_to(self.store)): path for path in self._paths}
            states = {name: now for name, path in there.items() if (now := lines.state(path)) is not None}
            self._forget([row["file"] for name, row in known.items() if name not in states])
            return sum(self._refresh_file(n, there[n], known.get(n), now) for n, now in states.items())

    def _refresh_file(self, name: str, path: Path, before: sqlite3.Row | None, now: os.stat_result) -> int:
        if before is not None and _same(before, now):
            return 0
        try:
            grown = before is not None and _grown(path, before, now)
            start = lines.Place(before["offset"], before["lines"]) if before is not None and grown else None
            return self._read(path, name, now, start)
        except (DataError, OSError) as error:
            message = one_line(error).replace(str(path), path.name)
            with self._transaction() as to:
                file = self._file(to, name, now)
                _drop(to, file)
                to.execute(
                    "UPDATE files SET offset = 0, lines = 0, error = ? WHERE file = ?", (message, file)
                )
            return 0

    def _read(self, path: Path, name: str, now: os.stat_result, start: lines.Place | None) -> int:
        """Each part in a transaction of its own, so that a long file shows its records while it is read."""
        read, first = 0, True
        for part in lines.parts(path, start or lines.Place()):
            told = [(line, _row(line)) for line in part.lines]
            with self._transaction() as to:
                file = self._file(to, name, now)
                _drop(to, file, only_open=start is not None or not first)
                to.executemany(_INSERT, [{"file": file, **v} for _, v in told if isinstance(v, dict)])
                to.executemany(
                    "INSERT INTO broken VALUES (?, ?, ?, ?)",
                    [(file, k.number, k.open, why) for k, why in told if isinstance(why, str)],
                )
                mark = lines.fingerprint(path, part.place.offset)
                to.execute(_READ_TO, (part.place.offset, part.place.lines, mark, part.cut, file))
            read += sum(isinstance(row, dict) for _, row in told)
            first = False
        if first:  # nothing was added: an empty file, or lines that lost what followed them
            with self._transaction() as to:
                file = self._file(to, name, now)
                _drop(to, file, only_open=start is not None)
                if start is None:
                    to.execute(
                        "UPDATE files SET offset = 0, lines = 0, fingerprint = '', cut = 0 WHERE file = ?",
                        (file,),
                    )
        return read

    @staticmethod
    def _file(to: sqlite3.Connection, name: str, now: os.stat_result) -> int:
        """The file's number, with its size and times as they were before it was read."""
        told = (now.st_ino, now.st_size, now.st_mtime_ns)
        to.execute(
            "INSERT INTO files VALUES (NULL, ?, ?, ?, ?, 0, 0, '', 0, '') ON CONFLICT (path) DO UPDATE SET "
            "inode = excluded.inode, size = excluded.size, modified = excluded.modified",
            (name, *told),
        )
        return int(to.execute("SELECT file FROM files WHERE path = ?", (name,)).fetchone()[0])

    def _forget(self, gone: Sequence[int]) -> None:
        """Drop the files that are no longer there."""
        if gone:
            with self._transaction() as to:
                for file in gone:
                    _drop(to, file)
                    to.execute("DELETE FROM files WHERE file = ?", (file,))

    # Asking ------------------------------------------------------------------------------------------------

    def find(self, filters: Filters, sort: Sort, after: str | None = None, limit: int = 50) -> Found:
        """Entries in order, from a cursor on.

        Raises
        ------
        ConfigError
            For a cursor that is none of these filters and this order.
        """
        return found(self._connection, filters, sort, after, limit)

    def added(self, filters: Filters, since: int) -> int:
        """How many entries that fit were read after the row `since`."""
        where, values = filters.where()
        asked = f"SELECT COUNT(*) FROM entries WHERE {where} AND row > ?"
        return int(self._connection.execute(asked, [*values, since]).fetchone()[0])

    def counts(self, column: str) -> list[tuple[str, int]]:
        """How many entries have each value of a column; most first."""
        return self._kept(column, lambda: counted(self._connection, column))

    def quadrants(self) -> list[dict[str, Any]]:
        """For each quadrant that has records: data, compute, records, tasks, methods, kinds."""
        asked = (
            "SELECT data, compute, COUNT(DISTINCT key) AS records, COUNT(DISTINCT task_key) AS tasks, "
            "COUNT(DISTINCT method) AS methods, GROUP_CONCAT(DISTINCT kind) AS kinds "
            "FROM entries GROUP BY data, compute"
        )
        return self._kept("quadrants", lambda: [dict(row) for row in self._connection.execute(asked)])

    def tasks(self, limit: int = 50) -> list[dict[str, Any]]:
        """The tasks with the newest records.

        Each has task_key, kind, title, records, methods, quantum (records of quantum runs), and newest.
        """
        asked = (
            "SELECT task_key, kind, title, COUNT(DISTINCT key) AS records, "
            "COUNT(DISTINCT method) AS methods, "
            "SUM(compute IN ('simulated quantum', 'quantum hardware')) AS quantum, MAX(created) AS newest, "
            "MAX(row) AS last FROM entries GROUP BY task_key ORDER BY newest DESC, last DESC LIMIT ?"
        )
        return self._kept(
            f"{limit} tasks", lambda: [dict(row) for row in self._connection.execute(asked, (limit,))]
        )

    def entries(self, keys: Sequence[str]) -> list[Entry]:
        """The entries of records by their keys, in this order; those that are not there are left out."""
        marks = ", ".join("?" * len(keys))
        rows = self._connection.execute(
            f"SELECT * FROM entries WHERE key IN ({marks}) ORDER BY row", list(keys)
        )
        by_key = {row["key"]: _entry(row) for row in reversed(rows.fetchall())}  # the first of equals stays
        return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]

    def of_task(self, task_key: str) -> list[Entry]:
        """The entries of a task in the order in which they were read; the same run counts once."""
        rows = self._connection.execute("SELECT * FROM entries WHERE task_key = ? ORDER BY row", (task_key,))
        kept: dict[str, Entry] = {}
        for row in rows:
            kept.setdefault(row["key"], _entry(row))
        return list(kept.values())

    def places(self, key: str) -> list[tuple[str, int]]:
        """(file, line) of every place where a record stands."""
        asked = "SELECT path, line FROM entries JOIN files USING (file) WHERE key = ? ORDER BY row"
        return [(row["path"], row["line"]) for row in self._connection.execute(asked, (key,))]

    def records(self, keys: Sequence[str]) -> list[Record]:
        """Whole records by their keys, read from their files; those that are no longer there are left out."""
        return [record for key in dict.fromkeys(keys) if (record := self._record(key)) is not None]

    def _record(self, key: str) -> Record | None:
        asked = "SELECT entries.*, path FROM entries JOIN files USING (file) WHERE key = ? ORDER BY row"
        for row in self._connection.execute(asked, (key,)).fetchall():
            record = lines.record_at(self.store / row["path"], row["line"], row["offset"], row["length"])
            if record is not None and record.id == row["id"]:
                return record
        return None

    def chosen(self, filters: Filters, sort: Sort) -> Iterator[Record]:
        """All records that fit, whole, each once, for a download."""
        for key in selected(self._connection, filters, sort):
            record = self._record(key)
            if record is not None:
                yield record

    def broken(self, limit: int = 100) -> tuple[int, list[Broken]]:
        """How many lines are no records, and the first of them; files that cannot be read are among them."""
        asked = (
            "SELECT path, line, message FROM broken JOIN files USING (file) UNION ALL "
            "SELECT path, 0, error FROM files WHERE error != '' ORDER BY path, line"
        )
        rows = self._connection.execute(asked).fetchall()
        return len(rows), [Broken(row["path"], row["line"], row["message"]) for row in rows[:limit]]

    def files(self) -> list[dict[str, Any]]:
        """Every file: path, size, modified (seconds since 1970), records, cut (its last line)."""
        asked = (
            "SELECT path, size, modified / 1e9 AS modified, cut, COUNT(row) AS records "
            "FROM files LEFT JOIN entries USING (file) GROUP BY file ORDER BY path"
        )
        return [dict(row) for row in self._connection.execute(asked)]

    def changes(self) -> int:
        """A number that is larger after every change."""
        return int(self._connection.execute("SELECT changes FROM about").fetchone()[0])

    def _kept(self, name: str, count: Callable[[], Any]) -> Any:
        """What was counted before, as long as nothing has changed."""
        now = self.changes()
        before = self._counted.get(name)
        if before is None or before[0] != now:
            before = self._counted[name] = (now, count())
        return before[1]

    def state(self) -> tuple[int, int]:
        """Number of the newest row, and how many rows there are."""
        row = self._connection.execute("SELECT COALESCE(MAX(row), 0), COUNT(*) FROM entries").fetchone()
        return int(row[0]), int(row[1])

    def close(self) -> None:
        """Close this thread's connection."""
        if (open_ := getattr(self._threads, "connection", None)) is not None:
            open_.close()
            del self._threads.connection

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection. A database that was deleted or replaced meanwhile is opened anew, and the
        next refresh fills it.
        """
        here = self._threads
        if getattr(here, "connection", None) is not None and here.inode != inode(self._database):
            self.close()
            self._counted.clear()
        if getattr(here, "connection", None) is None:
            here.connection = connect(self._database)
            here.inode = inode(self._database)
        return here.connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        to = self._connection
        to.execute("BEGIN IMMEDIATE")
        try:
            yield to
        except BaseException:
            to.execute("ROLLBACK")
            raise
        to.execute("UPDATE about SET changes = changes + 1")
        to.execute("COMMIT")


_READ_TO = "UPDATE files SET offset = ?, lines = ?, fingerprint = ?, cut = ?, error = '' WHERE file = ?"
_INSERT = f"INSERT INTO entries ({', '.join(_KEPT)}) VALUES ({', '.join(f':{name}' for name in _KEPT)})"


def _row(line: lines.Line) -> dict[str, Any] | str:
    """What is kept of a line, or why it is no record."""
    if line.record is None:
        return line.why_not
    # here, because it brings matplotlib, and most looks find nothing new
    from qualms.report.page import sections

    try:
        [section] = sections([line.record])
        values = values_of(line.record, section.title)
    except DataError as error:  # it fits the schema and makes no sense
        return one_line(error)
    if not -_LARGEST <= line.record.seed < _LARGEST:
        return "seed: a number of more than 64 bits"
    place = {"line": line.number, "offset": line.offset, "length": line.length, "open": line.open}
    return {**place, **values}


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(**{name: row[name] for name in _COLUMNS})


def _drop(to: sqlite3.Connection, file: int, only_open: bool = False) -> None:
    """Drop a file's lines, or only those that had no line end."""
    which = " AND open" if only_open else ""
    for table in ("entries", "broken"):
        to.execute(f"DELETE FROM {table} WHERE file = ?{which}", (file,))


def _same(before: sqlite3.Row, now: os.stat_result) -> bool:
    return (before["inode"], before["size"], before["modified"]) == (now.st_ino, now.st_size, now.st_mtime_ns)


def _grown(path: Path, before: sqlite3.Row, now: os.stat_result) -> bool:
    """Whether a file is the one that was read, with something added."""
    known = before["inode"] == now.st_ino and now.st_size > before["size"] and not before["error"]
    return (
        known and lines.is_plain(path) and lines.fingerprint(path, before["offset"]) == before["fingerprint"]
    )


def _files(folder: Path) -> Iterator[Path]:
    """Every file of records below a folder. Folders of single runs have weights, and no records."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as inside:
                there = [*inside]
        except OSError:  # gone in the meantime, or not ours to read
            continue
        here = next((e for e in there if e.name == RECORDS and e.is_file()), None)
        if here is not None:
            yield Path(here.path)
        for e in there:
            if (
                not e.name.startswith(".")
                and e.is_dir(follow_symlinks=False)
                and not (here and e.name == "runs")
            ):
                waiting.append(Path(e.path))
