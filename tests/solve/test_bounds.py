"""Bounds: proven ones hold under bad advice, and are as good as they are known to be."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from qualms.problems import ModelBuilder, QuadraticAssignment
from qualms.problems.numbers import Decimals
from qualms.solve import QUBO, Limits, MaxCut, solve
from qualms.solve.bounds import bound
from qualms.solve.bounds.combinatorial import one_tree
from qualms.solve.bounds.cuts import rounded_capacities
from qualms.solve.bounds.lagrangian import Multipliers, portfolio_bound
from qualms.solve.bounds.linear import of_box, proven, proven_exactly, relaxed
from qualms.solve.encodings import linear_encoding
from tests.problems.small import made, optimum


@given(st.integers(0, 50), st.lists(st.floats(-5, 5), min_size=2, max_size=2))
@settings(deadline=None, max_examples=40)
def test_any_multipliers_give_a_bound(seed, y):
    rng = np.random.default_rng(seed)
    rows = csr_matrix(rng.integers(-3, 4, (2, 4)).astype(float))
    low, high = np.zeros(4), np.array([1.0, 2, 1, 3])
    cost, side = rng.normal(size=4), np.array([1.0, 4.0])
    value, verified = proven(cost, rows, np.full(2, -np.inf), side, low, high, np.array(y))
    assert verified
    grid = np.stack(np.meshgrid(*(np.arange(h + 1) for h in high), indexing="ij"), -1).reshape(-1, 4)
    inside = (rows @ grid.T <= side[:, None]).all(0)
    if inside.any():
        assert value <= (grid[inside] @ cost).min() + 1e-9


@given(st.integers(0, 30), st.floats(-3, 3), st.floats(0, 2), st.floats(0, 2))
@settings(deadline=None, max_examples=40)
def test_any_exposures_bound_a_portfolio(seed, size, for_return, for_turnover):
    problem = made("portfolio", seed)
    exposures = size * np.random.default_rng(seed).normal(size=problem.factors.shape[1])
    assert (
        portfolio_bound(problem, Multipliers(exposures, for_return, for_turnover))
        <= float(optimum(problem)) + 1e-12
    )


def test_relaxations_are_those_of_another_code():
    """The facility problem's relaxation by linprog on the dense model."""
    from scipy.optimize import linprog

    model = linear_encoding(made("facility location")).model
    dual = relaxed(model, 5)
    equal = model.row_low == model.row_high
    other = linprog(
        model.cost, model.rows.toarray()[~equal], model.row_high[~equal], model.rows.toarray()[equal],
        model.row_low[equal], np.stack([model.low, model.high], 1), method="highs-ipm",
    )  # fmt: skip
    assert dual.verified
    assert dual.value == pytest.approx(other.fun, abs=1e-6)
    assert dual.value <= other.fun + 1e-9


def test_open_variables_are_the_solvers_word():
    model = ModelBuilder("open")
    x, y = model.variables(2, cost=[1.0, 2.0])
    model.add({x: 1.0, y: 1.0}, low=3.0)
    found = bound(model.build(), 5)
    assert float(found.value) == pytest.approx(3.0, abs=1e-4)
    free = ModelBuilder("free")
    free.variable(low=-np.inf, cost=1.0)
    assert of_box(free.build()) == -np.inf


def test_one_trees_meet_easy_tours():
    for seed in range(3):
        problem = made("tsp", seed)
        best = int(optimum(problem))
        assert 0.9 * best <= one_tree(problem, 2.0) <= best


def test_capacity_cuts_beat_the_degree_relaxation():
    problem = made("cvrp")
    value = rounded_capacities(problem, 3.0)
    assert value <= float(optimum(problem)) + 1e-9
    assert value >= 0.8 * float(optimum(problem))


def test_the_semidefinite_bound_of_known_graphs():
    """Of an odd cycle it is n/2 · (1 + cos(π/n)); of a complete graph on n it is n²/4."""
    n = 51
    # with decimals, so that nothing is rounded up
    cycle = MaxCut(n, np.arange(n), (np.arange(n) + 1) % n, Decimals.of(["1.000000001"] * n))
    assert float(bound(cycle, 5.0).value) == pytest.approx(n / 2 * (1 + np.cos(np.pi / n)), rel=1e-4)
    i, j = np.triu_indices(12, 1)
    assert bound(MaxCut(12, i, j, Decimals.of(np.ones(66, int))), 3.0).value == 36


def test_empty_forms_have_bounds():
    for n in (3, 40):
        problem = MaxCut(n, np.zeros(0, int), np.zeros(0, int), Decimals.of([]))
        began = time.monotonic()
        assert bound(problem, 3.0).value == 0
        assert time.monotonic() - began < 2
    assert solve(QUBO(2, np.array([0]), np.array([1]), Decimals.of([0])), Limits(0.3)).objective == 0


def test_slopes_that_rounding_may_turn_are_no_proof():
    y = np.array([0.848429425, 0.385283815])
    cost = np.array([3 * y[0] + 2.5 * y[1]])
    rows = csr_matrix(np.array([[3.0], [2.5]]))
    value, verified = proven(cost, rows, np.ones(2), np.full(2, np.inf), np.zeros(1), np.array([np.inf]), y)
    assert not verified
    assert value <= y.sum() + 1e-9


def test_bounds_of_large_integers_do_not_overflow():
    flow = np.full((3, 3), 3_000_000_000)
    wide = QuadraticAssignment(flow, -flow)
    assert bound(wide, 1).value <= wide.objective(np.arange(3))


def test_bounds_of_open_variables_are_proven_exactly():
    """The slopes at the optimum are zero, which doubles miss by a rounding error."""
    model = ModelBuilder("open", "max")
    x, y, z = (model.variable(name, cost=cost) for name, cost in (("x", 0.7), ("y", 0.5), ("z", 1 / 8)))
    model.add({x: 0.3, y: 0.1, z: 0.7}, high=240.3, name="first")
    model.add({x: 0.2, y: 0.3}, high=100.7, name="second")
    built = model.build()
    found = bound(built, 5.0)
    assert found.verified
    best = solve(built, Limits(5.0), ["highs"])
    assert float(found.value) == pytest.approx(float(best.objective), rel=1e-9)


def test_exact_bounds_hold_for_any_multipliers():
    rng = np.random.default_rng(0)
    for _ in range(50):
        model = ModelBuilder("random")
        for _ in range(3):
            high = float(rng.integers(1, 5)) if rng.random() < 0.5 else np.inf
            model.variable(high=high, cost=float(rng.integers(1, 6)))
        for _ in range(2):
            terms = {j: float(a) for j, a in enumerate(rng.integers(0, 4, 3)) if a}
            model.add(terms, low=float(rng.integers(0, 6)))
        built = model.build()
        best = relaxed(built, 5.0)
        y = rng.normal(0, 1, 2)
        value = proven_exactly(built, built.cost, y)
        if best is not None and value is not None:
            assert value <= best.value + 1e-6
