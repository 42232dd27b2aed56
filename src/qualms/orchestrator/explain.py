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
from qualms.orchestrator.explaining.arms import arm_sentence, contributions
from qualms.orchestrator.explaining.parts import ArmStory, Binding, Contribution, Goal, Limit, Receipt
from qualms.orchestrator.explaining.sentences import (
    answer_sentences,
    binding_sentences,
    conflict_sentences,
    limit_sentences,
)
from qualms.orchestrator.wording import goal, said, unit_of_condition
from qualms.problems.fingerprint import fingerprint
from qualms.problems.mixed_integer import MixedInteger
from qualms.records import Record
from qualms.records.provenance import SOLVING, provenance
from qualms.records.quadrant import Quadrant, highest
from qualms.solve.bounds import bound
from qualms.solve.conditions import binding
from qualms.solve.conflict import Conflict, conflict
from qualms.solve.result import Result, contradicted, tightest
from qualms.solve.sensitivity import Rate, sensitivity
from qualms.solve.solvers import Clock, Limits
from qualms.specification.base import Line, plain
from qualms.specification.other_jobs import Classification, LinearSystem, Sampling
from qualms.specification.specification import Specification

_MOST_RATES = 40  # binding conditions whose sensitivities are computed


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
            ArmStory(arm.solver, arm_sentence(arm, row, unit), row)
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
