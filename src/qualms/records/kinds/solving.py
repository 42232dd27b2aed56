"""The payload of one solver's run on a decision problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qualms.records.quadrant import Quadrant
from qualms.records.real import Real


@dataclass(frozen=True)
class ProvenBound:
    """A limit that no solution passes.

    Attributes
    ----------
    value : float or None
        None where it is not finite.
    how : str
        Where it comes from.
    verified : bool
        Whether a certificate was checked by arithmetic of ours, or a solver is taken at its word.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    value: int | float | None
    how: str
    verified: bool


@dataclass(frozen=True)
class RunOutcome:
    """What all solvers of one run found together.

    Attributes
    ----------
    status : str
        "optimal", "feasible", "infeasible", "unbounded", "infeasible or unbounded" or "unknown".
    solver : str or None
        Whose solution is the best.
    quadrant : Quadrant or None
        What that solver computed on.
    objective : number or None
        Of the best solution.
    feasible : bool
        Whether the best solution keeps all constraints.
    bound : ProvenBound or None
        The tightest.
    gap : float or None
        Distance of objective and bound, relative to the objective.
    no_answer_from : str or None
        Who says that there is no solution.
    conflict : list of str
        Constraints that cannot hold together.
    seconds : float
        Of the whole run.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    status: str
    solver: str | None
    quadrant: Quadrant | None
    objective: int | float | None
    feasible: bool
    bound: ProvenBound | None
    gap: float | None
    no_answer_from: str | None
    conflict: list[str]
    seconds: Real


@dataclass(frozen=True)
class Solving:
    """One solver on one problem; the record's `method` is the solver.

    Attributes
    ----------
    problem, problem_kind, sense : str
        The instance's name, what it is, and "min" or "max".
    size : int
        Numbers in a solution.
    problem_hash : str
        Hash of the problem's data; the name does not count.
    limits : Mapping[str, Any]
        Seconds for everything together, and rounds of each solver, if they were limited.
    outcome : RunOutcome
        What all solvers of this run found together.
    feasible : bool
        Whether this solver's best solution keeps all constraints. Its objective is the metric "objective".
    violations : list of str
        The constraints that it breaks.
    bounds : list of ProvenBound
        What this solver proved.
    no_answer : str or None
        "infeasible" or "unbounded", if the solver says so.
    refused, failed : str or None
        Why the solver did not take the problem, or ended in an error while it worked.
    effort : Mapping[str, Any] or None
        {"amount", "unit"}: what the solver did, in its own unit, where it tells that.
    incumbents : list of [seconds, objective]
        Each solution that was better than all before it.
    solution : Any
        The best solution in the numbers of the user's file, or None.
    solution_is : str or None
        What these numbers are.
    encoding : Mapping[str, Any] or None
        Size of the problem as an Ising model, if some solver asked for that.
    picture : Mapping[str, Any] or None
        What a page draws of the run's best solution; kept with the record whose solution that is.
    notes : list of str
        What was assumed, rounded, left out or not used when the problem was read.
    offers : list of [seconds, solver, objective]
        Answers of other solvers that a race offered to this one. What it found after that is not its own work
        alone.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    problem: str
    problem_kind: str
    sense: str
    size: int
    problem_hash: str
    limits: Mapping[str, Any]
    outcome: RunOutcome
    feasible: bool
    violations: list[str]
    bounds: list[ProvenBound]
    no_answer: str | None
    refused: str | None
    failed: str | None
    effort: Mapping[str, Any] | None
    incumbents: list[tuple[Real, int | float | None]]
    solution: Any
    solution_is: str | None
    encoding: Mapping[str, Any] | None
    picture: Mapping[str, Any] | None
    notes: list[str]
    offers: list[tuple[Real, str, int | float | None]] = field(default_factory=list)
