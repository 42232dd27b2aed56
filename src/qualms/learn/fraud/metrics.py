"""What a ranking of transactions is worth, with weights for the true prevalence, for many resamples at once.

A resample is a row of weights, so that everything here is computed for all of them by one sort and cumulative
sums along it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import psutil

from qualms.errors import TooLargeError

_BINS = 10  # of the stability index and of the reliability curve
_BLOCK = 2_000_000  # weights that are looked at together
_LEAST = 1e-4  # the smallest share of a bin in the stability index, which has a logarithm of it


@dataclass(frozen=True)
class Ranking:
    """Transactions from the most to the least suspicious; equal scores are one step.

    Attributes
    ----------
    order : np.ndarray
        (rows,) row numbers.
    ends : np.ndarray
        (steps,) the last place of each step in that order.
    """

    order: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, scores: np.ndarray) -> Ranking:
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        return cls(order, np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)))

    def caught(self, fraud: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight of frauds, and of all, down to the end of each step.

        Parameters
        ----------
        fraud : np.ndarray
            (rows,) bool.
        weights : np.ndarray
            (resamples, rows).

        Returns
        -------
        (np.ndarray, np.ndarray)
            (resamples, steps) each.
        """
        ranked = weights[:, self.order]
        everything = np.cumsum(ranked, axis=1)[:, self.ends]
        frauds = np.cumsum(ranked * fraud[self.order], axis=1)[:, self.ends]
        return frauds, everything


