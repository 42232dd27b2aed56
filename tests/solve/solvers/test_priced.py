"""The price for room in a knapsack."""

import numpy as np

from qualms.problems import Knapsack
from qualms.solve import Limits, solve
from qualms.solve.solvers import get_solver
from qualms.solve.solvers.solver import Clock
from tests.problems.small import made, optimum


def test_it_works_until_its_time_is_over_and_finds_what_greedy_misses():
    """Greedy takes the item that brings most for its weight; the other, in its place, brings more."""
    problem = Knapsack(np.diag([10, 12]), np.array([5, 8]), 8)
    assert problem.objective(problem.greedy(np.random.default_rng(0))) == 10
    (arm,) = (a for a in solve(problem, Limits(30, rounds=1), ["priced"]).arms if a.solver == "priced")
    assert arm.failed is None
    assert arm.best.objective == 12


def test_every_answer_is_a_solution():
    for seed in range(4):
        problem = made("knapsack", seed)
        found = list(get_solver("priced").run(problem, Clock(Limits(30, rounds=2)), seed))
        assert all(not problem.violations(x) for x in found)
        assert problem.objective(found[-1]) == optimum(problem)
