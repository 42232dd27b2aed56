"""An answer in the user's words: what it is, how good it is, what limits it, who found it, and a receipt."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from qualms.errors import QualmsError
from qualms.orchestrator.wording import (
    amount,
    difference,
    goal,
    listed,
    number,
    outward,
    said,
    single,
    unit_of_condition,
)
from qualms.problems.fingerprint import fingerprint
from qualms.problems.mixed_integer import MixedInteger
from qualms.records import Interval, Record, paired
from qualms.records.provenance import SOLVING, provenance
from qualms.records.quadrant import Quadrant, highest
from qualms.solve.bounds import bound
from qualms.solve.conditions import binding
from qualms.solve.conflict import Conflict, conflict
from qualms.solve.result import CLOSED, Arm, Result, contradicted, tightest
from qualms.solve.sensitivity import Change, Rate, sensitivity
from qualms.solve.solvers import Clock, Limits
from qualms.specification.base import Line, plain
from qualms.specification.other_jobs import Classification, LinearSystem, Sampling
from qualms.specification.specification import Specification

_MOST_TOLD = 12  # binding constraints that sentences name
_MOST_RATES = 40  # binding conditions whose sensitivities are computed


@dataclass(frozen=True)
class Goal:
    """The objective.

    Attributes
    ----------
    name, unit : str
        As the user calls it.
    sense : str
        "min" or "max".
    value : number or None
        Of the answer, computed from the problem as it was given.
    """

    name: str
    unit: str
    sense: str
    value: int | float | None


@dataclass(frozen=True)
class Limit:
    """What no answer can pass.

    Attributes
    ----------
    value : number
        The bound.
    how : str
        Where it comes from.
    verified : bool
        Whether arithmetic of Qualms proves it, or a solver is taken at its word.
    gap : float or None
        Distance from the answer, relative to the answer's objective.
    """

    value: int | float
    how: str
    verified: bool
    gap: float | None


@dataclass(frozen=True)
class Binding:
    """A constraint or bound that the answer meets with equality.

    Attributes
    ----------
    name : str
        As the user calls it.
    text : str
        With its side: "carpentry (at most 240 hours)".
    of : str
        "row low", "row high", "row", "low" or "high".
    side : float
        Its number.
    unit : str
        Of the side.
    rate : Rate or None
        What moving the side brings; None where that was not computed.
    integers_fixed : bool
        Whether the rate's dual holds the integer variables at their values.
    """

    name: str
    text: str
    of: str
    side: float
    unit: str
    rate: Rate | None
    integers_fixed: bool


@dataclass(frozen=True)
class ArmStory:
    """One arm in one sentence, with the numbers of `Result.to_dict`."""

    solver: str
    sentence: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Contribution:
    """What a quantum arm found beyond one of its classical twins.

    Attributes
    ----------
    solver, twin : str
        Their names.
    difference : float or None
        Objective of the quantum arm less that of its twin; None where one of them found nothing feasible.
    better : bool or None
        Whether the difference is to the good.
    interval : Interval or None
        Of the same difference over paired runs, where records of at least two seeds were given.
    sentence : str
        The same in words.
    """

    solver: str
    twin: str
    difference: float | None
    better: bool | None
    interval: Interval | None
    sentence: str


@dataclass(frozen=True)
class Receipt:
    """By which somebody else can find the same again.

    Attributes
    ----------
    fingerprint : str
        Of the problem's data.
    specification_sha256 : str
        Of the specification's JSON.
    seeds : tuple of int
        Of the arms.
    versions : Mapping
        Installed packages.
    machine : Mapping
        The kind of machine.
    created_at : str
        Time of the explanation.
    quadrant : str
        The one furthest from classical of the arms that ran.
    winner_quadrant : str or None
        Of the arm whose answer this is.
    seconds : float
        Of the whole run.
    """

    fingerprint: str
    specification_sha256: str
    seeds: tuple[int, ...]
    versions: Mapping[str, str | None]
    machine: Mapping[str, Any]
    created_at: str
    quadrant: str
    winner_quadrant: str | None
    seconds: float


@dataclass(frozen=True)
class Explanation:
    """Everything that is to be said about an answer, from numbers alone.

    Attributes
    ----------
    problem, kind, status : str
        The instance's name, its kind, and the status of the result.
    goal : Goal
        The objective.
    answer : tuple of Line
        In the user's names and units; empty where there is none.
    feasible : bool
        Whether the answer keeps all constraints, by exact arithmetic.
    violations : tuple of str
        The constraints that it breaks.
    limit : Limit or None
        The tightest bound.
    checked : Limit or None
        The tightest bound that arithmetic of Qualms proves.
    bindings : tuple of Binding
        What limits the answer, with sensitivities.
    conflict : Conflict or None
        Constraints that cannot hold together, where there is no answer.
    conflict_text : tuple of str
        The same in sentences, with units.
    arms : tuple of ArmStory
        Every solver's run.
    contributions : tuple of Contribution
        Every quantum arm with each of its twins.
    notes : tuple of str
        What was assumed.
    left_out : tuple of str
        What this explanation lacks, and why.
    interrupted : str
        That the user ended the run before its time, in words; empty where nobody did.
    receipt : Receipt
        For others to repeat it.
    """

    problem: str
    kind: str
    status: str
    goal: Goal
    answer: tuple[Line, ...]
    feasible: bool
    violations: tuple[str, ...]
    limit: Limit | None
    checked: Limit | None
    bindings: tuple[Binding, ...]
    conflict: Conflict | None
    conflict_text: tuple[str, ...]
    arms: tuple[ArmStory, ...]
    contributions: tuple[Contribution, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    receipt: Receipt
    interrupted: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, with all digits."""
        return {
            **{f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)},
            "bindings": [
                {**asdict(b), "rate": None if b.rate is None else b.rate.to_dict()} for b in self.bindings
            ],
            "conflict": None if self.conflict is None else self.conflict.to_dict(),
            "sentences": self.sentences(),
        }

    def sentences(self) -> list[str]:
        """The same for people, most important first, numbers rounded."""
        return [
            *([self.interrupted] if self.interrupted else []),
            *answer_sentences(self),
            *limit_sentences(self),
            *self.conflict_text,
            *binding_sentences(self),
            *(arm.sentence for arm in self.arms),
            *(c.sentence for c in self.contributions),
            *(f"Note: {text}" for text in self.notes),
            *self.left_out,
        ]


