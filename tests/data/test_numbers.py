"""Words of a file as numbers."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.numbers import as_integer, as_real, integer, plain, plain_integer, plain_real, real
from qualms.errors import ConfigError


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("5", 5),
        ("5.0", 5),
        ("+5.", 5),
        ("-0", 0),
        ("1e3", 1000),
        ("1.5e1", 15),
        ("9007199254740993.0", 9007199254740993),
    ],
)
def test_integers(word: str, value: int) -> None:
    assert integer(word) == value


@pytest.mark.parametrize(
    "word",
    ["5.5", "1e-1", "nan", "inf", "1_000", "1,000", "٥", "0x5", "", " 5", "5 ", "--5", "1e999", "five"],
)
def test_what_is_no_integer(word: str) -> None:
    assert integer(word) is None


@pytest.mark.parametrize("word", ["nan", "inf", "-Infinity", "1_0.5", "1,5", "1e9999", "", "1.5d3", "½"])
def test_what_is_no_number(word: str) -> None:
    assert real(word) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_as_python_reads_them(value: Decimal) -> None:
    assert real(str(value)) == float(value)
    assert integer(str(value)) == (int(value) if value == value.to_integral_value() else None)


NO_NUMBERS = [
    True,
    np.bool_(True),
    math.nan,
    np.float32("nan"),
    "4",
    None,
    1j,
    Decimal(4),
    np.array(4),
    np.ones(1),
    torch.tensor(4),
    [4],
]


@pytest.mark.parametrize("value", [4, np.int64(4), np.uint8(4), np.int16(4)])
def test_integers_of_python_and_numpy(value: object) -> None:
    assert (plain_integer(value), plain_real(value)) == (4, 4)
    assert type(plain_integer(value)) is type(plain_real(value)) is int


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), np.float16(0.5), Fraction(1, 2)])
def test_numbers_of_python_and_numpy(value: object) -> None:
    assert plain_real(value) == 0.5
    assert type(plain_real(value)) is float
    assert plain_integer(value) is None


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_of_an_option(value: object) -> None:
    assert plain_integer(value) is None
    assert plain_real(value) is None


def test_a_float_is_no_integer_and_infinity_is_a_number() -> None:
    assert plain_integer(4.0) is None
    assert plain_real(np.float32("inf")) == math.inf


def test_settings_become_what_json_takes() -> None:
    made = plain(
        {
            "shots": np.int64(9),
            "noise": {"readout": np.float32(0.5)},
            "flags": [np.bool_(True), None],
            "pair": (np.int8(1), "x"),
        }
    )
    assert json.loads(json.dumps(made)) == {
        "shots": 9,
        "noise": {"readout": 0.5},
        "flags": [True, None],
        "pair": [1, "x"],
    }
    tensor = torch.ones(1)
    assert plain(tensor) is tensor


def test_numpy_becomes_python() -> None:
    found = plain(
        {
            "a": np.int64(3),
            "b": [np.float32(0.5), (np.bool_(True), "x")],
            np.str_("c"): np.arange(2),
            "d": None,
            "e": 7,
        }
    )
    assert found == {"a": 3, "b": [0.5, (True, "x")], "c": [0, 1], "d": None, "e": 7}
    assert [type(v) for v in (found["a"], found["b"][0], found["b"][1][0], found["c"][0])] == [
        int,
        float,
        bool,
        int,
    ]


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3), torch.tensor(3)])
def test_integers_of_any_package_become_python_s(value):
    found = as_integer(value, "shots")
    assert (type(found), found) == (int, 3)


@pytest.mark.parametrize(
    "value", [True, np.bool_(True), torch.tensor(True), 3.0, np.float64(3), "3", None, [3], np.array([3])]
)
def test_what_is_no_integer_is_named(value):
    with pytest.raises(ConfigError, match=r"shots .* is not an integer"):
        as_integer(value, "shots")
    with pytest.raises(ConfigError, match="shots 0 must be at least 1"):
        as_integer(0, "shots", 1)


@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), np.float16(0.5), Fraction(1, 2), np.array(0.5), torch.tensor(0.5)]
)
def test_real_numbers_of_any_package_become_python_s(value):
    found = as_real(value, "rate")
    assert (type(found), found) == (float, 0.5)


@pytest.mark.parametrize(
    "value",
    [True, "0.5", 0.5j, None, float("nan"), np.inf, 10**400, [0.5], torch.tensor(0.5, requires_grad=True)],
)
def test_what_is_no_real_number_is_named(value):
    with pytest.raises(ConfigError, match=r"^rate"):
        as_real(value, "rate")
