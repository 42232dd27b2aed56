"""What the annealers take and refuse."""

import numpy as np

from qualms.problems import NumberPartition, QuadraticAssignment
from qualms.problems.numbers import Decimals
from qualms.solve.solvers import get_solver


def test_what_is_too_large_for_spins_is_refused_before_it_is_made():
    for problem in (
        QuadraticAssignment(np.ones((120, 120), int), np.ones((120, 120), int)),
        NumberPartition(Decimals.of(np.arange(1, 60_001))),
    ):
        assert "as spins" in get_solver("annealing").refuses(problem)
