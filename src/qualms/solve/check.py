"""The last word on an answer: exact arithmetic on the problem as it was given, with nothing that a solver
said.
"""

from __future__ import annotations

from dataclasses import dataclass

from qualms.problems.problem import Number, Problem, Solution


@dataclass(frozen=True)
class Checked:
    """A solution's true value. feasible : whether it breaks no constraint."""

    solution: Solution
    objective: Number
    violations: list[str]

    @property
    def feasible(self) -> bool:
        return not self.violations


def check(problem: Problem, solution: Solution) -> Checked:
    """Raises ConfigError for what is no solution of this problem."""
    return Checked(solution, problem.objective(solution), problem.violations(solution))


def better(problem: Problem, first: Checked, second: Checked | None) -> bool:
    """Whether the first is the better answer: feasible before infeasible, fewer violations, then the
    objective.
    """
    if second is None:
        return True
    if len(first.violations) != len(second.violations):
        return len(first.violations) < len(second.violations)
    return (
        first.objective < second.objective if problem.sense == "min" else first.objective > second.objective
    )
