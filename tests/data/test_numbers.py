"""Words of a file as numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.numbers import integer, plain, real


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


def test_numpy_becomes_python() -> None:
    found = plain({"a": np.int64(3), "b": [np.float32(0.5), (np.bool_(True), "x")], np.str_("c"): np.arange(2), "d": None, "e": 7})
    assert found == {"a": 3, "b": [0.5, (True, "x")], "c": [0, 1], "d": None, "e": 7}
    assert [type(v) for v in (found["a"], found["b"][0], found["b"][1][0], found["c"][0])] == [int, float, bool, int]
