"""Routes of jobs: submit, list, look at, cancel; and of files that requests speak of."""

from __future__ import annotations

from typing import Annotated

from qualms.service.api.problems import Refused
from qualms.service.api.views import JobsView, JobView, ProblemView, UploadView, view_of
from qualms.service.jobs import uploads
from qualms.service.jobs.job import State
from qualms.service.jobs.requests import submit_checked
from qualms.service.served import Service
from qualms.service.web import APIRouter, Header, InPath, Query, Request, Response, run_in_threadpool

JobId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="Of the job.")]
Limit = Annotated[int, Query(ge=1, le=500)]
_JSON = "application/json"
_ANY = "application/octet-stream"


def problems(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The errors of a route, for the OpenAPI document."""
    return {status: {"model": ProblemView, "description": "A problem"} for status in statuses}


def routes(service: Service) -> APIRouter:
    """`/jobs` and `/uploads`."""
    router = APIRouter(tags=["jobs"])

    @router.post(
        "/jobs", status_code=202, response_model=JobView,
        responses=problems(400, 404, 408, 409, 413, 415, 422, 503),
        openapi_extra={"requestBody": {"required": True, "content": {
            _JSON: {"schema": {"$ref": "#/components/schemas/Request"}}}}},
    )  # fmt: skip
    async def submit(
        request: Request,
        response: Response,
        idempotency_key: Annotated[
            str | None, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
        ] = None,
    ) -> JobView:
        """Submit a job. The same `Idempotency-Key` with the same request is the same job, however often."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != _JSON:
            raise Refused(415, "no-json", f"a request is {_JSON}, and this one says {kind or 'nothing'}")
        body = await request.body()
        job = await run_in_threadpool(
            submit_checked, service.queue, "", body, idempotency_key, service.settings
        )
        response.headers["Location"] = f"/api/v1/jobs/{job.id}"
        return await run_in_threadpool(view_of, job, service.queue)

    @router.get("/jobs", response_model=JobsView, responses=problems(422, 503))
    def listed(
        state: State | None = None,
        after: Annotated[str | None, Query(max_length=30, description="`next` of the page before.")] = None,
        limit: Limit = 50,
    ) -> JobsView:
        """Jobs, the newest first."""
        page = service.queue.jobs(state, after, limit)
        return JobsView(jobs=[view_of(job) for job in page.jobs], next=page.next)

    @router.get("/jobs/{job_id}", response_model=JobView, responses=problems(404, 422, 503))
    def one(job_id: JobId) -> JobView:
        """A job with its request and its result."""
        return view_of(service.queue.get(job_id), service.queue)

    @router.post("/jobs/{job_id}/cancel", response_model=JobView, responses=problems(404, 422, 503))
    def cancel(job_id: JobId) -> JobView:
        """End a job. One that is over stays as it is."""
        return view_of(service.queue.cancel(job_id), service.queue)

    @router.post(
        "/uploads", status_code=201, response_model=UploadView,
        responses=problems(400, 408, 413, 415, 422, 503),
        openapi_extra={"requestBody": {"required": True, "content": {
            _ANY: {"schema": {"type": "string", "format": "binary"}}}}},
    )  # fmt: skip
    async def upload(
        request: Request,
        name: Annotated[
            str, Query(min_length=1, max_length=255, description="With the suffixes that tell the format.")
        ],
    ) -> UploadView:
        """Send a file, as the body itself: a table, or a problem in the format of its field."""
        content = await request.body()
        kept = await run_in_threadpool(uploads.keep, service.store, name, content, service.settings.limits)
        return UploadView(id=kept, name=uploads.safe_name(name), bytes=len(content))

    return router
