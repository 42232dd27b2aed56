"""`qualms spending`: what devices have cost, and how submissions whose end nobody knows are settled."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, paths, show
from qualms.errors import ConfigError, DataError
from qualms.report.sheet import Sheet
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.service.spending.quote import MICRO, QuoteState, micros


def command(
    store: Annotated[Path, paths.option("--store", help="Folder of the service.")] = Path("qualms-store"),
    settle: Annotated[
        str | None, typer.Option("--settle", help="A submission whose bill has come; with --dollars.")
    ] = None,
    dollars: Annotated[
        float | None, typer.Option("--dollars", help="What the bill of --settle says.")
    ] = None,
    release: Annotated[
        str | None, typer.Option("--release", help="A submission that never reached the device; with --why.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--end", help="A quote that no job uses any more; its rest is free again.")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="How you know; kept in the ledger.")] = "",
    as_json: options.Json = False,
) -> None:
    """What was consented to and spent on devices, from the service's ledger.

    A submission that is reserved counts as spent until it is settled or released. Its job does that; after a
    crash or a cancelled job, look it up at the provider and do it here. A quote whose job did not come to its
    end counts whole until the service, which does so by itself, or --end has ended it.
    """
    if not (store / FILE).exists():
        raise DataError(f"{store / FILE}: there is no ledger; nothing was quoted or spent here")
    with SpendingLedger(store / FILE) as ledger:
        if (settle is None) != (dollars is None):
            raise ConfigError("--settle and --dollars belong together")
        if settle is not None and dollars is not None:
            options.within("--dollars", dollars, 0.0, math.inf)
            ledger.settle(settle, micros(dollars), why or "entered by hand")
        if release is not None:
            if not why:
                raise ConfigError("--release needs --why: how you know that it never reached the device")
            if (known := ledger.release(release, why)).state != "released":
                raise ConfigError(
                    f"--release {release}: it is {known.state}, so its result is there and it did reach the "
                    "device; --settle with --dollars enters what the bill says"
                )
        if end is not None:
            if ledger.get(end).state not in (QuoteState.running, QuoteState.closed):
                raise ConfigError(f"--end {end}: no job has it; it lapses by itself")
            ledger.end(end)
        _show(ledger, as_json)


def _show(ledger: SpendingLedger, as_json: bool) -> None:
    total, charges, quotes = ledger.total(), ledger.charges(), {q.id: q for q in ledger.quotes()}
    if as_json:
        print(
            show.dumped(
                {
                    "total": asdict(total),
                    "quotes": [asdict(quote) for quote in quotes.values()],
                    "charges": [asdict(charge) for charge in charges],
                }
            )
        )
        return
    to = show.console()
    header = ["submission", "device", "consent", "state", "dollars", "changed", "why"]
    rows = [
        [
            charge.key, quotes[charge.quote].work.device, quotes[charge.quote].by, charge.state,
            f"{charge.amount / MICRO:,.4f}",
            f"{datetime.fromtimestamp(charge.at):%Y-%m-%d %H:%M}", charge.why,
        ]
        for charge in charges
    ]  # fmt: skip
    left = [quote for quote in quotes.values() if quote.state is QuoteState.running]
    if rows:
        to.print(Sheet(header, rows, text=("device", "consent", "state", "why")))
    show.say(
        to,
        f"Spent: ${total.spent / MICRO:,.4f}, of which ${total.unsettled / MICRO:,.4f} are reserved for "
        f"submissions whose end is not known. Consented to, and spent or still to be spent: "
        f"${total.consented / MICRO:,.4f}, of which ${total.by_budget / MICRO:,.4f} by the budget.",
    )
    for quote in left:
        show.say(to, f"Quote {quote.id}, for ${quote.dollars:,.4f} at most, is in use by job {quote.job}.")
