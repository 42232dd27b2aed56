"""What classical solvers reach in a short time: the first look at an instance."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from qualms.errors import ConfigError
from qualms.orchestrator.budget import Budget
from qualms.problems.problem import Problem
from qualms.solve.result import CLOSED, Result
from qualms.solve.solve import solve
from qualms.solve.solvers import defaults, get_solver
from qualms.solve.solvers.solver import Limits

SHARE, MOST = 0.1, 2.0  # of the budget's time, and seconds


@dataclass(frozen=True)
class Probe:
    """The outcome of the probe.

    Attributes
    ----------
    solver : str or None
        Whose answer is the best.
    value : float or None
        Of the best feasible answer.
    bound : float or None
        That no answer passes.
    gap : float or None
        Between them, relative to the value.
    seconds, allowed : float
        That it took, and that it was to take.
    status : str
        As `Result.status`.
    result : Result or None
        Everything that it found.
    """

    solver: str | None
    value: float | None
    bound: float | None
    gap: float | None
    seconds: float
    allowed: float
    status: str
    result: Result | None = field(default=None, repr=False, compare=False)

    @property
    def most_gain(self) -> float | None:
        """By how much the objective can still improve at most; None where no bound is known."""
        return None if self.value is None or self.bound is None else abs(self.value - self.bound)

    def to_dict(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "result"}

    def sentence(self) -> str:
        """The outcome in words."""
        if self.value is None:
            told = f"The classical probe found no feasible answer in {self.seconds:.1f} s"
            return f"{told}; the problem is {self.status}." if self.status == "infeasible" else f"{told}."
        told = f"The classical probe, {self.solver}, reached {self.value:.10g} in {self.seconds:.1f} s"
        if self.gap is None:
            return f"{told}, without a bound."
        return (
            f"{told}, proven optimal."
            if self.gap <= CLOSED
            else f"{told}, proven to be within {self.gap:.2%} of the optimum."
        )


def allowed(budget: Budget) -> float:
    """Seconds of the probe: a tenth of the budget's, and two at most."""
    return min(MOST, SHARE * budget.seconds)


def probed(problem: Problem, budget: Budget, seed: int = 0) -> Probe:
    """Run greedy, the first solver that suits the kind, and a bound; without that solver where it fails."""
    seconds = allowed(budget)
    suited = [s for s in defaults(problem) if get_solver(s).refuses(problem) is None][:1]
    try:
        result = solve(problem, Limits(seconds), suited, seed)
    except ConfigError:
        result = solve(problem, Limits(seconds), [], seed)
    return of_result(result, seconds)


def of_result(result: Result, seconds: float) -> Probe:
    """A probe of what some run found."""
    limit = result.bound
    return Probe(
        solver=result.winner if result.feasible else None,
        value=float(result.objective) if result.feasible and result.objective is not None else None,
        bound=float(limit.value) if limit is not None else None,
        gap=result.gap,
        seconds=result.seconds,
        allowed=seconds,
        status=result.status,
        result=result,
    )
