"""The single conditions of a model: a side of a row, a bound of a variable, that a variable is an integer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import TOLERANCE, exact

RELATIONS = {
    "low": "at least",
    "row low": "at least",
    "row": "exactly",
    "high": "at most",
    "row high": "at most",
}


@dataclass(frozen=True)
class Condition:
    """One condition of a model, which can be left out or moved.

    Attributes
    ----------
    of : str
        "row low", "row high" or "row" (both sides are equal), "low" or "high" of a variable, or "integer".
    index : int
        Of the row or the variable.
    name : str
        What the model calls the row or the variable.
    side : float or None
        The number that the condition has; None for "integer".
    """

    of: str
    index: int
    name: str
    side: float | None = None

    def __str__(self) -> str:
        """In words: "assembly hours (at most 40)"."""
        if self.side is None:
            return f"{self.name} is an integer"
        told = f"{RELATIONS[self.of]} {self.side:.10g}"
        return f"{self.name} ({told})" if self.of.startswith("row") else f"{self.name} {told}"

    def to_dict(self) -> dict[str, Any]:
        return {"of": self.of, "index": self.index, "name": self.name, "side": self.side, "text": str(self)}


def conditions(model: MixedInteger) -> list[Condition]:
    """All conditions of a model: integrality first, then bounds, then rows."""
    found = [Condition("integer", int(k), model.variable(k)) for k in np.flatnonzero(model.integer)]
    for of, sides in (("low", model.low), ("high", model.high)):
        found += [
            Condition(of, int(k), model.variable(k), float(sides[k]))
            for k in np.flatnonzero(np.isfinite(sides))
        ]
    for k in range(model.rows.shape[0]):
        found += of_row(model, k)
    return found


def of_row(model: MixedInteger, k: int) -> list[Condition]:
    """One condition where both sides of a row are equal, or one for each finite side."""
    low, high = float(model.row_low[k]), float(model.row_high[k])
    if low == high:
        return [Condition("row", k, model.row(k), low)]
    sides = (("row low", low), ("row high", high))
    return [Condition(of, k, model.row(k), side) for of, side in sides if np.isfinite(side)]


def only(model: MixedInteger, kept: Iterable[Condition]) -> MixedInteger:
    """The model with these conditions alone, and without an objective."""
    n, m = model.size, model.rows.shape[0]
    sides = {
        "low": np.full(n, -np.inf), "high": np.full(n, np.inf),
        "row low": np.full(m, -np.inf), "row high": np.full(m, np.inf),
    }  # fmt: skip
    integer = np.zeros(n, bool)
    for condition in kept:
        if condition.of == "integer":
            integer[condition.index] = True
        for of in _sides(condition):
            sides[of][condition.index] = condition.side
    return replace(
        model, cost=np.zeros(n), low=sides["low"], high=sides["high"], integer=integer,
        row_low=sides["row low"], row_high=sides["row high"],
        i=np.zeros(0, np.int64), j=np.zeros(0, np.int64), q=np.zeros(0), offset=0.0, sense="min",
    )  # fmt: skip


def moved(model: MixedInteger, condition: Condition, side: float) -> MixedInteger:
    """The model with another number in a condition."""
    arrays = {"low": "low", "high": "high", "row low": "row_low", "row high": "row_high"}
    changed = {}
    for of in _sides(condition):
        array = getattr(model, arrays[of]).copy()
        array[condition.index] = side
        changed[arrays[of]] = array
    return replace(model, **changed)


def _sides(condition: Condition) -> tuple[str, ...]:
    if condition.of == "row":
        return ("row low", "row high")
    return () if condition.of == "integer" else (condition.of,)


def binding(model: MixedInteger, solution: np.ndarray) -> tuple[Condition, ...]:
    """The conditions that a solution meets with equality: rows, then bounds of variables.

    Rows are summed in exact arithmetic, with the tolerance of `check` where a variable is real. The bounds 0
    and 1 of integer variables, which such a variable always meets, are left out.

    Raises
    ------
    ConfigError
        For what is no solution of this model.
    """
    x = model.values(solution)
    found = []
    for k in _near(model, x):
        total = model.activity(x, k)
        found += [
            c
            for c in of_row(model, k)
            if c.side is not None and abs(total - exact(c.side)) <= model.allowance(k, c.side)
        ]
    slack = np.where(model.integer, 0.0, TOLERANCE * np.maximum(1.0, np.abs(x)))
    bits = model.integer & (model.low >= 0) & (model.high <= 1)
    for of, sides in (("low", model.low), ("high", model.high)):
        met = np.isfinite(sides) & (np.abs(x - np.where(np.isfinite(sides), sides, 0.0)) <= slack) & ~bits
        found += [Condition(of, int(k), model.variable(k), float(sides[k])) for k in np.flatnonzero(met)]
    return tuple(found)


def _near(model: MixedInteger, x: np.ndarray) -> list[int]:
    """Rows that floating point puts near one of their sides."""
    activity, size = model.rows @ x, np.abs(model.rows) @ np.abs(x)
    near = np.zeros(len(activity), bool)
    for side in (model.row_low, model.row_high):
        reach = 2 * TOLERANCE * np.maximum(1.0, np.abs(side)) + 1e-9 * size
        with np.errstate(invalid="ignore"):
            near |= np.abs(activity - side) <= np.where(np.isfinite(side), reach, -1.0)
    return [int(k) for k in np.flatnonzero(near)]
