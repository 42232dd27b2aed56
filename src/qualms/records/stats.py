"""Intervals over seeds and paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# the quantile of scipy.stats.t, without the half second that scipy.stats takes to import
from scipy.special import stdtrit


@dataclass(frozen=True)
class Interval:
    """A mean with its two-sided Student interval.

    With one value the ends are NaN: one seed has no interval.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0  # False where the ends are NaN


def interval(values: Sequence[float], confidence: float = 0.95, overlap: float = 0.0) -> Interval:
    """Mean and Student's t interval.

    Parameters
    ----------
    values : Sequence[float]
        The sample, at least one number.
    confidence : float, default 0.95
        Coverage, between 0 and 1.
    overlap : float, default 0
        0 for independent values. For those of cross-validation, whose training sets overlap: rows measured on
        over rows fitted on, which widens the interval (Nadeau and Bengio 2003, section 3).
    """
    data = np.asarray(values, np.float64)
    mean = float(data.mean())
    if len(data) < 2:
        return Interval(mean, math.nan, math.nan, len(data))
    error = data.std(ddof=1) * math.sqrt(1 / len(data) + overlap)
    half = float(stdtrit(len(data) - 1, 0.5 + confidence / 2) * error)
    return Interval(mean, mean - half, mean + half, len(data))


def paired(
    first: Mapping[int, float],
    second: Mapping[int, float],
    confidence: float = 0.95,
    overlap: float = 0.0,
) -> Interval | None:
    """Interval of `first − second` over the seeds both have; None if they share no seed."""
    seeds = sorted(first.keys() & second.keys())
    return interval([first[s] - second[s] for s in seeds], confidence, overlap) if seeds else None
