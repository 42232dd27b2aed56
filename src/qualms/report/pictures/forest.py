"""Differences with their intervals, of every kind of record, as one forest plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes

from qualms.records import Interval, Record
from qualms.report.pictures import strips
from qualms.report.pictures.origin import MOST, ends, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, number
from qualms.report.pictures.theme import Look

_MOST_ROWS = 2 * MOST  # more are a picture that nobody reads to its end


@dataclass(frozen=True)
class Difference:
    """What a method has more of than another one.

    Attributes
    ----------
    method, other : str
        The number is that of `method` less that of `other`.
    role : str
        What `other` is to `method`: "twin", "best classical" or "LoRA".
    value : Interval
        Over runs that both have.
    where : str, default ""
        Under which condition, where there are several.
    """

    method: str
    other: str
    role: str
    value: Interval
    where: str = ""


@dataclass(frozen=True)
class Quantity:
    """What is compared.

    Attributes
    ----------
    name : str
        "test NLL".
    unit : str
        "nats"; empty where there is none.
    better : str or None
        "lower", "higher", or None where neither is.
    paired : str
        What differences are paired over, singular.
    """

    name: str
    unit: str
    better: str | None
    paired: str = "seed"

    @property
    def label(self) -> str:
        """For an axis."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


def forest(
    differences: Sequence[Difference],
    of: Quantity,
    records: Sequence[Record],
    styles: Mapping[str, Look],
    fewest: int = 2,
) -> Picture | None:
    """A row for each difference.

    Parameters
    ----------
    differences : Sequence[Difference]
        In the order of the rows.
    of : Quantity
        What they are differences of.
    records : Sequence[Record]
        What they were computed from.
    styles : Mapping[str, Look]
        How each method is drawn.
    fewest : int, default 2
        Runs from which on an interval is drawn.

    Returns
    -------
    Picture | None
        None where there is no difference.
    """
    shown = differences[:_MOST_ROWS]
    if not shown:
        return None
    rows = [(d.method, d.other, d.role, d.where, *ends(d.value, fewest)) for d in shown]
    counts = [d.value.count for d in shown]
    side = {"lower": " Left of 0 the method is better.", "higher": " Right of 0 the method is better."}
    caption = (
        f"{of.name[0].upper()}{of.name[1:]} of each method less that of {_others(shown)}, paired over "
        f"{of.paired}s{f', in {of.unit}' if of.unit else ''}.{side.get(of.better or '', '')} "
        "A mark is filled where the interval excludes 0. "
        + origin(records, counts, "pair", "bars are", fewest)
        + _left_out(len(shown), len(differences))
    )
    return Picture(
        "differences", "Differences from controls", caption,
        ("method", "compared with", "role", "where", f"difference of {of.label}", "low", "high", "n"),
        tuple(rows),
        partial(_draw, styles=styles, quantity=of), strips.height(len(shown)),
    )  # fmt: skip


def _left_out(shown: int, total: int) -> str:
    if shown == total:
        return ""
    return f" The first {shown} of {total:,} differences are drawn; the records have all."


def _others(shown: Sequence[Difference]) -> str:
    roles = dict.fromkeys(d.role for d in shown)
    named = {"twin": "its twins (classical controls)", "best classical": "the best classical method"}
    return " and of ".join(named.get(role, role) for role in roles)


def _draw(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look], quantity: Quantity) -> None:
    column = f"difference of {quantity.label}"
    strips.lay_out(axes, [_label(row) for row in rows])
    strips.zero_line(axes)
    for place, row in enumerate(rows):
        told = number(row["low"]) > 0 or number(row["high"]) < 0  # neither where there is no interval
        strips.whisker(axes, row, place, styles[str(row["method"])], column, told)
    axes.set_xlabel(column)


def _label(row: Row) -> str:
    method, other = str(row["method"]), str(row["compared with"])
    where = f", {row['where']}" if row["where"] else ""
    return f"{method} − {other.removeprefix(f'{method}/')}{where} (n = {row['n']})"
