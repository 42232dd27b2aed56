"""What the page and the terminal show of learners; of detectors on a stream, what `fraud` has of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.records import Record
from qualms.report.learning import comparison_pictures, fraud, fraud_pictures, table, verdict
from qualms.report.learning.runs import is_stream, judged, rows
from qualms.report.pages import render_template
from qualms.report.pictures.picture import Picture
from qualms.report.sheet import Sheet


def title(records: Sequence[Record]) -> str:
    """The task and the data set."""
    return fraud.title(records) if is_stream(records) else table.title(records)


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    return fraud.sheet(records) if is_stream(records) else table.sheet(records)


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    return fraud.legend(records) if is_stream(records) else table.legend(records)


def sentences(records: Sequence[Record]) -> list[str]:
    """A verdict for every learner with twins, what limits it, and what was assumed about the data."""
    return fraud.sentences(records) if is_stream(records) else verdict.sentences(records)


def pictures(records: Sequence[Record]) -> list[Picture]:
    """Every picture that the records can fill."""
    of = fraud_pictures if is_stream(records) else comparison_pictures
    return of.pictures(records)


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data."""
    if is_stream(records):
        return fraud.found(records)
    return {
        "data": records[0].payload.data,
        "task": records[0].payload.task,
        "judged": judged(records),
        "summary": rows(records),
        "verdict": sentences(records),
    }


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    shown = sheet(records)
    return render_template(
        "learning.html.j2", level=level, sentences=sentences(records), pictures=pictures(records),
        header=shown.header, rows=[(row, k in shown.dim) for k, row in enumerate(shown.rows)],
        legend=legend(records), first=records[0],
    )  # fmt: skip
