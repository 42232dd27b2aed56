"""Numbers in digits and in words, and texts of any kind."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.language.read import LONGEST, read_text
from qualms.language.reading import Accepted, Question, Refusal
from qualms.language.tokens import tokenise

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell(number: int) -> str:
    """A whole number below a million in words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {spell(number % 100)}" if number % 100 else ""
        return f"{_ONES[number // 100]} hundred{rest}"
    rest = f" {spell(number % 1000)}" if number % 1000 else ""
    return f"{spell(number // 1000)} thousand{rest}"


@given(st.integers(min_value=1, max_value=999_999))
def test_numbers_in_words_have_their_value(number: int) -> None:
    found = [t for t in tokenise(f"exactly {spell(number)} tables") if t.kind == "number"]
    assert [t.value for t in found] == [number]


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=99))
def test_digits_separators_and_currencies(whole: int, cents: int) -> None:
    for text in (f"${whole:,}.{cents:02d}", f"$ {whole}.{cents:02d}", f"{whole:,}.{cents:02d} dollars"):
        (found,) = [t for t in tokenise(f"it costs {text} each") if t.kind == "number"]
        assert found.value == Fraction(whole * 100 + cents, 100)
        assert found.number == "money"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("12 %", Fraction(12, 100), "percent"),
        ("thirty percent", Fraction(30, 100), "percent"),
        ("a third of", Fraction(1, 3), "part"),
        ("two thirds of", Fraction(2, 3), "part"),
        ("half of", Fraction(1, 2), "part"),
        ("one quarter of", Fraction(1, 4), "part"),
        ("twice as", Fraction(2), "times"),
        ("three times as", Fraction(3), "times"),
        ("2.5 times the", Fraction(5, 2), "times"),
        ("4 million viewers", Fraction(4_000_000), "plain"),
        ("$1.2 million", Fraction(1_200_000), "money"),
        ("five dozen eggs", Fraction(60), "plain"),
    ],
)
def test_shares_multiples_and_scales(text: str, value: Fraction, kind: str) -> None:
    found = [t for t in tokenise(text) if t.kind == "number"]
    assert found[0].value == value
    assert found[0].number == kind


@given(
    st.integers(2, 99), st.integers(2, 99), st.integers(100, 9999), st.integers(1, 500), st.integers(1, 500)
)
@settings(max_examples=25, deadline=None)
def test_any_numbers_reach_the_model(a: int, b: int, hours: int, x: int, y: int) -> None:
    text = (
        f"A shop makes lamps and clocks. Each lamp takes {a} hours and each clock takes {spell(b)} hours. "
        f"There are {hours:,} hours available. The profit is ${x} per lamp and ${y} per clock. Maximize "
        f"profit."
    )
    found = read_text(text)
    assert isinstance(found, Accepted), found
    ((_, row, low, high),) = list(found.model.rows())
    assert row == {0: a, 1: b}
    assert (low, high) == (-float("inf"), hours)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(read_text(text), Accepted | Question | Refusal)


_WORDS = (
    "each table chair takes 3 hours at least most twice as many than must be of the total 30% $5 per and "
    "or , . ? maximize profit"
)


@given(st.lists(st.sampled_from(_WORDS.split()), max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_jumble_of_its_own_words_breaks_it(parts: list[str]) -> None:
    assert isinstance(read_text(" ".join(parts)), Accepted | Question | Refusal)


def test_a_long_text_is_read_quickly() -> None:
    filler = "The shop stands beside a lake and many people like it. "
    text = filler * (LONGEST // len(filler) - 10) + (
        "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. There are "
        "40 hours "
        "available. Tables earn $70 and chairs earn $30. Maximize profit."
    )
    began = time.perf_counter()
    assert isinstance(read_text(text), Accepted)
    assert time.perf_counter() - began < 20
