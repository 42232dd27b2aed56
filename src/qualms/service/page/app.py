"""The page as an application of its own, to be put below the one that has the API."""

from __future__ import annotations

from qualms.errors import QualmsError
from qualms.service.api.problems import Refused
from qualms.service.page import devices, downloads, jobs, models, news, overview, records, submit, tasks
from qualms.service.page.refusals import refusal
from qualms.service.page.reports import Reports
from qualms.service.page.site import STATIC, Site, static
from qualms.service.web import FastAPI, HTTPException, Request, Response


def make_page(site: Site) -> FastAPI:
    """Every view, with errors told as pages.

    Parameters
    ----------
    site : Site
        Its keeper is started and stopped by the caller.

    Returns
    -------
    FastAPI
        To be mounted at "/" after the API's own paths.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    reports = Reports(site.index.store, site.reports)
    for part in (overview, downloads, jobs, submit, models, devices, news):
        app.include_router(part.routes(site))
    for part_with_reports in (records, tasks):
        app.include_router(part_with_reports.routes(site, reports))

    @app.get("/static/{name}")
    def files(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "There is no such file.")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(static(name), media_type=STATIC[name], headers=headers)

    _tell_errors(app, site)
    return app


def _tell_errors(app: FastAPI, site: Site) -> None:
    def told(request: Request, status: int, message: str) -> Response:
        return site.show(request, "message", status=status, message=message)

    @app.exception_handler(HTTPException)
    @app.exception_handler(QualmsError)
    def of_mistake(request: Request, error: HTTPException | QualmsError) -> Response:
        return told(request, *refusal(error))

    @app.exception_handler(Refused)
    def of_refused(request: Request, error: Refused) -> Response:
        """What the guard refuses while a form arrives: too many bytes, or too slow."""
        page = told(request, error.answer.status_code, str(error))
        page.headers["Connection"] = "close"  # the rest of the form is not read
        return page
