"""What is done beside jobs, now and then: old ones are removed, and quotes of jobs that are over end."""

from __future__ import annotations

import time
from collections.abc import Callable

from qualms.errors import MissingError
from qualms.service.jobs import uploads
from qualms.service.jobs.job import State
from qualms.service.jobs.queue import Queue
from qualms.service.settings import Settings
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.service.spending.quote import Quote, QuoteState

_DAY = 86_400.0  # seconds


def remove_old(queue: Queue, settings: Settings, clock: Callable[[], float] = time.time) -> int:
    """Remove jobs that ended longer ago than the settings say, and files that were sent longer ago and that
    no job names. Records and the ledger are never touched.

    Parameters
    ----------
    queue : Queue
    settings : Settings
    clock : callable
        Seconds since 1970.

    Returns
    -------
    int
        How many jobs were removed.

    Raises
    ------
    RunFolderError
        Something could not be removed; everything else was.
    """
    if settings.limits.days == 0:
        return 0
    before, removed = clock() - settings.limits.days * _DAY, 0
    while found := remove_ended(queue, before):
        removed += found
    uploads.remove_unused(settings.store, before, _in_use(queue))
    return removed


def remove_ended(queue: Queue, before: float, most: int = 100) -> int:
    """Remove jobs that ended before a time, with their events and their keys.

    Parameters
    ----------
    queue : Queue
    before : float
        Seconds since 1970.
    most : int, default 100
        As many at a time, so that nobody who writes waits long.

    Returns
    -------
    int
        How many were removed. A job whose records are not yet in the folder is not.
    """
    finals = [state.value for state in State if state.final]
    with queue.writing() as db:
        found = db.execute(
            f"SELECT id FROM jobs WHERE state IN ({', '.join('?' * len(finals))}) AND ended < ? "
            "AND id NOT IN (SELECT job FROM records) ORDER BY number LIMIT ?",
            (*finals, before, most),
        ).fetchall()
        for (job_id,) in found:
            db.execute("DELETE FROM events WHERE job = ?", (job_id,))
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
    return len(found)


def _in_use(queue: Queue) -> set[str]:
    """The ids of all uploaded files that jobs name."""
    with queue.reading() as db:
        found = db.execute("SELECT DISTINCT json_extract(request, '$.upload') FROM jobs")
        return {row[0] for row in found if row[0] is not None}


def end_quotes(queue: Queue, settings: Settings) -> list[str]:
    """End the quotes whose jobs are over, as those that were cancelled: a process that was ended could not.

    It does not matter whether that process still runs. What it has reserved stays reserved, and it can
    reserve no more, so that nothing else is handed in.

    Returns
    -------
    list of str
        The ids of the quotes that were ended.
    """
    path, ended = settings.store / FILE, []
    if not path.exists():
        return []
    with SpendingLedger(path) as ledger:
        for quote in ledger.quotes():
            if quote.state in (QuoteState.consented, QuoteState.running) and _is_over(queue, quote):
                ledger.end(quote.id, "its job ended before the device's answer was there")
                ended.append(quote.id)
    return ended


def _is_over(queue: Queue, quote: Quote) -> bool:
    """Whether the job that has a quote has ended. One that is not there yet is about to be submitted."""
    if quote.state is QuoteState.running:
        try:
            return queue.get(quote.job).state.final
        except MissingError:  # it was removed
            return True
    with queue.reading() as db:
        row = db.execute("SELECT state FROM jobs WHERE key = ?", (quote.job_key,)).fetchone()
    return row is not None and State(row["state"]).final
