"""What keeps other sites and hostile records out of the page."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from qualms.service.web import HTTPException, Request

FIELD = "form_token"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def headers() -> dict[str, str]:
    """Headers of every page: no script, style, picture or connection from elsewhere, and nothing inline."""
    return {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


class Forms:
    """Forms are accepted from this server's own pages alone.

    A form carries a token that only these pages show, and the browser's word where it comes from must be this
    server.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)

    def check(self, request: Request, fields: Mapping[str, object]) -> None:
        """Raises HTTPException 403 for a form of another site, or of this server before it was restarted."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        host = request.headers.get("host", "")
        foreign = site not in ("same-origin", "none") or (
            origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        )
        given = str(fields.get(FIELD, ""))
        if foreign or not hmac.compare_digest(given.encode(), self.token.encode()):
            raise HTTPException(
                403, "This form is not from this server's current page. Reload it and try again."
            )
