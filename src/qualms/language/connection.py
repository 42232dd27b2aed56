"""A connection to the server of a language model, for which every wait ends at a deadline."""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from qualms.errors import ConfigError
from qualms.language.replies import short


def server_of(url: str) -> SplitResult:
    """The parts of a server's URL. Raises ConfigError for what is none, and for one with a password in it."""
    try:
        found = urlsplit(url)
        port = found.port
        (found.hostname or "").encode("idna")
    except ValueError:  # UnicodeError is one
        raise ConfigError(f"{short(url)} is no URL; one looks like http://localhost:11434/v1") from None
    if found.username is not None or found.password is not None:
        raise ConfigError("a URL with a name or password in it is not taken; use --key-variable")
    if found.scheme not in ("http", "https") or not found.hostname or port == 0 or not url.isascii():
        raise ConfigError(f"{short(url)} is no URL of a server; one looks like http://localhost:11434/v1")
    if not url.isprintable() or " " in url or found.fragment:
        raise ConfigError(f"{short(url)} has characters that no server's URL has")
    return found


def is_this_computer(host: str) -> bool:
    """Whether a host is this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Connection(http.client.HTTPConnection):
    """One connection whose every wait ends at a deadline, however slowly bytes come."""

    def __init__(self, target: SplitResult, deadline: float) -> None:
        self._tls = target.scheme == "https"
        super().__init__(target.hostname or "", target.port or (443 if self._tls else 80))
        self._deadline = deadline
        self.response_class = self._response  # type: ignore[assignment]

    def connect(self) -> None:
        plain = self._connected()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = plain
        if self._tls:
            plain.settimeout(_left(self._deadline))
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        self.sock.settimeout(_left(self._deadline))  # of sending as a whole

    def _connected(self) -> socket.socket:
        last: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        ):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(_left(self._deadline))
                made.connect(address)
            except OSError as error:
                made.close()
                last = error
            else:
                return made
        raise last or OSError("the name has no address")

    def _response(self, sock: socket.socket, *given: Any, **named: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Timed(sock, self._deadline), *given, **named)  # type: ignore[arg-type]


class _Timed(io.RawIOBase):
    """A socket's bytes until a deadline. Also what `HTTPResponse` asks for a file of."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline
        self._raw = sock.makefile("rb", buffering=0)  # which keeps the socket open behind its connection

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_left(self._deadline))
        return self._raw.readinto(buffer) or 0

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
