"""The frozen result of one run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from qualms.data.numbers import plain
from qualms.errors import DataError
from qualms.records.quadrant import Quadrant

SCHEMA = "qualms.record/1"
_KINDS: dict[str, type] = {
    "id": str, "task_id": str, "method": str, "seed": int, "quadrant": dict, "metrics": dict, "parameters": dict, "cost": dict, "curve": list,
    "samples": list, "run_info": dict, "train_info": dict, "meta_info": dict,
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One run, complete: what went in by hash, what came out, what it cost, which control it stands beside.

    `run_info`, `train_info` and `meta_info` have the fields of PEFT's method_comparison results, so that ours can be read next to theirs.

    Attributes
    ----------
    id : hash of everything that determines the run; the same id is the same run.
    task_id : hash of task, data and budget: records of one task may be compared.
    method : name of the method. seed : its seed.
    twin_of : the quantum method this run is the control of, if it is one.
    quadrant : what the run really was.
    metrics : final numbers by name; lower is better for "nll", higher for the others.
    parameters : trained parameters by kind, see `qualms.adapters.summary.Parameters`.
    cost : seconds, tokens per second, bytes.
    curve : training loss: [{"step", "loss"}].
    samples : a few outputs beside their references.
    """

    id: str
    task_id: str
    method: str
    seed: int
    twin_of: str | None
    quadrant: Quadrant
    metrics: Mapping[str, float]
    parameters: Mapping[str, int]
    cost: Mapping[str, float | None]
    curve: list[dict[str, float]]
    samples: list[dict[str, Any]]
    run_info: Mapping[str, Any]
    train_info: Mapping[str, Any]
    meta_info: Mapping[str, Any]
    schema: str = field(default=SCHEMA)

    def to_json(self) -> str:
        return json.dumps(plain(asdict(self)), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Raises DataError for a newer schema or unknown or missing fields."""
        if not isinstance(data, Mapping):
            raise DataError(f"record is a {type(data).__name__}, not an object")
        if data.get("schema") != SCHEMA:
            raise DataError(f"record has schema {data.get('schema')!r}, this version reads {SCHEMA}")
        known = {f.name for f in fields(cls)}
        if data.keys() != known:
            raise DataError(f"record has fields that do not fit {SCHEMA}: {', '.join(sorted(data.keys() ^ known))}")
        wrong = [name for name, kind in _KINDS.items() if not isinstance(data[name], kind)]
        if wrong or data["quadrant"].keys() != {"data", "compute"}:
            raise DataError(f"record has a field {(wrong or ['quadrant'])[0]!r} of another kind than {SCHEMA} has")
        return cls(**{**data, "quadrant": Quadrant(**data["quadrant"])})
