"""What the service measures of itself, as Prometheus reads it. The one module that imports its client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from qualms.errors import MissingExtraError, QualmsError
from qualms.service.served import Service
from qualms.service.streams import Streams
from qualms.service.web import ASGIApp, Message, Receive, Response, Scope, Send

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
    from prometheus_client.core import GaugeMetricFamily
except ImportError:
    raise MissingExtraError("prometheus-client", "serve", "the service") from None

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Metrics:
    """Counts and times of requests, and how many jobs stand where.

    Parameters
    ----------
    service : Service
    streams : Streams
    """

    def __init__(self, service: Service, streams: Streams) -> None:
        self._service, self._streams = service, streams
        self._registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter("qualms_requests", "Requests", labels, registry=self._registry)
        self._seconds = Histogram(
            "qualms_request_seconds", "Until an answer begins", ["route"], buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self._registry.register(self)

    def collect(self) -> Iterator[Any]:
        """What is looked up when somebody reads."""
        jobs = GaugeMetricFamily("qualms_jobs", "Jobs by state", labels=["state"])
        try:
            for state, count in self._service.queue.counts().items():
                jobs.add_metric([state.value], count)
        except QualmsError:  # `/health` says why; the other numbers are told all the same
            pass
        yield jobs
        yield GaugeMetricFamily("qualms_streams", "Followers of events", value=self._streams.open)
        yield GaugeMetricFamily(
            "qualms_troubles", "Parts of the service that do not work", value=len(self._service.troubles())
        )

    def answer(self) -> Response:
        """All of it."""
        text = generate_latest(self._registry)
        return Response(text, headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


class Measured:
    """An ASGI middleware that notes every request with the pattern of its route, never with its address."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.count(scope["method"], route, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sent)
