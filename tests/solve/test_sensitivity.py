"""Duals, ranges and differences, against scipy, by hand and by solving again."""

import numpy as np
import pytest
from scipy.optimize import linprog

from qualms.problems.model_builder import ModelBuilder
from qualms.solve import Clock, Limits
from qualms.solve.conditions import binding, moved
from qualms.solve.sensitivity import Change, sensitivity, step_of
from qualms.solve.solvers.highs import Optimum


def clock(seconds=20.0):
    return Clock(Limits(seconds))


def workshop(integer=False):
    """Hillier and Lieberman's kind of example: the duals are 15 and 5."""
    model = ModelBuilder("workshop", "max")
    tables = model.variable("tables", cost=70.0, integer=integer)
    chairs = model.variable("chairs", cost=50.0, integer=integer)
    stools = model.variable("stools", cost=1.0, integer=integer)
    model.add({tables: 4.0, chairs: 3.0}, high=240, name="carpentry")
    model.add({tables: 2.0, chairs: 1.0, stools: 1.0}, high=100, name="painting")
    model.add({chairs: 1.0}, high=70, name="orders")
    return model.build()


PLAN = np.array([30.0, 40.0, 0.0])


def test_binding_conditions_by_exact_sums():
    model = workshop()
    assert [str(c) for c in binding(model, PLAN)] == [
        "carpentry (at most 240)",
        "painting (at most 100)",
        "stools at least 0",
    ]
    assert [c.name for c in binding(model, np.array([0.0, 70.0, 30.0]))] == ["painting", "orders", "tables"]
    assert not binding(model, np.array([1.0, 1.0, 1.0]))


def test_integer_rows_bind_only_where_they_are_equal():
    model = ModelBuilder("exact")
    x = model.variable("x", 0, 2**40, integer=True)
    y = model.variable("y", 0, 2**40, integer=True)
    model.add({x: 1.0, y: 1.0}, high=2.0**40, name="sum")
    built = model.build()
    assert [c.name for c in binding(built, np.array([2.0**39, 2.0**39]))] == ["sum"]
    assert not binding(built, np.array([2.0**39, 2.0**39 - 1]))


def test_known_duals_ranges_and_differences():
    found = sensitivity(workshop(), PLAN, clock())
    carpentry, painting, stools = found.rates
    assert (carpentry.dual, painting.dual, stools.dual) == pytest.approx((15, 5, -4))
    assert (carpentry.range.low, carpentry.range.high) == pytest.approx((200, 270))
    assert (painting.range.low, painting.range.high) == pytest.approx((85, 120))
    assert carpentry.more.difference == pytest.approx(15)
    assert stools.less.difference == pytest.approx(4)
    assert not found.integers_fixed
    assert found.complete
    assert found.to_dict()["rates"][0]["condition"]["name"] == "carpentry"


def by_scipy(model):
    sign = 1 if model.sense == "min" else -1
    upper = np.isfinite(model.row_high)
    lower = np.isfinite(model.row_low)
    rows = model.rows.toarray()
    found = linprog(
        sign * model.cost,
        np.vstack([rows[upper], -rows[lower]]),
        np.concatenate([model.row_high[upper], -model.row_low[lower]]),
        bounds=np.stack([model.low, model.high], 1),
    )
    return found, sign


def random_model(seed):
    rng = np.random.default_rng(seed)
    n, m = 5, 4
    model = ModelBuilder("random", ("min", "max")[seed % 2])
    sign = 1 if seed % 2 else -1
    for k in range(n):
        model.variable(f"x{k}", 0, 10 + k, cost=sign * float(rng.integers(1, 30)) + k / 7)
    for k in range(m):
        model.add(
            {j: float(rng.integers(1, 20)) for j in range(n)}, high=float(rng.integers(40, 90)), name=f"r{k}"
        )
    return model.build()


