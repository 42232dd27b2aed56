"""A solution as programs read it, in the numbers that the user's file has."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.colouring import GraphColouring
from qualms.problems.facility import FacilityLocation
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Problem, Solution
from qualms.problems.quadratic import QUBO, Ising
from qualms.problems.routing import Routing


@singledispatch
def plain(problem: Problem, solution: Solution) -> tuple[Any, str]:
    """Lists and numbers for JSON, and in words what they are."""
    return (
        np.asarray(solution).tolist(),
        "one number for each variable, in the order of the file, or of `variables` where they have names",
    )


@plain.register
def _(problem: Routing, solution: Solution) -> tuple[Any, str]:
    routes = problem.routes(solution)
    if problem.kind == "tsp":
        tour = [[problem.label(k) for k in (0, *(k for route in routes for k in route))]]
        return (
            tour,
            "one tour of all nodes, as the file calls them"
            if problem.labels
            else "one tour of all nodes, numbered from 0",
        )
    what = (
        "as the file calls them"
        if problem.labels
        else "numbered from 1 in the order of the file, the depot left out"
    )
    return [[problem.label(k) for k in route] for route in routes], f"the customers of each route, {what}"


@plain.register(QuadraticAssignment)
@plain.register(LinearAssignment)
def _(problem: Problem, solution: Solution) -> tuple[Any, str]:
    return (np.asarray(solution) + 1).tolist(), "the place of each item, numbered from 1"


@plain.register
def _(problem: FacilityLocation, solution: Solution) -> tuple[Any, str]:
    return (np.asarray(solution) + 1).tolist(), "the facility of each customer, numbered from 1"


@plain.register
def _(problem: GraphColouring, solution: Solution) -> tuple[Any, str]:
    return (np.asarray(solution) + 1).tolist(), "the colour of each node, numbered from 1"


def variables(problem: Problem) -> list[str]:
    """What the file calls the variables of a solution, in its order; empty where they have no names."""
    if isinstance(problem, MixedInteger):
        return [str(name) for name in problem.names]
    return list(problem.labels) if isinstance(problem, (QUBO, Ising)) else []
