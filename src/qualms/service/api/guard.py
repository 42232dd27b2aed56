"""What is looked at before any route is: who calls, from where, and how much is sent how slowly."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from qualms.service.api.problems import Refused
from qualms.service.settings import Settings
from qualms.service.web import ASGIApp, Message, Receive, Scope, Send

COOKIE = "qualms_token"  # in which a browser shows the token
LOGIN = "/login"
UPLOADS = ("/api/v1/uploads", "/submit")  # where bodies may be as large as an uploaded file
_SAFE = ("GET", "HEAD", "OPTIONS")
_MULTIPART = 64 * 1024  # bytes around a file in a form


class Guard:
    """An ASGI middleware around everything else.

    It refuses names of the server that are not its own (a page of a stranger may have its name resolved to
    this machine), changes that a page of another site asks for, calls without the token where there is one,
    bodies that are too large, and bodies that take too long to arrive.

    Parameters
    ----------
    app : ASGIApp
    settings : Settings
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        token = settings.token
        self._token = None if token is None else token.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
            body = _Body(receive, self._most(scope), self._settings.limits.request_seconds)
        except Refused as refused:
            await refused.answer(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self._app(scope, body, sent)
        except Refused as refused:
            if begun:
                raise
            await refused.answer(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raises Refused for a request that no route gets."""
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        hosts = [value for name, value in headers if name == "host"]
        if len(hosts) != 1:
            raise Refused(400, "bad-host", "a request needs one Host header")
        if not self._known(hosts[0]):
            raise Refused(
                421, "unknown-host", "this service does not go by that name; `names` in its settings adds one"
            )
        self._check_origin(scope["method"], hosts[0], dict(headers))
        if self._token is not None and not self._is_open(scope["path"]) and not self._shown(headers):
            if "text/html" in dict(headers).get("accept", "") and scope["method"] == "GET":
                raise Refused(303, "no-token", "the token is asked for there", {"Location": LOGIN})
            raise Refused(
                401, "no-token", "this service needs its token: Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        encoded = dict(headers).get("content-encoding", "identity").strip().lower()
        if encoded not in ("", "identity"):  # nothing is unpacked, so that no body can grow here
            raise Refused(
                415, "encoded", f"a body with Content-Encoding {encoded[:40]} is not read; send it as it is"
            )
        lengths = [value for name, value in headers if name == "content-length"]
        if any(not value.isdecimal() for value in lengths) or len(set(lengths)) > 1:
            raise Refused(400, "bad-length", "Content-Length is no number")
        if lengths and int(lengths[0]) > self._most(scope):
            raise _too_large(self._most(scope))

    @staticmethod
    def _is_open(path: str) -> bool:
        """Where no token is asked for: whether the service is there, and the form that asks for it."""
        return path in ("/health", LOGIN) or path.startswith("/static/")

    def _known(self, host: str) -> bool:
        name = _name_in(host)
        if name is None:
            return False
        if name in self._settings.known_names:
            return True
        try:  # an address in figures is nobody's name, so nobody can have pointed it here
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return not self._settings.is_loopback

    @staticmethod
    def _check_origin(method: str, host: str, headers: dict[str, str]) -> None:
        """A browser says from whose page a request comes."""
        if method in _SAFE:
            return
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        foreign = origin is not None and origin.partition("://")[2].lower() != host.lower()
        if foreign or site not in ("same-origin", "none"):
            raise Refused(403, "other-site", "a page of another site may change nothing here")

    def _shown(self, headers: list[tuple[str, str]]) -> bool:
        """Whether the token is shown, in a header or in a browser's cookie; compared in constant time."""
        assert self._token is not None
        shown = ""
        for name, value in headers:
            if name == "authorization" and value[:7].lower() == "bearer ":
                shown = value[7:].strip()
        if not shown:
            shown = next((cookie_of(value) for name, value in headers if name == "cookie"), "")
        return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._token)

    def _most(self, scope: Scope) -> int:
        limits = self._settings.limits
        large = scope["path"] in UPLOADS and scope["method"] == "POST"
        return limits.upload_bytes + _MULTIPART if large else limits.body_bytes


class _Body:
    """Receives a body, counts it, and looks at the clock."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._count, self._whole = 0, False
        self._ends: float | None = None

    async def __call__(self) -> Message:
        if self._whole:  # what is waited for now is that the client goes away
            return await self._receive()
        now = time.monotonic()
        self._ends = self._ends if self._ends is not None else now + self._seconds
        try:
            message: Message = await asyncio.wait_for(self._receive(), max(0.0, self._ends - now))
        except TimeoutError:
            raise Refused(
                408, "too-slow", f"the request did not arrive within {self._seconds:g} s",
                {"Connection": "close"},
            ) from None  # fmt: skip
        if message["type"] == "http.disconnect":  # nobody gets the answer, and it is no error of the service
            raise Refused(400, "cut-short", "the request ended before all of it had arrived")
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._count > self._most:
                raise _too_large(self._most)
        return message


def cookie_of(header: str) -> str:
    """The token in a Cookie header; empty where there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _too_large(most: int) -> Refused:
    return Refused(413, "too-large", f"the body has more than {most:,} bytes", {"Connection": "close"})


def _name_in(host: str) -> str | None:
    """The name or address in a Host header; None for what can be no such header."""
    if not _is_host(host):
        return None
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # brackets that are no address of IPv6
        return None


def _is_host(text: str) -> bool:
    """Whether it can stand in a Host header: nothing that `urlsplit` would take for another part."""
    return text.isascii() and not any(c in text for c in "/\\@?# \t") and text.count("]") <= 1
