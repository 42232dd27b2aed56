"""A comparison of learners as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.records import Record
from qualms.report.learning.runs import NAMES, best_baseline, by_method, judged, rows, sign
from qualms.report.sheet import Sheet

_SHOWN = ("accuracy", "balanced_accuracy", "auc", "average_precision", "r2", "rmse", "mae")


def title(records: Sequence[Record]) -> str:
    """The task and the data set."""
    p = records[0].payload
    return f"{p.task} of {p.data or 'unnamed data'}"


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    found, metric = rows(records), judged(records)
    others = [m for m in _SHOWN if m != metric and all(m in r["metrics"] for r in found)]
    best = best_baseline(by_method(records), metric, sign(records))
    first = records[0].payload
    heading = title(records)
    if "folds" in first.split:
        heading += f" · {first.split['folds']} folds, {found[0]['runs']} runs a method"
    return Sheet(
        ["method", NAMES.get(metric, metric), *(NAMES.get(m, m) for m in others), "– twin's", "– best",
         "fit s", "µs/row", "compute"],
        [_cells(row, metric, others, best) for row in found],
        heading,
        text=["compute"],
        dim=[k for k, row in enumerate(found) if row["twin_of"]],
    )  # fmt: skip


def _cells(row: dict[str, Any], metric: str, others: Sequence[str], best: str | None) -> list[str]:
    name = (
        f"  twin: {row['method'].removeprefix(str(row['twin_of']) + '/')}"
        if row["twin_of"]
        else row["method"]
    )
    speed = row["metrics"].get("predict_microseconds")
    return [
        name,
        _spread(row["metrics"].get(metric)),
        *(_number(row["metrics"][m]["mean"]) for m in others),
        _gap(row["minus"].get(row["twin_of"])),
        "best" if row["method"] == best else _gap(row["minus"].get(best)),
        f"{row['fit_seconds']:.2g}",
        f"{speed['mean']:.3g}" if speed and speed["mean"] is not None else "–",
        row["quadrant"].partition(" × ")[2].removesuffix(" compute"),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _spread(value: dict[str, Any] | None) -> str:
    if value is None or value["mean"] is None:
        return "–"
    return f"{value['mean']:.3f}" + (
        f" ± {value['mean'] - value['low']:.3f}" if value["low"] is not None else ""
    )


def _gap(value: dict[str, Any] | None) -> str:
    if value is None or value["mean"] is None:
        return "–"
    half = "" if value["low"] is None else f" ± {value['mean'] - value['low']:.3f}"
    return f"{value['mean']:+.3f}{half}"


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    split = records[0].payload.split
    lines = []
    tried = max(int(r.payload.split.get("tried", 1)) for r in records)
    if "folds" in split:
        lines.append(
            f"Nested cross-validation: settings are chosen on {split['inner']} folds inside the rows fitted "
            f"on, and measured on the fold left out. On the same folds every method tries up to {tried} "
            "settings, or as many as it has."
        )
        lines.append(
            "± is half of the 95 % interval over folds and seeds, widened for training sets that overlap "
            "(Nadeau and Bengio 2003)."
        )
    lines.append(
        "twin: a classical control of the method above it. – twin's: difference of a twin from the method "
        "that it is the control of. – best: difference from the best classical method that is "
        "nobody's twin, chosen after the fact."
    )
    lines.append("fit s: seconds of one fit with the chosen settings. µs/row: microseconds to predict a row.")
    return lines
