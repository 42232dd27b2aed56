"""Penalties in place of constraints."""

import pytest

from qualms.errors import TooLargeError
from qualms.problems import ModelBuilder
from qualms.solve.encodings import ising_encoding


def test_coefficients_beyond_2_to_the_50_are_refused():
    huge = ModelBuilder("huge")
    x = huge.variable("x", high=1e9, integer=True, cost=1.0)
    huge.add({x: 3e12}, low=3e15)
    with pytest.raises(TooLargeError, match="2\\^50"):
        ising_encoding(huge.build())
