"""The tools around a job: solve, status, result, cancel."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from qualms.errors import ConfigError
from qualms.service.agents.access import Access, access_of, plainly
from qualms.service.agents.consent import Consent, QuoteId, answered, consent_to
from qualms.service.agents.problems import Table, Text, Typed, asked
from qualms.service.agents.protocol import Context, ElicitationResult, Resolve, run_sync, sleep
from qualms.service.agents.results import (
    AnswerLine,
    ArmLine,
    Compute,
    JobResult,
    JobStatus,
    Progress,
    Receipt,
    TwinDifference,
)
from qualms.service.index.entry import key_of
from qualms.service.jobs.job import Event, Job, State
from qualms.service.jobs.requests import submit_checked

_MOST_WAIT = 50.0  # seconds: clients give up on a call after a minute
_LOOK = 0.5  # seconds between two looks at a job
_PART = 500  # events that are read at a time

JobId = Annotated[str, Field(description="The handle that `solve` returned.", max_length=64)]


@plainly
async def solve(
    ctx: Context,
    consent: Annotated[ElicitationResult[Consent], Resolve(consent_to)],
    text: Text = "",
    table: Table = "",
    specification: Typed = None,
    seconds: Annotated[float, Field(gt=0, description="Of wall time for solving.")] = 10.0,
    gap: Annotated[
        float, Field(ge=0, le=1, description="End when the answer is proven to be this close to the optimum.")
    ] = 0.0,
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0,
    solvers: Annotated[
        list[str], Field(description="Names of solvers that race; empty for those that suit the problem.")
    ] = [],  # noqa: B006 - the SDK makes the schema's default of it, and nobody changes it
    key: Annotated[
        str | None,
        Field(description="An idempotency key: the same key with the same problem is the same job."),
    ] = None,
    quote: QuoteId = None,
) -> JobStatus:
    """Solve an optimization problem: routing, scheduling, assignment, packing, portfolios, graphs, linear and
    integer programs, and more. Classical, quantum-inspired and simulated quantum solvers race; the answer is
    checked in exact arithmetic, with a proven bound, and every quantum solver stands beside its classical
    twins.

    Give `text` (all numbers in it), `text` with `table`, or `specification`. Returns at once with a handle:
    call `status` until the job is done, then `result`. Nothing here costs money unless `quote` is given and a
    person consents.
    """
    access = access_of(ctx)
    return await run_sync(
        lambda: _submitted(
            access,
            asked(access, text, table, specification, seconds, gap, seed, solvers),
            key,
            quote,
            consent,
        )
    )


@plainly
async def status(
    ctx: Context,
    job: JobId,
    wait: Annotated[
        float,
        Field(ge=0, le=_MOST_WAIT, description="Seconds to wait for the job's end; returns when it is over."),
    ] = 0.0,
) -> JobStatus:
    """Where a job stands, and its best answer so far. With `wait` the call lasts until the job is over or the
    time is, and tells the progress meanwhile.
    """
    access, follow = access_of(ctx), _Follower(job)
    ends = time.monotonic() + wait
    while True:
        found = await run_sync(lambda: follow.look(access))
        if found.state.final or time.monotonic() >= ends:
            return _status(access, found, follow)
        progress = follow.progress(found)
        if progress is not None and progress.seconds is not None:
            whole = None if progress.eta is None else progress.seconds + progress.eta
            await ctx.report_progress(progress.seconds, whole, _told(progress))
        await sleep(min(_LOOK, max(0.0, ends - time.monotonic())))


@plainly
def result(ctx: Context, job: JobId) -> JobResult:
    """What came of a job that is done: the checked answer in the problem's own names, bound and gap, how
    every quantum solver differs from its classical twins, what it ran on, and a receipt. Show the user
    `paraphrase` and `sentences`; say “simulated quantum” where the quadrant says so, never “quantum
    computer”.
    """
    found = access_of(ctx).queue.get(job)
    if found.state is State.failed:
        raise ConfigError(f"job {job} failed: {found.error}")
    if found.state is not State.done:
        raise ConfigError(f"job {job} is {found.state}, and has no result; ask `status`")
    return told_result(found)


@plainly
def cancel(ctx: Context, job: JobId) -> JobStatus:
    """End a job. One that is over stays as it is. What a device was given already is not taken back."""
    access = access_of(ctx)
    access.queue.cancel(job)
    return _status_now(access, job)


def _submitted(
    access: Access, told: Mapping[str, Any], key: str | None, quote: str | None, consent: object
) -> JobStatus:
    answered(quote, consent, access)
    if quote is not None:
        key = access.ledger.get(quote).job_key  # one quote is one job, however often it is submitted
    access.work()
    job = submit_checked(access.queue, "solve", told, key, access.settings, quote)
    return _status_now(access, job.id)


class _Follower:
    """Reads what a job tells, each event once."""

    def __init__(self, job: str) -> None:
        self._job, self._last = job, 0
        self._sense = "min"
        self._best: tuple[float, str] | None = None

    def look(self, access: Access) -> Job:
        """The job as it is now."""
        access.work()
        found = access.queue.get(self._job)  # before the events, so that what ended it has been read
        while events := access.queue.events(self._job, self._last, _PART):
            for event in events:
                self._hear(event)
        return found

    def _hear(self, event: Event) -> None:
        self._last = event.number
        if event.kind != "found":
            return
        self._sense = event.data.get("sense", self._sense)
        value = event.data.get("objective")
        if value is None or not event.data.get("feasible"):
            return
        sign = 1 if self._sense == "min" else -1
        if self._best is None or sign * value < sign * self._best[0]:
            self._best = (float(value), str(event.data["solver"]))

    def progress(self, job: Job) -> Progress | None:
        """How far it is."""
        if job.progress is None and self._best is None:
            return None
        told = job.progress or {}
        value, solver = self._best or (None, None)
        now = time.time()
        spent = None if job.started is None else max(0.0, (job.ended or now) - job.started)
        return Progress(
            seconds=spent, eta=job.left(now), note=str(told.get("note", "")), best=value,
            best_from=solver,
        )  # fmt: skip


def _told(progress: Progress) -> str:
    if progress.best is None:
        return progress.note or "at work"
    return f"best so far {progress.best:g}, by {progress.best_from}"


def _status_now(access: Access, job: str) -> JobStatus:
    follow = _Follower(job)
    return _status(access, follow.look(access), follow)


def _status(access: Access, job: Job, follow: _Follower) -> JobStatus:
    return JobStatus(
        job=job.id,
        kind=job.kind,
        title=job.title,
        state=str(job.state),  # type: ignore[arg-type]
        ahead=access.queue.ahead(job.id) if job.state is State.waiting else 0,
        progress=follow.progress(job),
        error=job.error,
        next=_next(access, job),
    )


def _next(access: Access, job: Job) -> str:
    if job.state is State.done:
        return "call `result`"
    if job.state.final:
        return "nothing more comes of it"
    if job.state is State.waiting and not access.works and access.settings.limits.workers == 0:
        return "this server does no jobs (limits.workers is 0); start `qualms serve` on its folder"
    return f"call `status` with wait={_MOST_WAIT:g}"


# Results ----------------------------------------------------------------------------------------------------


def told_result(job: Job) -> JobResult:
    """A job that is done, as the tool returns it."""
    found: Mapping[str, Any] = job.result or {}
    explanation: Mapping[str, Any] = found.get("explanation") or {}
    plain = not explanation and job.kind == "solve"
    other = found if job.kind != "solve" else found.get("answer") if plain else None
    reason = found.get("reason")
    return JobResult(
        job=job.id,
        kind=job.kind,
        state="done",
        status=found.get("status", "done"),
        questions=found.get("questions", []),
        paraphrase=found.get("paraphrase", []),
        read_by=found.get("read_by", ""),
        answer=[AnswerLine(**line) for line in explanation.get("answer", [])],
        objective=found.get("objective"),
        sense=found.get("sense"),
        feasible=found.get("feasible"),
        violations=found.get("violations", []),
        bound=found.get("bound"),
        bound_from=found.get("bound_from"),
        bound_verified=found.get("bound_verified"),
        gap=found.get("gap"),
        solver=found.get("solver"),
        quadrant=None if found.get("quadrant") is None else Compute(**found["quadrant"]),
        twins=[_twin(one) for one in explanation.get("contributions", [])],
        arms=[_arm(arm) for arm in found.get("arms", [])],
        dollars=sum(arm.get("cost", 0.0) for arm in found.get("arms", [])),
        decided=found.get("decided", []),
        sentences=[*([reason] if reason else []), *found.get("sentences", [])],
        notes=found.get("notes", []),
        warnings=found.get("warnings", []),
        receipt=Receipt(**explanation["receipt"]) if explanation.get("receipt") else None,
        record=key_of(found["record"]) if found.get("record") else None,
        specification=found.get("specification"),
        other=dict(other) if isinstance(other, Mapping) else None,
    )


def _twin(told: Mapping[str, Any]) -> TwinDifference:
    return TwinDifference.model_validate({name: told.get(name) for name in TwinDifference.model_fields})


def _arm(told: Mapping[str, Any]) -> ArmLine:
    return ArmLine(
        solver=told["solver"], compute=told["quadrant"]["compute"], twin_of=told["twin_of"],
        objective=told["objective"], feasible=told["feasible"], seconds=told["seconds"],
        dollars=told.get("cost", 0.0), problem=told["refused"] or told["failed"],
    )  # fmt: skip
