"""What each arm did, and what quantum arms found beyond their twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qualms.orchestrator.explaining.parts import Contribution
from qualms.orchestrator.wording import amount, difference, listed, number
from qualms.problems.fingerprint import fingerprint
from qualms.records import Interval, Record, paired
from qualms.solve.result import Arm, Result
from qualms.solve.solvers.solver import Effort


def arm_sentence(arm: Arm, row: Mapping[str, Any], unit: str) -> str:
    who = f"{arm.solver} ({arm.quadrant.compute})"
    if arm.twin_of:
        who = f"{arm.solver} (the classical twin of {arm.twin_of})"
    if arm.refused:
        return f"{who} did not take the problem: {arm.refused}."
    if arm.failed and arm.seconds == 0:
        return f"{who} has no answer: {arm.failed}."
    seconds = f"in {arm.seconds:.2g} s"
    effort = f" with {_effort(arm.effort)}" if arm.effort else ""
    ended = f" It ended in an error: {arm.failed}." if arm.failed else ""
    if row["no_answer"]:
        return f"{who} found {seconds} that the problem is {row['no_answer']}.{ended}"
    if row["objective"] is None:
        given = ""
        if arm.offers:
            last = arm.offers[-1]
            given = f" better than the {amount(float(last.objective), unit)} of {last.solver}"
        return f"{who} found nothing{given} {seconds}{effort}.{ended}"
    if not row["feasible"]:
        return f"{who} found nothing that keeps all constraints {seconds}{effort}.{ended}"
    bounds = [b for b in row["bounds"] if b["value"] is not None]
    bound = f", and the bound {amount(bounds[-1]['value'], unit)}" if bounds else ""
    return f"{who} found {amount(row['objective'], unit)} {seconds}{effort}{bound}.{ended}"


def _effort(effort: Effort) -> str:
    unit = effort.unit.removesuffix("s") if effort.amount == 1 else effort.unit
    return f"{effort.amount:,} {unit}"


def contributions(result: Result, unit: str, records: Sequence[Record] = ()) -> tuple[Contribution, ...]:
    """What each quantum arm found beyond each of its twins."""
    arms = {arm.solver: arm for arm in result.arms}
    same = [
        r for r in records if r.kind == "solving" and r.payload.problem_hash == fingerprint(result.problem)
    ]
    sign = 1 if result.problem.sense == "min" else -1
    found = []
    for twin in result.arms:
        quantum = arms.get(twin.twin_of or "")
        if quantum is None:
            continue
        between = _interval(same, quantum.solver, twin.solver)
        a, b = quantum.best, twin.best
        delta = float(a.objective - b.objective) if a and b and a.feasible and b.feasible else None
        better = None if delta is None else sign * delta < 0
        text = _against(quantum, twin, delta, better, unit)
        if between is not None:
            text += " " + _over_seeds(between, sign, unit)
        elif delta is not None:
            text += " One run is no evidence either way."
        found.append(Contribution(quantum.solver, twin.solver, delta, better, between, text))
    return tuple(found)


def _interval(records: Sequence[Record], quantum: str, twin: str) -> Interval | None:
    """Of the paired difference over runs of one task and seed; None for fewer than two."""
    runs: dict[str, dict[int, float]] = {quantum: {}, twin: {}}
    numbers: dict[tuple[str, int], int] = {}
    for record in records:
        if record.method in runs and record.payload.feasible and "objective" in record.metrics:
            key = numbers.setdefault((record.task_id, record.seed), len(numbers))
            runs[record.method][key] = record.value("objective")
    found = paired(runs[quantum], runs[twin])
    return found if found is not None and found.count > 1 else None


def _against(quantum: Arm, twin: Arm, delta: float | None, better: bool | None, unit: str) -> str:
    control = twin.twin_is or "a classical step stands in place of the quantum one"
    if delta is None:
        without = [arm.solver for arm in (quantum, twin) if arm.best is None]
        breaking = [arm.solver for arm in (quantum, twin) if arm.best and not arm.best.feasible]
        lacks = [f"{listed(without)} {'has' if len(without) == 1 else 'have'} no answer"] if without else []
        lacks += [f"{listed(breaking)} found nothing that keeps all constraints"] if breaking else []
        return (
            f"{quantum.solver} cannot be compared with its twin {twin.solver}, because {' and '.join(lacks)}."
        )
    if delta == 0:
        verdict = "found the same objective as"
    else:
        verdict = "was better than" if better else "was worse than"
    away = "" if delta == 0 else f" by {amount(abs(delta), unit)}"
    return f"{quantum.solver} {verdict} its twin {twin.solver} ({control}){away}."


def _over_seeds(between: Interval, sign: int, unit: str) -> str:
    shown = (
        f"the difference is {difference(between.mean, unit)}, 95 % interval "
        f"{difference(between.low, unit)} to {difference(between.high, unit)}"
    )
    if between.low == between.high == 0:
        verdict = "they are the same"
    elif not between.excludes_zero:
        verdict = "they are not told apart"
    else:
        verdict = "it is better" if sign * between.mean < 0 else "it is worse"
    return f"Over {number(between.count)} paired runs {shown}: {verdict}."
