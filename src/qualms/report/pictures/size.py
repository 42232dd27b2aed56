"""Quality against the number of trained parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from qualms.records import Record, interval
from qualms.report.pictures.axes import legend, logarithmic, possible
from qualms.report.pictures.origin import chosen, ends, left_out, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, column, number
from qualms.report.pictures.theme import FAINT, Look, looks
from qualms.report.tables import by_method, values

_SIZE = "trained parameters"


def against_size(records: Sequence[Record], metric: str, label: str, lower: bool) -> Picture | None:
    """Quality against trained parameters, with intervals over seeds; the line joins the methods that no other
    beats in both.

    Losses are at least 0; what is better when higher (accuracy, ROUGE) lies between 0 and 1.
    """
    groups = by_method(records)
    found: dict[str, tuple[Any, ...]] = {}
    for method, runs in groups.items():
        numbers, first = values(runs, metric), next(iter(runs.values()))
        if numbers and (size := first.payload.parameters["trained"]):
            found[method] = (first.twin_of, size, *ends(interval(list(numbers.values()))))
    if not found:
        return None
    twin_of = {method: row[0] for method, row in found.items()}
    styles = looks({m: next(iter(runs.values())).twin_of for m, runs in groups.items()})
    # what diverged is in the numbers without a value, and has no place among the best
    means = {m: row[2] for m, row in found.items() if math.isfinite(row[2])}
    kept = chosen(twin_of, means, lower)
    front = _front([(m, found[m][1], means[m]) for m in kept if m in means], lower)
    rows = tuple((m, *found[m], "yes" if m in front else "no") for m in kept)
    caption = (
        f"{label[0].upper()}{label[1:]} against the number of trained parameters; "
        f"{'lower' if lower else 'higher'} is better. Hollow marks are twins; the grey line joins the "
        "methods that no other beats in both. "
        + origin(records, [found[m][5] for m in kept], "seed", "bars are")
        + left_out(len(kept), len(found))
    )
    name = label.partition(" (")[0]
    return Picture(
        f"{metric.lower()}-against-size", f"{name[0].upper()}{name[1:]} against size", caption,
        ("method", "twin of", _SIZE, label, "low", "high", "n", "on the front"), rows,
        partial(draw_sizes, styles=styles, size=_SIZE, words=f"{_SIZE} (number)", value=label, lower=lower),
    )  # fmt: skip


def _front(points: Sequence[tuple[str, float, float]], lower: bool) -> list[str]:
    front: list[str] = []
    best: float | None = None
    for method, _, value in sorted(points, key=lambda p: (p[1], p[2] if lower else -p[2])):
        if best is None or (value < best if lower else value > best):
            best = value
            front.append(method)
    return front


def draw_sizes(
    axes: Axes,
    rows: Sequence[Row],
    styles: Mapping[str, Look],
    size: str,
    words: str,
    value: str,
    lower: bool,
) -> None:
    """Numbers with intervals against sizes on a logarithmic axis, and the line through the front.

    Parameters
    ----------
    axes : Axes
        Where it goes.
    rows : Sequence[Row]
        With the columns "method", `size`, `value`, "low", "high" and "on the front".
    styles : Mapping[str, Look]
        How each method is drawn.
    size, value : str
        Columns.
    words : str
        What stands at the axis of sizes.
    lower : bool
        Whether less of the value is better; then it is at least 0, else from 0 to 1.
    """
    front = sorted((row for row in rows if row["on the front"] == "yes"), key=lambda row: number(row[size]))
    axes.plot(column(front, size), column(front, value), color=FAINT.light, linewidth=0.9, zorder=0)
    for row in rows:
        look, x = styles[str(row["method"])], number(row[size])
        axes.plot([x, x], [number(row["low"]), number(row["high"])], color=look.colour, linewidth=1)
        axes.plot([x], [number(row[value])], label=row["method"], **look.point)
    logarithmic(axes, column(rows, size))
    axes.set(xlabel=words, ylabel=value)
    possible(axes, 0, None if lower else 1)
    legend(axes)