def explain(
    specification: Specification, result: Result, seconds: float = 5.0, records: Sequence[Record] = ()
) -> Explanation:
    """Explain a result.

    Parameters
    ----------
    specification : Specification
        What was to be solved.
    result : Result
        What solving its problem left.
    seconds : float
        Of wall time for sensitivities, or for the conflict where there is no answer.
    records : sequence of Record
        Of kind "solving", from runs of the same problem with other seeds: a quantum arm's difference from its
        twin gets an interval from them.

    Returns
    -------
    Explanation
        The explanation. What could not be computed is named in `left_out`.
    """
    clock = Clock(Limits(seconds))
    name, unit = goal(specification)
    told = result.to_dict()
    checked = _checked_limit(result, 0.25 * seconds)
    bindings, clash, left_out = _looked_into(specification, result, clock)
    return Explanation(
        problem=result.problem.name,
        kind=specification.kind,
        status=result.status,
        goal=Goal(name, unit, result.problem.sense, told["objective"]),
        answer=lines(specification, result),
        feasible=result.feasible,
        violations=tuple(told["violations"]),
        limit=None
        if told["bound"] is None
        else Limit(told["bound"], told["bound_from"], told["bound_verified"], told["gap"]),
        checked=checked,
        bindings=bindings,
        conflict=clash,
        conflict_text=() if clash is None else tuple(conflict_sentences(specification, clash)),
        arms=tuple(
            ArmStory(arm.solver, _arm_sentence(arm, row, unit), row)
            for arm, row in zip(result.arms, told["arms"], strict=True)
        ),
        contributions=contributions(result, unit, records),
        notes=tuple(result.problem.notes),
        left_out=tuple(left_out),
        receipt=receipt(specification, result),
        interrupted=_interrupted(result),
    )


