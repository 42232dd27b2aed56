"""Errors as RFC 9457 has them: `application/problem+json`, with a line for people and a word for programs."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from qualms.data.mistakes import mistakes
from qualms.errors import (
    BudgetError,
    ConfigError,
    DataError,
    KeyConflictError,
    MissingError,
    MissingExtraError,
    QualmsError,
    QueueFullError,
    RunFolderError,
    TooLargeError,
    one_line,
)
from qualms.service.web import FastAPI, HTTPException, Request, RequestValidationError, Response

MEDIA_TYPE = "application/problem+json"
_OF = (  # the first that fits
    (KeyConflictError, 409, "key-conflict"),
    (QueueFullError, 503, "queue-full"),
    (MissingError, 404, "not-found"),
    (TooLargeError, 413, "too-large"),
    (BudgetError, 403, "no-budget"),
    (MissingExtraError, 501, "not-installed"),
    (RunFolderError, 503, "store-unusable"),
    (ConfigError, 422, "bad-request"),
    (DataError, 422, "bad-data"),
)
_RETRY = "5"  # seconds

log = logging.getLogger("qualms.service")


class Problem(Response):
    """An answer that says what is wrong.

    Parameters
    ----------
    status : int
        Of HTTP.
    code : str
        A word that programs can look at.
    detail : str
        One line: what is wrong, and what to do.
    headers : dict, optional
        More headers.
    """

    media_type = MEDIA_TYPE

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        told = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": detail,
        }
        more = {"Retry-After": _RETRY} if status in (429, 503) else {}
        super().__init__(
            json.dumps(told).encode(),
            status,
            headers={"Cache-Control": "no-store", **more, **(headers or {})},
        )


class Refused(Exception):
    """A request that is answered with a problem, whatever was about to be done with it. Arguments as those of
    `Problem`.
    """

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.answer = Problem(status, code, detail, headers)


def of_error(error: QualmsError, store: str = "") -> Problem:
    """The answer to a request that an error of ours ended; where the store is, is not told."""
    told = one_line(error, 1000)
    told = told.replace(store, "the store") if store else told
    for kind, status, code in _OF:
        if isinstance(error, kind):
            return Problem(status, code, told)
    return Problem(422, "bad-request", told)


def answer_with_problems(app: FastAPI) -> None:
    """Let an app answer every error with a problem. No answer has a traceback."""

    async def ours(request: Request, error: Any) -> Response:
        return of_error(error, str(request.app.state.service.store))

    async def refused(request: Request, error: Any) -> Response:
        answer: Response = error.answer
        return answer

    async def of_http(request: Request, error: Any) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 404:
            return Problem(404, "not-found", "there is nothing at this address", headers)
        if error.status_code == 405:
            return Problem(405, "method-not-allowed", f"{request.method} is not for this address", headers)
        return Problem(error.status_code, "bad-request", one_line(error.detail), headers)

    async def invalid(request: Request, error: Any) -> Response:
        found = [{**mistake, "loc": mistake["loc"][1:]} for mistake in error.errors()]  # without "query"
        return Problem(422, "bad-request", mistakes(found, "the request"))

    async def unexpected(request: Request, error: Any) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return Problem(500, "internal", "something went wrong in the service; its log says what")

    app.add_exception_handler(QualmsError, ours)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, unexpected)
