"""The frozen result of one run: a core that every kind shares, and a payload by kind."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from qualms.data.mistakes import place, words
from qualms.data.numbers import finite, plain
from qualms.errors import DataError
from qualms.records.kinds import PAYLOADS, Payload
from qualms.records.metrics import Metric
from qualms.records.provenance import Provenance
from qualms.records.quadrant import Quadrant
from qualms.records.real import Real
from qualms.records.schema_1 import SCHEMA_1, converted

SCHEMA = "qualms.record/2"
_COUNTS = (  # fields that are never negative, wherever a record has them
    "seconds", "dollars", "shots", "memory_bytes", "steps", "batch_size", "max_length", "max_new_tokens",
    "processes", "adapter_bytes", "resumed_at_step", "circuits", "two_qubit_gates", "jobs", "size", "rows",
    "features", "classes",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a run took.

    Attributes
    ----------
    seconds : float
        Of wall time: training, measuring or solving.
    dollars : float
        Money that was really spent; a simulator costs none.
    shots : int
        Measurements of circuits, real or simulated.
    memory_bytes : int or None
        The process's peak; None where it was not measured.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    seconds: Real
    dollars: Real = 0.0
    shots: int = 0
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Record:
    """One run, complete: what went in by hash, what came out, what it cost, which control it stands beside.

    Attributes
    ----------
    id : str
        Hash of everything that determines the run; the same id is the same run.
    kind : str
        Which payload it has: a key of `qualms.records.kinds.PAYLOADS`.
    task_id : str
        Hash of task, data and budget: only records of one task may be compared.
    method : str
        Name of the method or solver.
    seed : int
    twin_of : str or None
        The quantum method whose classical control this run is, if it is one.
    twin_is : str or None
        What is different from that method, as a phrase.
    quadrant : Quadrant
        What the run really was.
    metrics : Mapping[str, Metric]
        Final numbers by name.
    cost : Cost
    provenance : Provenance
    payload : FineTuning, Noise, Solving, Asking or Learning
        What runs of this kind leave beyond that.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    id: str
    kind: str
    task_id: str
    method: str
    seed: int
    twin_of: str | None
    twin_is: str | None
    quadrant: Quadrant
    metrics: Mapping[str, Metric]
    cost: Cost
    provenance: Provenance
    payload: Any
    schema: str = field(default=SCHEMA)

    def value(self, metric: str) -> float:
        """The number of a metric. Raises KeyError if the run has none of that name."""
        return self.metrics[metric].value

    def to_json(self) -> str:
        """One line of JSON. Numbers that are not finite are null there, and NaN when they are read again."""
        return json.dumps(finite(plain(asdict(self))), ensure_ascii=False, sort_keys=True, allow_nan=False)

    @classmethod
    def from_dict(cls, data: Any) -> Record:
        """Check a record that was read from JSON, whole; one of schema 1 is converted.

        Parameters
        ----------
        data : Any
            What the JSON holds.

        Returns
        -------
        Record
            The record.

        Raises
        ------
        DataError
            For another schema, and for fields that are unknown, missing or of another type.
        """
        if not isinstance(data, Mapping):
            raise DataError(f"record is a {type(data).__name__}, not an object")
        if data.get("schema") == SCHEMA_1:
            data = converted(data, SCHEMA)
        if data.get("schema") != SCHEMA:
            raise DataError(
                f"record has schema {data.get('schema')!r}; this version "
                f"of Qualms reads {SCHEMA} and {SCHEMA_1}"
            )
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in PAYLOADS:
            raise DataError(f"record is of kind {kind!r}; this version of Qualms knows {', '.join(PAYLOADS)}")
        core = _checked(cls, {**data, "payload": None}, SCHEMA)
        payload = _checked(PAYLOADS[kind], data.get("payload"), f"{SCHEMA}, kind {kind}")
        record = cls(**{**core.__dict__, "payload": payload})
        _check_counts(record)
        return record


@functools.cache
def _reader(kind: type) -> Any:
    from pydantic import TypeAdapter  # a tenth of a second, and only those who read records need it

    return TypeAdapter(kind)


def _checked(kind: type, data: Any, schema: str) -> Any:
    """A dataclass from what JSON holds, strictly: nothing is converted, nothing missing, nothing unknown."""
    from pydantic import ValidationError

    try:
        return _reader(kind).validate_json(json.dumps(finite(data)), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DataError(f"record does not fit {schema}: {place(first) or 'record'}: {words(first)}") from None


def _check_counts(record: Record) -> None:
    """Raises DataError for less than nothing: of seconds, money, shots, steps, parameters, rows."""
    told = record.payload
    parts = {"cost": record.cost, "payload": told}
    parts |= {f"payload.{n}": getattr(told, n) for n in ("training", "condition") if hasattr(told, n)}
    for where, part in parts.items():
        for name in _COUNTS:
            _check_count(f"{where}.{name}", getattr(part, name, None))
    for name, count in getattr(told, "parameters", {}).items():
        _check_count(f"payload.parameters.{name}", count)


def _check_count(where: str, value: float | None) -> None:
    if value is not None and value < 0:
        # without the value: an integer of JSON may have more digits than Python writes or a float holds
        raise DataError(f"record: {where} is negative, and must not be")


__all__ = ["SCHEMA", "Cost", "Payload", "Record"]
