"""A problem by text, table or file: first it is read and told in words, then solved."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from qualms.errors import QualmsError
from qualms.service.jobs import uploads
from qualms.service.jobs.job import Job
from qualms.service.jobs.requests import submit_checked
from qualms.service.page.jobs import checked, key_of_form
from qualms.service.page.refusals import refusal
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, HTTPException, Request, Response, run_in_threadpool

_EXAMPLE = (
    "A workshop makes tables and chairs. A table brings 120 dollars and takes 4 hours and 3 boards. "
    "A chair brings 50 dollars and takes 2 hours and 1 board. There are 40 hours and 24 boards. "
    "How many of each give the most profit?"
)


def routes(site: Site) -> APIRouter:
    """`/submit`."""
    router = APIRouter(include_in_schema=False)

    def shown(request: Request, status: int = 200, problem: str = "", **filled: str) -> Response:
        """The form, with what is filled in already."""
        return site.show(
            request, "submit", status, example=_EXAMPLE, key=secrets.token_hex(16),
            limits=site.settings.limits, problem=problem, filled=filled,
        )  # fmt: skip

    @router.get("/submit")
    def form(request: Request, job: str = "") -> Response:
        """The form; with a job, its problem, to be told in other words."""
        text = site.queue.get(checked(job)).request.get("text") or "" if job else ""
        return shown(request, text=text)

    @router.post("/submit")
    async def submit(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=10) as given:
            site.forms.check(request, given)
            asked = {name: value for name, value in given.items() if isinstance(value, str)}
            sent = next((value for value in given.values() if not isinstance(value, str)), None)
            content = None if sent is None else await sent.read(site.settings.limits.upload_bytes + 1)
            name = "" if sent is None else sent.filename or ""
        try:
            made = await run_in_threadpool(_read, site, asked, name, content)
        except (HTTPException, QualmsError) as error:  # shown where it was typed, so that it can be mended
            status, problem = refusal(error)
            again = f"{problem} Choose the file again." if name else problem
            return shown(request, status, again, text=asked.get("text", ""), decimal=asked.get("decimal", ""))
        return site.go(f"/jobs/{made.id}")

    return router


def _read(site: Site, asked: Mapping[str, str], name: str, content: bytes | None) -> Job:
    """Submit a problem to be read."""
    text = asked.get("text", "").strip()
    if name and not content:
        raise HTTPException(400, f"The file {name} is empty.")
    if not text and not content:
        raise HTTPException(400, "Write what is to be solved, or choose a file.")
    request: dict[str, Any] = {"decimal": asked.get("decimal") or None}
    if text:
        request["text"] = text
    if content:
        request["upload"] = uploads.keep(site.settings.store, name, content, site.settings.limits)
    return submit_checked(site.queue, "read", request, key_of_form(asked), site.settings)
