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


def interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Mean and Student's t interval of independent values.

    Parameters
    ----------
    values : Sequence[float]
        The sample, at least one number.
    confidence : float, default 0.95
        Coverage, between 0 and 1.
    """
    data = np.asarray(values, np.float64)
    mean = float(data.mean())
    if len(data) < 2:
        return Interval(mean, math.nan, math.nan, len(data))
    half = float(stdtrit(len(data) - 1, 0.5 + confidence / 2) * data.std(ddof=1) / math.sqrt(len(data)))
    return Interval(mean, mean - half, mean + half, len(data))


def paired(
    first: Mapping[int, float], second: Mapping[int, float], confidence: float = 0.95
) -> Interval | None:
    """Interval of `first − second` over the seeds both have; None if they share no seed."""
    seeds = sorted(first.keys() & second.keys())
    return interval([first[s] - second[s] for s in seeds], confidence) if seeds else None
