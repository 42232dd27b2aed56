"""The tool that tells prices, and makes quotes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from qualms.backends.facts import quotes
from qualms.errors import ConfigError
from qualms.service.agents.access import access_of, plainly
from qualms.service.agents.problems import Table, Text, Typed, problem_of, read
from qualms.service.agents.protocol import Context
from qualms.service.agents.results import CostEstimate, DevicePrice, QuoteLine
from qualms.service.spending.device_run import make_quote
from qualms.service.spending.quote import Quote

_MOST = 10**9


@plainly
def estimate_cost(
    ctx: Context,
    circuits: Annotated[int, Field(ge=1, le=_MOST, description="Each a job of its own.")] = 1,
    shots: Annotated[int, Field(ge=1, le=_MOST, description="Of each circuit.")] = 1000,
    device: Annotated[
        str | None,
        Field(
            max_length=100,
            description="For a quote: a device of `allowed`, with the problem. Leave out for prices alone.",
        ),
    ] = None,
    text: Text = "",
    table: Table = "",
    specification: Typed = None,
) -> CostEstimate:
    """What circuits cost on quantum devices by published, dated prices. With `device` and a problem: a quote
    for running the problem's circuit (one layer of QAOA, `shots` shots) on that device once. Nothing is
    spent: `solve` with the quote's id asks a person first. Most problems are solved as well or better without
    a device; `solve` without a quote says so with numbers.
    """
    access = access_of(ctx)
    made: Quote | None = None
    if device is not None:
        if circuits != 1:
            raise ConfigError("circuits: a quote is for one circuit; ask for another quote for another one")
        problem = read(problem_of(text, table, specification, access), access)
        made = make_quote(access.ledger, problem, device, shots, access.settings.spending, access.clients)
    elif text or table or specification is not None:
        raise ConfigError("a quote needs the `device`; without one, leave the problem out, too")
    return CostEstimate(
        circuits=circuits,
        shots=shots,
        prices=[
            DevicePrice(
                price=q.name, devices=list(q.devices), per_job=q.price.per_task, per_shot=q.price.per_shot,
                per_second=q.price.per_second, dollars=q.dollars, source=q.price.source, dated=q.price.dated,
                stale=q.price.is_stale(),
            )
            for q in quotes(circuits, shots)
        ],
        quote=None if made is None else _line(made),
        allowed=list(access.settings.spending.devices),
        note="Prices by the second are for the shortest time between two shots, without gates, loading and "
        "waiting. A quote is a limit, not an estimate.",
    )  # fmt: skip


def _line(quote: Quote) -> QuoteLine:
    return QuoteLine(
        quote=quote.id,
        device=quote.work.device,
        circuits=quote.work.circuits,
        shots=quote.work.shots,
        dollars=quote.dollars,
        source=quote.price.source,
        dated=quote.price.dated,
        expires=datetime.fromtimestamp(quote.expires, UTC).isoformat(),
        next="call `solve` with the same problem and this quote's id; a person is asked, unless the server's "
        "configuration has a budget for it",
    )
