"""What the page and the terminal show of fine-tuning: verdict, table, pictures, samples side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qualms.records import Record, paired
from qualms.report import front, tables
from qualms.report.front_pictures import against_bytes
from qualms.report.pages import render_template
from qualms.report.pictures.cost import cost
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.lines import loss_curves
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.size import against_size
from qualms.report.pictures.theme import looks
from qualms.report.tables import terminal as sheet
from qualms.report.verdict import sentences

__all__ = ["body", "found", "legend", "pictures", "sentences", "sheet", "title"]


def title(records: Sequence[Record]) -> str:
    """The base model and the data set."""
    return str(records[0].payload.title)


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns of the terminal's table mean."""
    return tables.legend(records)


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data: a row a method, and the sentences."""
    return {"summary": tables.summary(records), "verdict": sentences(records)}


def pictures(records: Sequence[Record]) -> list[Picture]:
    """Quality against size and bytes, differences from twins and LoRA, training loss, cost."""
    metrics = [m for m in tables.SHOWN if all(m in r.metrics for r in records)]
    runs = {method: list(own.values()) for method, own in tables.by_method(records).items()}
    styles = looks({method: own[0].twin_of for method, own in runs.items()})
    judged = Quantity("test NLL", "nats", "lower")
    shown = [
        *_sizes(records, metrics),
        against_bytes(records),
        forest(_differences(records), judged, records, styles),
    ]
    shown += [loss_curves(records), cost(runs, "training")]
    return [picture for picture in shown if picture is not None]


def _sizes(records: Sequence[Record], metrics: Sequence[str]) -> list[Picture | None]:
    """Quality against trained parameters: the loss; accuracy of labels; ROUGE-L of texts."""
    token = "label" if "accuracy" in metrics else "token"
    loss = against_size(records, "nll", f"validation NLL per {token} (nats)", True)
    if "accuracy" in metrics:
        return [against_size(records, "accuracy", "accuracy (0 to 1)", False), loss]
    if "rougeL" in metrics:
        return [loss, against_size(records, "rougeL", "ROUGE-L on the test split (0 to 1)", False)]
    return [loss]


def _differences(records: Sequence[Record]) -> list[Difference]:
    """Of every method with twins from each of them, and from LoRA."""
    groups = tables.by_method(records)
    twin_of = {method: next(iter(runs.values())).twin_of for method, runs in groups.items()}
    out = []
    for method in dict.fromkeys(of for of in twin_of.values() if of in groups and of is not None):
        others = [(twin, "twin") for twin, of in twin_of.items() if of == method]
        others += [("lora", "LoRA")] if "lora" in groups and method != "lora" else []
        for other, role in others:
            own, theirs = (tables.values(groups[name], tables.JUDGED) for name in (method, other))
            value = paired(own, theirs)
            if value is not None and math.isfinite(value.mean):
                out.append(Difference(method, other, role, value))
    return out


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    rows = tables.summary(records)
    metrics = tables.columns(rows)
    return render_template(
        "fine_tuning.html.j2",
        level=level,
        verdict=sentences(records),
        header=tables.header(metrics),
        rows=[(row, tables.cells(row, metrics)) for row in rows],
        rivalries=front.sentences(front.points(records)),
        pictures=pictures(records),
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
