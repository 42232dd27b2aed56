"""Decimal numbers kept exactly: whole numbers over a power of ten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from qualms.errors import DataError

_MOST = 1 << 62


@dataclass(frozen=True)
class Decimals:
    """values / scale.

    Attributes
    ----------
    values : int64. scale : a power of ten.
    """

    values: np.ndarray
    scale: int = 1

    @property
    def floats(self) -> np.ndarray:
        return self.values / self.scale

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
        DataError : for what is no finite number, or has too many digits for 62 bits. The message names it.
        """
        array = np.asarray(numbers)
        if array.dtype.kind in "iu" or not len(array):
            return cls(array.astype(np.int64))
        texts = [repr(float(x)) if isinstance(x, (float, np.floating)) else str(x) for x in numbers]
        try:
            return cls(np.array([int(t) for t in texts], np.int64))
        except (ValueError, OverflowError):
            pass
        exact = [_decimal(t) for t in texts]
        digits = max(0, -min(int(d.as_tuple().exponent) for d in exact))
        scaled = [int(d.scaleb(digits)) if d else 0 for d in exact]
        if max(map(abs, scaled)) >= _MOST:
            worst = max(zip(map(abs, scaled), texts, strict=True))[1]
            raise DataError(f"number {worst!r} beside others of {digits} decimals has too many digits to be kept exactly")
        return cls(np.array(scaled, np.int64), 10**digits)


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise DataError(f"{text!r} is not a number") from None
    if not found.is_finite() or abs(found.adjusted()) > 40:
        raise DataError(f"{text!r} is not a number that can be kept exactly")
    return found.normalize() if found else Decimal(0)