def _interrupted(result: Result) -> str:
    if not result.stopped:
        return ""
    return f"The run was interrupted after {result.seconds:.1f} s; this is what was found until then."


def _checked_limit(result: Result, seconds: float) -> Limit | None:
    """The tightest bound that needs nobody's word; computed here where a solver's word ended the run."""
    if not result.feasible:
        return None
    verified = [b for b in result.bounds if b.verified]
    if result.bound is not None and not result.bound.verified and not verified:
        with suppress(QualmsError):
            found = bound(result.problem, seconds)
            verified = [found] if found is not None and found.verified else []
    verified = [b for b in verified if not contradicted(result.problem, b, result.best)]
    best = tightest(result.problem, verified)
    if best is None:
        return None
    return Limit(plain(best.value), best.how, True, replace(result, bounds=[best]).gap)


def conflict_sentences(specification: Specification, clash: Conflict) -> list[str]:
    """A conflict in words, with units."""
    return clash.sentences(lambda c: said(c, unit_of_condition(specification, c)))


def lines(specification: Specification, result: Result) -> tuple[Line, ...]:
    """The best answer in the user's names; none where nothing feasible was found."""
    if result.best is None or not result.feasible:
        return ()
    assert not isinstance(specification, Classification | Sampling | LinearSystem)
    return specification.answer(result.best.solution)


def find_conflict(result: Result, clock: Clock) -> tuple[Conflict | None, str | None]:
    """The conditions of an infeasible problem that cannot hold together, or why they cannot be told."""
    try:
        found = conflict(result.problem, clock)
    except QualmsError as error:
        return None, f"Which constraints conflict cannot be told: {error}."
    if found is None and result.status == "infeasible":
        return None, "Which constraints conflict was not found in the time."
    return found, None


def receipt(specification: Specification, result: Result) -> Receipt:
    """By which the run can be repeated."""
    ran = [arm for arm in result.arms if arm.refused is None]
    simulated = any(arm.quadrant.is_quantum for arm in ran)
    where = provenance((*SOLVING, "torch") if simulated else SOLVING, with_torch=False)
    winner = next((arm for arm in result.arms if arm.solver == result.winner), None)
    quadrants = [arm.quadrant for arm in ran] or [Quadrant("classical", "classical")]
    return Receipt(
        fingerprint=fingerprint(result.problem),
        specification_sha256=hashlib.sha256(specification.model_dump_json().encode()).hexdigest(),
        seeds=tuple(sorted({arm.seed for arm in result.arms})),
        versions=where.versions,
        machine=where.machine,
        created_at=where.created_at,
        quadrant=str(highest(*quadrants)),
        winner_quadrant=str(winner.quadrant) if winner else None,
        seconds=result.seconds,
    )


def _looked_into(
    specification: Specification, result: Result, clock: Clock
) -> tuple[tuple[Binding, ...], Conflict | None, list[str]]:
    """What binds, what conflicts, and what of that is missing."""
    if not result.feasible:
        if result.status == "unbounded":
            return (), None, []
        clash, why = find_conflict(result, clock)
        return (), clash, [why] if why else []
    if not isinstance(result.problem, MixedInteger):
        return (), None, []
    assert result.best is not None
    model, x = result.problem, result.best.solution
    met = binding(model, x)
    rates: dict[Any, Rate] = {}
    fixed, left_out = False, []
    if result.status != "optimal":
        if met:
            left_out.append(
                "What moving a limit would bring is not told, because the answer is not known to be the best."
            )
    else:
        try:
            found = sensitivity(model, x, clock, met[:_MOST_RATES])
            rates = {rate.condition: rate for rate in found.rates}
            fixed = found.integers_fixed
            if not found.complete:
                left_out.append("The time ended before all sensitivities were computed.")
        except QualmsError as error:
            left_out.append(f"Sensitivities are missing: {error}.")
        if len(met) > _MOST_RATES:
            left_out.append(
                f"Sensitivities are told for {_MOST_RATES} of {len(met):,} limits that the answer meets."
            )
    bindings = []
    for c in met:
        assert c.side is not None
        if c.of == "low" and c.side == 0 and c not in rates:
            continue  # most variables of a large answer are 0
        unit = unit_of_condition(specification, c)
        bindings.append(Binding(c.name, said(c, unit), c.of, c.side, unit, rates.get(c), fixed))
    return tuple(bindings), None, left_out


