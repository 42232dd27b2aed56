"""Linear relaxations, with a bound that the multipliers prove and not the solver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix, vstack

from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import exact

_MOST_EXACT = 20_000  # coefficients of a model whose bound is summed in exact arithmetic, a tenth of a second
_DENOMINATORS = (1, 12, 1000, 10**6)  # of multipliers that are tried


@dataclass(frozen=True)
class Dual:
    """value : of the bound, for the minimised problem. verified : False where a variable without a bound has
    a slope that rounding may explain.

    infeasible : the relaxation has no solution, by the solver's word. x : the relaxed solution.
    """

    value: float
    verified: bool
    x: np.ndarray | None = None


def relaxed(model: MixedInteger, seconds: float) -> Dual | None:
    """A lower bound of the model (of −objective for "max"), integer variables taken as real; None if the time
    was too short.

    Any multipliers y of rows give one: y·sides + Σ min over bounds of (cost − rowsᵀ y) x (Neumaier and
    Shcherbina 2004). HiGHS suggests them; a margin for the rounding of these sums is taken off.
    """
    from scipy.optimize import linprog

    sign = 1.0 if model.sense == "min" else -1.0
    cost = sign * model.cost
    equal = model.row_low == model.row_high
    above, below = (
        np.flatnonzero(~equal & np.isfinite(model.row_high)),
        np.flatnonzero(~equal & np.isfinite(model.row_low)),
    )
    upper = csr_matrix(vstack([model.rows[above], -model.rows[below]])) if len(above) + len(below) else None
    sides = np.concatenate([model.row_high[above], -model.row_low[below]])
    same = np.flatnonzero(equal)
    found = linprog(
        cost, upper, sides if upper is not None else None, model.rows[same] if len(same) else None,
        model.row_low[same] if len(same) else None, np.stack([model.low, model.high], 1), method="highs",
        options={"time_limit": max(0.05, seconds)},
    )  # fmt: skip
    if found.status != 0:
        return None
    y = np.zeros(len(model.row_low))
    if upper is not None:
        marginal = np.minimum(0.0, found.ineqlin.marginals)
        y[above] += marginal[: len(above)]
        y[below] -= marginal[len(above) :]
    if len(same):
        y[same] = found.eqlin.marginals
    value, verified = proven(cost, model.rows, model.row_low, model.row_high, model.low, model.high, y)
    if not verified and model.rows.nnz <= _MOST_EXACT:
        certain = proven_exactly(model, cost, y)
        if certain is not None:
            shifted = certain + sign * model.offset
            return Dual(math.nextafter(shifted, -math.inf) if model.offset else shifted, True, found.x)
    if not np.isfinite(value):
        return Dual(float(found.fun) + sign * model.offset - 1e-6 * (1 + abs(found.fun)), False, found.x)
    return Dual(value + sign * model.offset, verified, found.x)


def proven(
    cost: np.ndarray,
    rows: csr_matrix,
    row_low: np.ndarray,
    row_high: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    y: np.ndarray,
) -> tuple[float, bool]:
    """The bound that multipliers y give, and whether it stands without a solver's word."""
    y = np.where((y > 0) & ~np.isfinite(row_low), 0.0, np.where((y < 0) & ~np.isfinite(row_high), 0.0, y))
    side = np.where(
        y > 0, np.where(np.isfinite(row_low), row_low, 0.0), np.where(np.isfinite(row_high), row_high, 0.0)
    )
    eps = np.finfo(float).eps
    across = rows.T
    slope = cost - across @ y
    lengths = np.bincount(rows.indices, minlength=len(cost)) + 2
    rounding = eps * lengths * (np.abs(cost) + np.abs(across) @ np.abs(y))
    inside = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    reach = np.maximum(np.abs(inside[0]), np.abs(inside[1]))
    down, up = slope > 0, slope < 0
    loose = (down & ~np.isfinite(low)) | (up & ~np.isfinite(high))
    if (loose & (np.abs(slope) > 1e-7 * (1 + np.abs(cost)))).any():
        return -np.inf, False
    parts = np.where(loose, 0.0, np.where(down, slope * inside[0], slope * inside[1]))
    terms = np.concatenate([y * side, parts])
    margin = float(rounding @ reach) + eps * (len(terms) + 2) * float(np.abs(terms).sum())
    # a slope that rounding may turn, at a variable without a bound on the side that it would then lean to
    turned = ((slope <= rounding) & ~np.isfinite(high)) | ((slope >= -rounding) & ~np.isfinite(low))
    exact = not (turned & ((rounding > 0) | (slope != 0))).any()
    return float(terms.sum()) - margin, exact


def proven_exactly(model: MixedInteger, cost: np.ndarray, y: np.ndarray) -> float | None:
    """The best bound that multipliers near y prove in exact arithmetic, rounded down; None if there is none.

    The slope of a variable that has no bound must be exactly zero, or lean to the side that it has. With
    multipliers as doubles that fails by a rounding error; the optimal ones are mostly fractions of small
    denominators, so y is rounded to such.

    Parameters
    ----------
    model : MixedInteger
        Its rows and bounds; `cost` is to be minimised instead of the model's.
    cost, y : np.ndarray
        (n) and (m).
    """
    tried = (_exact_bound(model, cost, [Fraction(v).limit_denominator(d) for v in y]) for d in _DENOMINATORS)
    best = max((value for value in tried if value is not None), default=None)
    if best is None:
        return None
    value = float(best)
    return value if Fraction(value) <= best else math.nextafter(value, -math.inf)


def _exact_bound(model: MixedInteger, cost: np.ndarray, y: list[Fraction]) -> Fraction | None:
    total, slopes = Fraction(0), [exact(c) for c in cost]
    for k, multiplier in enumerate(y):
        side = model.row_low[k] if multiplier > 0 else model.row_high[k]
        if multiplier == 0 or not np.isfinite(side):
            continue
        total += multiplier * exact(side)
        part = slice(model.rows.indptr[k], model.rows.indptr[k + 1])
        for j, a in zip(model.rows.indices[part], model.rows.data[part], strict=True):
            slopes[j] -= multiplier * exact(a)
    for j, slope in enumerate(slopes):
        bound = model.low[j] if slope > 0 else model.high[j]
        if slope != 0 and not np.isfinite(bound):
            return None
        total += slope * exact(bound) if slope != 0 else 0
    return total


def of_box(model: MixedInteger) -> float:
    """Every term at its least between the bounds, rounding taken off: for products that have no linear form.
    −∞ with open bounds.
    """
    sign = 1 if model.sense == "min" else -1
    low, high = model.low, model.high
    if not (np.isfinite(low) & np.isfinite(high)).all():
        return -np.inf
    least = np.minimum(sign * model.cost * low, sign * model.cost * high)
    corners = np.stack(
        [
            low[model.i] * low[model.j],
            low[model.i] * high[model.j],
            high[model.i] * low[model.j],
            high[model.i] * high[model.j],
        ]
    )
    corners = np.concatenate(
        [
            corners,
            np.where((model.i == model.j) & (low[model.i] <= 0) & (high[model.i] >= 0), 0.0, corners[0])[
                None
            ],
        ]
    )
    same = model.i == model.j
    corners[1:3, same] = corners[0, same]  # a square has no mixed corner
    products = (sign * model.q * corners).min(0)
    terms = np.concatenate([least, products, [sign * model.offset]])
    return float(terms.sum()) - 4 * np.finfo(float).eps * (len(terms) + 2) * float(np.abs(terms).sum())
