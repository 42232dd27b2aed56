"""News as server-sent events: that records or jobs changed; what changed is fetched by those who show it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from qualms.service.page.site import Site
from qualms.service.streams import Stream
from qualms.service.web import APIRouter, Response

_LOOK = 0.5  # seconds between two looks at the keeper's numbers
_ALIVE = 15.0  # seconds after which a comment is sent, so that a browser that went away is noticed


def routes(site: Site) -> APIRouter:
    """`/news`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/news")
    async def news() -> Response:
        site.streams.enter()
        return Stream(site.streams, _told(site))

    return router


async def _told(site: Site) -> AsyncIterator[str]:
    seen, quiet = (site.keeper.records, site.keeper.jobs), 0.0
    yield "retry: 3000\n\n"
    while not site.streams.closing:
        await asyncio.sleep(_LOOK)
        quiet += _LOOK
        now = (site.keeper.records, site.keeper.jobs)
        for name, before, after in zip(("records", "jobs"), seen, now, strict=True):
            if before != after:
                yield f"event: {name}\ndata: {after}\n\n"
                quiet = 0.0
        seen = now
        if quiet >= _ALIVE:
            yield ": nothing new\n\n"
            quiet = 0.0
