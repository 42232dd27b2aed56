"""Routes of what is known beforehand: devices, prices, what work would cost, solvers, the schema."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Annotated, Any

from qualms.backends.facts import DEVICES, quotes
from qualms.data.numbers import finite
from qualms.errors import MissingError
from qualms.service.api.jobs import problems
from qualms.service.jobs.requests import REQUESTS
from qualms.service.web import APIRouter, Query
from qualms.solve.solvers import SOLVERS

_MOST = 10**9
Count = Annotated[int, Query(ge=1, le=_MOST)]


def routes() -> APIRouter:
    """`/devices`, `/prices`, `/estimate`, `/solvers` and `/schema`. None of them asks a device's service."""
    router = APIRouter(tags=["facts"])

    @router.get("/devices", response_model=dict[str, Any], responses=problems(422))
    def devices() -> dict[str, Any]:
        """What is published about quantum devices, each number with its source and date."""
        return {"devices": _devices()}

    @router.get("/prices", response_model=dict[str, Any], responses=problems(422))
    def prices(circuits: Count = 1, shots: Count = 1000) -> dict[str, Any]:
        """Dated prices, and what so many circuits with so many shots each come to."""
        return {"quotes": _quotes(circuits, shots)}

    @router.get("/estimate", response_model=dict[str, Any], responses=problems(404, 422))
    def estimate(
        device: Annotated[str, Query(max_length=100)], circuits: Count = 1, shots: Count = 1000
    ) -> dict[str, Any]:
        """What work on one device comes to by its dated price. Nothing is reserved, and nothing is spent."""
        if device not in DEVICES:
            raise MissingError(f"there is no device {device!r}; there are {', '.join(DEVICES)}")
        return {"device": device, "quotes": [q for q in _quotes(circuits, shots) if device in q["devices"]]}

    @router.get("/solvers", response_model=dict[str, list[str]], responses=problems(422))
    def solvers() -> dict[str, list[str]]:
        """The names that a request may give as `solvers`."""
        return {"solvers": list(SOLVERS)}

    @router.get("/schema", response_model=dict[str, Any], responses=problems(422))
    def schema() -> dict[str, Any]:
        """The JSON Schema of requests, which the page, this API and the agents' tools share."""
        return _schema()

    return router


@cache
def _schema() -> dict[str, Any]:
    return REQUESTS.json_schema()


def _quotes(circuits: int, shots: int) -> list[dict[str, Any]]:
    found = [{**asdict(q), "stale": q.price.is_stale()} for q in quotes(circuits, shots)]
    return [finite(q) for q in found]


def _devices() -> list[dict[str, Any]]:
    found = []
    for name, device in DEVICES.items():
        facts = {k: {"value": f.value, "source": f.source, "date": f.date} for k, f in device.facts().items()}
        price = None if device.price is None else {**asdict(device.price), "stale": device.price.is_stale()}
        found.append(finite({
            "name": name, "title": device.title, "coupling": device.coupling, "gates": device.gates,
            "note": device.note, "facts": facts, "price": price,
        }))  # fmt: skip
    return found
