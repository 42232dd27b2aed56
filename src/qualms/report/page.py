"""One self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jinja2 import Environment

from qualms.records import Record
from qualms.records.files import write_whole
from qualms.report import figures, tables, verdict


def render(records: Sequence[Record]) -> str:
    """The page as text: verdict, table, pictures, samples side by side, provenance. Needs nothing from outside itself."""
    rows = tables.summary(records)
    metrics = tables.columns(rows)
    quality, label, lower = ("accuracy", "accuracy", False) if "accuracy" in metrics else ("nll", "validation NLL per token (nats)", True)
    first = records[0]
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        resources.files("qualms.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        title=first.run_info["experiment_name"].partition("/")[2],
        verdict=verdict.sentences(records),
        header=tables.header(metrics),
        rows=[(row, tables.cells(row, metrics)) for row in rows],
        curves=figures.loss_curves(records),
        pareto=figures.pareto(records, quality, label, lower),
        pareto_text=None if lower else figures.pareto(records, "nll", "validation loss (nats)", True),
        rouge=figures.pareto(records, "rougeL", "ROUGE-L", False) if "rougeL" in metrics else None,
        samples=_side_by_side(records),
        first=first,
        target=tables.target_loss(records),
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
    write_whole(path, render(records))
    return path
