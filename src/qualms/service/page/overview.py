"""The first page: the four quadrants, counts by kind, the newest runs and tasks, and what runs now."""

from __future__ import annotations

from typing import Any

from qualms.records.quadrant import COMPUTE, DATA
from qualms.service.index.query import Filters, Sort
from qualms.service.jobs.job import State
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, Request, Response

_NEWEST, _TASKS = 8, 8


def routes(site: Site) -> APIRouter:
    """`/`, and its parts that are brought up to date."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def overview(request: Request) -> Response:
        return site.show(request, "overview", **_values(site))

    @router.get("/broken")
    def broken(request: Request) -> Response:
        count, lines = site.index.broken(1000)
        return site.show(request, "broken", count=count, lines=lines, files=site.index.files())

    return router


def _values(site: Site) -> dict[str, Any]:
    quadrants = {(q["data"], q["compute"]): q for q in site.index.quadrants()}
    running = [*site.queue.jobs(State.running).jobs, *site.queue.jobs(State.waiting, limit=5).jobs]
    return {
        "quadrants": [[quadrants.get((data, compute)) for compute in COMPUTE] for data in DATA],
        "most": max((q["records"] for q in quadrants.values()), default=1),
        "total": sum(q["records"] for q in quadrants.values()),
        "kinds": site.index.counts("kind"),
        "newest": site.index.find(Filters(), Sort(), limit=_NEWEST).entries,
        "tasks": site.index.tasks(_TASKS),
        "running": running,
        "broken": site.index.broken(0)[0],
    }
