"""The record of a question that was answered, and everything built again from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qualms.errors import DataError
from qualms.orchestrator.explain import Explanation
from qualms.problems.fingerprint import fingerprint
from qualms.problems.problem import Bound, NoAnswer
from qualms.records import CLASSICAL, Cost, Metric, Quadrant, Record, digest
from qualms.records.kinds import Asking
from qualms.records.provenance import Provenance
from qualms.records.quadrant import highest
from qualms.solve.check import check
from qualms.solve.result import Arm, Offer, Result
from qualms.solve.solvers import Limits
from qualms.solve.solvers.solver import Effort
from qualms.specification.specification import Specification, parse, to_problem


@dataclass(frozen=True)
class Asked:
    """What a record of kind "asking" holds, as objects.

    Attributes
    ----------
    specification : Specification
        What was to be solved.
    result : Result
        What solving left: the checked answer, the bounds and the arms. Of the arms only the winner has its
        solution.
    limits : Limits
        Those of the run.
    """

    specification: Specification
    result: Result
    limits: Limits


def asking_record(
    specification: Specification,
    result: Result,
    explanation: Explanation,
    limits: Limits,
    question: str = "",
    paraphrase: Sequence[str] = (),
    decision: Mapping[str, Any] | None = None,
    read_by: str = "",
) -> Record:
    """The record of one answered question.

    Parameters
    ----------
    specification, result, explanation
        What was solved, and with what outcome.
    limits : Limits
        Those that solving was given.
    question : str
        The user's words.
    paraphrase : sequence of str
        What the user saw of how it was understood; default: the specification's sentences.
    decision : Mapping, optional
        Why which solvers ran, as JSON has it.
    read_by : str
        Who read the words.
    """
    given = {"seconds": float(limits.seconds), "rounds": limits.rounds}
    written = json.loads(specification.model_dump_json())
    told = explanation.to_dict()
    won = next((arm for arm in result.arms if arm.solver == result.winner), None)
    ran = [won] if won else [arm for arm in result.arms if arm.refused is None]
    seed = result.arms[0].seed if result.arms else 0
    metrics = {}
    if result.feasible and explanation.goal.value is not None:
        metrics["objective"] = Metric(
            explanation.goal.value, "objective", "lower" if result.problem.sense == "min" else "higher"
        )
    data = fingerprint(result.problem)
    receipt = explanation.receipt
    return Record(
        id=digest(["asking", written, question, given, seed, sorted(arm.solver for arm in result.arms)]),
        kind="asking",
        task_id=digest(["asking", data, given]),
        method=result.winner or "none",
        seed=seed,
        twin_of=None,
        twin_is=None,
        quadrant=highest(*(arm.quadrant for arm in ran)) if ran else CLASSICAL,  # of what found the answer
        metrics=metrics,
        cost=Cost(result.seconds, sum(arm.cost for arm in result.arms)),
        provenance=Provenance(receipt.created_at, receipt.versions, receipt.machine),
        payload=Asking(
            question=question,
            paraphrase=list(paraphrase or specification.sentences()),
            specification=written,
            problem=result.problem.name,
            problem_kind=result.problem.kind,
            sense=result.problem.sense,
            problem_hash=data,
            limits=given,
            decision=dict(decision or {}),
            status=result.status,
            answer=[line.model_dump() for line in explanation.answer],
            solution=None if result.best is None else np.asarray(result.best.solution).tolist(),
            explanation=told,
            notes=list(result.problem.notes),
            read_by=read_by,
        ),
    )


def asked(record: Record) -> Asked:
    """Build the specification and the result of a record again; the answer is checked again.

    Raises
    ------
    DataError
        For a record of another kind, or one whose specification is not the problem that it says.
    """
    if record.kind != "asking":
        raise DataError(f"record {record.id} is of kind {record.kind!r}, not 'asking'")
    payload = record.payload
    specification = parse(json.dumps(payload.specification))
    problem = to_problem(specification)
    if fingerprint(problem) != payload.problem_hash:
        raise DataError(
            f"record {record.id}: the specification is another problem than the one that was solved; it was "
            "changed, or written by another version of Qualms"
        )
    best = None if payload.solution is None else check(problem, np.asarray(payload.solution))
    arms = [_arm(story["data"]) for story in payload.explanation["arms"]]
    winner = record.method if best is not None else None
    for arm in arms:
        if arm.solver == winner:
            arm.best = best
    limits = [payload.explanation[key] for key in ("limit", "checked")]
    bounds = [Bound(b["value"], b["how"], b["verified"]) for b in limits if b is not None]
    return Asked(
        specification=specification,
        result=Result(problem, best, winner, bounds, arms, record.cost.seconds),
        limits=Limits(payload.limits["seconds"], payload.limits["rounds"]),
    )


def _arm(data: Mapping[str, Any]) -> Arm:
    return Arm(
        solver=data["solver"],
        quadrant=Quadrant(**data["quadrant"]),
        seed=data["seed"],
        incumbents=[(float(t), v) for t, v in data["incumbents"] if v is not None],
        bounds=[Bound(b["value"], b["how"], b["verified"]) for b in data["bounds"] if b["value"] is not None],
        no_answer=None if data["no_answer"] is None else NoAnswer(data["no_answer"], data["solver"]),
        seconds=data["seconds"],
        refused=data["refused"],
        failed=data["failed"],
        cost=data["cost"],
        effort=None if data["effort"] is None else Effort(data["effort"]["amount"], data["effort"]["unit"]),
        twin_of=data["twin_of"],
        twin_is=data["twin_is"],
        offers=[Offer(float(t), who, v) for t, who, v in data.get("offers", [])],
    )
