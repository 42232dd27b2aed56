"""What all members of the typed specification have in common: strict models, numbers with their source."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from qualms.errors import ConfigError
from qualms.problems.numbers import Decimals, exact

LARGEST = 10**15  # of all numbers: solvers take 1e20 for infinity, and doubles are exact to 9e15
_TAGS = ("kind", "op")  # by which the members of a union are told apart


class Strict(BaseModel):
    """A frozen model that refuses unknown fields, other types than its own, NaN and infinity.

    Nothing is converted silently: the text "10" is not the number 10.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_serializer(mode="wrap")
    def _short(self, make: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """JSON without fields that have their default, so that people can read it; tags always stay."""
        fields = type(self).model_fields
        return {
            key: value
            for key, value in make(self).items()
            if key in _TAGS or getattr(self, key) != fields[key].default
        }


class Quantity(Strict):
    """A number as a person told it.

    Attributes
    ----------
    value : int or float
        The number. A decimal fraction counts as the decimal that it prints as.
    unit : str
        What it counts or measures, as in "dollars", "hours", "%"; empty where none was told. The value of
        12 % is 0.12 and its unit is "%".
    words : str
        The words of the text that it was read from, such as "twelve percent"; empty where it came from a
        table or a file.
    """

    value: int | float
    unit: str = ""
    words: str = ""


Given = int | float | Quantity
Names = Annotated[tuple[str, ...], Field(max_length=1_000_000)]


def number(given: Given) -> int | float:
    """The bare number."""
    return given.value if isinstance(given, Quantity) else given


def fraction(given: Given) -> Fraction:
    """The exact number: an integer, or the shortest decimal that reads back as the float."""
    value = number(given)
    return Fraction(value) if isinstance(value, int) else exact(value)


def decimals(given: Sequence[Given]) -> Decimals:
    """Numbers as the problems keep them."""
    return Decimals.of([number(g) for g in given])


def plain(value: int | float | Fraction | np.generic) -> int | float:
    """A number as it stands in JSON."""
    found = value.item() if isinstance(value, np.generic) else value
    if isinstance(found, Fraction):
        return int(found) if found.denominator == 1 else float(found)
    return found if isinstance(found, int) else float(found)


def plain_decimals(numbers: Decimals) -> tuple[int | float, ...]:
    """What a problem keeps exactly, as numbers of JSON."""
    if numbers.scale == 1:
        return tuple(int(v) for v in numbers.values)
    return tuple(plain(Fraction(int(v), numbers.scale)) for v in numbers.values)


class Member(Strict):
    """What every member of the union has beside its own data.

    Attributes
    ----------
    name : str
        What the problem is called in reports.
    assumptions : tuple of str
        A sentence for everything that was read one way where another was possible. They become the problem's
        notes and are shown with every answer.
    """

    name: str = Field(default="problem", min_length=1, max_length=200)
    assumptions: tuple[str, ...] = ()


class Line(Strict):
    """One line of an answer in the user's names.

    Attributes
    ----------
    what : str
        "tables", "route 2", "group 1".
    value : int, float or str
        How many, or who is in it.
    unit : str
        Of a number.
    """

    what: str
    value: int | float | str
    unit: str = ""


def places(what: str, names: Iterable[str]) -> dict[str, int]:
    """The index of each name. Raises ConfigError for one that is there twice, or for none at all."""
    found: dict[str, int] = {}
    for name in names:
        if name in found:
            raise ConfigError(f"{what} {name!r} is named twice")
        found[name] = len(found)
    if not found:
        raise ConfigError(f"there is no {what}")
    return found


def hidden(text: str) -> bool:
    """Whether a text has characters that a terminal obeys or does not show, or more than one line."""
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)
