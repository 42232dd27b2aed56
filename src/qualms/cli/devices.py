"""`qualms devices`: which algorithm fits which device, how right it can be, what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from qualms.backends.facts import DEVICES
from qualms.backends.prices import PRICES
from qualms.cli import options, show
from qualms.report.sheet import Sheet

if TYPE_CHECKING:
    from qualms.analysis import Cell


def command(
    sources: bool = typer.Option(False, "--sources", help="Every number with its source and date."),
    as_json: options.Json = False,
) -> None:
    """A readiness table: algorithms by devices.

    Nothing is contacted; numbers are published ones with their dates.
    """
    from qualms.analysis import readiness

    cells = readiness()
    if as_json:
        about = {
            n: {k: {"value": f.value, "source": f.source, "date": f.date} for k, f in d.facts().items()}
            for n, d in DEVICES.items()
        }
        prices = {
            n: {
                "price": d.price.__dict__ if d.price else None,
                "stale": d.price.is_stale() if d.price else None,
            }
            for n, d in DEVICES.items()
        }
        print(show.dumped({"cells": [c.to_dict() for c in cells], "devices": about, "prices": prices}))
        return
    to = show.console()
    to.print(_table(cells))
    show.say(
        to,
        (
            "Each cell: two-qubit gates · expected fidelity · dollars for 1,000 shots of one circuit. The "
            "fidelity is the product of 1 − error over all gates and readouts: near 1 the output is right, "
            "near 0 it is noise. Where the connections between the qubits are not known, ≥ stands before "
            "the gates and ≤ before the fidelity, because routing will add gates."
        ),
    )
    for name, price in PRICES.items():
        if price.is_stale() and any(d.price_key == name for d in DEVICES.values()):
            show.say(to, f"price of {name}: {price.note()}")
    if sources:
        to.print(_sources())


def _table(cells: list[Cell]) -> Sheet:
    algorithms = dict.fromkeys(c.algorithm for c in cells)
    return Sheet(
        ["algorithm", *DEVICES],
        [[a, *(_cell(c) for c in cells if c.algorithm == a)] for a in algorithms],
        text=DEVICES,
    )


def _cell(cell: Cell) -> str:
    if cell.fits is False:
        return f"no: {cell.why}"
    less, more = ("", "") if cell.routed or not cell.why else ("≤ ", "≥ ")
    fidelity = "unknown" if cell.fidelity is None else f"{less}{cell.fidelity:.2g}"
    dollars = "$ unknown" if cell.dollars is None else f"${cell.dollars:,.2f}"
    return f"{more}{cell.two_qubit} · {fidelity} · {dollars}"


def _sources() -> Sheet:
    rows: list[list[str]] = []
    for name, device in DEVICES.items():
        for what, fact in device.facts().items():
            rows.append([name, what, str(fact), fact.source, fact.date])
        rows.append(
            [
                name,
                "price",
                "unknown" if device.price is None else device.price_key,
                device.price.note() if device.price else "–",
                "",
            ]
        )
    header = ["device", "what", "value", "source", "date"]
    return Sheet(header, rows, text=header)
