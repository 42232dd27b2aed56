"""What solving leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from qualms.problems.problem import Bound, NoAnswer, Number, Problem
from qualms.records.quadrant import Quadrant
from qualms.solve.check import Checked
from qualms.solve.solution import plain, variables
from qualms.solve.solvers.solver import Effort

CLOSED = 1e-6  # relative: what solvers of real numbers hold to be equal


@dataclass(frozen=True)
class Offer:
    """An answer that a race offered to an arm, which had not found it.

    Attributes
    ----------
    seconds : float
        Since the arm began.
    solver : str
        Who had found it.
    objective : Number
        Its checked objective.
    """

    seconds: float
    solver: str
    objective: Number


@dataclass
class Arm:
    """One solver's run.

    Attributes
    ----------
    incumbents : list[tuple[float, Number]]
        (seconds since the arm began, checked objective) of each answer that was better than all before it
        in this arm.
    best : Checked | None
        The best of them.
    bounds : list[Bound]
        What it proved.
    no_answer : NoAnswer | None
        That there is no solution, if it says so.
    seconds : float
        How long the arm ran.
    refused : str | None
        Why the solver does not take the problem.
    failed : str | None
        The error that ended it while it worked; what it found before that counts.
    cost : float
        Money, in US dollars.
    effort : Effort | None
        What it did, in its own unit, where it tells that.
    twin_of : str | None
        The quantum arm whose classical control it is, given as much effort.
    twin_is : str | None
        What is different from that one.
    offers : list[Offer]
        Answers of other arms that this one could go on from, in a race.
    start : Checked | None
        The best of them. What this arm finds counts as its own only where it is better.
    """

    solver: str
    quadrant: Quadrant
    seed: int
    incumbents: list[tuple[float, Number]] = field(default_factory=list)
    best: Checked | None = None
    bounds: list[Bound] = field(default_factory=list)
    no_answer: NoAnswer | None = None
    seconds: float = 0.0
    refused: str | None = None
    failed: str | None = None
    cost: float = 0.0
    effort: Effort | None = None
    twin_of: str | None = None
    twin_is: str | None = None
    offers: list[Offer] = field(default_factory=list)
    start: Checked | None = None

    @property
    def reason(self) -> str | None:
        """Why it did not run to its end: refused, or failed."""
        return self.refused or self.failed


def tightest(problem: Problem, bounds: Sequence[Bound]) -> Bound | None:
    """The bound that says most; of equals one that is verified."""
    sign = 1 if problem.sense == "min" else -1
    finite = [b for b in bounds if math.isfinite(b.value)]
    return max(finite, key=lambda b: (sign * float(b.value), b.verified), default=None)


def contradicted(problem: Problem, limit: Bound, best: Checked | None) -> bool:
    """Whether a checked feasible answer is beyond the bound, by more than solvers of real numbers are off;
    integers are off by nothing.
    """
    if best is None or not best.feasible:
        return False
    sign = 1 if problem.sense == "min" else -1
    if isinstance(limit.value, (int, Fraction)) and limit.verified:
        return sign * (limit.value - best.objective) > 0
    return sign * (float(limit.value) - float(best.objective)) > CLOSED * max(
        abs(float(limit.value)), abs(float(best.objective))
    )


@dataclass
class Result:
    """A checked answer.

    Attributes
    ----------
    best : Checked | None
        The best answer of all arms, or None if there is none.
    winner : str | None
        Whose it is.
    bounds : list[Bound]
        Those that no checked answer contradicts.
    arms : list[Arm]
        What each solver did.
    encoding : dict[str, Any] | None
        What turning the problem into an Ising model cost, if some solver asked for that.
    stopped : bool
        Whether Ctrl-C ended the run before its time.
    """

    problem: Problem
    best: Checked | None
    winner: str | None
    bounds: list[Bound]
    arms: list[Arm]
    seconds: float
    encoding: dict[str, Any] | None = None
    stopped: bool = False

    @property
    def kind(self) -> str:
        return self.problem.kind

    @property
    def objective(self) -> Number | None:
        return self.best.objective if self.best else None

    @property
    def feasible(self) -> bool:
        return self.best is not None and self.best.feasible

    @property
    def bound(self) -> Bound | None:
        """The tightest."""
        return tightest(self.problem, self.bounds)

    @property
    def gap(self) -> float | None:
        """|bound − objective| over the objective's size; None without a feasible answer or a bound."""
        limit = self.bound
        if self.best is None or not self.feasible or limit is None:
            return None
        sign = 1 if self.problem.sense == "min" else -1
        away = max(0.0, sign * (float(self.best.objective) - float(limit.value)))
        return 0.0 if away == 0 else away / max(abs(float(self.best.objective)), 1e-12)

    @property
    def no_answer(self) -> NoAnswer | None:
        """Why there is none, if a solver says so and no checked answer says otherwise."""
        told = [a.no_answer for a in self.arms if a.no_answer is not None]
        if self.feasible:
            told = [t for t in told if t.reason == "unbounded"]
        return max(told, key=lambda t: len(t.conflict), default=None)

    @property
    def status(self) -> str:
        """ "optimal" (the bound is met), "feasible", "infeasible", "unbounded", or "unknown": nothing
        feasible was found, and nothing proven.
        """
        if self.no_answer is not None:
            return self.no_answer.reason
        if not self.feasible:
            return "unknown"
        return "optimal" if self.gap is not None and self.gap <= CLOSED else "feasible"

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        solution, meaning = plain(self.problem, self.best.solution) if self.best is not None else (None, None)
        winner, limit, none = (
            next((a for a in self.arms if a.solver == self.winner), None),
            self.bound,
            self.no_answer,
        )
        return {
            "problem": self.problem.name,
            "kind": self.kind,
            "sense": self.problem.sense,
            "status": self.status,
            "objective": _plain(self.objective),
            "feasible": self.feasible,
            "violations": self.best.violations if self.best else [],
            "bound": _plain(limit.value) if limit else None,
            "bound_from": limit.how if limit else None,
            "bound_verified": limit.verified if limit else None,
            "gap": self.gap,
            "bounds": [_told(b) for b in self.bounds],
            "conflict": list(none.conflict) if none else [],
            "no_answer_from": none.how if none else None,
            "solver": self.winner,
            "quadrant": winner.quadrant.to_dict() if winner else None,
            "seconds": self.seconds,
            "stopped": self.stopped,
            "encoding": self.encoding,
            "arms": [
                {
                    "solver": a.solver,
                    "quadrant": a.quadrant.to_dict(),
                    "seed": a.seed,
                    "objective": _plain(a.best.objective) if a.best else None,
                    "feasible": a.best.feasible if a.best else False,
                    "seconds": a.seconds,
                    "refused": a.refused,
                    "failed": a.failed,
                    "cost": a.cost,
                    "effort": {"amount": a.effort.amount, "unit": a.effort.unit} if a.effort else None,
                    "twin_of": a.twin_of,
                    "twin_is": a.twin_is,
                    "no_answer": a.no_answer.reason if a.no_answer else None,
                    "bounds": [_told(b) for b in a.bounds],
                    "incumbents": [[round(t, 6), _plain(v)] for t, v in a.incumbents],
                    "offers": [[round(o.seconds, 6), o.solver, _plain(o.objective)] for o in a.offers],
                }
                for a in self.arms
            ],
            "notes": list(self.problem.notes),
            "solution": solution,
            "solution_is": meaning,
            "variables": variables(self.problem),
        }


def _told(limit: Bound) -> dict[str, Any]:
    return {"value": _plain(limit.value), "how": limit.how, "verified": limit.verified}


def _plain(value: Number | float | None) -> int | float | None:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value if value is None or isinstance(value, int) or math.isfinite(value) else None
