"""`qualms prices`: what devices charge, with source and date of every price."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from qualms.backends.facts import Quote, quotes
from qualms.cli import options, show
from qualms.report.sheet import Sheet

_MOST = 10**9


def command(
    circuits: Annotated[int, typer.Option("--circuits", help="Circuits, each a job of its own.")] = 1,
    shots: Annotated[int, typer.Option("--shots", help="Shots of each circuit.")] = 1000,
    as_json: options.Json = False,
) -> None:
    """The dated price table, and what circuits cost by it.

    Nothing is contacted. A price older than ninety days says so.
    """
    options.within("--circuits", circuits, 1, _MOST)
    options.within("--shots", shots, 1, _MOST)
    found = quotes(circuits, shots)
    if as_json:
        print(show.dumped({"quotes": [{**asdict(q), "stale": q.price.is_stale()} for q in found]}))
        return
    to = show.console()
    work = f"{shots:,} shots × {circuits:,} circuit{'s' if circuits > 1 else ''}"
    header = ["price", "a job", "a shot", "a second", work, "devices", "source"]
    to.print(Sheet(header, [_row(q) for q in found], text=("devices", "source")))
    show.say(
        to,
        "Prices by the second are charged for the shortest time between two shots that a device tells, "
        "without gates, loading and waiting; other overheads are not known. Every circuit counts as a job "
        "of its own.",
    )


def _row(quote: Quote) -> list[str]:
    price = quote.price
    parts = [f"${value:g}" if value else "–" for value in (price.per_task, price.per_shot, price.per_second)]
    total = "unknown" if quote.dollars is None else f"${quote.dollars:,.2f}"
    return [quote.name, *parts, total, ", ".join(quote.devices) or "none in our tables", price.note()]
