"""Solvers by name, with their options."""

import pytest

from qualms.errors import ConfigError
from qualms.solve.solvers import get_solver


@pytest.mark.parametrize(
    "name",
    [
        "annealing:replicas=0",
        "annealing:replicas=abc",
        "qaoa:depth=2.5",
        "path-integral:slices=2",
        "cpsat:threads=-1",
        "bifurcation:replicas=0",
        "tempering:sweeps=0",
    ],
)
def test_bad_options_are_told_at_once(name):
    with pytest.raises(ConfigError, match="an integer of at least"):
        get_solver(name)
