"""One self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qualms.records import Record
from qualms.report import figures, tables, verdict
from qualms.report.pages import render_template, write_page


def render(records: Sequence[Record]) -> str:
    """The page as text: verdict, table, pictures, samples side by side, provenance. Needs nothing from outside itself."""
    rows = tables.summary(records)
    metrics = tables.columns(rows)
    quality, label, lower = ("accuracy", "accuracy (0 to 1)", False) if "accuracy" in metrics else ("nll", "validation NLL per token (nats)", True)
    first = records[0]
    return render_template(
        "page.html.j2",
        title=first.run_info["experiment_name"].partition("/")[2],
        verdict=verdict.sentences(records),
        header=tables.header(metrics),
        rows=[(row, tables.cells(row, metrics)) for row in rows],
        curves=figures.loss_curves(records),
        pareto=figures.pareto(records, quality, label, lower),
        pareto_text=None if lower else figures.pareto(records, "nll", "validation NLL per label (nats)", True),
        rouge=figures.pareto(records, "rougeL", "ROUGE-L (0 to 1)", False) if "rougeL" in metrics else None,
        samples=_side_by_side(records),
        first=first,
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
            "outputs": [(m, r.samples[i]["output"]) for m, r in chosen.items() if i < len(r.samples)],
        }
        for i, sample in enumerate(first.samples)
    ]


def write(records: Sequence[Record], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    return write_page(render(records), path)
