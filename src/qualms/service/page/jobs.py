"""Jobs: the list, one of them live, and what can be done with it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from qualms.data.numbers import real
from qualms.errors import MissingError
from qualms.service.index.entry import key_of
from qualms.service.jobs.job import Event, Job, State
from qualms.service.jobs.requests import submit_checked
from qualms.service.jobs.rows import MOST_EVENTS
from qualms.service.jobs.uploads import find
from qualms.service.page.progress import picture, proven
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, HTTPException, Request, Response, run_in_threadpool

_ROWS = 50
_ID = re.compile(r"[0-9a-f]{16}")
_OF_A_PROBLEM = ("specification", "text", "upload", "decimal")


def routes(site: Site) -> APIRouter:
    """`/jobs`, `/jobs/{id}`, its live part, and the forms that cancel it or solve what was read."""
    router = APIRouter(include_in_schema=False)

    @router.get("/jobs")
    def listed(request: Request) -> Response:
        after, state = request.query_params.get("after") or None, request.query_params.get("state", "")
        if state and state not in set(State):
            raise HTTPException(400, f"state: {state[:40]!r} is none; give one of {', '.join(State)}.")
        chosen = State(state) if state else None
        found = site.queue.jobs(chosen, after, _ROWS)
        return site.show(request, "jobs", found=found, counts=site.queue.counts(), state=chosen, paged=after)

    @router.get("/jobs/{job_id}")
    def one(request: Request, job_id: str) -> Response:
        return site.show(request, "job", **_values(site, job_id))

    @router.get("/jobs/{job_id}/live")
    def live(request: Request, job_id: str) -> Response:
        """The part of the page that changes; nothing if no event came since the one of number `seen`."""
        seen = request.query_params.get("seen", "")
        if seen.isdecimal() and len(seen) < 10 and not site.queue.events(checked(job_id), int(seen), 1):
            return Response(status_code=204)
        return site.show(request, "job_live", **_values(site, job_id))

    @router.post("/jobs/{job_id}/cancel")
    async def cancel(request: Request, job_id: str) -> Response:
        async with request.form(max_files=0, max_fields=5) as form:
            site.forms.check(request, form)
        await run_in_threadpool(site.queue.cancel, checked(job_id))
        return site.go(f"/jobs/{job_id}")

    @router.post("/jobs/{job_id}/solve")
    async def solve(request: Request, job_id: str) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            site.forms.check(request, form)
            asked = {name: str(value) for name, value in form.items()}
        made = await run_in_threadpool(_solved, site, checked(job_id), asked)
        return site.go(f"/jobs/{made.id}")

    return router


def checked(job_id: str) -> str:
    """An id in an address. Raises MissingError for what can be none."""
    if not _ID.fullmatch(job_id):
        raise MissingError("there is no such job")
    return job_id


def _solved(site: Site, job_id: str, asked: Mapping[str, str]) -> Job:
    """Submit what a job has read, to be solved."""
    read = site.queue.get(job_id)
    if read.kind != "read" or read.state != State.done or not (read.result or {}).get("paraphrase"):
        raise HTTPException(409, "Only a problem that was read and understood can be solved.")
    request: dict[str, Any] = {name: read.request.get(name) for name in _OF_A_PROBLEM}
    request["seconds"] = number_of(asked, "seconds", 10.0)
    request["solvers"] = [name.strip() for name in asked.get("solvers", "").split(",") if name.strip()]
    return submit_checked(site.queue, "solve", request, key_of_form(asked), site.settings)


def number_of(asked: Mapping[str, str], name: str, default: float) -> float:
    """A number in a form. Raises HTTPException 400 for what is none."""
    text = asked.get(name, "").strip()
    value = real(text) if text else default
    if value is None:
        raise HTTPException(400, f"{name}: give a number.")
    return float(value)


def key_of_form(asked: Mapping[str, str]) -> str:
    """The idempotency key of a form that was shown once: submitted twice, it is one job."""
    given = asked.get("key", "")
    return f"page-{given}" if re.fullmatch(r"[0-9a-f]{32}", given) else f"page-{secrets.token_hex(16)}"


def _values(site: Site, job_id: str) -> dict[str, Any]:
    job = site.queue.get(checked(job_id))
    events = site.queue.events(job.id, 0, MOST_EVENTS)
    result = job.result or {}
    ids = [result["record"]] if isinstance(result.get("record"), str) else list(result.get("records") or [])
    entries = site.index.entries([key_of(str(i)) for i in ids[:200]])
    arms = _arms(events)
    pending = job.state == State.done and bool(ids) and not entries
    return {
        "job": job, "file": _file(job, site), "result": result, "entries": entries, "pending": pending,
        "seen": events[-1].number if events else 0,
        "ahead": site.queue.ahead(job.id) if job.state == State.waiting else 0,
        "arms": arms, "twins": any(arm.get("twin_of") for arm in arms), "silent": _silent(result, arms),
        "understood": _understood(events),
        "picture": picture(site.races, job.id, events),
        "proven": [] if job.state.final else proven(events),
        "notes": [e.data["text"] for e in events if e.kind == "note" and "text" in e.data],
        "written": _written(result, site), "limit": site.settings.limits.seconds,
        "key": secrets.token_hex(16),
    }  # fmt: skip


def _file(job: Job, site: Site) -> str:
    """What the sender called the file that a job is about."""
    try:
        return find(site.settings.store, job.request["upload"]).name if job.request.get("upload") else ""
    except MissingError:
        return "that was sent and is no longer there"


def _understood(events: Sequence[Event]) -> list[str]:
    """The paraphrase that a race told when it began."""
    return next((e.data["paraphrase"] for e in events if e.kind == "found" and "paraphrase" in e.data), [])


def _arms(events: Sequence[Event]) -> list[Mapping[str, Any]]:
    """The latest answer of each solver, in the order of their first ones."""
    latest: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event.kind == "found" and "solver" in event.data:
            latest[event.data["solver"]] = event.data
    return list(latest.values())


def _silent(result: Mapping[str, Any], arms: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The solvers of a race that is over which found no answer, and why."""
    answered = {arm["solver"] for arm in arms}
    return [
        {
            "solver": arm["solver"], "twin_of": arm["twin_of"], "compute": arm["quadrant"]["compute"],
            "why": arm["refused"] or arm["failed"] or arm["no_answer"] or "it found none in its time",
        }
        for arm in result.get("arms") or [] if arm["solver"] not in answered
    ]  # fmt: skip


def _written(result: Mapping[str, Any], site: Site) -> list[tuple[str, str, str, str]]:
    """(what, twin of, text, key) of every text of a job of kind "generate", the bases first."""
    told_by = [key_of(told["record"]) for told in result.get("outputs") or []]
    by_id = {entry.id: entry for entry in site.index.entries(told_by)}
    rows = [
        (f"{name} (the base model)", "", told["output"], "")
        for name, told in (result.get("bases") or {}).items()
    ]
    for told in result.get("outputs") or []:
        entry = by_id.get(told["record"])
        name, of = (entry.method, entry.twin_of or "") if entry else (told["record"], "")
        rows.append((name, of, told["output"], entry.key if entry else ""))
    return rows
