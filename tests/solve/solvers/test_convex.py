"""Portfolios of many assets: the relaxation taken apart is the relaxation."""

import numpy as np
import pytest

from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Bound
from qualms.solve.bounds.lagrangian import portfolio_bound
from qualms.solve.solvers import Clock, Limits, get_solver
from qualms.solve.solvers.columns import by_columns, fewer, suits
from qualms.solve.solvers.convex import _value, relaxation, weights_on


def sampled(assets, days, seed=0, **options):
    """A portfolio whose covariance is that of fewer days than there are assets, as of tables of prices."""
    rng = np.random.default_rng(seed)
    factors = min(10, days)
    returns = rng.normal(4e-4, 2e-4, assets) + rng.normal(0, 0.008, (days, assets))
    returns += rng.normal(size=(days, factors)) @ rng.normal(0, 0.006, (factors, assets))
    away = returns - returns.mean(0)
    return Portfolio(returns.mean(0), away.T / np.sqrt(days - 1), np.zeros(assets), **options)


@pytest.mark.parametrize("risk", [0.2, 0.9, 1.0])
@pytest.mark.parametrize("largest", [1.0, 0.05])
@pytest.mark.parametrize("specific", [0.0, 1e-5])
def test_it_finds_what_the_program_over_all_assets_finds(risk, largest, specific):
    made = sampled(150, 30, risk=risk, largest=largest)
    problem = Portfolio(made.mean, made.factors, np.full(150, specific), risk=risk, largest=largest)
    w, multipliers = by_columns(problem, weights_on, Clock(Limits(30.0)))
    _, whole, _ = relaxation(problem, 30.0)
    expected = _value(problem, whole / whole.sum())
    scale = np.abs(problem.mean).max()
    assert _value(problem, w) == pytest.approx(expected, abs=1e-5 * scale)
    limit = portfolio_bound(problem, multipliers)
    assert limit <= _value(problem, w) + 1e-8 * scale  # weights sum to one within rounding
    assert limit == pytest.approx(_value(problem, w), abs=1e-5 * scale)


def test_a_thousand_assets_by_two_hundred_days_are_solved_with_a_small_gap():
    problem = sampled(1000, 200, most=20, risk=0.9)
    assert suits(problem)
    found = list(get_solver("convex").run(problem, Clock(Limits(60.0, rounds=1)), 0))
    answers = [f for f in found if isinstance(f, np.ndarray)]
    limit = next(float(f.value) for f in found if isinstance(f, Bound))
    best = min(float(problem.objective(a)) for a in answers if not problem.violations(a))
    assert best - limit < 0.02 * abs(best)
    assert best < float(problem.objective(answers[0])) - 0.05 * abs(best)  # greedy


def test_fewer_assets_are_left_until_there_are_as_many_as_may_be():
    problem = sampled(150, 30, most=5)
    w, _ = by_columns(problem, weights_on, Clock(Limits(30.0)))
    kept = fewer(problem, weights_on, w, 5, Clock(Limits(30.0)))
    assert len(set(kept.tolist())) == 5


def test_small_problems_and_those_with_further_conditions_are_not_taken_apart():
    assert not suits(sampled(150, 30))
    assert not suits(sampled(1000, 200, least_return=1e-4))
