"""The last word on an answer: exact arithmetic on the problem as it was given, with nothing that a solver said."""

from __future__ import annotations

from dataclasses import dataclass

from qualms.problems.problem import Number, Problem, Solution


@dataclass(frozen=True)
class Checked:
    """An assignment's true value. feasible : whether it breaks no constraint."""

    assignment: Solution
    objective: Number
    violations: list[str]

    @property
    def feasible(self) -> bool:
        return not self.violations


def check(problem: Problem, assignment: Solution) -> Checked:
    """Raises ConfigError for what is no assignment of this problem."""
    return Checked(assignment, problem.objective(assignment), problem.violations(assignment))


def better(problem: Problem, first: Checked, second: Checked | None) -> bool:
    """Whether the first is the better answer: feasible before infeasible, fewer violations, then the objective."""
    if second is None:
        return True
    if len(first.violations) != len(second.violations):
        return len(first.violations) < len(second.violations)
    return first.objective < second.objective if problem.sense == "min" else first.objective > second.objective
