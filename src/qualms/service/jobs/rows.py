"""The tables of the queue, and what stands in their rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from qualms.data.numbers import finite
from qualms.service.jobs.job import Job, State

VERSION = 1
MOST_EVENTS = 10_000  # of a job
TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    title TEXT NOT NULL, request TEXT NOT NULL, digest TEXT NOT NULL, key TEXT UNIQUE, state TEXT NOT NULL,
    submitted REAL NOT NULL, started REAL, ended REAL, progress TEXT, result TEXT, error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
    token INTEGER NOT NULL DEFAULT 0, worker TEXT, until REAL);
CREATE INDEX by_state ON jobs (state, number);
CREATE TABLE events (
    job TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (job, number)) WITHOUT ROWID;
CREATE TABLE records (job TEXT NOT NULL, position INTEGER NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (job, position)) WITHOUT ROWID;
"""
SHORT = (
    "number, id, kind, title, '{}' AS request, state, key, submitted, started, ended, progress, "
    "NULL AS result, error, attempts"
)


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row."""
    return Job(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        request=json.loads(row["request"]),
        state=State(row["state"]),
        key=row["key"],
        submitted=row["submitted"],
        started=row["started"],
        ended=row["ended"],
        progress=None if row["progress"] is None else json.loads(row["progress"]),
        result=None if row["result"] is None else json.loads(row["result"]),
        error=row["error"],
        attempts=row["attempts"],
    )


def dumped(value: Mapping[str, Any]) -> str:
    """As JSON has it, the same for the same value; numbers that are not finite are null."""
    return json.dumps(finite(value), sort_keys=True, allow_nan=False)


def storable(text: str) -> str:
    """A text as UTF-8 has it; halves of characters, which JSON can hold, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def note(db: sqlite3.Connection, at: float, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Add an event. What happens to a job's state is kept in any case, further news up to a number."""
    last = db.execute("SELECT coalesce(max(number), 0) FROM events WHERE job = ?", (job_id,)).fetchone()[0]
    if last > MOST_EVENTS and kind != "state":
        return
    if last == MOST_EVENTS and kind != "state":
        kind, data = "note", {"text": f"more than {MOST_EVENTS:,} events; those that follow are not kept"}
    db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", (job_id, last + 1, at, kind, dumped(data)))
