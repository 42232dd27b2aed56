"""The exact solver beside brute force."""

import numpy as np

from qualms.problems import NumberPartition
from qualms.problems.numbers import Decimals
from qualms.solve import Limits, solve


def test_exact_is_exact():
    for seed in range(4):
        numbers = np.random.default_rng(seed).integers(1, 10**6, 18)
        problem = NumberPartition(Decimals.of(numbers))
        sums = abs(
            int(numbers.sum()) - 2 * ((np.arange(1 << 17)[:, None] >> np.arange(18)) & 1) @ numbers
        ).min()
        result = solve(problem, Limits(20), ["exact"])
        assert next(a for a in result.arms if a.solver == "exact").best.objective == sums
