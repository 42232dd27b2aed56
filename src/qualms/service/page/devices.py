"""Quantum devices and their prices, from the package's dated tables; nothing is contacted."""

from __future__ import annotations

from qualms.backends.facts import DEVICES, quotes
from qualms.data.numbers import integer
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, HTTPException, Request, Response

_MOST = 10**9
_FACTS = ("qubits", "error1", "error2", "readout_error")  # of a device, as columns


def routes(site: Site) -> APIRouter:
    """`/devices`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/devices")
    def devices(request: Request) -> Response:
        circuits, shots = _count(request, "circuits", 1), _count(request, "shots", 1000)
        return site.show(
            request, "devices", devices=DEVICES, quotes=quotes(circuits, shots),
            circuits=circuits, shots=shots, facts=_FACTS, budget=site.settings.spending,
        )  # fmt: skip

    return router


def _count(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, "").strip()
    value = integer(given) if given else default
    if value is None or not 1 <= value <= _MOST:
        raise HTTPException(400, f"{name}: a whole number from 1 to {_MOST:,}.")
    return value