# Sentences --------------------------------------------------------------------------------------------------


def answer_sentences(explanation: Explanation) -> list[str]:
    """What the answer is, and its objective."""
    goal = explanation.goal
    if explanation.status in ("infeasible", "infeasible or unbounded"):
        other = " or unbounded" if "unbounded" in explanation.status else ""
        return [f"There is no answer: the problem is infeasible{other}."]
    if explanation.status == "unbounded":
        return [
            f"There is no best answer: {goal.name} can be improved without end. Perhaps a limit is missing."
        ]
    if not explanation.feasible:
        told = ["No answer that keeps all constraints was found."]
        if explanation.violations:
            told.append(f"The best attempt breaks: {listed(explanation.violations, 5)}.")
        return told
    assert goal.value is not None
    shown = listed([line_text(line) for line in explanation.answer], 40)
    return [f"Answer: {shown}.", f"{capital(goal.name)} is {amount(goal.value, goal.unit)}."]


def limit_sentences(explanation: Explanation) -> list[str]:
    """How good the answer is, and whose word that is."""
    limit, goal = explanation.limit, explanation.goal
    if not explanation.feasible or goal.value is None:
        return []
    if limit is None:
        return ["No bound was found, so it is not known how far the answer is from the best one."]
    checked = explanation.checked
    if explanation.status == "optimal":
        if checked is not None and checked.gap is not None and checked.gap <= CLOSED:
            return [f"No answer is better. Qualms checked the bound that proves it ({checked.how})."]
        told = f"No answer is better, if the bound is right that it meets ({limit.how})."
        return [told, *_only_checked(checked, goal)]
    whose = "Qualms checked that bound" if limit.verified else "Qualms did not check that bound"
    better = "larger" if goal.sense == "max" else "smaller"
    shown = amount(outward(limit.value, goal.sense), goal.unit)
    gap = _gap(limit, goal)
    source = f"That bound comes from: {limit.how}; {whose}."
    told = f"In no answer is {goal.name} {better} than {shown}{gap}. {source}"
    return [told, *([] if limit.verified else _only_checked(checked, goal))]


def _only_checked(checked: Limit | None, goal: Goal) -> list[str]:
    """How much is known without the word of a solver."""
    if checked is None:
        return ["Qualms has no bound of its own for it."]
    shown = amount(outward(checked.value, goal.sense), goal.unit)
    gap = _gap(checked, goal)
    return [f"The bound that Qualms checked itself is {shown}{gap} from: {checked.how}."]


def _gap(limit: Limit, goal: Goal) -> str:
    """The distance from the bound: as a share of the objective, which says little near 0, and by itself."""
    if limit.gap is None or goal.value is None:
        return ""
    away = abs(float(limit.value) - float(goal.value))
    return f", a gap of {_percent(limit.gap)} ({amount(away, goal.unit)})"


def binding_sentences(explanation: Explanation) -> list[str]:
    """What limits the answer, and what moving that would bring."""
    rows = [b for b in explanation.bindings if b.of.startswith("row")]
    bounds = [b for b in explanation.bindings if not b.of.startswith("row")]
    shown = rows + [b for b in bounds if b.of == "high" or b.side != 0]
    told = []
    if shown:
        told.append(f"The answer reaches these limits: {listed([b.text for b in shown], _MOST_TOLD)}.")
    useful = [b for b in explanation.bindings if b.rate is not None and _matters(b.rate)]
    for one in useful[:_MOST_TOLD]:
        told += rate_sentences(one, explanation.goal)
    return told


def _matters(rate: Rate) -> bool:
    changes = [c for c in (rate.more, rate.less) if c is not None]
    return bool(rate.dual) or any(c.status in ("infeasible", "unbounded") or c.difference for c in changes)