def average_precision(fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under precision and recall, as scikit-learn's `average_precision_score` has it.

    Parameters
    ----------
    fraud : np.ndarray
        (rows,) bool.
    scores : np.ndarray
        (rows,) higher is more suspicious.
    weights : np.ndarray
        (resamples, rows), at least 0.

    Returns
    -------
    np.ndarray
        (resamples,); NaN where no fraud has weight.
    """
    frauds, everything = Ranking.of(scores).caught(fraud, weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(everything > 0, frauds / everything, 0.0)
        gained = np.diff(frauds, axis=1, prepend=0.0) / frauds[:, -1:]
    found: np.ndarray = np.sum(precision * gained, axis=1)
    return found


def recall_at(fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """Share of the frauds among the most suspicious `share` of all transactions.

    Of transactions with equal scores at the edge a part is looked at, chosen by chance: recall is its mean.

    Returns
    -------
    np.ndarray
        (resamples,).
    """
    frauds, everything = Ranking.of(scores).caught(fraud, weights)
    zero = np.zeros(1)
    return np.array(
        [
            np.interp(share * a[-1], np.append(zero, a), np.append(zero, f)) / f[-1] if f[-1] > 0 else np.nan
            for f, a in zip(frauds, everything, strict=True)
        ]
    )


def row_costs(fraud: np.ndarray, alerts: np.ndarray, missed: np.ndarray, review: float) -> np.ndarray:
    """What each transaction costs: a review where there is an alert, the loss where a fraud is not reviewed.

    Parameters
    ----------
    fraud, alerts : np.ndarray
        (rows,) bool.
    missed : np.ndarray
        (rows,) the loss of a fraud that nobody reviews.
    review : float
        Of one transaction.

    Returns
    -------
    np.ndarray
        (rows,).
    """
    found: np.ndarray = review * alerts + missed * (fraud & ~alerts)
    return found


def per_thousand(costs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Cost of 1,000 transactions, (resamples,)."""
    found: np.ndarray = 1000 * (weights @ costs) / weights.sum(axis=1)
    return found


def cheapest_threshold(
    fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray, missed: np.ndarray, review: float
) -> float:
    """The score from which on an alert is cheapest, on rows that are not those to be measured.

    Returns
    -------
    float
        +∞ where no alert at all is cheapest.
    """
    ranking = Ranking.of(scores)
    reviewed = np.cumsum((weights * review)[ranking.order])[ranking.ends]
    saved = np.cumsum((weights * missed * fraud)[ranking.order])[ranking.ends]
    gain = saved - reviewed
    best = int(np.argmax(gain))
    return float(scores[ranking.order[ranking.ends[best]]]) if gain[best] > 0 else np.inf


def stability_index(reference: np.ndarray, now: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Population stability index: Σ (a − e) ln(a / e) over ten bins with equal shares of the reference.

    By the usual rule below 0.1 nothing has changed, and above 0.25 something has. Shares below 0.0001 count
    as 0.0001, since the index has no finite value for an empty bin.

    Parameters
    ----------
    reference, now : np.ndarray
        Numbers then and now; infinities are allowed.
    weights : np.ndarray, optional
        Of `now`.
    """
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    expected = np.bincount(np.searchsorted(edges, reference), minlength=len(edges) + 1)
    actual = np.bincount(np.searchsorted(edges, now), weights, minlength=len(edges) + 1)
    e, a = (np.maximum(c / c.sum(), _LEAST) for c in (expected, actual))
    return float(np.sum((a - e) * np.log(a / e)))


def stability_by_chance(reference: int, now: int) -> float:
    """The mean of the stability index where nothing has changed, for so many rows then and now: nearly χ²."""
    return (_BINS - 1) * (1 / reference + 1 / now)


def reliability(fraud: np.ndarray, chance: np.ndarray, weights: np.ndarray) -> list[dict[str, float]]:
    """Predicted against observed share of frauds, in bins of equally many frauds' worth of rows.

    Returns
    -------
    list of dict
        "predicted", "observed" and "weight" of each bin that has rows, from low to high.
    """
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, _BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, chance, side="right")
    out = []
    for k in np.unique(bins):
        w = weights[bins == k]
        if w.sum() > 0:
            out.append(
                {
                    "predicted": float(w @ chance[bins == k] / w.sum()),
                    "observed": float(w @ fraud[bins == k] / w.sum()),
                    "weight": float(w.sum() / weights.sum()),
                }
            )
    return out


def resamples(fraud: np.ndarray, count: int, seed: int) -> np.ndarray:
    """How often each row is drawn in each bootstrap resample, the same for every method, so that differences
    are paired.

    Frauds and other rows are drawn apart, as the prevalence is set by weights and not by the sample.

    Parameters
    ----------
    fraud : np.ndarray
        (rows,) bool.
    count : int
        Of resamples.
    seed : int

    Returns
    -------
    np.ndarray
        (1 + count, rows) uint8: first the rows as they are, then the resamples.

    Raises
    ------
    TooLargeError
        If they would not fit in memory.
    """
    needed, there = (count + 1) * len(fraud) + 2 * _BLOCK * 8, psutil.virtual_memory().available
    if needed > there:
        raise TooLargeError(
            f"{count} resamples of {len(fraud):,} rows need {needed / 2**30:.1f} GiB, and "
            f"{there / 2**30:.1f} GiB "
            "are free; take fewer resamples or rows"
        )
    rng = np.random.default_rng(seed)
    found = np.ones((count + 1, len(fraud)), np.uint8)
    for part in (np.flatnonzero(fraud), np.flatnonzero(~fraud)):
        for row in found[1:]:
            drawn = np.bincount(rng.integers(0, len(part), len(part)), minlength=len(part))
            row[part] = drawn  # a row is drawn once on average, and 255 times never
    return found


def over_resamples(
    measure: Callable[[np.ndarray], np.ndarray], drawn: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """A metric of every resample, some resamples at a time, so that memory does not grow with their number.

    Parameters
    ----------
    measure : callable
        Takes weights (some, rows), returns (some,).
    drawn : np.ndarray
        From `resamples`.
    weights : np.ndarray
        (rows,) how many transactions each row stands for.

    Returns
    -------
    np.ndarray
        (1 + count,).
    """
    step = max(1, _BLOCK // drawn.shape[1])
    return np.concatenate([measure(drawn[k : k + step] * weights) for k in range(0, len(drawn), step)])


def percentiles(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """The percentile interval of resampled values; those that are not numbers are left out."""
    tail = 50 * (1 - confidence)
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)
