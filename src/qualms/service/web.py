"""FastAPI's names for the API and the page: the one module that imports it."""

from __future__ import annotations

from qualms.errors import MissingExtraError

try:
    from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
    from fastapi import Path as InPath
    from fastapi.exceptions import RequestValidationError
    from fastapi.openapi.utils import get_openapi
    from fastapi.responses import (
        HTMLResponse,
        RedirectResponse,
        Response,
        StreamingResponse,
    )
    from starlette.concurrency import run_in_threadpool
    from starlette.exceptions import HTTPException
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
except ImportError:
    raise MissingExtraError("fastapi", "serve", "the service") from None

__all__ = [
    "APIRouter",
    "ASGIApp",
    "Depends",
    "FastAPI",
    "HTMLResponse",
    "HTTPException",
    "Header",
    "InPath",
    "Message",
    "Query",
    "Receive",
    "RedirectResponse",
    "Request",
    "RequestValidationError",
    "Response",
    "Scope",
    "Send",
    "StreamingResponse",
    "get_openapi",
    "run_in_threadpool",
]
