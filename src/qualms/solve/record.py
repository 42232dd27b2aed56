"""What a run of solvers leaves in a store: a record for every arm, each twin's pointing at its quantum
solver.
"""

from __future__ import annotations

from typing import Any

from qualms.problems.fingerprint import fingerprint
from qualms.problems.problem import Problem
from qualms.records import Cost, Metric, Record, digest
from qualms.records.kinds import ProvenBound, RunOutcome, Solving
from qualms.records.provenance import SOLVING, Provenance, provenance
from qualms.solve.picture import picture
from qualms.solve.result import Arm, Result


def task_id(problem: Problem, seconds: float, rounds: int | None) -> str:
    """What makes runs comparable: the problem's data, and the budget.

    Parameters
    ----------
    problem : Problem
    seconds : float
        For everything together.
    rounds : int or None
        Of each arm.
    """
    return digest([fingerprint(problem), float(seconds), rounds])


def records(result: Result, seconds: float, rounds: int | None) -> list[Record]:
    """A record for every arm of a result.

    Parameters
    ----------
    result : Result
        From `solve`.
    seconds : float
        The time that it was given.
    rounds : int or None
        The rounds that each arm was given.

    Returns
    -------
    list[Record]
        Of kind "solving", in the order in which the arms ran.
    """
    told = result.to_dict()
    task, where, outcome = (
        task_id(result.problem, seconds, rounds),
        provenance(SOLVING, with_torch=False),
        _outcome(result, told),
    )
    limits = {"seconds": float(seconds), "rounds": rounds}
    return [
        _record(result, arm, row, task, where, outcome, limits, told)
        for arm, row in zip(result.arms, told["arms"], strict=True)
    ]


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


def _record(
    result: Result,
    arm: Arm,
    row: dict[str, Any],
    task: str,
    where: Provenance,
    outcome: RunOutcome,
    limits: dict[str, Any],
    told: dict[str, Any],
) -> Record:
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
        id=digest([task, arm.solver, arm.seed, arm.twin_of]),
        kind="solving",
        task_id=task,
        method=arm.solver,
        seed=arm.seed,
        twin_of=arm.twin_of,
        twin_is=arm.twin_is,
        quadrant=arm.quadrant,
        metrics=metrics,
        cost=Cost(arm.seconds, arm.cost, shots),
        provenance=where,
        payload=Solving(
            problem=told["problem"],
            problem_kind=told["kind"],
            sense=told["sense"],
            size=result.problem.size,
            problem_hash=fingerprint(result.problem),
            limits=limits,
            outcome=outcome,
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
        ),
    )
