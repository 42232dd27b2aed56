"""The pictures of a comparison of learners."""

from __future__ import annotations

from collections.abc import Sequence

from qualms.records import Record, paired
from qualms.report.learning.runs import (
    FEWEST,
    NAMES,
    best_baseline,
    by_method,
    first_of,
    judged,
    overlap,
    sign,
    values,
)
from qualms.report.pictures.cost import cost
from qualms.report.pictures.every import every_method
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.theme import looks


def pictures(records: Sequence[Record]) -> list[Picture]:
    """Every method, differences from twins and from the best classical method, and cost."""
    groups = by_method(records)
    plain = [name for name, runs in groups.items() if first_of(runs).payload.split.get("baseline")]
    styles = looks({name: first_of(runs).twin_of for name, runs in groups.items()}, plain)
    fits = {m: list(runs.values()) for m, runs in groups.items()}
    shown = [
        every(records),
        forest(differences(records), _quantity(records), records, styles, FEWEST),
        cost(fits, "fitting", "run", styles),
    ]
    return [picture for picture in shown if picture is not None]


def _quantity(records: Sequence[Record]) -> Quantity:
    metric = judged(records)
    return Quantity(NAMES.get(metric, metric), "", "higher" if sign(records) > 0 else "lower", "run")


def every(records: Sequence[Record]) -> Picture | None:
    """A strip for each method, with every run and the interval."""
    groups, metric = by_method(records), judged(records)
    plain = [name for name, runs in groups.items() if first_of(runs).payload.split.get("baseline")]
    return every_method(
        {name: values(runs, metric) for name, runs in groups.items()},
        {name: first_of(runs).twin_of for name, runs in groups.items()},
        _quantity(records), records, plain, overlap(records), FEWEST,
    )  # fmt: skip


def differences(records: Sequence[Record]) -> list[Difference]:
    """Of every method that owes a comparison, from its twins and from the best classical method."""
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    best = best_baseline(groups, metric, sign(records))
    out = []
    for name, runs in groups.items():
        if first_of(runs).twin_of is not None or first_of(runs).payload.split.get("baseline"):
            continue
        twins = [(t, "twin") for t, other in groups.items() if first_of(other).twin_of == name]
        rival = [(best, "best classical")] if best is not None and best != name else []
        for other, role in (*twins, *rival):
            gap = paired(values(runs, metric), values(groups[other], metric), overlap=wide)
            if gap is not None:
                out.append(Difference(name, other, role, gap))
    return out
