"""Dual bounds: what no solution can pass."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from functools import singledispatch

import numpy as np

from qualms.errors import QualmsError
from qualms.problems.assignment import QuadraticAssignment
from qualms.problems.colouring import GraphColouring
from qualms.problems.jobshop import JobShop
from qualms.problems.labs import LABS
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.partition import NumberPartition
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Bound, Problem
from qualms.problems.quadratic import QUBO, Ising, MaxCut
from qualms.problems.routing import Routing
from qualms.solve.bounds import combinatorial
from qualms.solve.bounds.cuts import rounded_capacities
from qualms.solve.bounds.lagrangian import Multipliers, portfolio_bound
from qualms.solve.bounds.linear import of_box, relaxed
from qualms.solve.bounds.semidefinite import semidefinite, sum_of_couplings, worthwhile
from qualms.solve.encodings import ising_encoding, linear_encoding
from qualms.solve.encodings.colouring import clique
from qualms.solve.encodings.jobshop import least_makespan


@singledispatch
def bound(problem: Problem, seconds: float) -> Bound | None:
    """The best bound that this room proves in the time; None where it has none.

    Parameters
    ----------
    problem : Problem
        Problem of any kind. Quadratic forms: the sum of couplings, the semidefinite dual; quadratic
        assignment: Gilmore and Lawler; the salesman: Held and Karp's 1-tree; vehicles: rounded capacity
        inequalities; job shops: preemptive machines; colouring: a clique; portfolios: a Lagrangian; all
        else: the linear relaxation. Every one is proven by arithmetic of ours, whatever suggested it, but
        for large linear models with unbounded variables, whose bound is the solver's word (`verified` False).
    seconds : float
        Seconds of wall time, for what can be cut off: trees, cuts, relaxations. Counts, cliques and
        Gilmore and Lawler's bound take what they take.
    """
    return _linear(problem, seconds)


@bound.register
def _(problem: QUBO | Ising | MaxCut, seconds: float) -> Bound:
    c = ising_encoding(problem).model
    value, how = sum_of_couplings(c), "sum of couplings"
    slack = 1e-9 * (abs(value) + abs(c.offset) + 1)  # sums of doubles
    if worthwhile(c, seconds):
        found = semidefinite(c, seconds)
        if found > value:
            value, how = found, "semidefinite dual"
    return _rounded(problem, value - slack, how, True, _step(problem))


@bound.register
def _(problem: Routing, seconds: float) -> Bound | None:
    if problem.kind == "tsp":
        return Bound(Fraction(combinatorial.one_tree(problem, seconds), problem.scale), "Held–Karp 1-tree")
    value = rounded_capacities(problem, seconds) if problem.size > 1 else 0.0
    return (
        None
        if value is None
        else Bound(
            Fraction(math.ceil(value - 1e-9 * abs(value)), problem.scale), "rounded capacity inequalities"
        )
    )


def _linear(problem: Problem, seconds: float) -> Bound | None:
    began = time.monotonic()
    try:
        model = linear_encoding(problem).model
    except QualmsError:
        value = of_box(problem) if isinstance(problem, MixedInteger) else -math.inf
        return (
            _rounded(problem, value, "every term at its least", True, None) if math.isfinite(value) else None
        )
    dual = (
        relaxed(model, seconds - (time.monotonic() - began))
        if not (len(model.q) or model.size > 2_000_000)
        else None
    )
    if dual is None:
        return None
    return _rounded(problem, dual.value, "linear relaxation", dual.verified, grid(model))


def _step(problem: QUBO | Ising | MaxCut) -> Fraction | None:
    """The grid that objectives lie on, if they are multiples of something: what a bound may be rounded to."""
    if isinstance(problem, MaxCut):
        return Fraction(1, problem.weights.scale)
    parts = [problem.q] if isinstance(problem, QUBO) else [problem.values, problem.fields]
    scale = max(p.scale for p in parts)
    return Fraction(1, scale) if (Fraction(problem.offset) * scale).denominator == 1 else None


def grid(model: MixedInteger) -> Fraction | None:
    """The grid of objectives, where only integer variables have costs."""
    if (model.cost[~model.integer] != 0).any() or len(model.q):
        return None
    try:
        scale = Decimals.of([float(v) for v in (*model.cost, model.offset)]).scale
    except QualmsError:
        return None
    return Fraction(1, scale)


def _rounded(problem: Problem, value: float, how: str, verified: bool, on: Fraction | None) -> Bound:
    """A lower bound of the minimised objective, up to the grid, as a bound of the problem's own."""
    sign = 1 if problem.sense == "min" else -1
    if on is None or not math.isfinite(value):
        return Bound(sign * value, how, verified)
    up = sign * math.ceil(Fraction(value) / on) * on
    return Bound(int(up) if up.denominator == 1 else up, how, verified)


@bound.register
def _(problem: Portfolio, seconds: float) -> Bound:
    """The Lagrangian at the exposures of equal weights: for where no solver tells better ones."""
    equal = Multipliers(problem.factors.T @ np.full(problem.size, 1 / problem.size))
    return Bound(portfolio_bound(problem, equal), "Lagrangian")


@bound.register
def _(problem: QuadraticAssignment, seconds: float) -> Bound:
    return Bound(combinatorial.gilmore_lawler(problem), "Gilmore–Lawler bound")


@bound.register
def _(problem: JobShop, seconds: float) -> Bound:
    return Bound(least_makespan(problem), "preemptive one-machine bound")


@bound.register
def _(problem: GraphColouring, seconds: float) -> Bound:
    return Bound(len(clique(problem)), "clique")


@bound.register
def _(problem: LABS, seconds: float) -> Bound:
    return Bound(combinatorial.odd_lags(problem), "parity of correlations")


@bound.register
def _(problem: NumberPartition, seconds: float) -> Bound:
    return Bound(combinatorial.parity(problem), "parity and the largest number")


__all__ = ["bound", "grid"]
