"""What the page and the terminal show of questions that were answered: the answer, how good it is, and what
each solver did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from qualms.records import Record, paired
from qualms.report import claims
from qualms.report.pages import render_template
from qualms.report.pictures.cost import cost
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.lines import incumbents
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.theme import looks
from qualms.report.sheet import Sheet

HEADER = ("solver", "objective", "feasible", "seconds", "compute")


def title(records: Sequence[Record]) -> str:
    first = records[0].payload
    return f"{first.problem_kind} {first.problem}: asked and answered"


def best(records: Sequence[Record]) -> Record:
    """The record with the best answer; one with an answer before one without."""
    sign = 1 if records[0].payload.sense == "min" else -1

    def rank(record: Record) -> float:
        return sign * record.value("objective") if "objective" in record.metrics else math.inf

    return min(records, key=rank)


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal: every solver of the run with the best answer."""
    chosen = best(records)
    arms = _arms(chosen)
    dim = [k for k, arm in enumerate(arms) if arm.get("twin_of")]
    return Sheet(HEADER, [cells(arm) for arm in arms], title(records), dim=dim, text=("compute",))


def cells(arm: Mapping[str, Any]) -> list[str]:
    """A solver's row in the order of `HEADER`."""
    name = f"  twin: {arm['solver']}" if arm.get("twin_of") else str(arm["solver"])
    if arm.get("objective") is None:
        why = arm.get("refused") or arm.get("failed") or arm.get("no_answer") or claims.not_found(arm)
        value, feasible = str(why), "–"
    else:
        value, feasible = claims.number(arm["objective"]), "yes" if arm.get("feasible") else "no"
    return [name, value, feasible, f"{arm['seconds']:.2f}", str(arm["quadrant"]["compute"])]


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    lines = [
        "objective: of the solver's best answer, computed again from the problem as it was given.",
        "compute: what the solver ran on. “Simulated quantum” is a quantum circuit computed on an ordinary "
        "processor.",
    ]
    if any(arm.get("twin_of") for arm in _arms(best(records))):
        lines.append("twin: the classical twin of the quantum solver above it.")
    return lines


def sentences(records: Sequence[Record]) -> list[str]:
    """The explanation of the best answer."""
    return [str(sentence) for sentence in best(records).payload.explanation.get("sentences", ())]


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data."""
    chosen = best(records).payload
    return {
        "question": chosen.question,
        "read_by": chosen.read_by,
        "answer": chosen.answer,
        "explanation": chosen.explanation,
        "verdict": sentences(records),
    }


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    chosen = best(records)
    told = chosen.payload
    arms = _arms(chosen)
    return render_template(
        "asking.html.j2", level=level, question=told.question, paraphrase=told.paraphrase,
        answer=[_line(line) for line in told.answer], sentences=sentences(records), header=HEADER,
        rows=[(arm, cells(arm)) for arm in arms], read_by=told.read_by,
        legend=legend(records), receipt=_receipt(chosen), pictures=pictures(records),
    )  # fmt: skip


def pictures(records: Sequence[Record]) -> list[Picture]:
    """The way to the best answer, differences from twins over the runs, and cost."""
    chosen = best(records)
    told = chosen.payload.explanation
    limit, arms = told.get("limit") or {}, _arms(chosen)
    answer = {
        "arms": arms, "sense": chosen.payload.sense, "feasible": "objective" in chosen.metrics,
        "bound": limit.get("value"), "bound_from": limit.get("how"), "gap": limit.get("gap"),
    }  # fmt: skip
    of = f"the best of {len(records)} records" if len(records) > 1 else "one record"
    source = f"From {of} of task {chosen.task_id}, with seed {chosen.seed}; n = 1, so there is no interval."
    goal = told.get("goal") or {}
    quantity = Quantity(
        str(goal.get("name") or "objective"), str(goal.get("unit") or ""),
        "lower" if chosen.payload.sense == "min" else "higher",
    )  # fmt: skip
    styles = looks({arm["solver"]: arm.get("twin_of") for record in records for arm in _arms(record)})
    costs = cost({"whole run": list(records)}, "reading, deciding, solving and explaining")
    shown = [incumbents(answer, source), forest(_differences(records), quantity, records, styles), costs]
    return [picture for picture in shown if picture is not None]


def _differences(records: Sequence[Record]) -> list[Difference]:
    """Of each quantum solver from each of its twins, over the runs in which both found something feasible."""
    found: dict[str, dict[int, float]] = {}
    twin_of: dict[str, str] = {}
    for record in records:
        for arm in _arms(record):
            if arm.get("twin_of"):
                twin_of[arm["solver"]] = arm["twin_of"]
            if arm.get("feasible") and arm.get("objective") is not None:
                found.setdefault(arm["solver"], {})[record.seed] = float(arm["objective"])
    pairs = ((of, twin, paired(found.get(of, {}), found.get(twin, {}))) for twin, of in twin_of.items())
    return [Difference(of, twin, "twin", value) for of, twin, value in pairs if value is not None]


def _arms(record: Record) -> list[Mapping[str, Any]]:
    return [story["data"] for story in record.payload.explanation.get("arms", ())]


def _line(line: Mapping[str, Any]) -> tuple[str, str]:
    value = line.get("value")
    shown = claims.number(value) if isinstance(value, int | float) else str(value)
    return str(line.get("what")), f"{shown} {line.get('unit') or ''}".rstrip()


def _receipt(record: Record) -> list[tuple[str, str]]:
    """What somebody needs to find the same again."""
    told = record.payload.explanation.get("receipt") or {}
    pairs = [("problem", record.payload.problem_hash), ("seed", str(record.seed))]
    pairs += [
        (label, str(told[key]))
        for key, label in (
            ("specification_sha256", "SHA-256 of the specification"),
            ("quadrant", "computed on"),
            ("seconds", "seconds"),
        )
        if told.get(key) is not None
    ]
    installed = ", ".join(f"{k} {v}" for k, v in record.provenance.versions.items() if v)
    return [*pairs, ("versions", installed)]
