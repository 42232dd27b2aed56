"""`qualms devices`: which algorithm fits which device, how right it can be, what it costs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from qualms.backends.facts import DEVICES
from qualms.backends.prices import PRICES
from qualms.cli import options

if TYPE_CHECKING:
    from qualms.analysis import Cell


def command(
    sources: bool = typer.Option(False, "--sources", help="Every number with its source and date."),
    as_json: options.Json = False,
) -> None:
    """A readiness table: algorithms by devices. Nothing is contacted; numbers are published ones with their dates."""
    from qualms.analysis import readiness

    cells = readiness()
    if as_json:
        about = {n: {k: {"value": f.value, "source": f.source, "date": f.date} for k, f in d.facts().items()} for n, d in DEVICES.items()}
        prices = {n: {"price": d.price.__dict__ if d.price else None, "stale": d.price.is_stale() if d.price else None} for n, d in DEVICES.items()}
        print(json.dumps({"cells": [c.to_dict() for c in cells], "devices": about, "prices": prices}, indent=1, ensure_ascii=False))
        return
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(_table(cells))
    console.print(
        "A cell: two-qubit gates (≥ where the device's wiring is unknown to us) · expected fidelity, the product of 1 − error over gates "
        "and readouts (≤ likewise) · dollars for 1,000 shots of one circuit.",
        highlight=False,
    )
    for name, price in PRICES.items():
        if price.is_stale() and any(d.price_key == name for d in DEVICES.values()):
            console.print(f"price of {name}: {price.note()}", highlight=False)
    if sources:
        console.print(_sources())


def _table(cells: list[Cell]) -> Table:
    table = Table("algorithm", *DEVICES)
    for algorithm in dict.fromkeys(c.algorithm for c in cells):
        table.add_row(algorithm, *(_cell(c) for c in cells if c.algorithm == algorithm))
    return table


def _cell(cell: Cell) -> str:
    if cell.fits is False:
        return f"no: {cell.why}"
    less, more = ("", "") if cell.routed or not cell.why else ("≤ ", "≥ ")
    fidelity = "unknown" if cell.fidelity is None else f"{less}{cell.fidelity:.2g}"
    dollars = "$ unknown" if cell.dollars is None else f"${cell.dollars:,.2f}"
    return f"{more}{cell.two_qubit} · {fidelity} · {dollars}"


def _sources() -> Table:
    table = Table("device", "what", "value", "source", "date")
    for name, device in DEVICES.items():
        for what, fact in device.facts().items():
            table.add_row(name, what, str(fact), fact.source, fact.date)
        table.add_row(name, "price", "unknown" if device.price is None else device.price_key, device.price.note() if device.price else "–", "")
    return table
