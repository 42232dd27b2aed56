"""QAOA's solver: it hears the clock."""

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems import MaxCut
from qualms.problems.numbers import Decimals
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers import Clock, Effort, Limits, get_solver, qaoa


def dense(n):
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(n, 1)
    return MaxCut(n, i, j, Decimals.of(rng.integers(-5, 6, len(i))))


def test_energies_of_all_states_are_those_of_the_model():
    c = ising_encoding(dense(6)).model
    states = np.arange(64)
    spins = 1.0 - 2.0 * ((states[:, None] >> np.arange(5, -1, -1)) & 1)
    np.testing.assert_allclose(qaoa._energies(c), c.energies(spins), atol=1e-12)


@pytest.mark.parametrize("name", ["qaoa", "qaoa-warm", "qaoa-cvar"])
def test_a_circuit_that_takes_longer_than_there_is_is_not_begun(name):
    with pytest.raises(ConfigError, match=r"20 spins and 3 layers takes about .* s are left"):
        next(get_solver(name).run(dense(20), Clock(Limits(0.01)), 0))


def test_where_rounds_count_no_time_is_looked_at():
    told = list(get_solver("qaoa:depth=1,shots=20").run(dense(8), Clock(Limits(0.0, rounds=1)), 0))
    assert any(isinstance(f, Effort) for f in told)


class Ticks:
    """A clock that moves by one at every look."""

    limits = Limits(10.0)
    spent = 0.0

    @property
    def left(self):
        return max(0.0, 10.0 - self.spent)


def test_a_search_ends_before_the_evaluation_that_would_be_too_long():
    clock = Ticks()
    allowed = qaoa._Evaluations(clock)
    allowed.one_more()
    clock.spent = 5.0  # the first one makes the program: it says nothing
    allowed.one_more()
    clock.spent = 7.0  # two seconds, and three are left
    allowed.one_more()
    clock.spent = 9.0  # two seconds, and one is left
    with pytest.raises(StopIteration):
        allowed.one_more()
