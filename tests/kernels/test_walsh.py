"""The Walsh–Hadamard transform against the sum that it is, and what compiled circuits make of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.kernels.program import _distinct
from qualms.kernels.walsh import walsh


def plain(coefficients):
    index = np.arange(coefficients.shape[-1])
    signs = 1 - 2 * (np.bitwise_count(index[:, None] & index).astype(int) & 1)
    return coefficients @ signs


@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("kind", [np.float64, np.complex128])
def test_it_is_the_sum_over_signs(n, kind):
    rng = np.random.default_rng(n)
    rows = rng.normal(size=(3, 1 << n)) + (1j * rng.normal(size=(3, 1 << n)) if kind is np.complex128 else 0)
    rows[1] = 0
    before = rows.copy()
    np.testing.assert_allclose(walsh(rows), plain(rows), atol=1e-12)
    np.testing.assert_allclose(walsh(rows[0]), plain(rows[0]), atol=1e-12)
    np.testing.assert_array_equal(rows, before)
    assert walsh(rows).dtype == kind
    assert walsh(np.zeros((0, 1 << n))).shape == (0, 1 << n)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), distinct=st.sampled_from([1, 3, 200, 2000, 100_000]))
def test_distinct_values_are_those_of_numpy(seed, distinct):
    rng = np.random.default_rng(seed)
    row = rng.normal(size=distinct)[rng.integers(0, distinct, 20_000) ** 2 % distinct]
    values, place = _distinct(row)
    expected, inverse = np.unique(row, return_inverse=True)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(place, inverse.ravel())
