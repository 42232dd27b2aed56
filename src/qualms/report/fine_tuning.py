"""What the page and the terminal show of fine-tuning: verdict, table, pictures, samples side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.records import Record
from qualms.report import figures, tables
from qualms.report.pages import render_template
from qualms.report.tables import terminal as sheet
from qualms.report.verdict import sentences

__all__ = ["body", "found", "legend", "sentences", "sheet", "title"]


def title(records: Sequence[Record]) -> str:
    """The base model and the data set."""
    return str(records[0].payload.title)


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns of the terminal's table mean."""
    return tables.legend(records)


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data: a row a method, and the sentences."""
    return {"summary": tables.summary(records), "verdict": sentences(records)}


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    rows = tables.summary(records)
    metrics = tables.columns(rows)
    lower = "accuracy" not in metrics
    quality, label = (
        ("nll", "validation NLL per token (nats)") if lower else ("accuracy", "accuracy (0 to 1)")
    )
    return render_template(
        "fine_tuning.html.j2",
        level=level,
        verdict=sentences(records),
        header=tables.header(metrics),
        rows=[(row, tables.cells(row, metrics)) for row in rows],
        curves=figures.loss_curves(records),
        pareto=figures.pareto(records, quality, label, lower),
        pareto_text=None
        if lower
        else figures.pareto(records, "nll", "validation NLL per label (nats)", True),
        rouge=figures.pareto(records, "rougeL", "ROUGE-L (0 to 1)", False) if "rougeL" in metrics else None,
        samples=_side_by_side(records),
        first=records[0],
        legend=tables.legend(records, metrics, tables.ALL),
    )


def _side_by_side(records: Sequence[Record]) -> list[dict]:
    """Per input: references and every method's output, of the first seed that all have."""
    groups = tables.by_method(records)
    common = sorted(set.intersection(*(set(runs) for runs in groups.values())))
    chosen = {m: runs[common[0]] if common else next(iter(runs.values())) for m, runs in groups.items()}
    first = next(iter(chosen.values()))
    return [
        {
            "input": sample["input"],
            "references": sample["references"],
            "outputs": [
                (m, r.payload.samples[i]["output"]) for m, r in chosen.items() if i < len(r.payload.samples)
            ],
        }
        for i, sample in enumerate(first.payload.samples)
    ]
