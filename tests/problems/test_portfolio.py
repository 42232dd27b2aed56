"""Portfolios: what is allowed is left as it is."""

import numpy as np
import pytest

from qualms.problems import Portfolio
from qualms.solve.encodings import ising_encoding


def test_a_portfolio_that_may_be_is_left_alone_by_the_decoder():
    problem = Portfolio(np.array([0.1, 0.2, 0.3]), np.eye(3) / 5, np.full(3, 0.01), lot=0.1, smallest=0.1)
    w = np.array([0.8, 0.2, 0.0])
    assert ising_encoding(problem).decode(ising_encoding(problem).encode(w)) == pytest.approx(w)
