"""The API as an application of its own, with its OpenAPI document."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from qualms.service.api import events, facts, jobs, records
from qualms.service.api.parameters import check_parameters
from qualms.service.api.problems import answer_with_problems
from qualms.service.jobs.requests import REQUESTS
from qualms.service.served import Service
from qualms.service.streams import Streams
from qualms.service.web import Depends, FastAPI, get_openapi

PREFIX = "/api/v1"
_TOLD = (
    "Submit optimization problems, comparisons of learners and of fine-tuning methods as jobs, follow them, "
    "and fetch what came of them. Every quantum result stands beside its classical twin. Errors are "
    "application/problem+json (RFC 9457). No request can name a file of the server, a back end, a device or "
    "a sum of money."
)


def make_api(service: Service, streams: Streams) -> FastAPI:
    """All routes of the API.

    Parameters
    ----------
    service : Service
    streams : Streams
        Counts who follows events.

    Returns
    -------
    FastAPI
        To be mounted at `PREFIX`.
    """
    # no page of documentation: FastAPI's own loads scripts from elsewhere
    api = FastAPI(
        title="Qualms", version=version("qualms"), description=_TOLD, docs_url=None, redoc_url=None,
        redirect_slashes=False, dependencies=[Depends(check_parameters)],
    )  # fmt: skip
    api.state.service = service
    for router in (
        jobs.routes(service), events.routes(service, streams), records.routes(service), facts.routes(),
    ):  # fmt: skip
        api.include_router(router)
    answer_with_problems(api)
    api.openapi = lambda: _document(api)
    return api


def _document(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI document.

    Requests are validated from their JSON by the schema that all doors share, so that schema is put in as it
    is.
    """
    if api.openapi_schema is None:
        found = get_openapi(
            title=api.title, version=api.version, description=api.description, routes=api.routes
        )
        found["servers"] = [{"url": PREFIX}]
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        shared = REQUESTS.json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(shared.pop("$defs"))
        schemas["Request"] = shared
        for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which are never answered
            schemas.pop(name, None)
        _only_problems(found)
        api.openapi_schema = found
    return api.openapi_schema


def _only_problems(document: dict[str, Any]) -> None:
    """Errors have the media type that they are sent with."""
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if status[0] in "45":
                    answer["content"] = problem
