"""The numbers that a picture is drawn from, as rows by column."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Cell = str | int | float | None
Row = Mapping[str, Cell]


def number(cell: Cell) -> float:
    """NaN, which is not drawn, where it is not known or larger than any float."""
    try:
        return math.nan if cell is None else float(cell)
    except OverflowError:
        return math.nan


def column(rows: Sequence[Row], name: str) -> list[float]:
    """The numbers of a column."""
    return [number(row[name]) for row in rows]


def by(rows: Sequence[Row], name: str) -> dict[str, list[Row]]:
    """Rows by what a column says, in order of appearance."""
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(str(row[name]), []).append(row)
    return out
