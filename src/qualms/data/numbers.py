"""The one reader of numbers: what a word of a file stands for, and which plain number a Python value is."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from qualms.errors import ConfigError

# no underscores, no NaN, no digits of other scripts
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_MOST_DIGITS = 400
_LONGEST = 400  # characters of a word that is a number; Python refuses integers of more than 4,300 digits


def real(word: str) -> float | None:
    """The finite number that a word stands for; None if it stands for none."""
    if len(word) > _LONGEST or not _NUMBER.fullmatch(word):
        return None
    found = float(word)
    return found if math.isfinite(found) else None


def integer(word: str) -> int | None:
    """The integer that a word stands for, exactly; None if it stands for none.

    "5.0" and "1e3" are integers, "5.5" is not.
    """
    if len(word) > _LONGEST or not _NUMBER.fullmatch(word):
        return None
    found = Decimal(word)
    if found.adjusted() > _MOST_DIGITS or found != found.to_integral_value():
        return None
    return int(found)


def plain_integer(value: object) -> int | None:
    """The Python integer that a value is, numpy's integers included; None for anything else.

    True and False are no integers here, nor is 4.0, nor an array or tensor of one number: `value.item()` says
    that a number is meant.
    """
    return int(value) if isinstance(value, numbers.Integral) and not isinstance(value, bool) else None


def plain_real(value: object) -> int | float | None:
    """The Python number that a value is, an integer left as one, numpy's numbers and fractions included; None
    for anything else.

    NaN is no number, infinities are; True and False, arrays and tensors as in `plain_integer`.
    """
    if isinstance(value, numbers.Integral):
        return plain_integer(value)
    if not isinstance(value, numbers.Real) or math.isnan(value):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def plain(value: Any) -> Any:
    """The same value in Python's own types, as JSON and YAML need them, in mappings, lists and tuples too.

    numpy's numbers and truth values become int, float or bool, its arrays lists; numbers of other packages
    become int or float, if they are real. Everything else stays.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return float(value) if isinstance(value, np.longdouble) else value.tolist()
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(v) for v in value)
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    return (
        float(value) if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational) else value
    )


def finite(value: Any) -> Any:
    """The same value as JSON can hold it: None for numbers that are not finite, which JSON does not have."""
    # the usual kinds first: a record has hundreds of values, and stores are read with thousands of records
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if type(value) is dict or isinstance(value, Mapping):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return value


def hint(word: str) -> str:
    """What may be meant by a word that is no number, as the end of an error message; empty if there is
    nothing to say.
    """
    if re.fullmatch(r"[+-]?\d+,\d+", word):
        return "; write a decimal point where a comma stands, and no commas between thousands"
    if re.fullmatch(r"[+-]?(\d[\d.]*|\.\d+)[dD][+-]?\d+", word):
        return "; write the exponent with e"
    return ""


def as_integer(value: Any, what: str, least: int | None = None) -> int:
    """A Python int from an integer of any package, such as np.int64 or a tensor with one entry and no axes.

    Parameters
    ----------
    what : str
        How the error message names it; "shots=" is joined to the value without a space.
    least : int, optional
        The smallest that may be given.

    Raises
    ------
    ConfigError
        For booleans, floats (whole ones too, because nothing is rounded here) and what is below `least`.
    """
    if type(value) is not int:
        value = _entry(value, what)
        found = plain_integer(value)
        if found is None:
            raise ConfigError(f"{_named(what, value)} is not an integer")
        value = found
    if least is not None and value < least:
        raise ConfigError(f"{_named(what, value)} must be at least {least}")
    return value


def as_real(value: Any, what: str, kind: str = "a finite real number") -> float:
    """A Python float from a real number of any package, such as np.float32, Fraction or a tensor with one
    entry and no axes.

    Parameters
    ----------
    what, kind : str
        How the error message names it and what it has to be.

    Raises
    ------
    ConfigError
        For booleans, complex numbers, words, NaN and infinity, and a tensor that requires a gradient,
        which a float cannot carry.
    """
    if type(value) is not float:
        value = _entry(value, what)
        found = plain_real(value)
        if found is None:
            raise ConfigError(f"{_named(what, value)} is not {kind}")
        try:
            value = float(found)
        except OverflowError:
            raise ConfigError(f"{_named(what, value)} is not {kind}: it is too large") from None
    if not math.isfinite(value):
        raise ConfigError(f"{_named(what, value)} is not {kind}")
    return value


def _entry(value: Any, what: str) -> Any:
    """The entry of an array or tensor without axes."""
    if getattr(value, "requires_grad", False):
        raise ConfigError(
            f"{what} is a tensor that requires a gradient, which a plain number cannot carry: detach it, "
            "or name it as a parameter"
        )
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _named(what: str, value: Any) -> str:
    """ "angle nan", or "shots=0" for a name that ends in "="."""
    return f"{what}{'' if what.endswith('=') else ' '}{' '.join(repr(value).split())[:80]}"
