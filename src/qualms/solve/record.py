"""What a run of solvers leaves in a store: a record for every arm, each twin's pointing at its quantum
solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qualms.problems.fingerprint import fingerprint
from qualms.records import Cost, Metric, Record, digest
from qualms.records.kinds import ProvenBound, RunOutcome, Solving
from qualms.records.provenance import SOLVING, Provenance, provenance
from qualms.solve.picture import picture
from qualms.solve.result import Arm, Result
from qualms.solve.solvers import BASELINES, Limits


def budget(result: Result, limits: Limits, raced_on: int | None = None) -> dict[str, Any]:
    """What a run was given: seconds for everything, rounds of each arm, among how many arms the seconds
    were divided, and of a race the cores. The baselines have a small time of their own and do not count.
    """
    shared_by = sum(arm.solver not in BASELINES for arm in result.arms)
    given = {"seconds": float(limits.seconds), "rounds": limits.rounds, "arms": shared_by}
    return given if raced_on is None else {**given, "race_cores": raced_on}


def records(result: Result, limits: Limits, raced_on: int | None = None) -> list[Record]:
    """A record for every arm of a result.

    The task's id hashes the problem's data and the budget: only records of the same budget are compared.

    Parameters
    ----------
    result : Result
        From `solve`.
    limits : Limits
        Those that it was given.
    raced_on : int or None
        Cores of a race; None for arms that ran one after another.

    Returns
    -------
    list[Record]
        Of kind "solving", in the order in which the arms ran.
    """
    told, given, data = result.to_dict(), budget(result, limits, raced_on), fingerprint(result.problem)
    run = _Run(
        task=digest([data, given]),
        data=data,
        limits=given,
        told=told,
        outcome=_outcome(result, told),
        where=provenance(SOLVING, with_torch=False),
    )
    return [_record(result, arm, row, run) for arm, row in zip(result.arms, told["arms"], strict=True)]


@dataclass(frozen=True)
class _Run:
    """What all records of a run share."""

    task: str
    data: str
    limits: dict[str, Any]
    told: dict[str, Any]
    outcome: RunOutcome
    where: Provenance


def _outcome(result: Result, told: dict[str, Any]) -> RunOutcome:
    winner = next((arm for arm in result.arms if arm.solver == result.winner), None)
    return RunOutcome(
        status=told["status"],
        solver=result.winner,
        quadrant=winner.quadrant if winner else None,
        objective=told["objective"],
        feasible=told["feasible"],
        bound=ProvenBound(told["bound"], told["bound_from"], told["bound_verified"])
        if told["bound_from"]
        else None,
        gap=told["gap"],
        no_answer_from=told["no_answer_from"],
        conflict=told["conflict"],
        seconds=told["seconds"],
    )


def _record(result: Result, arm: Arm, row: dict[str, Any], run: _Run) -> Record:
    told = run.told
    wins = arm.solver == result.winner
    shots = (
        arm.effort.amount
        if arm.effort is not None and arm.effort.unit == "samples" and arm.quadrant.is_quantum
        else 0
    )
    metrics = {}
    if row["objective"] is not None:
        metrics["objective"] = Metric(
            row["objective"], "objective", "lower" if told["sense"] == "min" else "higher"
        )
    return Record(
        id=digest([run.task, arm.solver, arm.seed, arm.twin_of]),
        kind="solving",
        task_id=run.task,
        method=arm.solver,
        seed=arm.seed,
        twin_of=arm.twin_of,
        twin_is=arm.twin_is,
        quadrant=arm.quadrant,
        metrics=metrics,
        cost=Cost(arm.seconds, arm.cost, shots),
        provenance=run.where,
        payload=Solving(
            problem=told["problem"],
            problem_kind=told["kind"],
            sense=told["sense"],
            size=result.problem.size,
            problem_hash=run.data,
            limits=run.limits,
            outcome=run.outcome,
            feasible=row["feasible"],
            violations=list(arm.best.violations) if arm.best else [],
            bounds=[ProvenBound(**bound) for bound in row["bounds"]],
            no_answer=row["no_answer"],
            refused=row["refused"],
            failed=row["failed"],
            effort=row["effort"],
            incumbents=row["incumbents"],
            solution=told["solution"] if wins else None,
            solution_is=told["solution_is"] if wins else None,
            encoding=told["encoding"],
            picture=picture(result) if wins else None,
            notes=told["notes"],
            offers=row["offers"],
        ),
    )
