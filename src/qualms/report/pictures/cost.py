"""What the runs of each method took: time, shots and money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from qualms.records import Record, interval
from qualms.report.pictures import strips
from qualms.report.pictures.axes import logarithmic
from qualms.report.pictures.origin import chosen, ends, left_out, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, column, number
from qualms.report.pictures.theme import Look, looks

_SECONDS = "seconds of a run"


def cost(
    groups: Mapping[str, Sequence[Record]],
    what: str,
    unit: str = "seed",
    styles: Mapping[str, Look] | None = None,
) -> Picture | None:
    """Seconds of each method's runs with their interval; shots and dollars beside the name.

    Parameters
    ----------
    groups : Mapping[str, Sequence[Record]]
        Runs by method, in order.
    what : str
        What took the seconds: "training", "solving".
    unit : str, default "seed"
        What the runs of a method differ in.
    styles : Mapping[str, Look], optional
        How each is drawn, where that is not told by whose twin it is.

    Returns
    -------
    Picture | None
        None where nothing took any time.
    """
    timed = {m: [r for r in runs if r.cost.seconds > 0] for m, runs in groups.items()}
    timed = {m: runs for m, runs in timed.items() if runs}
    if not timed:
        return None
    found: dict[str, tuple[Any, ...]] = {
        m: (
            runs[0].twin_of, runs[0].quadrant.compute, *ends(interval([r.cost.seconds for r in runs])),
            sum(r.cost.shots for r in runs) / len(runs), sum(r.cost.dollars for r in runs),
        )
        for m, runs in timed.items()
    }  # fmt: skip
    twin_of = {m: row[0] for m, row in found.items()}
    kept = chosen(twin_of, {m: row[2] for m, row in found.items()}, lower=True)
    spent = sum(row[7] for row in found.values())
    records = [r for runs in timed.values() for r in runs]
    caption = (
        f"Wall time of {what}, in seconds of one run; further left is cheaper. "
        f"{f'{spent:,.2f} dollars were spent in all.' if spent else 'No money was spent.'} "
        + origin(records, [found[m][5] for m in kept], unit, "bars are")
        + left_out(len(kept), len(found))
    )
    return Picture(
        "cost", "Cost", caption,
        ("method", "twin of", "compute", _SECONDS, "low", "high", "n", "shots of a run", "dollars in all"),
        tuple((m, *found[m]) for m in kept), partial(_draw, styles=styles or _looks(groups)),
        strips.height(len(kept)),
    )  # fmt: skip


def _looks(groups: Mapping[str, Sequence[Record]]) -> dict[str, Look]:
    return looks({method: runs[0].twin_of for method, runs in groups.items()})


def _draw(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    seconds = column(rows, _SECONDS)
    if max(seconds) > 20 * min(seconds):
        logarithmic(axes, seconds)
    strips.lay_out(axes, [_label(row) for row in rows], [row["twin of"] is not None for row in rows])
    for place, row in enumerate(rows):
        low = row["low"]
        if axes.get_xscale() == "log" and number(low) <= 0:
            low = min(seconds) / 2  # the axis has no zero
        strips.whisker(axes, {**row, "low": low}, place, styles[str(row["method"])], _SECONDS)
    if axes.get_xscale() == "linear":
        axes.set_xlim(left=0)
    axes.set_xlabel(f"{_SECONDS} (wall time)")


def _label(row: Row) -> str:
    shots, dollars = number(row["shots of a run"]), number(row["dollars in all"])
    more = [f"{shots:,.0f} shots"] * (shots > 0) + [f"{dollars:,.2f} dollars"] * (dollars > 0)
    return " · ".join([str(row["method"]), *more])
