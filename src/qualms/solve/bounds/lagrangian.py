"""A bound on portfolios that needs no trust in the solver which suggested it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qualms.problems.portfolio import Portfolio


@dataclass(frozen=True)
class Multipliers:
    """What a bound is made from; any values give one, good ones a good one.

    Attributes
    ----------
    exposures : np.ndarray
        (k) factor exposures where the variance is replaced by its tangent.
    for_return, for_turnover : float
        At least 0.
    """

    exposures: np.ndarray
    for_return: float = 0.0
    for_turnover: float = 0.0


def portfolio_bound(problem: Portfolio, multipliers: Multipliers) -> float:
    """No portfolio is better.

    λ‖Fᵀw‖² ≥ λ(2 eᵀFᵀw − ‖e‖²) for every e, so the objective is at least a sum over assets, plus α(1 − Σw)
    for every α, plus multiples of what the return and the turnover may be. Each asset's part is least at one
    of a few weights; with at most K held, the K least parts count. What remains, over α, is concave, and its
    largest value found on a line. A margin for rounding is taken off.
    """
    e, risk = np.asarray(multipliers.exposures, float), problem.risk
    nu, tau = max(0.0, multipliers.for_return), max(0.0, multipliers.for_turnover)
    square = risk * problem.specific
    slope = 2 * risk * (problem.factors @ e) - (1 - risk + nu) * problem.mean
    held = np.zeros(problem.size) if problem.held is None else np.asarray(problem.held, float)
    constant = -risk * float(e @ e)
    if problem.least_return is not None:
        constant += nu * problem.least_return
    if problem.turnover is not None:
        constant -= tau * problem.turnover
    else:
        tau = 0.0

    def at(alpha: float) -> float:
        parts = _least(square, slope - alpha, tau, held, problem.smallest, problem.largest)
        at_zero = tau * np.abs(held)
        gains = np.minimum(0.0, parts - at_zero)
        if problem.most is not None and problem.most < len(gains):
            gains = np.partition(gains, problem.most)[: problem.most]
        return alpha + constant + float(at_zero.sum() + gains.sum())

    reach = float(np.abs(slope).max(initial=0) + 2 * square.max(initial=0) + tau) + 1e-12
    low, high = -2 * reach, 2 * reach
    golden = (5**0.5 - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    fa, fb = at(a), at(b)
    for _ in range(100):
        if fa < fb:
            low, a, fa = a, b, fb
            b = low + golden * (high - low)
            fb = at(b)
        else:
            high, b, fb = b, a, fa
            a = high - golden * (high - low)
            fa = at(a)
    best = max(fa, fb)
    size = abs(best) + abs(constant) + reach * (1 + float(np.abs(held).sum()))
    return best - 1e-13 * (problem.size + problem.factors.shape[1]) ** 0.5 * size


def _least(
    square: np.ndarray, slope: np.ndarray, tau: float, held: np.ndarray, smallest: float, largest: float
) -> np.ndarray:
    """min of square w² + slope w + tau |w − held| over smallest ≤ w ≤ largest, each."""
    candidates = [
        np.full(len(slope), smallest),
        np.full(len(slope), largest),
        np.clip(held, smallest, largest),
    ]
    for sign in (1.0, -1.0) if tau else (0.0,):
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = np.where(square > 0, -(slope + sign * tau) / (2 * square), smallest)
        candidates.append(np.clip(vertex, smallest, largest))
    w = np.stack(candidates)
    return (square * w * w + slope * w + tau * np.abs(w - held)).min(0)
