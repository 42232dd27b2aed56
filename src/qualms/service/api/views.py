"""What the API answers with, as types, from which its OpenAPI document is made."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel

from qualms.service.jobs.job import Job, State
from qualms.service.jobs.queue import Queue


class ProblemView(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class ProgressView(BaseModel):
    """How far a job is.

    `steps` is 0 where nobody knows how many there will be, and `eta` null where nobody knows when it ends.
    """

    step: int
    steps: int
    note: str
    seconds: float
    eta: float | None


class JobView(BaseModel):
    """A job.

    Times are seconds since 1970 by the server's clock. `request` and `result` are null in lists. `ahead` is
    how many jobs will be begun before one that waits.
    """

    id: str
    kind: str
    title: str
    state: State
    key: str | None
    submitted: float
    started: float | None
    ended: float | None
    attempts: int
    ahead: int | None
    progress: ProgressView | None
    error: str | None
    request: dict[str, Any] | None
    result: dict[str, Any] | None


class JobsView(BaseModel):
    """Jobs, the newest first; `next` is the cursor with which the list goes on."""

    jobs: list[JobView]
    next: str | None


class UploadView(BaseModel):
    """An uploaded file."""

    id: str
    name: str
    bytes: int


class EntryView(BaseModel):
    """A record in a list."""

    key: str
    id: str
    kind: str
    task: str
    title: str
    method: str
    seed: int
    twin_of: str | None
    data: str
    compute: str
    created: float
    metric: str
    value: float | None
    unit: str
    better: str
    seconds: float | None
    dollars: float | None


class EntriesView(BaseModel):
    """Records; `broken` counts the lines of the store's files that are no records."""

    records: list[EntryView]
    total: int
    broken: int
    next: str | None


class HealthView(BaseModel):
    """Whether the service works: "ok", or "degraded" with what does not."""

    status: str
    troubles: list[str]


def view_of(job: Job, queue: Queue | None = None, clock: float | None = None) -> JobView:
    """A job as it is answered with.

    Parameters
    ----------
    job : Job
    queue : Queue, optional
        To find out how many jobs are ahead; without it, request and result are left out, as in lists.
    clock : float, optional
        Seconds since 1970; default: now.
    """
    now = time.time() if clock is None else clock
    whole = queue is not None
    waits = job.state is State.waiting
    return JobView(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=job.state,
        key=job.key,
        submitted=job.submitted,
        started=job.started,
        ended=job.ended,
        attempts=job.attempts,
        ahead=queue.ahead(job.id) if queue is not None and waits else None,
        progress=_progress(job, now),
        error=job.error,
        request=dict(job.request) if whole else None,
        result=dict(job.result) if whole and job.result is not None else None,
    )


def _progress(job: Job, now: float) -> ProgressView | None:
    """The latest step, with the time since then taken off what was left."""
    told = job.progress
    if told is None:
        return None
    eta, seconds = job.left(now), told["seconds"]
    if job.state is State.running and job.started is not None:
        seconds = max(seconds, now - job.started)
    return ProgressView(
        step=told["step"],
        steps=told["steps"],
        note=told["note"],
        seconds=round(seconds, 3),
        eta=None if eta is None else round(eta, 1),
    )
