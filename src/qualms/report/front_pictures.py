"""The page's picture of quality against the bytes of an adapter's file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qualms.records import Record
from qualms.report.front import COSTS, front, points
from qualms.report.pictures.origin import chosen, ends, left_out, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.size import draw_sizes
from qualms.report.pictures.theme import looks
from qualms.report.tables import by_method

_SIZE, _LOSS = "bytes", "test NLL (nats)"


def against_bytes(records: Sequence[Record]) -> Picture | None:
    """Test loss against the bytes of the adapter's file; None where there is no adapter.

    Parameters
    ----------
    records : Sequence[Record]
        Of one task.
    """
    found = {point.method: point for point in points(records)}
    if not found:
        return None
    twin_of = {method: point.twin_of for method, point in found.items()}
    kept = chosen(twin_of, {m: p.quality.mean for m, p in found.items()}, True)
    on_front = {p.method for p in front([found[m] for m in kept], COSTS[_SIZE])}
    rows = tuple(
        (m, twin_of[m], found[m].size, *ends(found[m].quality), "yes" if m in on_front else "no")
        for m in kept
    )
    caption = (
        "Test loss against the bytes of the adapter's file of weights, its header included and a new head's "
        "numbers left out; lower is better. Hollow marks are twins; the grey line joins the methods that no "
        "other beats in both. "
        + origin(records, [found[m].quality.count for m in kept], "seed", "bars are")
        + left_out(len(kept), len(found))
    )
    styles = looks({m: next(iter(runs.values())).twin_of for m, runs in by_method(records).items()})
    return Picture(
        "test-nll-against-bytes", "Test loss against bytes", caption,
        ("method", "twin of", _SIZE, _LOSS, "low", "high", "n", "on the front"), rows,
        partial(
            draw_sizes, styles=styles, size=_SIZE, words="bytes to store or send", value=_LOSS, lower=True
        ),
    )  # fmt: skip
