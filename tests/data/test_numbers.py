"""Words of a file as numbers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.numbers import as_integer, as_real, integer, real
from qualms.errors import ConfigError


@pytest.mark.parametrize(
    ("word", "value"), [("5", 5), ("5.0", 5), ("+5.", 5), ("-0", 0), ("1e3", 1000), ("1.5e1", 15), ("9007199254740993.0", 9007199254740993)]
)
def test_integers(word: str, value: int) -> None:
    assert integer(word) == value


@pytest.mark.parametrize("word", ["5.5", "1e-1", "nan", "inf", "1_000", "1,000", "٥", "0x5", "", " 5", "5 ", "--5", "1e999", "five"])
def test_what_is_no_integer(word: str) -> None:
    assert integer(word) is None


@pytest.mark.parametrize("word", ["nan", "inf", "-Infinity", "1_0.5", "1,5", "1e9999", "", "1.5d3", "½"])
def test_what_is_no_number(word: str) -> None:
    assert real(word) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_as_python_reads_them(value: Decimal) -> None:
    assert real(str(value)) == float(value)
    assert integer(str(value)) == (int(value) if value == value.to_integral_value() else None)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3), torch.tensor(3)])
def test_integers_of_any_package_become_python_s(value):
    found = as_integer(value, "shots")
    assert (type(found), found) == (int, 3)


@pytest.mark.parametrize("value", [True, np.bool_(True), torch.tensor(True), 3.0, np.float64(3), "3", None, [3], np.array([3])])
def test_what_is_no_integer_is_named(value):
    with pytest.raises(ConfigError, match=r"shots .* is not an integer"):
        as_integer(value, "shots")
    with pytest.raises(ConfigError, match="shots 0 must be at least 1"):
        as_integer(0, "shots", 1)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float16(0.5), Fraction(1, 2), np.array(0.5), torch.tensor(0.5)])
def test_real_numbers_of_any_package_become_python_s(value):
    found = as_real(value, "rate")
    assert (type(found), found) == (float, 0.5)


@pytest.mark.parametrize("value", [True, "0.5", 0.5j, None, float("nan"), np.inf, 10**400, [0.5], torch.tensor(0.5, requires_grad=True)])
def test_what_is_no_real_number_is_named(value):
    with pytest.raises(ConfigError, match=r"^rate"):
        as_real(value, "rate")
