"""What a browser is told of a request that cannot be honoured."""

from __future__ import annotations

from qualms.errors import QualmsError, one_line
from qualms.service.api.problems import of_error
from qualms.service.web import HTTPException


def refusal(error: HTTPException | QualmsError) -> tuple[int, str]:
    """The status and the line of a page that tells an error."""
    if isinstance(error, HTTPException):
        return error.status_code, "There is no such page." if error.detail == "Not Found" else error.detail
    status = of_error(error).status_code
    return 400 if status == 422 else status, one_line(error)  # pages answer browsers