def rate_sentences(one: Binding, goal: Goal) -> list[str]:
    """What moving one side brings."""
    rate = one.rate
    if rate is None:
        return []
    told = []
    if rate.dual is not None:
        held = " while the integer variables stay as they are" if one.integers_fixed else ""
        told.append(
            f"{_per(one)}, {goal.name} changes by {difference(rate.dual, goal.unit)}{held}"
            f"{_valid(rate, one.unit)}."
        )
        if not one.integers_fixed and _same_rate(rate):
            return told
    if one.of == "low" and one.side == 0:
        return told  # less than nothing of something is no answer
    parts = [
        _changed(change, word, one.unit, goal)
        for change, word in ((rate.more, "more"), (rate.less, "less"))
        if change is not None and change.status != "unknown"
    ]
    if parts:
        told.append(f"{capital(one.text)}: {'; '.join(parts)}.")
    return told


def _per(one: Binding) -> str:
    """ "Per hour more of carpentry (at most 240 hours)"."""
    unit = "one hundred percentage points" if one.unit == "%" else single(one.unit) or "unit"
    if one.of == "low" and one.side == 0:
        return f"Per {unit} of {one.name}"
    return f"Per {unit} more of {one.text}"


def _same_rate(rate: Rate) -> bool:
    """Whether both steps are in the range of the dual, so that they say nothing new."""
    changes = (rate.more, rate.less)
    return rate.dual is not None and all(
        c is not None
        and c.difference is not None
        and math.isclose(c.difference, rate.dual * c.step, rel_tol=1e-6, abs_tol=1e-9)
        for c in changes
    )


def _valid(rate: Rate, unit: str) -> str:
    if rate.range is None:
        return ""
    low, high = rate.range.low, rate.range.high
    if low is None and high is None:
        return ", wherever it is"
    if low is None:
        return f", while it is at most {amount(high or 0.0, unit)}"
    if high is None:
        return f", while it is at least {amount(low, unit)}"
    return f", while it is between {amount(low, unit)} and {amount(high, unit)}"


def _changed(change: Change, word: str, unit: str, goal: Goal) -> str:
    step = f"with {amount(abs(change.step), single(unit) if abs(change.step) == 1 else unit)} {word}"
    if change.status == "infeasible":
        return f"{step} there would be no answer"
    if change.status == "unbounded":
        return f"{step} {goal.name} would have no limit"
    assert change.objective is not None
    assert change.difference is not None
    if change.difference == 0:
        return f"{step} {goal.name} would stay the same"
    return (
        f"{step} {goal.name} would be {amount(change.objective, goal.unit)} "
        f"({difference(change.difference, goal.unit)})"
    )


def line_text(line: Line) -> str:
    """ "tables 30", "taken: gold, silver"."""
    if isinstance(line.value, str):
        return f"{line.what}: {line.value}"
    unit = "" if line.unit == line.what else line.unit
    return f"{line.what} {amount(float(line.value), unit)}"


def capital(text: str) -> str:
    """With a capital letter, as a sentence begins."""
    return text[:1].upper() + text[1:]


def _percent(gap: float) -> str:
    """Rounded up to two digits, so that it is not less than it is."""
    if gap == 0:
        return "0 %"
    places = 1 - math.floor(math.log10(100 * gap))
    scale = 10.0**places
    return f"{math.ceil(100 * gap * scale - 1e-9) / scale:.6g} %"


def _arm_sentence(arm: Arm, row: Mapping[str, Any], unit: str) -> str:
    who = f"{arm.solver} ({arm.quadrant.compute})"
    if arm.twin_of:
        who = f"{arm.solver} (the classical twin of {arm.twin_of})"
    if arm.refused:
        return f"{who} did not take the problem: {arm.refused}."
    if arm.failed and arm.seconds == 0:
        return f"{who} did not run: {arm.failed}."
    seconds = f"in {arm.seconds:.2g} s"
    effort = f" with {arm.effort.amount:,} {arm.effort.unit}" if arm.effort else ""
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


# Quantum arms and their twins -------------------------------------------------------------------------------


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
        lacks = [arm.solver for arm in (quantum, twin) if arm.best is None or not arm.best.feasible]
        return (
            f"{quantum.solver} cannot be compared with its twin {twin.solver}, because "
            f"{listed(lacks)} found nothing that keeps all constraints."
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


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Line):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
