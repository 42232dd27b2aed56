"""Numbers of problems are kept as they were written."""

from fractions import Fraction

import pytest

from qualms.errors import DataError
from qualms.problems.numbers import Decimals


def test_decimals_are_kept_exactly():
    found = Decimals.of(["0.1", "0.2", "-0.3", "1e-3"])
    assert found.total() == Fraction(1, 1000)
    assert Decimals.of([0.1, 0.2]).total() == Fraction(3, 10)
    assert Decimals.of(["2e3", "5"]).values.tolist() == [2000, 5]
    assert Decimals.of([2**61, 2**61, 2**61]).total() == 3 * 2**61
    for wrong in (["nan"], ["1e400"], ["x"], ["inf"], ["1e-41"], ["0." + "1" * 50]):
        with pytest.raises(DataError):
            Decimals.of(wrong)


def test_decimals_of_any_number_of_digits_add_up():
    assert (
        Decimals.of(["0.10000000000000000000000000000001", "1.0"]).total()
        == Decimals.of(["1.10000000000000000000000000000001"]).total()
    )
