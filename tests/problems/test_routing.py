"""Routes: what their models allow and forbid."""

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems import Routing
from qualms.solve import Limits, solve
from qualms.solve.encodings import ising_encoding


def test_customers_without_demand_make_no_tours_of_their_own():
    d = np.full((4, 4), 900)
    d[0, 1] = d[1, 0] = 100
    d[2, 3] = d[3, 2] = 10
    np.fill_diagonal(d, 0)
    problem = Routing(d, np.array([0, 2, 0, 0]), capacity=5)
    result = solve(problem, Limits(5), ["highs"])
    arm = next(a for a in result.arms if a.solver == "highs")
    assert arm.best.feasible
    assert arm.best.objective == 1910


def test_an_encoding_has_vehicles_enough():
    d = np.ones((6, 6), int) - np.eye(6, dtype=int)
    problem = Routing(d, np.array([0, 3, 3, 3, 3, 3]), capacity=5)
    greedy = problem.greedy(np.random.default_rng(0))
    assert problem.violations(greedy) == []
    encoding = ising_encoding(problem)
    assert problem.violations(encoding.decode(encoding.encode(greedy))) == []
    for wrong in ({"capacity": 0}, {"vehicles": 0}):
        with pytest.raises(ConfigError, match="at least 1"):
            Routing(d, np.zeros(6, int), **wrong)
    with pytest.raises(ConfigError, match="two nodes"):
        Routing(np.zeros((1, 1), int), np.zeros(1, int))
