"""What it would bring to move a side of a linear model: duals with their ranges, and exact differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from qualms.errors import ConfigError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Number
from qualms.solve.conditions import Condition, binding, moved
from qualms.solve.encodings import linear_encoding
from qualms.solve.solvers.highs import Optimum, optimum
from qualms.solve.solvers.solver import Clock

_SAME = 1e-6  # relative: objectives that count as equal, as for a gap that is closed
_NO_ROOM = 1e-6  # relative: a range that is not wider is none
_PERCENT = 0.01


@dataclass(frozen=True)
class Change:
    """What the optimum is with another side.

    Attributes
    ----------
    step : float
        New side less old side.
    status : str
        "optimal", "infeasible", "unbounded", or "unknown" where the time ended before that.
    objective : float or None
        The new optimum, computed from its solution in exact arithmetic; for "optimal".
    difference : float or None
        New optimum less old one.
    """

    step: float
    status: str
    objective: float | None = None
    difference: float | None = None


@dataclass(frozen=True)
class Range:
    """The sides between which a dual holds; None where there is no end."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Rate:
    """What moving a condition brings.

    Attributes
    ----------
    condition : Condition
        Which the solution meets with equality.
    dual : float or None
        By how much the optimum changes for one unit more of the side, while the side is within `range`. In
        a model with integer variables these are held at the solution's values.
    range : Range or None
        None where it was not found in the time. A range that begins or ends at the side says that the dual
        holds for moving it in one direction only.
    more, less : Change or None
        The exact differences for a step up and for a step down; None where the time ended before.
    """

    condition: Condition
    dual: float | None = None
    range: Range | None = None
    more: Change | None = None
    less: Change | None = None

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "condition": self.condition.to_dict()}


@dataclass(frozen=True)
class Sensitivity:
    """What moving each of the binding conditions of a model brings.

    Attributes
    ----------
    rates : tuple of Rate
        Rows first, then bounds of variables.
    integers_fixed : bool
        Whether the duals are those of the model with its integer variables held at the solution's values.
    complete : bool
        Whether everything was computed in the time.
    """

    rates: tuple[Rate, ...]
    integers_fixed: bool
    complete: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "rates": [rate.to_dict() for rate in self.rates],
            "integers_fixed": self.integers_fixed,
            "complete": self.complete,
        }


def sensitivity(
    model: MixedInteger,
    solution: np.ndarray,
    clock: Clock,
    asked: Sequence[Condition] | None = None,
    step: float | None = None,
) -> Sensitivity:
    """Duals, ranges and exact differences at an optimal solution.

    For a model of real variables HiGHS gives the duals, and two more linear models give the range of each.
    The difference for a step within the range is dual times step; every other difference comes from solving
    the model with the moved side.

    Parameters
    ----------
    model : MixedInteger
        Linear, or quadratic in a form that HiGHS takes; then there are no ranges.
    solution : np.ndarray
        (n) An optimal solution.
    clock : Clock
        The time for everything together.
    asked : sequence of Condition, optional
        Default: all that the solution meets with equality.
    step : float, optional
        How far sides are moved. Default: one unit, and a hundredth of a side between −1 and 1 that is not 0.

    Raises
    ------
    ConfigError
        For what is no solution of the model.
    MissingExtraError
        Without highspy.
    """
    met = tuple(asked) if asked is not None else binding(model, solution)
    base = model.objective(solution)
    linear = _relaxed(model, model.values(solution))
    duals = _duals(linear, base, clock) if linear is not None else None
    rates, complete = [], True
    for k, condition in enumerate(met):
        assert condition.side is not None
        share = clock.left / (len(met) - k)
        by = step if step is not None else step_of(condition.side)
        rate = _rate(model, linear, duals, condition, base, by, Clock(replace(clock.limits, seconds=share)))
        rates.append(rate)
        complete &= all(c is not None and c.status != "unknown" for c in (rate.more, rate.less))
    return Sensitivity(tuple(rates), bool(model.integer.any()) and duals is not None, complete)


def step_of(side: float) -> float:
    """How far a side is moved where nobody says it: one unit, or a hundredth of a small side."""
    return 1.0 if side == 0 or abs(side) >= 1 else _PERCENT * abs(side)


def resolved(model: MixedInteger, seconds: float) -> Optimum:
    """The optimum of a model by HiGHS; products of bits become variables on the way."""
    if not len(model.q) or not model.integer.any():
        return optimum(model, seconds)
    form = linear_encoding(model)
    found = optimum(form.model, seconds)
    return replace(found, x=None if found.x is None else np.asarray(form.decode(found.x), float))


def _relaxed(model: MixedInteger, x: np.ndarray) -> MixedInteger | None:
    """The model of real variables that duals are of: itself, or with integer variables held; None where
    nothing is left to move.
    """
    if not model.integer.any():
        return model
    if model.integer.all() or len(model.q):
        return None
    low, high = np.where(model.integer, x, model.low), np.where(model.integer, x, model.high)
    return replace(model, low=low, high=high, integer=np.zeros(model.size, bool))


