"""The form in which a person enters the token; a browser then keeps it as a cookie."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from qualms.service.api.guard import COOKIE
from qualms.service.settings import Settings
from qualms.service.web import APIRouter, HTMLResponse, RedirectResponse, Request, Response

_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Qualms: token</title><link rel="stylesheet" href="/static/report.css">
<link rel="stylesheet" href="/static/page.css"></head>
<body><main><h1>Qualms</h1><p>{told}</p>
<form method="post"><p><label>Token <input type="password" name="token" autocomplete="current-password"
required autofocus></label> <button>Open</button></p></form></main></body></html>
"""


def routes(settings: Settings, address: str) -> APIRouter:
    """The form, and what becomes of it."""
    router = APIRouter(include_in_schema=False)
    assert settings.token is not None
    token = settings.token.get_secret_value()

    @router.get(address)
    def form() -> Response:
        return HTMLResponse(_FORM.format(told="This service needs its token."), headers=_HEADERS)

    @router.post(address)
    async def enter(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=5)
        given = fields.get("token", [""])[0].strip()
        if not hmac.compare_digest(given.encode(), token.encode()):
            return HTMLResponse(_FORM.format(told="That is not the token."), 403, headers=_HEADERS)
        answer = RedirectResponse("/", 303, headers=_HEADERS)
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return answer

    return router
