"""Every method with its runs, their mean and its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from qualms.records import Record, interval
from qualms.report.pictures import strips
from qualms.report.pictures.forest import Quantity
from qualms.report.pictures.origin import chosen, ends, left_out, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.theme import looks

_DOTS = 100  # runs of a method; more are one line of ink


def every_method(
    found: Mapping[str, Mapping[int, float]],
    twin_of: Mapping[str, str | None],
    of: Quantity,
    records: Sequence[Record],
    plain: Sequence[str] = (),
    overlap: float = 0.0,
    fewest: int = 2,
) -> Picture | None:
    """A strip for each method: dots are runs, the mark is their mean.

    Parameters
    ----------
    found : Mapping[str, Mapping[int, float]]
        The numbers of each method's runs by seed or fold.
    twin_of : Mapping[str, str | None]
        The methods in order, and whose twin each is.
    of : Quantity
        What the numbers are.
    records : Sequence[Record]
        From which they are.
    plain : Sequence[str], optional
        Methods that are only there to compare with; they are grey.
    overlap : float, default 0
        As `qualms.records.interval` has it.
    fewest : int, default 2
        Runs from which on the interval is shown.
    """
    means = {m: interval(list(v.values()), overlap=overlap) for m, v in found.items() if v}
    if not means:
        return None
    present = {m: twin_of[m] for m in twin_of if m in means}
    kept = chosen(present, {m: i.mean for m, i in means.items()}, of.better == "lower")
    rows: list[tuple[Any, ...]] = []
    for method in kept:
        rows += [(method, run, value, None, None, 1) for run, value in list(found[method].items())[:_DOTS]]
        rows.append((method, None, *ends(means[method], fewest)))
    counts = [means[m].count for m in kept]
    better = f"; {of.better} is better" if of.better else ""
    caption = (
        f"{of.name[0].upper()}{of.name[1:]} of every method{better}: dots are runs, the large mark is their "
        f"mean. Hollow marks are twins{', grey ones classical methods' if plain else ''}. "
        + origin(records, counts, of.paired, "bars are", fewest)
        + (
            " The intervals allow for training sets that overlap."
            if overlap and max(counts) >= fewest
            else ""
        )
        + left_out(len(kept), len(present))
    )
    return Picture(
        "methods", "Every method", caption, ("method", "run", of.label, "low", "high", "n"), tuple(rows),
        partial(strips.every, styles=looks(twin_of, plain), value=of.label),
        strips.height(len(kept)),
    )  # fmt: skip
