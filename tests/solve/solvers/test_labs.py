"""The search for sequences of low autocorrelation."""

import time

from qualms.problems import LABS
from qualms.solve import Limits, solve


def test_rounds_keep_the_time():
    began = time.monotonic()
    solve(LABS(300), Limits(0.5, rounds=1), ["memetic-labs"])
    assert time.monotonic() - began < 20
