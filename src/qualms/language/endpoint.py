"""A language model behind an OpenAI-compatible HTTP interface reads the text.

The model is the user's choice, on their own computer or a service's. What it replies is data for
`qualms.language.envelope`. The time, the size of a reply and the number of requests are limited; redirections
are not followed, compressed replies are not unpacked, and the key goes nowhere but to the host that it was
given for.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from qualms.errors import ConfigError, EndpointError, one_line
from qualms.language import envelope
from qualms.language.connection import Connection, is_this_computer, server_of
from qualms.language.reading import Reading
from qualms.language.replies import Part, event_lines, failure_message, reply_parts, short, streamed_parts

MOST_BYTES = 4_000_000  # of one response; a streamed one has some 200 bytes for each word
_PIECE = 65_536
_MOST_ERROR = 4_000  # bytes of a message of failure that are looked at
_FORMATS = ("json_schema", "json_object", None)  # the next one where a server knows none of the former
_ENDS = "the URL ends before /chat/completions, often with /v1"
_SHORTEST_SECRET = 8  # characters
_UNKNOWN_FORMAT = (400, 422)


@dataclass
class EndpointReader:
    """Reads texts with a model behind `url`.

    Parameters
    ----------
    url : str
        What stands before "/chat/completions": "http://localhost:11434/v1".
    model : str
        The model's name there.
    key : str, optional
        The service's key itself; `key_from` takes it from an environment variable. It is sent to the host of
        `url` alone, over TLS or to this computer, and stands in no message, representation or record.
    timeout : float, default 60.0
        Seconds for a text, all requests together.
    retries : int, default 2
        Further requests after a reply that is no reading.
    stream : bool, default False
        Whether to ask for the reply word by word, as some servers and gateways want it. Both kinds of reply
        are read whatever was asked for.
    most_bytes : int
        The largest response.

    Raises
    ------
    ConfigError
        For a URL that is none, has a password in it, or would carry the key unencrypted.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retries: int = 2
    stream: bool = False
    most_bytes: int = MOST_BYTES
    _format: int = field(default=0, init=False, repr=False)
    _cold: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        self._target = server_of(self.url)
        if not self.model.strip() or not self.model.isprintable():
            raise ConfigError("a language model needs a name of visible characters: --model NAME")
        if not self.timeout > 0 or self.retries < 0:
            raise ConfigError("a reader's timeout must be above 0, and its retries at least 0")
        if self.key is not None:
            _check_key(self.key)
            if self._target.scheme == "http" and not is_this_computer(self._target.hostname or ""):
                raise ConfigError(
                    f"{self.url}: the key would travel unencrypted; give an https URL, or no key where none "
                    "is needed"
                )

    def __getstate__(self) -> dict[str, Any]:
        """The key goes into no file and no other process."""
        return {**self.__dict__, "key": None}

    @property
    def name(self) -> str:
        """Who reads, for records and pages."""
        return f"{self.model} at {self._target.netloc}"

    def __call__(self, text: str) -> Reading:
        """Read a text.

        Returns
        -------
        Accepted, Question or Refusal
            Accepted only if every number of the specification stands in the text and the other way round.

        Raises
        ------
        EndpointError
            Where the server or the model failed; one line with what, where, and what to do.
        """
        if (refusal := envelope.refused(text)) is not None:
            return refusal
        deadline = time.monotonic() + self.timeout
        return envelope.converse(
            lambda more: self._reply(text, more, deadline), text, self.retries, self.name
        )

    def _reply(self, text: str, more: list[dict[str, str]], deadline: float) -> str:
        """What the model writes; requests with what the server does not know are made again without it."""
        while True:
            form = _FORMATS[self._format]
            body: dict[str, Any] = {
                "model": self.model,
                "messages": [*envelope.messages(text, with_schema=form != "json_schema"), *more],
                "stream": self.stream,
            }
            if self._cold:
                body["temperature"] = 0
            if form == "json_schema":
                body["response_format"] = {
                    "type": form,
                    "json_schema": {"name": "reading", "schema": envelope.schema(), "strict": False},
                }
            elif form is not None:
                body["response_format"] = {"type": form}
            try:
                return self._post(body, deadline)
            except _Unknown as unknown:
                if self._cold and "temperature" in str(unknown):
                    self._cold = False
                elif self._format + 1 < len(_FORMATS):
                    self._format += 1
                else:
                    raise EndpointError(
                        f"{self.name}: the server does not take the request ({unknown}); check the model's "
                        "name and whether the text fits its context"
                    ) from None

    def _post(self, body: dict[str, Any], deadline: float) -> str:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "qualms",
        }
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        connection = Connection(self._target, deadline)
        query = f"?{self._target.query}" if self._target.query else ""
        path = f"{self._target.path.rstrip('/')}/chat/completions{query}"
        try:
            connection.request("POST", path, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            return self._read(response)
        except TimeoutError:
            raise EndpointError(
                f"{self.name}: no whole reply within {self.timeout:g} seconds; allow more with --read-time, "
                "or take a faster model"
            ) from None
        except ssl.SSLError as error:
            raise EndpointError(
                f"{self.name}: no encrypted connection ({one_line(error.reason or error)}); check the URL "
                "and the server's certificate"
            ) from None
        except http.client.HTTPException as error:
            raise EndpointError(
                f"{self.name}: what answers there speaks no HTTP, or stopped half-way "
                f"({type(error).__name__}); check the URL"
            ) from None
        except OSError as error:
            raise EndpointError(
                f"{self.name}: the server cannot be reached ({one_line(error.strerror or error)}); check the "
                "URL, and that it runs"
            ) from None
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> str:
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if response.status != 200:
            raise self._failed(response, kind)
        if (encoding := response.getheader("Content-Encoding", "identity").strip().lower()) != "identity":
            raise EndpointError(
                f"{self.name}: the reply is compressed ({short(encoding)}), which was not asked for and is "
                "not unpacked; turn that off in the server or gateway"
            )
        if kind == "text/event-stream":
            return self._content(streamed_parts(event_lines(self._pieces(response))), "the stream")
        data = self._whole(response)
        if kind == "text/html" or data.lstrip()[:1] == b"<":
            raise EndpointError(f"{self.name}: a web page came instead of a reply; {_ENDS}")
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            raise EndpointError(
                f"{self.name}: the response is no whole JSON; check that the URL is of an OpenAI-compatible "
                "server"
            ) from None
        return self._content(reply_parts(told, "message"), "the response")

    def _content(self, parts: Iterator[Part], what: str) -> str:
        """The text of a reply. Raises EndpointError where it is not whole."""
        said, ended = [], ""
        for part in parts:
            if part.failed:
                raise EndpointError(
                    f"{self.name}: the server failed ({self._clean(part.failed)}); try again later"
                )
            if part.refused:
                raise EndpointError(
                    f"{self.name}: the model refused ({self._clean(part.refused)}); say it in other words, "
                    "or take another model"
                )
            said.append(part.said)
            ended = part.ended or ended
        whole = "".join(said)
        if ended == "length":
            raise EndpointError(
                f"{self.name}: the reply was cut off at the server's limit of tokens; raise that limit, or "
                "say less"
            )
        if ended == "content_filter":
            raise EndpointError(f"{self.name}: the service's filter stopped the reply; say it in other words")
        if ended == "cut":
            raise EndpointError(f"{self.name}: the connection ended in the middle of the reply; try again")
        if not whole.strip():
            raise EndpointError(f"{self.name}: {what} has no text of a reply; check that it is a chat model")
        return self._without_key(whole)

    def _pieces(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        """A body piece by piece, as far as it is allowed."""
        size = 0
        while piece := response.read1(_PIECE):
            size += len(piece)
            if size > self.most_bytes:
                raise EndpointError(
                    f"{self.name}: the response has more than {self.most_bytes:,} bytes, and no "
                    "specification of a text is so long; take another model"
                )
            yield piece
        if response.length:
            raise http.client.IncompleteRead(b"")

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        return b"".join(self._pieces(response))

    def _failed(self, response: http.client.HTTPResponse, kind: str) -> Exception:
        """The error of a status other than 200."""
        status = response.status
        unread = kind == "text/html" or response.getheader("Content-Encoding", "identity") != "identity"
        said = "" if unread else self._clean(failure_message(response.read1(_MOST_ERROR)))
        told = f"status {status}" + (f", {said}" if said else "")
        if status in _UNKNOWN_FORMAT:
            return _Unknown(told)
        if 300 <= status < 400:
            host = re.match(r"\w+://([^/?#@]+)(?:[/?#]|$)", response.getheader("Location") or "")
            to = f" to {self._clean(host[1])}" if host else ""
            return EndpointError(
                f"{self.name}: the server redirects{to}, which is not followed; give that URL yourself if "
                "you trust it"
            )
        wait = response.getheader("Retry-After") or ""
        advice = {
            401: "name the variable with the service's key with --key-variable",
            402: "the account has no credit",
            403: "the key does not allow it; check its rights",
            404: f"check that there is a model {self.model!r}; {_ENDS}",
            405: _ENDS,
            413: "the text is too long for this server",
            429: f"too many requests, or no credit; try again in {wait} seconds"
            if wait.isdigit()
            else "too many requests, or no credit; try again later",
        }.get(status, "the server has a fault; try again later" if status >= 500 else "check the URL")
        return EndpointError(f"{self.name}: {told}; {advice}")

    def _clean(self, said: str) -> str:
        return short(self._without_key(said))  # in this order, so that no part of a key is left

    def _without_key(self, said: str) -> str:
        """A text without the key, which servers repeat in messages. A word such as "none" is no secret."""
        return said.replace(self.key, "…") if self.key and len(self.key) >= _SHORTEST_SECRET else said


class _Unknown(Exception):
    """The server does not know something in the request."""


def key_from(variable: str) -> str:
    """A key from an environment variable. Raises ConfigError where it is not set; the value is never told."""
    found = os.environ.get(variable, "").strip()
    if not found:
        raise ConfigError(f"--key-variable {variable}: there is no such environment variable, or it is empty")
    _check_key(found)
    return found


def _check_key(key: str) -> None:
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        raise ConfigError(
            "the key has characters that no key has, such as a space or a line's end; check the variable"
        )