def _duals(linear: MixedInteger, base: Number, clock: Clock) -> Optimum | None:
    """HiGHS's optimum, if that is the solution's."""
    try:
        found = optimum(linear, clock.left)
    except ConfigError:  # squares that are not convex
        return None
    if found.status != "optimal" or found.x is None or found.row_duals is None:
        return None
    same = abs(float(linear.objective(found.x)) - float(base)) <= _SAME * max(1.0, abs(float(base)))
    return found if same else None


def _rate(
    model: MixedInteger,
    linear: MixedInteger | None,
    duals: Optimum | None,
    condition: Condition,
    base: Number,
    step: float,
    clock: Clock,
) -> Rate:
    assert condition.side is not None
    dual, within = None, None
    if linear is not None and duals is not None and not _held(model, linear, condition):
        dual = _dual_of(duals, condition)
        within = _range(linear, condition, dual, duals, clock) if not len(linear.q) else None
        room = _NO_ROOM * max(1.0, abs(condition.side))
        if within is not None and None not in (within.low, within.high):
            assert within.low is not None
            assert within.high is not None
            if within.high - within.low <= room:  # between two rates, and the rate of no step
                dual, within = None, None
    changes = []
    for by, seconds in ((step, clock.left / 2), (-step, None)):
        trusted = within if model is linear else None
        changes.append(_change(model, condition, base, by, dual, trusted, clock, seconds))
    return Rate(condition, dual, within, *changes)


def _held(model: MixedInteger, linear: MixedInteger, condition: Condition) -> bool:
    """Whether the condition is a bound of a variable that is held."""
    return model is not linear and condition.of in ("low", "high") and bool(model.integer[condition.index])


def _dual_of(duals: Optimum, condition: Condition) -> float:
    assert duals.row_duals is not None
    assert duals.column_duals is not None
    values = duals.row_duals if condition.of.startswith("row") else duals.column_duals
    return float(values[condition.index]) + 0.0  # no −0


def _change(
    model: MixedInteger,
    condition: Condition,
    base: Number,
    step: float,
    dual: float | None,
    within: Range | None,
    clock: Clock,
    seconds: float | None,
) -> Change | None:
    assert condition.side is not None
    side = condition.side + step
    if dual is not None and within is not None and _inside(side, within):
        return Change(step, "optimal", float(base) + dual * step, dual * step)
    if clock.left == 0:
        return None
    try:
        found = resolved(moved(model, condition, side), clock.left if seconds is None else seconds)
    except ConfigError:  # a model that HiGHS refuses
        return None
    if found.status == "optimal" and found.x is not None:
        value = model.objective(found.x)
        return Change(step, "optimal", float(value), float(value - base))
    known = found.status in ("infeasible", "unbounded")
    return Change(step, found.status if known else "unknown")


def _inside(side: float, within: Range) -> bool:
    above = within.low is None or side >= within.low
    return above and (within.high is None or side <= within.high)


def _range(
    linear: MixedInteger, condition: Condition, dual: float, duals: Optimum, clock: Clock
) -> Range | None:
    """The sides t for which the optimum is on the line base + dual · (t − side).

    The optimum is never better than that line, because the dual is feasible for every side. So t is a
    variable beside the others, the objective becomes a row that asks for the line, and t is made as small
    and as large as can be. That does not depend on which basis HiGHS ended with.
    """
    assert condition.side is not None
    assert duals.x is not None
    n, at_optimum = linear.size, float(linear.cost @ duals.x)
    sign = 1.0 if linear.sense == "min" else -1.0
    low, high = linear.low.copy(), linear.high.copy()
    row_low, row_high = linear.row_low.copy(), linear.row_high.copy()
    least, most = (0.0 if of in condition.of or condition.of == "row" else s * np.inf
                   for of, s in (("low", -1), ("high", 1)))  # fmt: skip
    if condition.of.startswith("row"):
        own = linear.rows[[condition.index]]
        for sides, of, s in ((row_low, "low", -1), (row_high, "high", 1)):
            if of in condition.of or condition.of == "row":
                sides[condition.index] = s * np.inf
    else:
        own = csr_matrix(([1.0], ([0], [condition.index])), (1, n))
        (low if condition.of == "low" else high)[condition.index] = (
            -np.inf if condition.of == "low" else np.inf
        )
    line = at_optimum - dual * condition.side
    rows = vstack(
        [
            hstack([linear.rows, csr_matrix((linear.rows.shape[0], 1))]),
            hstack([own, csr_matrix([[-1.0]])]),
            hstack([csr_matrix(sign * linear.cost[None]), csr_matrix([[-sign * dual]])]),
        ]
    ).tocsr()
    rows.eliminate_zeros()
    ends: list[float | None] = []
    for sense in ("min", "max"):
        found = optimum(
            MixedInteger(
                cost=np.append(np.zeros(n), 1.0), low=np.append(low, -np.inf), high=np.append(high, np.inf),
                integer=np.zeros(n + 1, bool), rows=rows,
                row_low=np.concatenate([row_low, [least, -np.inf]]),
                row_high=np.concatenate([row_high, [most, sign * line]]), sense=sense,
            ),
            clock.left / 4,
        )  # fmt: skip
        if found.status == "optimal" and found.x is not None:
            ends.append(float(found.x[-1]))
        elif found.status == "unbounded":
            ends.append(None)
        else:
            return None
    return Range(*ends)
