"""What solvers reached on other instances: runs that come with the package, and those of the user's store."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from qualms.data.numbers import plain_real
from qualms.errors import DataError, one_line
from qualms.records import Record
from qualms.records.store import RECORDS, read_record
from qualms.solve.solvers import BASELINES

_SOLVING = re.compile(rb'"kind"\s*:\s*"solving"')
SAME = 1e-9  # relative: two objectives that count as one
SHIPPED = "shipped"


@dataclass(frozen=True)
class Run:
    """One solver's run, seen from the best answer that any run of its instance has found.

    Attributes
    ----------
    arm : str
        The solver.
    instance : str
        What identifies the instance.
    kind, family : str
        Of the instance; the family is empty where it is not known.
    size : int
        Of the instance.
    spins, density, coefficient_bits : number or None
        Of its Ising encoding.
    trace : tuple of (float, float)
        (seconds, gap) of every feasible answer that was better than all before it; the gap is relative to the
        best known value.
    seconds : float
        How long it was watched. What it would have found afterwards is not known.
    whole : bool
        Whether it ended because it had no more to say, so that more time would have changed nothing.
    quantum : bool
        Whether circuits computed.
    twin_of : str or None
        The quantum solver whose classical control it is.
    source : str
        "shipped", or the store.
    """

    arm: str
    instance: str
    kind: str
    family: str
    size: int
    spins: int | None
    trace: tuple[tuple[float, float], ...]
    seconds: float
    whole: bool = False
    quantum: bool = False
    twin_of: str | None = None
    source: str = SHIPPED
    density: float | None = None
    coefficient_bits: float | None = None

    def gap_after(self, seconds: float) -> float:
        """The gap that it had reached; infinite before its first feasible answer.

        Where the run was watched for a shorter time, what it had reached by then: the gap can only have
        become smaller, so that this is an upper bound.
        """
        return min((gap for at, gap in self.trace if at <= seconds), default=math.inf)

    def reached(self, gap: float) -> tuple[float, bool]:
        """When it came this close, and whether it did; else how long it was watched in vain.

        A run that had no more to say would never have come closer: it counts as watched for ever.
        """
        at = min((t for t, g in self.trace if g <= gap + SAME), default=None)
        if at is not None:
            return at, True
        return (math.inf if self.whole else self.seconds), False


def relative(value: float, best: float, sense: str) -> float:
    """How far a value is from the best, relative to the best's size; at least 0."""
    away = value - best if sense == "min" else best - value
    return max(0.0, away) / max(abs(best), 1e-12) if abs(away) > SAME * max(abs(best), abs(value)) else 0.0


@lru_cache(maxsize=1)
def shipped_runs() -> tuple[Run, ...]:
    """Those that come with the package; none where the file is missing."""
    place = resources.files("qualms") / "assets" / "routing.jsonl.gz"
    if not place.is_file():
        return ()
    with place.open("rb") as raw, gzip.open(raw, "rt", encoding="utf-8") as lines:
        return tuple(run for line in lines for run in of_row(json.loads(line)))


def of_row(row: dict[str, Any]) -> list[Run]:
    """The runs of one line of the shipped file, which holds an instance."""
    return [
        Run(
            arm=r[0], instance=row["instance"], kind=row["kind"], family=row["family"], size=row["size"],
            spins=row["spins"], trace=tuple((t, g) for t, g in r[1]), seconds=r[2], whole=bool(r[3]),
            quantum=bool(r[4]), twin_of=r[5], density=row["density"],
            coefficient_bits=row["coefficient_bits"],
        )
        for r in row["runs"]
    ]  # fmt: skip


