"""The records of a comparison of learners, by method, and what is compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from qualms.records import Interval, Record, interval, paired

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced",
    "auc": "AUC",
    "average_precision": "AP",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
}

Runs = Mapping[int, Record]
FEWEST = 3  # runs from which on an interval is told


def by_method(records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """{method: {seed and fold as one number: record}}, each method followed by its twins."""
    out: dict[str, dict[int, Record]] = {}
    for r in records:
        split = r.payload.split
        key = r.seed * int(split.get("folds", 1)) + int(split.get("fold", 0))
        out.setdefault(r.method, {})[key] = r
    twin_of = {name: first_of(runs).twin_of for name, runs in out.items()}
    heads = [name for name in out if twin_of[name] not in out]
    names = [name for head in heads for name in (head, *(t for t in out if twin_of[t] == head))]
    return {name: dict(sorted(out[name].items())) for name in names}


def is_stream(records: Sequence[Record]) -> bool:
    return bool(records[0].payload.split.get("protocol") == "stream")


def first_of(runs: Runs) -> Record:
    return next(iter(runs.values()))


def judged(records: Sequence[Record]) -> str:
    """The metric by which methods are judged."""
    told = records[0].payload.split.get("judged")
    return str(told) if told else next(iter(records[0].metrics))


def values(runs: Runs, metric: str) -> dict[int, float]:
    """The numbers of a metric; runs without it are left out."""
    return {key: r.value(metric) for key, r in runs.items() if metric in r.metrics}


def overlap(records: Sequence[Record]) -> float:
    """Rows measured on over rows fitted on, of cross-validation; 0 where nothing overlaps."""
    split = records[0].payload.split
    return float(split["tested"]) / records[0].payload.rows if "folds" in split else 0.0


def sign(records: Sequence[Record]) -> int:
    """1 where more of the judged metric is better, −1 where less is."""
    return -1 if records[0].metrics[judged(records)].better == "lower" else 1


def best_baseline(groups: Mapping[str, Runs], metric: str, direction: int) -> str | None:
    """The classical method with the best mean. It is chosen after the fact, which favours it a little."""
    found = {
        name: direction * interval(list(values(runs, metric).values())).mean
        for name, runs in groups.items()
        if first_of(runs).payload.split.get("baseline") and values(runs, metric)
    }
    return max(found, key=lambda name: found[name]) if found else None


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """A row a method: metrics with intervals, differences from the twin's method and the best baseline."""
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    best = best_baseline(groups, metric, sign(records))
    out = []
    for name, runs in groups.items():
        first = first_of(runs)
        found = {
            m: _plain(interval(list(values(runs, m).values()), overlap=wide))
            for m in first.metrics
            if len(values(runs, m)) == len(runs)
        }
        against = {}
        for other in (best, first.twin_of):
            if other and other != name and other in groups:
                gap = paired(values(runs, metric), values(groups[other], metric), overlap=wide)
                against[other] = None if gap is None else _plain(gap)
        out.append({
            "method": name, "learner": first.payload.learner,
            "twin_of": first.twin_of, "twin_is": first.twin_is,
            "quadrant": str(first.quadrant), "runs": len(runs), "metrics": found, "minus": against,
            "fit_seconds": sum(r.cost.seconds for r in runs.values()) / len(runs),
            "baseline": bool(first.payload.split.get("baseline")),
        })  # fmt: skip
    return out


def _plain(value: Interval) -> dict[str, Any]:
    numbers = {"mean": value.mean, "low": value.low, "high": value.high}
    return {**{k: v if math.isfinite(v) else None for k, v in numbers.items()}, "n": value.count}
