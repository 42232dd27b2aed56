"""Penalties in place of constraints."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from qualms.errors import TooLargeError
from qualms.problems import MixedInteger
from qualms.solve.encodings import ising_encoding


def test_coefficients_beyond_2_to_the_50_are_refused():
    rows = csr_matrix(np.array([[3e12]]))
    huge = MixedInteger(
        np.ones(1), np.zeros(1), np.array([1e9]), np.ones(1, bool), rows, np.array([3e15]), np.array([np.inf])
    )
    with pytest.raises(TooLargeError, match="2\\^50"):
        ising_encoding(huge)
