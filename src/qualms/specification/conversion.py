"""From a problem, such as one that a file holds, to its specification."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from qualms.errors import ConfigError
from qualms.problems.problem import Problem


@singledispatch
def of_problem(problem: Problem) -> Any:
    """The member of the specification that says the same as a problem.

    Each module of a kind registers its own. Names that a problem does not keep are numbers, from 1.

    Raises
    ------
    ConfigError
        For a kind that has no member.
    """
    raise ConfigError(f"{problem.kind} {problem.name} has no form in the specification")
