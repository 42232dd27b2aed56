"""What the page shows of a noise study, and the same as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.records import Record
from qualms.report.noise.claims import sentences
from qualms.report.noise.pictures import pictures
from qualms.report.noise.table import HEADER, legend, rows
from qualms.report.pages import render_template

__all__ = ["body", "found", "pictures", "title"]


def title(records: Sequence[Record]) -> str:
    """With the data set, because a folder may have the studies of several."""
    return f"A quantum sublayer on noisy devices, {records[0].payload.dataset}"


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    measured = [r.payload.calibration for r in records if r.payload.calibration is not None]
    dates = sorted({f"{c.device} {c.date}" for c in measured})
    real = sorted({r.payload.condition.device for r in records if r.quadrant.compute == "quantum hardware"})
    where = (
        f"Ran on quantum hardware: {', '.join(real)}; everything else on simulators."
        if real
        else "Everything here ran on simulators."
    )
    return render_template(
        "noise.html.j2", level=level, where=where, sentences=sentences(records), pictures=pictures(records),
        header=HEADER, rows=rows(records), legend=legend(records), dates=", ".join(dates) or "none",
    )  # fmt: skip


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data: a row for each condition, and the sentences."""
    return {
        "rows": [dict(zip(HEADER, row, strict=True)) for row in rows(records)],
        "verdict": sentences(records),
    }
