"""The one reader of numbers: what a word of a file stands for, exactly; and what stands in numpy's types, in Python's own."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import numpy as np

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)  # no underscores, no NaN, no digits of other scripts
_MOST_DIGITS = 400


def real(word: str) -> float | None:
    """The finite number that a word stands for; None if it stands for none."""
    if not _NUMBER.fullmatch(word):
        return None
    found = float(word)
    return found if math.isfinite(found) else None


def integer(word: str) -> int | None:
    """The integer that a word stands for, exactly; None if it stands for none. "5.0" and "1e3" are integers, "5.5" is not."""
    if not _NUMBER.fullmatch(word):
        return None
    found = Decimal(word)
    if found.adjusted() > _MOST_DIGITS or found != found.to_integral_value():
        return None
    return int(found)


def hint(word: str) -> str:
    """What may be meant by a word that is no number, as the end of an error message; empty if there is nothing to say."""
    if re.fullmatch(r"[+-]?\d+,\d+", word):
        return "; write a decimal point where a comma stands, and no commas between thousands"
    if re.fullmatch(r"[+-]?(\d[\d.]*|\.\d+)[dD][+-]?\d+", word):
        return "; write the exponent with e"
    return ""


def plain(value: Any) -> Any:
    """The same value in Python's own types, in mappings, lists and tuples too: numpy's numbers become int, float or bool, and its arrays lists."""
    if isinstance(value, (np.generic, np.ndarray)):
        return plain(value.tolist()) if isinstance(value, np.ndarray) else value.item()
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return tuple(plain(v) for v in value) if type(value) is tuple else value
