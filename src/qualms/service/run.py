"""Runs the service until it is told to end. The one module that imports uvicorn."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from qualms.errors import ConfigError, MissingExtraError
from qualms.service.app import make_app
from qualms.service.served import Service
from qualms.service.settings import Settings
from qualms.service.streams import Streams

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError:
    raise MissingExtraError("uvicorn", "serve", "the service") from None

_ENDING = 2  # seconds for answers that are under way when the service is stopped
_IDLE = 15  # seconds after which a connection on which nothing is asked is closed
_SPARE = 200  # connections beside those of followers
_BACKLOG = 256


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Parameters
    ----------
    settings : Settings
    say : callable
        Gets lines for the person who runs it.

    Raises
    ------
    RunFolderError
        The folder cannot be used, or another service uses it.
    ConfigError
        The address cannot be listened on.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    listening = listen(settings.host, settings.port)
    with listening, Service(settings) as service:
        streams = Streams(settings.limits.streams)
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            make_app(service, streams),
            http=_patience(settings.limits.request_seconds),
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=_ENDING,
            limit_concurrency=settings.limits.streams + _SPARE,
            backlog=_BACKLOG,
        )
        say(f"Qualms serves {settings.store} at http://{shown}:{port}/  (Ctrl-C stops it)")
        _Server(config, streams).run([listening])
    say("stopped; the queue is kept")


class _Server(uvicorn.Server):
    """uvicorn's server, which lets streams end as soon as it is told to stop."""

    def __init__(self, config: Any, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    def handle_exit(self, sig: int, frame: Any) -> None:
        """What a signal does."""
        self._streams.closing = True
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the server in order, and are not raised again after it, as uvicorn would."""
        ends = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in ends}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the service is reached. Raises ConfigError where the address cannot be had."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, proto)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.set_inheritable(False)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"--host {host} --port {port}: cannot be listened on: {reason}; choose another port"
        ) from None
    return made


def _patience(seconds: float) -> type[Any]:
    """A protocol that closes connections on which a request was begun and its head does not arrive."""

    class Patient(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                self._unwait()  # a head arrived; of the body, the guard looks at the clock
            elif self._waiting is None:
                self._wait()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._unwait()

        def connection_lost(self, error: Exception | None) -> None:
            self._unwait()
            super().connection_lost(error)

        def _wait(self) -> None:
            self._waiting = self.loop.call_later(seconds, self.transport.close)

        def _unwait(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

    return Patient
