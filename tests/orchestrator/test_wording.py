"""Numbers, units and lists as people read them."""

import math

import pytest

from qualms.orchestrator.wording import amount, difference, goal, listed, number, outward, single, unit_of_row
from qualms.specification.specification import parse
from tests.orchestrator.samples import packing, plants, workshop


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (4100, "4,100"),
        (4099.9999999999995, "4,100"),
        (-0.25, "-0.25"),
        (1 / 3, "0.333333"),
        (1234567.891, "1,234,568"),
        (1e-9 / 3, "0"),
        (2.5e-5, "2.5e-05"),
        (0, "0"),
        (math.inf, "infinity"),
    ],
)
def test_numbers(value, shown):
    assert number(value) == shown


def test_amounts():
    assert amount(0.12, "%") == "12 %"
    assert amount(3, "hours") == "3 hours"
    assert difference(-1.5, "dollars") == "−1.5 dollars"
    assert difference(2) == "+2"
    assert difference(0) == "0"
    assert (single("hours"), single("glass"), single("kg")) == ("hour", "glass", "kg")


def test_bounds_are_rounded_to_where_they_hold():
    assert outward(1.23456789, "min") == 1.23456
    assert outward(1.23456789, "max") == 1.23457
    assert outward(-1.23456789, "min") == -1.23457
    assert outward(123456789, "max") == 123456789


def test_lists():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcde"), 3) == "a, b, c and 2 more"


def test_units_and_goals():
    assert unit_of_row(workshop(), 1) == "hours"
    assert [unit_of_row(plants(), k) for k in range(4)] == ["tons"] * 4
    assert goal(workshop()) == ("profit", "dollars")
    assert goal(packing()) == ("the total profit", "")
    assert goal(parse('{"kind": "labs", "length": 5}')) == ("the energy", "")
