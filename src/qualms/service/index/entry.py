"""What the index keeps of a record, so that lists need not read the record itself."""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qualms.records import Metric, Record

_LEADING = (
    "objective",
    "test_nll",
    "nll",
    "accuracy",
    "f1",
    "r2",
    "average_precision",
)  # shown first in lists
_MOST_TEXT = 2000  # characters of a record that a search looks at


@dataclass(frozen=True)
class Entry:
    """A row of the index.

    Attributes
    ----------
    row : int
        The row's number in the index. It grows with every record that is added, and is not kept when a file
        is read anew.
    key, task_key : str
        Names of the record and of its task that can stand in an address, see `key_of`.
    id, kind, task, method : str
        As the record has them.
    title : str
        What the record's task is, in words.
    seed : int
    twin_of : str or None
    data, compute : str
        The two parts of the quadrant.
    created : float
        Seconds since 1970; 0 where the record does not say it in ISO 8601.
    metric : str
        The name of the number that is shown in lists; empty where there is none.
    value : float or None
        That number; None where it is not finite.
    unit, better : str
        Of that number; `better` is "lower", "higher" or empty.
    seconds, dollars : float or None
        What the run took.
    """

    row: int
    key: str
    task_key: str
    id: str
    kind: str
    task: str
    title: str
    method: str
    seed: int
    twin_of: str | None
    data: str
    compute: str
    created: float
    metric: str
    value: float | None
    unit: str
    better: str
    seconds: float | None
    dollars: float | None

    @property
    def is_quantum(self) -> bool:
        return self.compute in ("simulated quantum", "quantum hardware")


def key_of(*names: str) -> str:
    """A name of 20 hexadecimal digits for a record (its id) or a task (kind and id), as addresses have it.

    Ids may hold any characters, and the page takes nothing from an address that could be part of a path.
    """
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def values_of(record: Record, title: str) -> dict[str, Any]:
    """What the index keeps of a record, by the column's name.

    Parameters
    ----------
    record : Record
        Checked.
    title : str
        What its task is, in words.
    """
    name, metric = _leading(record.metrics)
    values: dict[str, Any] = {
        "key": key_of(record.id), "task_key": key_of(record.kind, record.task_id), "id": record.id,
        "kind": record.kind, "task": record.task_id, "title": title, "method": record.method,
        "seed": record.seed, "twin_of": record.twin_of, "data": record.quadrant.data,
        "compute": record.quadrant.compute, "created": _seconds(record.provenance.created_at),
        "metric": name, "value": None if metric is None else _finite(metric.value),
        "unit": metric.unit if metric else "", "better": (metric.better or "") if metric else "",
        "seconds": _finite(record.cost.seconds), "dollars": _finite(record.cost.dollars),
    }  # fmt: skip
    values["words"] = _words(record, values)
    return values


def _words(record: Record, values: Mapping[str, Any]) -> str:
    """What a search looks at, in lower case."""
    told = [values[name] for name in ("title", "method", "id", "task", "kind", "data", "compute", "metric")]
    told += [
        getattr(record.payload, name, "")
        for name in ("problem", "problem_kind", "dataset", "data", "question")
    ]
    return " ".join(text for text in told if isinstance(text, str))[:_MOST_TEXT].lower()


def _leading(metrics: Mapping[str, Metric]) -> tuple[str, Metric | None]:
    """The number that stands for the run: a well-known one, else the first with a better direction."""
    for name in _LEADING:
        if name in metrics:
            return name, metrics[name]
    judged = next((name for name, metric in metrics.items() if metric.better), None)
    return (judged, metrics[judged]) if judged is not None else ("", None)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _seconds(text: str) -> float:
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
