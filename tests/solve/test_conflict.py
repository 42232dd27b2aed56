"""Conflicts hold no solution, and lose that with any member."""

import itertools

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from qualms.errors import ConfigError
from qualms.problems import Knapsack
from qualms.problems.model_builder import ModelBuilder
from qualms.solve import Clock, Limits
from qualms.solve.conditions import conditions, of_row, only
from qualms.solve.conflict import conflict
from tests.problems.small import made


def clock(seconds=20.0):
    return Clock(Limits(seconds))


def has_solution(model):
    """By scipy, and for boxes that can be listed by listing."""
    if (model.low > model.high).any() or (model.row_low > model.row_high).any():
        return False
    found = milp(
        np.zeros(model.size),
        integrality=model.integer.astype(int),
        bounds=Bounds(model.low, model.high),
        constraints=LinearConstraint(model.rows, model.row_low, model.row_high),
    )
    assert found.status in (0, 2)
    return found.status == 0


def random_model(seed):
    rng = np.random.default_rng(seed)
    n, m = 3, 6
    model = ModelBuilder("random")
    for k in range(n):
        model.variable(f"x{k}", -2, 2, integer=bool(rng.random() < 0.7), cost=1.0)
    for k in range(m):
        terms = {j: float(a) for j, a in enumerate(rng.integers(-3, 4, n)) if a}
        side = float(rng.integers(-4, 5))
        relation = rng.integers(3)
        model.add(
            terms, low=side if relation != 1 else -np.inf, high=side if relation else np.inf, name=f"r{k}"
        )
    return model.build()


def test_conflicts_of_random_models_are_irreducible():
    infeasible = 0
    for seed in range(40):
        model = random_model(seed)
        found = conflict(model, clock())
        assert (found is None) == has_solution(model)
        if found is None:
            continue
        infeasible += 1
        assert found.irreducible
        assert not has_solution(only(model, found.members))
        for k in range(len(found.members)):
            assert has_solution(only(model, found.members[:k] + found.members[k + 1 :])), (seed, k)
    assert infeasible > 10


def test_no_point_of_the_box_keeps_a_conflict():
    """By listing, independent of any solver."""
    for seed in range(20):
        model = random_model(seed)
        found = conflict(model, clock())
        if found is None or not model.integer.all():
            continue
        part = only(model, found.members)
        for x in itertools.product(range(-4, 5), repeat=model.size):
            inside = (part.low <= x) & (x <= part.high)
            sums = part.rows @ np.array(x, float)
            assert not (inside.all() and (part.row_low <= sums).all() and (sums <= part.row_high).all())


def test_integrality_is_a_member_where_it_matters():
    model = ModelBuilder("parity")
    x, y = (model.variable(name, 0, 10, integer=True) for name in "xy")
    model.add({x: 2.0, y: 2.0}, 1, 1, "odd")
    model.add({x: 1.0}, high=7, name="unneeded")
    found = conflict(model.build(), clock())
    assert [str(m) for m in found.members] == ["x is an integer", "y is an integer", "odd (exactly 1)"]
    assert found.irreducible


def test_rows_are_preferred_to_bounds_and_sides_are_told_apart():
    model = ModelBuilder("sides")
    x = model.variable("tables", 0, 100)
    model.add({x: 1.0}, 5, 50, "order")
    model.add({x: 2.0}, high=4, name="wood")
    found = conflict(model.build(), clock())
    assert [str(m) for m in found.members] == ["order (at least 5)", "wood (at most 4)"]
    assert "order (at least 5)" in found.sentences()[0]
    assert found.to_dict()["members"][0]["side"] == 5


def test_bounds_that_cross_are_a_conflict():
    model = ModelBuilder("crossed")
    model.variable("tables", 5, 3)
    found = conflict(model.build(), clock())
    assert [str(m) for m in found.members] == ["tables at least 5", "tables at most 3"]


def test_a_feasible_model_has_none_and_no_time_says_nothing():
    assert conflict(made("mixed integer"), clock()) is None
    model = ModelBuilder("crossed")
    model.variable("tables", 5, 3)
    assert conflict(model.build(), clock(0.0)) is None


def test_time_that_ends_early_is_told():
    model = ModelBuilder("long")
    for k in range(40):
        x = model.variable(f"x{k}", 0, 1, integer=True)
        model.add({x: 1.0}, 1, name=f"r{k}")
    model.add(dict.fromkeys(range(40), 1.0), high=39, name="sum")

    class Ends(Clock):
        asked = 0

        @property
        def left(self):
            self.asked += 1
            return 1.0 if self.asked < 6 else 0.0

    found = conflict(model.build(), Ends(Limits(1.0)))
    assert not found.irreducible
    assert "time ended" in found.sentences()[1]
    assert not has_solution(only(model.build(), found.members))


def test_what_has_no_names_is_refused():
    with pytest.raises(ConfigError, match="have no names"):
        conflict(Knapsack(np.array([[1]]), np.array([2]), 1), clock())
    with pytest.raises(ConfigError, match="no linear encoding"):
        conflict(made("portfolio"), clock())


def test_all_conditions_make_the_model_again():
    model = random_model(3)
    again = only(model, conditions(model))
    for name in ("low", "high", "row_low", "row_high", "integer"):
        assert (getattr(again, name) == getattr(model, name)).all()
    assert len(of_row(model, 0)) == 1
