"""Solutions as the files of their field have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch

import numpy as np

from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.colouring import GraphColouring
from qualms.problems.facility import FacilityLocation
from qualms.problems.independent_set import IndependentSet
from qualms.problems.jobshop import JobShop
from qualms.problems.labs import LABS
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem, Solution
from qualms.problems.quadratic import QUBO, Ising
from qualms.problems.routing import Routing


@singledispatch
def written(problem: Problem, solution: Solution) -> str:
    """The text of a solution's file. A kind without a format of its own has one number a line.

    Raises
    ------
    ConfigError
        For what is no solution of the problem.
    """
    problem.objective(solution)  # looks whether it is one
    return _lines(np.asarray(solution).tolist())


def _lines(words: Iterable[object]) -> str:
    return "".join(f"{word}\n" for word in words)


def _labelled(labels: Sequence[str], values: np.ndarray) -> str:
    """A value a line, after its label where there are labels."""
    return (
        _lines(f"{label} {v}" for label, v in zip(labels, values, strict=True)) if labels else _lines(values)
    )


@written.register
def _(problem: QUBO | Ising, solution: Solution) -> str:
    problem.objective(solution)
    return _labelled(problem.labels, np.asarray(solution))


@written.register
def _(problem: IndependentSet, solution: Solution) -> str:
    """The nodes chosen, from 1."""
    problem.objective(solution)
    return _lines(np.flatnonzero(solution) + 1)


@written.register
def _(problem: GraphColouring, solution: Solution) -> str:
    """Each node's colour, from 1."""
    return _lines(problem.colours(solution) + 1)


@written.register
def _(problem: LABS, solution: Solution) -> str:
    """QOBLIB's: bits in a row, the energy, the lengths of runs."""
    energy, s = problem.objective(solution), np.asarray(solution)
    ends = np.flatnonzero(np.diff(s)) + 1
    runs = np.diff(np.concatenate([[0], ends, [problem.n]]))
    bits = " ".join(map(str, (s + 1) // 2))
    return f"{bits}\n# Energy: {energy}\n# Consecutive entries: {' '.join(map(str, runs))}\n"


@written.register
def _(problem: QuadraticAssignment, solution: Solution) -> str:
    """QAPLIB's solution file: n, value, the permutation from 1."""
    p = problem.places(solution)
    return f"{problem.size} {problem.objective(p)}\n" + " ".join(str(k + 1) for k in p) + "\n"


@written.register
def _(problem: LinearAssignment, solution: Solution) -> str:
    """Lines "agent task", from 1."""
    return _lines(f"{i} {p + 1}" for i, p in enumerate(problem.tasks(solution), 1))


@written.register
def _(problem: FacilityLocation, solution: Solution) -> str:
    """Each customer's facility, from 1, and the value."""
    p = problem.serving(solution)
    return " ".join(str(k + 1) for k in p) + f"\n{float(problem.objective(p)):.10g}\n"


@written.register
def _(problem: JobShop, solution: Solution) -> str:
    """The starts of each job's operations, a line a job, and the makespan."""
    rows = _lines(" ".join(map(str, row)) for row in problem.starts(solution))
    return rows + f"makespan {problem.objective(solution)}\n"


@written.register
def _(problem: Routing, solution: Solution) -> str:
    """CVRPLIB's solution file; TSPLIB's tour for the salesman. Nodes are called as in the user's file."""
    routes = problem.routes(solution)
    if problem.kind == "tsp":
        tour = [0, *(x for r in routes for x in r)]
        nodes = [str(problem.label(k) if len(problem.labels) else k + 1) for k in tour]
        head = [f"NAME : {problem.name}", "TYPE : TOUR", f"DIMENSION : {problem.size}", "TOUR_SECTION"]
        return _lines([*head, *nodes, "-1", "EOF"])
    lines = [f"Route #{k}: {' '.join(str(problem.label(x)) for x in r)}" for k, r in enumerate(routes, 1)]
    return _lines([*lines, f"Cost {float(problem.objective(solution)):.10g}"])


@written.register
def _(problem: Portfolio, solution: Solution) -> str:
    """A table "asset,weight" of what is held."""
    w = problem.weights(solution)
    return _lines(["asset,weight", *(f"{problem.asset(k)},{float(w[k])!r}" for k in np.flatnonzero(w))])


@written.register
def _(problem: MixedInteger, solution: Solution) -> str:
    """Lines "name value", as solvers write them; zeros are left out."""
    x = problem.values(solution)
    value = problem.objective(x)
    head = f"# Objective value = {value if isinstance(value, int) else float(value)!r}"
    shown = (int(v) if v == int(v) else repr(float(v)) for v in x[np.flatnonzero(x)])
    names = (problem.variable(k) for k in np.flatnonzero(x))
    return _lines([head, *(f"{name} {v}" for name, v in zip(names, shown, strict=True))])
