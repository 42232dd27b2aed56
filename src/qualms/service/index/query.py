"""Filters, orders and cursors over the index."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from typing import Any

from qualms.errors import ConfigError
from qualms.records.kinds import PAYLOADS
from qualms.records.quadrant import COMPUTE, DATA
from qualms.service.index.entry import Entry

TWINS = {  # what a choice of twins leaves
    "twin": "twin_of IS NOT NULL",
    "quantum": "compute IN ('simulated quantum', 'quantum hardware')",
    "other": "twin_of IS NULL AND compute NOT IN ('simulated quantum', 'quantum hardware')",
}
_CHOICES = {"kind": tuple(PAYLOADS), "data": DATA, "compute": COMPUTE, "twins": tuple(TWINS)}
COLUMNS = ("method", "title", "kind", "seed", "value", "seconds", "compute", "created")  # to sort by
_MAY_MISS = ("value", "seconds")
_COUNTED = ("kind", "data", "compute", "method", "metric")
_COLUMNS = tuple(Entry.__dataclass_fields__)
_LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class Filters:
    """What entries must be; an empty text lets everything pass.

    Attributes
    ----------
    kind, data, compute, method, task : str
        Equal to that. `task` is a task's key.
    twins : str
        "twin", "quantum" or "other", which is neither.
    text : str
        Words that all occur in an entry, in any case.

    Raises
    ------
    ConfigError
        For a kind, data, compute or choice of twins that there is not.
    """

    kind: str = ""
    data: str = ""
    compute: str = ""
    method: str = ""
    task: str = ""
    twins: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if (asked := getattr(self, name)) and asked not in choices:
                raise ConfigError(f"{name}={asked}: must be one of {', '.join(choices)}")

    def where(self) -> tuple[str, list[Any]]:
        """A condition in SQL with its arguments."""
        parts, values = ["1"], list[Any]()
        columns = {
            "kind": "kind",
            "data": "data",
            "compute": "compute",
            "method": "method",
            "task": "task_key",
        }
        for name, column in columns.items():
            if asked := getattr(self, name):
                parts.append(f"{column} = ?")
                values.append(asked)
        if self.twins:
            parts.append(f"({TWINS[self.twins]})")
        for word in self.text.lower().split():
            parts.append("words LIKE ? ESCAPE '\\'")
            escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values.append(f"%{escaped}%")
        return " AND ".join(parts), values

    def query(self) -> dict[str, str]:
        """The filters that are set, as an address has them."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}


@dataclass(frozen=True)
class Sort:
    """An order of entries: a column of `COLUMNS`, and whether large values come first.

    Missing values are last.
    """

    column: str = "created"
    descending: bool = True

    def __post_init__(self) -> None:
        if self.column not in COLUMNS:
            raise ConfigError(f"sort={self.column}: must be one of {', '.join(COLUMNS)}")

    def sql(self) -> str:
        way = "DESC" if self.descending else "ASC"
        missing = (
            f"({self.column} IS NULL), " if self.column in _MAY_MISS else ""
        )  # else an index can be used
        return f"{missing}{self.column} {way}, row {way}"


@dataclass(frozen=True)
class Found:
    """A part of a list.

    Attributes
    ----------
    entries : list of Entry
    total : int
        How many there are in all.
    after : str or None
        Cursor for what comes next; None at the end.
    """

    entries: list[Entry]
    total: int
    after: str | None


def found(to: sqlite3.Connection, filters: Filters, sort: Sort, after: str | None, limit: int) -> Found:
    """Entries in order, from a cursor on."""
    where, values = filters.where()
    total = int(to.execute(f"SELECT COUNT(*) FROM entries WHERE {where}", values).fetchone()[0])
    beyond, more = ("", []) if not after else _beyond(sort, *_read(after, filters, sort))
    chosen = f"SELECT row FROM entries WHERE {where}{beyond} ORDER BY {sort.sql()} LIMIT ?"
    asked = f"SELECT * FROM entries WHERE row IN ({chosen}) ORDER BY {sort.sql()}"
    rows = to.execute(asked, [*values, *more, limit + 1]).fetchall()
    shown = [Entry(**{name: row[name] for name in _COLUMNS}) for row in rows[:limit]]
    last = shown[-1] if len(rows) > limit else None
    return Found(shown, total, None if last is None else _cursor(last, filters, sort))


def selected(to: sqlite3.Connection, filters: Filters, sort: Sort) -> Iterator[str]:
    """Keys of all entries that fit, in order, each once."""
    where, values = filters.where()
    rows = to.execute(f"SELECT key FROM entries WHERE {where} ORDER BY {sort.sql()}", values).fetchall()
    yield from dict.fromkeys(row["key"] for row in rows)


def counted(to: sqlite3.Connection, column: str) -> list[tuple[str, int]]:
    """How many entries have each value of a column; most first."""
    if column not in _COUNTED:
        raise ConfigError(f"entries are not counted by {column}; by {', '.join(_COUNTED)}")
    asked = f"SELECT {column}, COUNT(*) FROM entries GROUP BY {column} ORDER BY 2 DESC, 1"
    return [(row[0], row[1]) for row in to.execute(asked)]


# Cursors: the last entry's value and row, so that what is added in the meantime moves nothing ---------------


def _beyond(sort: Sort, value: Any, row: int) -> tuple[str, list[Any]]:
    """The condition that an entry comes after another one."""
    sign = "<" if sort.descending else ">"
    if value is None:
        return f" AND {sort.column} IS NULL AND row {sign} ?", [row]
    later = f"{sort.column} {sign} ? OR ({sort.column} = ? AND row {sign} ?)"
    later += f" OR {sort.column} IS NULL" if sort.column in _MAY_MISS else ""
    return f" AND ({later})", [value, value, row]


def _cursor(last: Entry, filters: Filters, sort: Sort) -> str:
    told = [_mark(filters, sort), getattr(last, sort.column), last.row]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _read(cursor: str, filters: Filters, sort: Sort) -> tuple[Any, int]:
    wrong = ConfigError("after: this is no cursor of this list; begin with its first page")
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise wrong
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise wrong from None
    if not (isinstance(told, list) and len(told) == 3 and told[0] == _mark(filters, sort)):
        raise wrong
    value, row = told[1], told[2]
    if not isinstance(row, int) or abs(row) >= 2**63 or not isinstance(value, str | int | float | None):
        raise wrong
    if isinstance(value, int) and abs(value) >= 2**63:
        raise wrong
    return value, row


def _mark(filters: Filters, sort: Sort) -> str:
    return hashlib.sha256(repr((astuple(filters), astuple(sort))).encode()).hexdigest()[:8]
