"""Decimal numbers kept exactly: integers over a power of ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from qualms.errors import DataError

_MOST = 1 << 60
TOLERANCE = 1e-6  # of bounds and constraints on real variables, relative to the side and at least absolute


def exact(number: float) -> Fraction:
    """A double as the shortest decimal that reads back as it: .1 is a tenth."""
    return Fraction(repr(float(number)))


@dataclass(frozen=True)
class Decimals:
    """values / scale.

    Attributes
    ----------
    values : np.ndarray
        int64, or Python's integers where those do not suffice.
    scale : int
        A power of ten.
    """

    values: np.ndarray
    scale: int = 1

    @property
    def floats(self) -> np.ndarray:
        return np.asarray(self.values / self.scale, np.float64)

    def total(self, chosen: np.ndarray | slice = slice(None)) -> int | Fraction:
        """The exact sum of chosen entries."""
        part = self.values[chosen]
        large = len(part) > 0 and int(np.abs(part).max()) * len(part) >= _MOST
        found = sum(map(int, part)) if large else int(part.sum())
        return found if self.scale == 1 else Fraction(found, self.scale)

    @classmethod
    def of(cls, numbers: Sequence[int | float | str] | np.ndarray) -> Decimals:
        """From numbers or their texts. A float is the shortest decimal that reads back as it.

        Raises
        ------
        DataError
            For what is no finite number, or one of more than 40 digits. The message names it.
        """
        array = np.asarray(numbers)
        if array.dtype.kind in "iu" or not len(array):
            return cls._kept(
                [int(v) for v in array.reshape(-1)] if array.dtype == np.uint64 else array.astype(np.int64), 1
            )
        texts = [repr(float(x)) if isinstance(x, (float, np.floating)) else str(x) for x in numbers]
        try:
            return cls._kept([int(t) for t in texts], 1)
        except ValueError:
            pass
        exact = [_decimal(t) for t in texts]
        digits = max(0, -min(int(d.as_tuple().exponent) for d in exact))
        return cls._kept([int(Fraction(d) * 10**digits) for d in exact], 10**digits)

    @classmethod
    def _kept(cls, numbers: Sequence[int] | np.ndarray, scale: int) -> Decimals:
        """In int64 where 60 bits do, so that twice a number still fits; else as Python's own."""
        if isinstance(numbers, np.ndarray):
            small = not len(numbers) or (int(numbers.max()) < _MOST and int(numbers.min()) > -_MOST)
        else:
            small = max(map(abs, numbers), default=0) < _MOST
        return cls(np.array(numbers, np.int64 if small else object), scale)


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise DataError(f"{text!r} is not a number") from None
    if not found.is_finite() or abs(found.adjusted()) > 40 or len(found.as_tuple().digits) > 40:
        raise DataError(f"{text!r} is not a number that can be kept exactly")
    return found.normalize(Context(prec=60)) if found else Decimal(0)
