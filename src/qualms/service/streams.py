"""Streams of server-sent events: counted together, and ended when the server stops."""

from __future__ import annotations

from collections.abc import AsyncIterator

from qualms.service.api.problems import Refused
from qualms.service.web import Receive, Scope, Send, StreamingResponse


class Streams:
    """How many follow at a time, jobs by the API and news by pages together, and when they end.

    Parameters
    ----------
    most : int
    """

    def __init__(self, most: int) -> None:
        self.most, self.open = most, 0
        self.closing = False

    def enter(self) -> None:
        """Count one more. Raises Refused where there are as many as may be."""
        if self.open >= self.most:
            raise Refused(
                503,
                "too-many-streams",
                f"{self.most} follow events already, and no more may; ask again later",
            )
        self.open += 1


class Stream(StreamingResponse):
    """A stream that is counted until it ends, however that is."""

    def __init__(self, streams: Streams, content: AsyncIterator[str]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.open -= 1