def stored_runs(store: Path, most: int | None = None) -> list[Run]:
    """The solving runs of a user's store; none where it holds no records.

    Parameters
    ----------
    store : Path
    most : int, optional
        Bytes of records of solving that are read at most: the newest. Other lines take little time, because
        they are not parsed.

    Raises
    ------
    DataError
        For a line about solving that is no record, and for records that tell what no run can have.
    """
    path = store / RECORDS
    if not path.exists():
        return []
    lines: deque[tuple[int, bytes]] = deque()
    size = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if _SOLVING.search(line):
                lines.append((number, line))
                size += len(line)
                while most is not None and size > most:
                    size -= len(lines.popleft()[1])
    read = [read_record(line, f"{path}:{number}", not line.endswith(b"\n")) for number, line in lines]
    records = [record for record in read if record is not None]
    try:
        return of_records(records, str(store))
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        raise DataError(
            f"{path}: a record of solving tells what no run can have: {one_line(error)}"
        ) from None


def of_records(records: Iterable[Record], source: str) -> list[Run]:
    """Runs of records of kind "solving". Baselines and arms that refused their problem are left out."""
    by_instance: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record.kind == "solving" and record.payload.refused is None:
            by_instance[record.payload.problem_hash].append(record)
    found = []
    for instance, theirs in by_instance.items():
        best = _best(theirs)
        for record in theirs:
            if best is not None and record.method not in BASELINES:
                found.append(_run(record, instance, best, source))
    return found


def _best(records: Sequence[Record]) -> float | None:
    sense = records[0].payload.sense
    values = [
        r.metrics["objective"].value for r in records if r.payload.feasible and "objective" in r.metrics
    ]
    return (min(values) if sense == "min" else max(values)) if values else None


def _run(record: Record, instance: str, best: float, source: str) -> Run:
    told = record.payload
    # what it did after it was given another solver's answer is not its own: it counts as watched until then
    own = min((t for t, _, _ in told.offers), default=math.inf)
    known = [(t, float(v)) for t, v in told.incumbents if told.feasible and v is not None and t <= own]
    trace = tuple((t, relative(v, best, told.sense)) for t, v in feasible_part(known, told.sense))
    limit, encoding = told.limits.get("seconds"), told.encoding or {}
    return Run(
        arm=record.method,
        instance=instance,
        kind=told.problem_kind,
        family="",
        size=_usable(told.size, "size"),
        spins=_number(encoding, "variables"),
        trace=trace,
        seconds=min(own, float(record.cost.seconds)),
        # one that ended in an error, or was ended, might have found more
        whole=math.isinf(own)
        and told.failed is None
        and limit is not None
        and record.cost.seconds < 0.8 * _share(told.limits),
        quantum=record.quadrant.is_quantum,
        twin_of=record.twin_of,
        source=source,
        density=_number(encoding, "density"),
        coefficient_bits=_number(encoding, "coefficient_bits"),
    )


def _number(encoding: Mapping[str, Any], name: str) -> Any:
    """A number that a record tells of its encoding; None where it tells none."""
    value = encoding.get(name)
    return None if value is None else _usable(value, f"encoding.{name}")


def _usable(value: Any, name: str) -> Any:
    """The same number. Raises ValueError for what is none, OverflowError for one that no float can hold."""
    found = plain_real(value)
    if found is None or not math.isfinite(float(found)):
        raise ValueError(f"{name} is {value!r:.50}, and no finite number")
    return found


def feasible_part(incumbents: Sequence[tuple[float, float]], sense: str) -> list[tuple[float, float]]:
    """The end of a list of incumbents, of which the last is feasible: what comes after the last one that is
    better than it, which cannot have been feasible.
    """
    if not incumbents:
        return []
    final = incumbents[-1][1]
    other = "max" if sense == "min" else "min"
    beyond = [k for k, (_, value) in enumerate(incumbents) if relative(value, final, other) > 0]
    return list(incumbents[beyond[-1] + 1 if beyond else 0 :])


def _share(limits: Any) -> float:
    """Seconds that an arm could have had: its part of those for all."""
    return float(limits["seconds"]) * 0.8 / max(1, int(limits.get("arms") or 1))
