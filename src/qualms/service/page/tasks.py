"""A task with everything that its report says, and any records side by side."""

from __future__ import annotations

from qualms.service.index.query import Filters
from qualms.service.page.asked import MOST_CHOSEN, address, files_of
from qualms.service.page.reports import Reports
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, HTTPException, Request, Response

_MOST = 2000  # records of one task that a report is made of


def routes(site: Site, reports: Reports) -> APIRouter:
    """`/tasks`, `/tasks/{key}` and `/compare`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/tasks")
    def listed(request: Request) -> Response:
        return site.show(request, "tasks", tasks=site.index.tasks(500))

    @router.get("/tasks/{key}")
    def task(request: Request, key: str) -> Response:
        entries = site.index.of_task(key)
        if not entries:
            raise HTTPException(404, "There is no such task.")
        shown = reports.of([e.key for e in entries[:_MOST]], 2)
        if not shown:
            raise HTTPException(404, "The records of this task are no longer in their files.")
        return site.show(
            request, "task", entries=entries, shown=shown[0],
            most=_MOST, listed=address("/records", Filters(task=key)),
            downloads=files_of(Filters(task=key)),
        )  # fmt: skip

    @router.get("/compare")
    def compare(request: Request) -> Response:
        keys = request.query_params.getlist("record")
        if len(keys) > MOST_CHOSEN:
            raise HTTPException(
                400, f"At most {MOST_CHOSEN} records can be compared at a time; choose fewer."
            )
        known = [entry.key for entry in site.index.entries(keys)]
        shown = reports.of(known, 3) if known else []
        count = sum(part.count for part in shown)
        missing = len(dict.fromkeys(keys)) - count
        return site.show(request, "compare", shown=shown, count=count, missing=missing)

    return router
