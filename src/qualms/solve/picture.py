"""What a report draws of an answer: plain data, of the kinds that people would rather look at than read."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.assignment import QuadraticAssignment
from qualms.problems.colouring import GraphColouring
from qualms.problems.independent_set import IndependentSet
from qualms.problems.jobshop import JobShop
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem, Solution
from qualms.problems.quadratic import MaxCut
from qualms.problems.routing import Routing
from qualms.solve.result import Result

_NODES, _EDGES = 1000, 6000  # of a graph that is drawn
_TABLE = 100  # places of a table
_ASSETS, _POINTS = 500, 25  # of a frontier that is computed


def picture(result: Result) -> dict[str, Any] | None:
    """Routes, a graph in groups, a Gantt chart, an efficient frontier or a table; None where there is nothing
    to see.

    Returns
    -------
    dict[str, Any] | None
        {"form": "routes" | "graph" | "gantt" | "frontier" | "matrix", …} of numbers, lists and texts
        alone.
    """
    if result.best is None:
        return None
    return drawn(result.problem, result.best.solution)


@singledispatch
def drawn(problem: Problem, answer: Solution) -> dict[str, Any] | None:
    """The picture of an answer, dispatched on the kind of problem; None for kinds that have none."""
    return None


@drawn.register
def _(problem: Routing, answer: Solution) -> dict[str, Any] | None:
    if problem.coordinates is None:
        return None
    return {
        "form": "routes",
        "points": np.asarray(problem.coordinates, float).tolist(),
        "routes": problem.routes(answer),
    }


@drawn.register
def _(problem: MaxCut | IndependentSet | GraphColouring, answer: Solution) -> dict[str, Any] | None:
    if problem.n > _NODES or len(problem.i) > _EDGES:
        return None
    edges = np.stack([problem.i, problem.j], 1).tolist()
    return {
        "form": "graph",
        "nodes": problem.n,
        "edges": edges,
        "groups": np.asarray(answer).tolist(),
        "cut": isinstance(problem, MaxCut),
    }


@drawn.register
def _(problem: JobShop, answer: Solution) -> dict[str, Any]:
    start = problem.starts(answer)
    bars = [
        [
            int(problem.machines[j, k]) + problem.first_machine,
            j,
            int(start[j, k]),
            int(start[j, k] + problem.durations[j, k]),
        ]
        for j in range(len(start))
        for k in range(start.shape[1])
        if problem.durations[j, k]
    ]
    return {"form": "gantt", "bars": bars}


@drawn.register
def _(problem: Portfolio, answer: Solution) -> dict[str, Any]:
    """The frontier without cardinality, lots and turnover, where the problem is small enough and Clarabel is
    there.
    """
    from dataclasses import replace

    from qualms.solve.solvers.convex import weights_on

    w = np.asarray(answer, float)
    held = np.flatnonzero(w)
    points = []
    if problem.size <= _ASSETS:
        free = replace(
            problem, most=None, smallest=0.0, lot=None, turnover=None, held=None, least_return=None
        )
        for risk in 1 - np.geomspace(1e-4, 1, _POINTS):
            try:
                found = weights_on(replace(free, risk=float(risk)), np.arange(problem.size))
            except ConfigError:
                break
            if found is not None:
                points.append([problem.variance(found) ** 0.5, problem.expected(found)])
    spread = np.sqrt((problem.factors**2).sum(1) + problem.specific)
    return {
        "form": "frontier", "points": points, "answer": [problem.variance(w) ** 0.5, problem.expected(w)],
        "assets": [[float(v), float(m)] for v, m in zip(spread, problem.mean, strict=True)][:_ASSETS],
        "weights": sorted(([problem.asset(k), float(w[k])] for k in held), key=lambda a: -a[1]),
    }  # fmt: skip


@drawn.register
def _(problem: QuadraticAssignment, answer: Solution) -> dict[str, Any] | None:
    if problem.size > _TABLE:
        return None
    at = np.argsort(np.asarray(answer))
    return {"form": "matrix", "title": "flow between places", "values": problem.flow[np.ix_(at, at)].tolist()}
