"""The queue: jobs in SQLite, leased to workers, each finished once.

A worker has a job for a time and renews its lease while it works. A lease that runs out gives the job to
somebody else, and whoever held it can change nothing any more, because every change names the fencing token
of its lease (Kleppmann, "How to do distributed locking", 2016). Leases are measured by the system's
monotonic clock, which all processes of a machine share and nobody sets: a clock that jumps ends none.
That clock begins anew when the machine starts; the one server that owns a folder then calls `recover` before
it leases anything.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qualms.data.numbers import integer
from qualms.errors import ConfigError, KeyConflictError, MissingError, QueueFullError
from qualms.service.jobs.database import Database
from qualms.service.jobs.job import Event, Job, Lease, Page, State
from qualms.service.jobs.rows import SHORT, TABLES, VERSION, dumped, job_of, note, storable

MOST_CRASHES = 3  # of a job's process, after which it is not begun again
MOST_ATTEMPTS = 20  # whatever ended them: servers that were killed, too


class Queue(Database):
    """Jobs in a file. Any number of threads and processes may use it at a time.

    Parameters
    ----------
    path : Path
        Of the file; made if it is not there.
    limit : int, default 1000
        Jobs that may wait.
    clock : callable
        Seconds since 1970, for display.
    ticks : callable
        Seconds by a clock that nobody sets and that all processes of the machine share, for leases.

    Raises
    ------
    RunFolderError
        The file cannot be written, is no queue, or is one of another version.
    """

    def __init__(
        self,
        path: Path,
        *,
        limit: int = 1000,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(path, TABLES, VERSION)
        self.limit, self._clock, self._ticks = limit, clock, ticks

    # Those who ask ------------------------------------------------------------------------------------------

    def submit(self, kind: str, request: Mapping[str, Any], key: str | None = None, title: str = "") -> Job:
        """Add a job; on disk when this returns.

        Parameters
        ----------
        kind : str
            What is to be done.
        request : Mapping
            Plain data.
        key : str, optional
            An idempotency key. The same key with the same request is the same job, however it ended.
        title : str
            A line for lists.

        Raises
        ------
        KeyConflictError
            The key stands for another request.
        QueueFullError
            As many jobs wait as may.
        """
        written = dumped(request)
        digest = hashlib.sha256(f"{kind}\n{written}".encode()).hexdigest()
        with self.writing() as db:
            if key is not None:
                there = db.execute("SELECT * FROM jobs WHERE key = ?", (key,)).fetchone()
                if there is not None and there["digest"] != digest:
                    raise KeyConflictError(
                        f"the idempotency key {key!r} stands for another request, job {there['id']}; "
                        "choose a new key"
                    )
                if there is not None:
                    return job_of(there)
            waiting = db.execute("SELECT count(*) FROM jobs WHERE state = 'waiting'").fetchone()[0]
            if waiting >= self.limit:
                raise QueueFullError(f"{waiting:,} jobs wait, and no more may; submit it again later")
            job_id = secrets.token_hex(8)
            db.execute(
                "INSERT INTO jobs (id, kind, title, request, digest, key, state, submitted) "
                "VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)",
                (job_id, kind, storable(title), written, digest, key, self._clock()),
            )
            note(db, self._clock(), job_id, "state", {"state": State.waiting})
            return self._get(db, job_id)

    def get(self, job_id: str) -> Job:
        """A job, whole. Raises MissingError."""
        with self.reading() as db:
            return self._get(db, job_id)

    def jobs(self, state: State | str | None = None, after: str | None = None, limit: int = 50) -> Page:
        """Jobs, the newest first.

        Parameters
        ----------
        state : State, optional
            Only those that stand there.
        after : str, optional
            A cursor, `Page.next` of the page before. A job that is added meanwhile moves no other.
        limit : int, default 50
            How many at most.

        Raises
        ------
        ConfigError
            For what is no cursor.
        """
        least = integer(after) if after is not None else None
        if after is not None and (least is None or not 0 <= least < 2**63):
            raise ConfigError(f"{after!r} is no cursor of this list; give `next` of the page before")
        asked, given = ["1"], list[Any]()
        for clause, value in (("state = ?", state), ("number < ?", least)):
            if value is not None:
                asked.append(clause)
                given.append(value)
        with self.reading() as db:
            found = db.execute(
                f"SELECT {SHORT} FROM jobs WHERE {' AND '.join(asked)} ORDER BY number DESC LIMIT ?",
                (*given, limit + 1),
            ).fetchall()
        more = str(found[limit - 1]["number"]) if len(found) > limit else None
        return Page(tuple(job_of(row) for row in found[:limit]), more)

    def counts(self) -> dict[State, int]:
        """How many jobs stand where."""
        with self.reading() as db:
            found = dict(db.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in State}

    def changes(self) -> int:
        """A number that is another one after somebody else than this thread has changed anything."""
        with self._in_words():
            return int(self._connection().execute("PRAGMA data_version").fetchone()[0])

    def ahead(self, job_id: str) -> int:
        """How many jobs that wait will be begun before this one."""
        with self.reading() as db:
            return int(
                db.execute(
                    "SELECT count(*) FROM jobs WHERE state = 'waiting' AND number < "
                    "(SELECT number FROM jobs WHERE id = ?)",
                    (job_id,),
                ).fetchone()[0]
            )

    def cancel(self, job_id: str) -> Job:
        """End a job. One that is over stays as it is; a worker that has it loses its lease at once."""
        with self.writing() as db:
            job = self._get(db, job_id)
            if not job.state.final:
                self._end(db, job_id, State.cancelled)
            return self._get(db, job_id)

    def events(self, job_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """What happened to a job since the event of number `after`. Raises MissingError."""
        with self.reading() as db:
            found = db.execute(
                "SELECT * FROM events WHERE job = ? AND number > ? ORDER BY number LIMIT ?",
                (job_id, min(after, 2**62), limit),
            ).fetchall()
            if not found:
                self._get(db, job_id)
        return [Event(row["number"], row["at"], row["kind"], json.loads(row["data"])) for row in found]

    # Those who work -----------------------------------------------------------------------------------------

    def lease(self, worker: str, seconds: float, kinds: Sequence[str] = ()) -> Lease | None:
        """The job that has waited longest, for so many seconds; None where none waits.

        With `kinds`, one of these.
        """
        if not self._any(kinds):  # an idle worker that looks again and again does not hold up those who write
            return None
        with self.writing() as db:
            now = self._ticks()
            for row in db.execute(
                "SELECT * FROM jobs WHERE state = 'running' AND until < ?", (now,)
            ).fetchall():
                self._again(db, row, "its worker was not heard of in time")
            asked = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
            row = db.execute(
                f"SELECT id FROM jobs WHERE state = 'waiting'{asked} ORDER BY number LIMIT 1", tuple(kinds)
            ).fetchone()
            if row is None:
                return None
            db.execute(
                "UPDATE jobs SET state = 'running', worker = ?, until = ?, token = token + 1, "
                "attempts = attempts + 1, started = ?, progress = NULL WHERE id = ?",
                (worker, now + seconds, self._clock(), row["id"]),
            )
            note(db, self._clock(), row["id"], "state", {"state": State.running})
            token = db.execute("SELECT token FROM jobs WHERE id = ?", (row["id"],)).fetchone()[0]
            return Lease(self._get(db, row["id"]), worker, token, seconds)

    def _any(self, kinds: Sequence[str]) -> bool:
        """Whether a job waits, or a lease has run out."""
        asked = f" AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        with self.reading() as db:
            found = db.execute(
                f"SELECT 1 FROM jobs WHERE (state = 'waiting'{asked}) OR (state = 'running' AND until < ?) "
                "LIMIT 1",
                (*kinds, self._ticks()),
            ).fetchone()
        return found is not None

    def holds(self, lease: Lease) -> bool:
        """Whether a lease is the valid one. Writes nothing."""
        with self.reading() as db:
            return self._held(db, lease) is not None

    def renew(self, lease: Lease) -> bool:
        """Hold a job for as long again, from now. False where the lease is lost: the work is to be ended."""
        with self.writing() as db:
            if self._held(db, lease) is None:
                return False
            db.execute(
                "UPDATE jobs SET until = ? WHERE id = ?", (self._ticks() + lease.seconds, lease.job.id)
            )
            return True

    def tell(self, lease: Lease, *events: Mapping[str, Any]) -> bool:
        """Note what a job tells while it runs: mappings with "kind", see `Event`. False if the lease is lost.

        Of kind "step", the latest becomes the job's progress.
        """
        with self.writing() as db:
            if self._held(db, lease) is None:
                return False
            for event in events:
                data = {k: v for k, v in event.items() if k != "kind"}
                note(db, self._clock(), lease.job.id, event["kind"], data)
                if event["kind"] == "step":
                    db.execute("UPDATE jobs SET progress = ? WHERE id = ?", (dumped(data), lease.job.id))
            return True

    def finish(
        self,
        lease: Lease,
        *,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
        records: Sequence[str] = (),
    ) -> bool:
        """Commit how a job ended, once.

        Parameters
        ----------
        lease : Lease
        result : Mapping, optional
            What came of it.
        error : str, optional
            One line, where nothing did.
        records : sequence of str
            Lines of JSON for the folder's records; committed with the result, and handed out by `undelivered`
            until they are `delivered`.

        Returns
        -------
        bool
            False where the lease is lost, and nothing is changed.
        """
        with self.writing() as db:
            if self._held(db, lease) is None:
                return False
            for position, line in enumerate(records):
                db.execute("INSERT INTO records VALUES (?, ?, ?)", (lease.job.id, position, line))
            self._end(db, lease.job.id, State.done if error is None else State.failed, result, error)
            return True

    def crashed(self, lease: Lease, reason: str) -> bool:
        """Note that the process of a job ended under it. It waits again, in its old place, or has failed if
        that was once too often. False where the lease is lost.
        """
        with self.writing() as db:
            row = self._held(db, lease)
            if row is None:
                return False
            db.execute("UPDATE jobs SET crashes = crashes + 1 WHERE id = ?", (lease.job.id,))
            row = db.execute("SELECT * FROM jobs WHERE id = ?", (lease.job.id,)).fetchone()
            self._again(db, row, reason)
            return True

    def release(self, lease: Lease) -> bool:
        """Give a job back that was not finished for no fault of its own, as if it had not been begun."""
        with self.writing() as db:
            if self._held(db, lease) is None:
                return False
            db.execute("UPDATE jobs SET attempts = attempts - 1 WHERE id = ?", (lease.job.id,))
            self._wait(db, lease.job.id, "the service was stopped")
            return True

    def recover(self) -> int:
        """Let all jobs wait again that were running, and return how many.

        Only for the one server that owns the folder, before its workers begin: no other process works then.
        """
        with self.writing() as db:
            found = db.execute("SELECT * FROM jobs WHERE state = 'running'").fetchall()
            for row in found:
                self._again(db, row, "the service ended while it ran")
            return len(found)

    def undelivered(self) -> list[str]:
        """Jobs of whose records nobody has said that they are in the folder."""
        with self.reading() as db:
            return [row["job"] for row in db.execute("SELECT DISTINCT job FROM records ORDER BY job")]

    def records(self, job_id: str) -> tuple[str, ...]:
        """The lines of a job's records that are yet to be delivered."""
        with self.reading() as db:
            found = db.execute("SELECT line FROM records WHERE job = ? ORDER BY position", (job_id,))
            return tuple(row["line"] for row in found)

    def delivered(self, job_id: str) -> None:
        """The records of a job are in the folder."""
        with self.writing() as db:
            db.execute("DELETE FROM records WHERE job = ?", (job_id,))

    # The file -----------------------------------------------------------------------------------------------

    def _get(self, db: sqlite3.Connection, job_id: str) -> Job:
        row = db.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None:
            raise MissingError(f"there is no job {job_id!r}")
        return job_of(row)

    def _held(self, db: sqlite3.Connection, lease: Lease) -> sqlite3.Row | None:
        found: sqlite3.Row | None = db.execute(
            "SELECT * FROM jobs WHERE id = ? AND token = ? AND state = 'running'", (lease.job.id, lease.token)
        ).fetchone()
        return found

    def _again(self, db: sqlite3.Connection, row: sqlite3.Row, reason: str) -> None:
        """Let a job wait again, or end it where it was begun too often."""
        if row["crashes"] >= MOST_CRASHES or row["attempts"] >= MOST_ATTEMPTS:
            told = f"{reason}; it was begun {row['attempts']} times and is not begun again"
            self._end(db, row["id"], State.failed, error=told)
        else:
            self._wait(db, row["id"], reason)

    def _wait(self, db: sqlite3.Connection, job_id: str, reason: str) -> None:
        db.execute(
            "UPDATE jobs SET state = 'waiting', token = token + 1, worker = NULL, until = NULL, "
            "started = NULL, progress = NULL WHERE id = ?",
            (job_id,),
        )
        note(db, self._clock(), job_id, "state", {"state": State.waiting, "reason": reason})

    def _end(
        self,
        db: sqlite3.Connection,
        job_id: str,
        state: State,
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        written = None if result is None else dumped(result)
        db.execute(
            "UPDATE jobs SET state = ?, token = token + 1, worker = NULL, until = NULL, ended = ?, "
            "result = ?, error = ? WHERE id = ?",
            (state, self._clock(), written, None if error is None else storable(error), job_id),
        )
        told = {"state": state} | ({} if error is None else {"error": error})
        note(db, self._clock(), job_id, "state", told)
