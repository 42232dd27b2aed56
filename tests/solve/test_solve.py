"""All arms of a problem, side by side."""

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems import NumberPartition
from qualms.problems.numbers import Decimals
from qualms.solve import Limits, solve


def test_one_arms_failure_is_not_the_others():
    rng = np.random.default_rng(0)
    problem = NumberPartition(Decimals.of([int(v) for v in rng.integers(2**55, 2**56, 12)]))
    result = solve(problem, Limits(1.0))
    assert result.feasible
    assert any(a.solver == "cpsat" and a.refused for a in result.arms)
    with pytest.raises(ConfigError, match="PyVRP takes routes"):
        solve(problem, Limits(0.5), ["pyvrp"])
    with pytest.raises(ConfigError, match="seed=-1"):
        solve(problem, Limits(0.5), seed=-1)


@pytest.mark.parametrize("seconds", [1e300, 30 * 24 * 3600 + 1])
def test_a_time_that_nobody_waits_for_is_refused(seconds):
    with pytest.raises(ConfigError, match=r"30 days\) are the most"):
        Limits(seconds)
    Limits(30 * 24 * 3600)
