"""Job shops and what their solvers make of them."""

import numpy as np

from qualms.problems import JobShop
from qualms.solve import Limits, solve


def test_operations_that_take_no_time_need_no_machine():
    shop = JobShop(np.array([[0, 1, 1], [1, 0, 1]]), np.array([[10, 0, 0], [3, 0, 7]]))
    best = np.array([0, 10, 10, 0, 3, 3])
    assert shop.violations(best) == []
    result = solve(shop, Limits(5), ["highs", "cpsat"])
    assert result.objective == 10
    assert all(float(b.value) <= 10 + 1e-6 for b in result.bounds)