@pytest.mark.parametrize("seed", range(8))
def test_duals_are_scipys_and_ranges_are_where_they_hold(seed):
    model = random_model(seed)
    best, sign = by_scipy(model)
    found = sensitivity(model, best.x, clock())
    assert found.rates
    assert found.complete
    for rate in found.rates:
        c = rate.condition
        marginal = (
            best.ineqlin.marginals[c.index]
            if c.of.startswith("row")
            else (best.lower if c.of == "low" else best.upper).marginals[c.index]
        )
        assert rate.dual == pytest.approx(sign * marginal, abs=1e-7)
        base = sign * best.fun

        def value(side, condition=c):
            again, _ = by_scipy(moved(model, condition, side))
            return sign * again.fun if again.status == 0 else None

        low = rate.range.low if rate.range.low is not None else c.side - 50
        high = rate.range.high if rate.range.high is not None else c.side + 50
        for side in (low + 1e-6, (low + high) / 2, high - 1e-6):
            assert value(side) == pytest.approx(base + rate.dual * (side - c.side), abs=1e-4)
        for end, beyond in ((rate.range.low, -1.0), (rate.range.high, 1.0)):
            if end is not None:
                there = value(end + beyond)
                line = base + rate.dual * (end + beyond - c.side)
                assert there is None or sign * (there - line) > 1e-6
        for change in (rate.more, rate.less):
            there = value(c.side + change.step)
            assert change.status == "infeasible" if there is None else True
            if there is not None:
                assert change.difference == pytest.approx(there - base, abs=1e-6)


def test_a_degenerate_optimum_tells_the_rates_of_both_directions():
    """max x, x ≤ 1 twice: a unit more of one of them brings nothing, a unit less costs one."""
    model = ModelBuilder("degenerate", "max")
    x = model.variable("x", cost=1.0)
    model.add({x: 1.0}, high=1, name="first")
    model.add({x: 1.0}, high=1, name="second")
    for rate in sensitivity(model.build(), np.array([1.0]), clock()).rates:
        assert (rate.more.difference, rate.less.difference) == pytest.approx((0, -1))
        ends = (rate.range.low, rate.range.high)
        assert ends in (pytest.approx((0, 1)), (pytest.approx(1), None))


def test_a_rate_between_those_of_both_directions_is_not_told(monkeypatch):
    """HiGHS may end with a dual that holds for no step at all."""
    model = ModelBuilder("degenerate", "max")
    x = model.variable("x", cost=1.0)
    for name in ("first", "second"):
        model.add({x: 1.0}, high=1, name=name)
    between = Optimum("optimal", np.array([1.0]), np.array([0.5, 0.5]), np.array([0.0]))
    monkeypatch.setattr("qualms.solve.sensitivity._duals", lambda *_: between)
    for rate in sensitivity(model.build(), np.array([1.0]), clock()).rates:
        assert rate.dual is None
        assert (rate.more.difference, rate.less.difference) == pytest.approx((0, -1))


def test_integer_models_are_solved_again():
    found = sensitivity(workshop(integer=True), PLAN, clock())
    carpentry, painting = found.rates[:2]

    def best(wood, paint):
        """By listing; stools fill what is left of the paint."""
        return max(
            70 * a + 50 * b + (paint - 2 * a - b)
            for a in range(61)
            for b in range(71)
            if 4 * a + 3 * b <= wood and 2 * a + b <= paint
        )

    assert carpentry.dual is None
    assert best(240, 100) == 4100
    assert (carpentry.more.objective, carpentry.less.objective) == (best(241, 100), best(239, 100))
    assert (painting.more.difference, painting.less.difference) == (
        best(240, 101) - 4100,
        best(240, 99) - 4100,
    )
    assert not found.integers_fixed


def test_duals_of_mixed_models_are_those_of_held_integers():
    model = ModelBuilder("mixed", "max")
    lots = model.variable("lots", 0, 5, integer=True, cost=10.0)
    litres = model.variable("litres", cost=3.0)
    model.add({lots: 2.0, litres: 1.0}, high=7, name="tank")
    model.add({litres: 1.0}, high=4, name="pump")
    found = sensitivity(model.build(), np.array([3.0, 1.0]), clock())
    (tank,) = found.rates
    assert found.integers_fixed
    assert tank.dual == pytest.approx(3)
    assert (tank.more.difference, tank.less.difference) == pytest.approx((7, -3))


def test_infeasible_steps_and_short_times():
    model = ModelBuilder("tight")
    x = model.variable("x", 0, 3, integer=True, cost=1.0)
    model.add({x: 1.0}, low=3, name="least")
    built = model.build()
    rates = sensitivity(built, np.array([3.0]), clock()).rates
    least = next(r for r in rates if r.condition.name == "least")
    assert least.more == Change(1.0, "infeasible")
    assert least.less.difference == -1
    late = sensitivity(built, np.array([3.0]), clock(0.0))
    assert not late.complete
    assert all(rate.more is None for rate in late.rates)


def test_small_sides_are_moved_by_a_hundredth():
    assert [step_of(s) for s in (0.0, 5.0, -3.0, 0.12)] == [1.0, 1.0, 1.0, pytest.approx(0.0012)]
