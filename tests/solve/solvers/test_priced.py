"""Knapsacks at a price."""

import numpy as np
import pytest

from qualms.problems import Knapsack
from qualms.solve import Limits, solve
from qualms.solve.solvers.priced import swapped
from tests.problems.small import optimum


def plain(seed, n=9):
    rng = np.random.default_rng(seed)
    return Knapsack(np.diag(rng.integers(1, 60, n)), rng.integers(1, 30, n), 60)


def with_pairs(seed, n=9):
    rng = np.random.default_rng(seed)
    return Knapsack(np.triu(rng.integers(0, 40, (n, n))), rng.integers(1, 30, n), 60)


@pytest.mark.parametrize("make", [plain, with_pairs])
@pytest.mark.parametrize("seed", range(4))
def test_small_optima_are_found_and_no_run_ends_in_an_error(make, seed):
    problem = make(seed)
    result = solve(problem, Limits(30.0, rounds=3), ["priced"])
    arm = next(a for a in result.arms if a.solver == "priced")
    assert arm.failed is None
    assert arm.best.objective == optimum(problem)


@pytest.mark.parametrize("seed", range(20))
def test_exchanges_never_lose_and_never_break_the_capacity(seed):
    problem = with_pairs(seed)
    start = problem.sample(np.random.default_rng(seed))
    found = swapped(problem, start)
    assert np.isin(found, (0, 1)).all()
    assert not problem.violations(found)
    assert problem.objective(found) >= problem.objective(start)
