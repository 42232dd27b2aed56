"""The events of a job as server-sent events (the HTML standard's ``text/event-stream``)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from qualms.data.numbers import integer
from qualms.errors import ConfigError
from qualms.service.api.jobs import JobId, problems
from qualms.service.jobs.job import Event, State
from qualms.service.served import Service
from qualms.service.streams import Stream, Streams
from qualms.service.web import APIRouter, Header, Query, Response, run_in_threadpool

_LOOK = 0.2  # seconds between two looks at whether anything changed
_ALIVE = 15.0  # seconds after which a comment tells that the stream is alive
_EVENT = {  # of the OpenAPI document: each of them
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "Its number, which goes into Last-Event-ID."},
        "event": {"type": "string", "enum": ["state", "step", "found", "note"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_LARGEST = 2**53  # as far as JavaScript counts


def routes(service: Service, streams: Streams) -> APIRouter:
    """`/jobs/{id}/events`."""
    router = APIRouter(tags=["jobs"])

    @router.get(
        "/jobs/{job_id}/events",
        response_class=Response,
        responses={
            200: {"content": {"text/event-stream": {"schema": _EVENT}}, "description": "Events"},
            204: {"description": "The job is over, and all its events are known"},
            **problems(404, 422, 503),
        },
    )
    async def follow(
        job_id: JobId,
        after: Annotated[int, Query(ge=0, le=_LARGEST, description="Number of the last known event.")] = 0,
        last_event_id: Annotated[str | None, Header(max_length=30)] = None,
    ) -> Response:
        """Follow a job: numbered events until it is over. `Last-Event-ID` goes before `after`."""
        seen = _number(last_event_id) if last_event_id else after
        first = await run_in_threadpool(service.queue.events, job_id, seen)
        if not first and (await run_in_threadpool(service.queue.get, job_id)).state.final:
            return Response(status_code=204)  # by which a browser knows not to ask again
        streams.enter()
        return Stream(streams, _told(service, streams, job_id, seen))

    return router


async def _told(service: Service, streams: Streams, job_id: str, seen: int) -> AsyncIterator[str]:
    """Events from one number on, until the last one. The queue is asked only where something changed."""
    yield "retry: 2000\n\n"
    changes, quiet = -1, 0.0
    while not streams.closing:
        now = service.queue.changes()
        if now != changes:
            changes = now
            while found := await run_in_threadpool(service.queue.events, job_id, seen):
                for event in found:
                    seen, quiet = event.number, 0.0
                    yield written(event)
                    if event.kind == "state" and State(event.data["state"]).final:
                        return
        await asyncio.sleep(_LOOK)
        quiet += _LOOK
        if quiet >= _ALIVE:
            quiet = 0.0
            yield ": nothing new\n\n"


def written(event: Event) -> str:
    """An event as a stream has it."""
    data = json.dumps({"at": event.at, **event.data}, sort_keys=True)
    return f"id: {event.number}\nevent: {event.kind}\ndata: {data}\n\n"


def _number(text: str) -> int:
    found = integer(text)
    if found is None or not 0 <= found <= _LARGEST:
        raise ConfigError("Last-Event-ID is the number of an event")
    return found
