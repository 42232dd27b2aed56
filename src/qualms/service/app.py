"""The whole service as one application: the API, the page, health and metrics, behind one guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from qualms.service.api.app import PREFIX, make_api
from qualms.service.api.guard import LOGIN, Guard
from qualms.service.api.login import routes as login_routes
from qualms.service.api.metrics import Measured, Metrics
from qualms.service.api.problems import answer_with_problems
from qualms.service.api.views import HealthView
from qualms.service.page.app import make_page
from qualms.service.page.drawing import Drawing
from qualms.service.page.site import Site
from qualms.service.served import Service
from qualms.service.streams import Streams
from qualms.service.web import FastAPI, Response


def make_app(service: Service, streams: Streams | None = None) -> FastAPI:
    """An application that serves a folder.

    Parameters
    ----------
    service : Service
        Entered and left by the caller: an application that is only looked at does no jobs.
    streams : Streams, optional
        Counts who follows events.

    Returns
    -------
    FastAPI
    """
    streams = streams or Streams(service.settings.limits.streams)
    metrics = Metrics(service, streams)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        streams.closing = True

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=life)
    app.state.service = service

    @app.get("/health", response_model=HealthView)
    def health(response: Response) -> HealthView:
        """Whether everything works; what does not is told to those who may know."""
        found = service.troubles()
        response.headers["Cache-Control"] = "no-store"
        response.status_code = 503 if found else 200
        told = found if service.settings.token is None else []  # anybody may ask
        return HealthView(status="degraded" if found else "ok", troubles=told)

    @app.get("/metrics", include_in_schema=False)
    def measured() -> Response:
        return metrics.answer()

    if service.settings.token is not None:
        app.include_router(login_routes(service.settings, LOGIN))
    answer_with_problems(app)
    app.mount(PREFIX, make_api(service, streams))
    site = Site(
        service.settings,
        service.queue,
        service.index,
        service.keeper,
        streams,
        reports=Drawing(service.reports),
        races=Drawing(service.races),
    )
    app.mount("/", make_page(site))
    app.add_middleware(Measured, metrics=metrics)
    app.add_middleware(Guard, settings=service.settings)
    return app
