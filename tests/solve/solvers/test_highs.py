"""HiGHS says optimal of what is optimal."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from qualms.problems.model_builder import ModelBuilder
from qualms.solve import Limits, solve
from qualms.solve.solvers.highs import optimum


def mixed(seed):
    """A model of integer and real variables, small enough that the integer ones can be listed."""
    rng = np.random.default_rng(seed)
    model = ModelBuilder("mixed", "max")
    for k in range(4):
        model.variable(
            f"x{k}", 0, float(rng.integers(1, 5)), integer=k % 2 == 0, cost=float(rng.integers(-3, 12))
        )
    for _ in range(3):
        terms = {j: float(a) for j, a in enumerate(rng.integers(-1, 5, 4)) if a}
        model.add(terms, high=float(rng.integers(1, 12)))
    return model.build()


def by_listing(model):
    """Each choice of the integer variables, the rest as a linear program by scipy."""
    best = -np.inf
    whole = np.flatnonzero(model.integer)
    for choice in itertools.product(*(range(int(model.high[k]) + 1) for k in whole)):
        low, high = model.low.copy(), model.high.copy()
        low[whole] = high[whole] = choice
        found = linprog(-model.cost, model.rows, model.row_high, bounds=np.stack([low, high], 1))
        if found.status == 0:
            best = max(best, -found.fun)
    return best


@pytest.mark.parametrize("seed", range(15))
def test_optima_of_mixed_models(seed):
    model = mixed(seed)
    found = optimum(model, 10.0)
    assert found.status == "optimal"
    assert float(model.objective(found.x)) == pytest.approx(by_listing(model), abs=1e-6)


def test_a_model_whose_presolved_answer_is_wrong_in_highs_1_14():
    model = ModelBuilder("issue 3043")
    x = model.variable("x", 0, 10, cost=2.0)
    z = model.variable("z", 0, 10, integer=True, cost=3.0)
    model.add({x: 1.0, z: 1.0}, low=4.5)
    built = model.build()
    assert optimum(built, 5.0).x == pytest.approx([4.5, 0])
    assert float(solve(built, Limits(5.0), ["highs"]).objective) == pytest.approx(9)


def test_what_has_no_optimum():
    model = ModelBuilder("open", "max")
    x = model.variable("x", cost=1.0)
    assert optimum(model.build(), 5.0).status == "unbounded"
    model.add({x: 1.0}, high=-1.0)
    assert optimum(model.build(), 5.0).status == "infeasible"
