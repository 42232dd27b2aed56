"""A model told back in words, with sample points that a person can check by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from qualms.specification.expressions import expand
from qualms.specification.general import Constraint, GeneralModel
from qualms.specification.polynomial import Polynomial

MOST_LINES = 40  # conditions that are told; of larger models only how many more there are
_TOLD = {"<=": "at most", ">=": "at least", "=": "exactly"}
_SENSE = {"max": "as large as possible", "min": "as small as possible"}
_SLACK = Fraction(1, 10**9)


@dataclass(frozen=True)
class Measured:
    """A condition at a point.

    Attributes
    ----------
    name : str
        As the model calls it.
    value, limit : Fraction
        Its left and its right side.
    relation : str
        "<=", ">=" or "=".
    holds : bool
        Whether the point satisfies it.
    """

    name: str
    value: Fraction
    relation: str
    limit: Fraction
    holds: bool


@dataclass(frozen=True)
class CheckPoint:
    """What a model says of a point.

    Attributes
    ----------
    values : tuple of (str, Fraction)
        The value of each variable.
    goal : Fraction
        The value of the objective.
    conditions : tuple of Measured
        Every condition.
    sentence : str
        The same in words.
    """

    values: tuple[tuple[str, Fraction], ...]
    goal: Fraction
    conditions: tuple[Measured, ...]
    sentence: str


def paraphrase(model: GeneralModel) -> str:
    """A model in plain sentences, made from the typed model alone.

    Parameters
    ----------
    model : GeneralModel
        What to tell.

    Returns
    -------
    str
        What is decided, the goal, each condition with the words that it was read from, and the assumptions.

    Raises
    ------
    ConfigError
        As `GeneralModel.build` does.
    """
    names = [label for label, _ in model.table.columns]
    goal = expand(model.objective.expression, model.table)
    lines = [
        _decided(model),
        f"Make {_goal_name(model)} {_SENSE[model.objective.sense]}: {_formula(goal, names)}.",
    ]
    told = list(_conditions(model))
    if told:
        lines.append("These conditions must hold:")
    for number, (constraint, name, left, right) in enumerate(told[:MOST_LINES], 1):
        source = f" (“{constraint.words}”)" if constraint.words else ""
        relation = _TOLD[constraint.relation]
        lines.append(
            f"{number}. {name}: {_formula(left, names)} is {relation} {_formula(right, names)}{source}."
        )
    if len(told) > MOST_LINES:
        lines.append(f"There are {len(told) - MOST_LINES:,} further conditions.")
    lines += [f"Assumed: {a}" for a in model.assumptions]
    return "\n".join(lines)


def _decided(model: GeneralModel) -> str:
    """The sentence about what is decided."""
    found: list[str] = []
    for variable in model.variables:
        unit = f", in {variable.unit}s" if variable.unit else ""
        kind = {"integer": "a whole number", "real": "an amount", "binary": "yes or no"}[variable.domain]
        over = f" for each of {' and '.join(variable.over)}" if variable.over else ""
        found.append(f"{variable.name}{over} ({kind}{unit})")
    return f"Decide {_and(found[:MOST_LINES])}."


def _goal_name(model: GeneralModel) -> str:
    name = model.objective.name
    name = (
        name
        if name.startswith(("the ", "his ", "her ", "its ", "their ", "my ", "our ", "your "))
        else f"the {name}"
    )
    return f"{name} (in {model.objective.unit})" if model.objective.unit else name


def _conditions(model: GeneralModel) -> Iterator[tuple[Constraint, str, Polynomial, Polynomial]]:
    """Each condition with its two sides; if made for elements of a set, all variables are left."""
    for constraint in model.constraints:
        for name, difference in model.differences(constraint):
            if constraint.for_each:
                left = Polynomial({key: value for key, value in difference.terms.items() if key})
                yield constraint, name, left, Polynomial.constant(-difference.offset)
            else:
                left, right = expand(constraint.left, model.table), expand(constraint.right, model.table)
                yield constraint, name, left, right


def _formula(polynomial: Polynomial, names: list[str]) -> str:
    """A polynomial as "3 × tables + 2 × chairs"."""
    out = ""
    for key, value in sorted(polynomial.terms.items(), key=lambda term: (not term[0], term[0])):
        size = abs(value)
        factors = [names[k] for k in key]
        told = " × ".join(([] if size == 1 and factors else [_number(size)]) + factors)
        if not out:
            out = f"−{told}" if value < 0 else told
        else:
            out += f" {'−' if value < 0 else '+'} {told}"
    return out or "0"


def _number(value: Fraction) -> str:
    """A number as people write it."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{float(value):,.6g}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def check_points(model: GeneralModel) -> tuple[CheckPoint, ...]:
    """Two or three points with what the model says of them, for a person to compare with the text.

    The first point keeps the upper limits where that is easily found, the second has other proportions, and
    the third exceeds a limit, or misses a demand.

    Parameters
    ----------
    model : GeneralModel
        A model whose constraints are linear.

    Raises
    ------
    ConfigError
        As `GeneralModel.build` does.
    """
    count = len(model.table.columns)
    up = [Fraction(2 + k % 3) for k in range(count)]
    down = [Fraction(2 + (count - 1 - k) % 3) for k in range(count)]
    whole = all(variable.domain != "real" for variable in model.variables)
    found: list[CheckPoint] = []
    for shape, share in ((up, Fraction(9, 10)), (down, Fraction(1, 2)), (up, Fraction(13, 10))):
        scale = _scale(model, shape) * share
        values = [v * scale for v in shape]
        rounded = [Fraction(math.floor(v) if whole or v >= 20 else round(float(v), 1)) for v in values]
        point = _measure(model, [max(v, Fraction(0)) for v in rounded])
        if point.values not in [p.values for p in found]:
            found.append(point)
    return tuple(found)


def _scale(model: GeneralModel, shape: list[Fraction]) -> Fraction:
    """How far a direction can be gone until the first upper limit, or beyond all demands."""
    upper: list[Fraction] = []
    lower: list[Fraction] = []
    for constraint in model.constraints:
        for _, difference in model.differences(constraint):
            value = sum((c * shape[k] for k, c in difference.linear.items()), Fraction(0))
            limit = -difference.offset
            if value > 0 and limit > 0:
                (lower if constraint.relation == ">=" else upper).append(limit / value)
    if upper:
        return min(upper)
    return max(lower) * 2 if lower else Fraction(5)


def _measure(model: GeneralModel, values: list[Fraction]) -> CheckPoint:
    names = [label for label, _ in model.table.columns]
    goal = _value(expand(model.objective.expression, model.table), values)
    conditions: list[Measured] = []
    for constraint, name, left, right in _conditions(model):
        value, limit = _value(left, values), _value(right, values)
        holds = {
            "<=": value <= limit + _SLACK,
            ">=": value >= limit - _SLACK,
            "=": abs(value - limit) <= _SLACK,
        }[constraint.relation]
        conditions.append(Measured(name, value, constraint.relation, limit, holds))
    told = _and([f"{_number(v)} {name}" for v, name in zip(values, names, strict=True)][:MOST_LINES])
    unit = f" {model.objective.unit}" if model.objective.unit else ""
    rows = "; ".join(_told_condition(c) for c in conditions[:MOST_LINES])
    sentence = f"With {told}, {_goal_name(model).split(' (in ')[0]} is {_number(goal)}{unit}"
    return CheckPoint(
        tuple(zip(names, values, strict=True)),
        goal,
        tuple(conditions),
        f"{sentence}; {rows}." if rows else f"{sentence}.",
    )


def _told_condition(condition: Measured) -> str:
    verdict = "holds" if condition.holds else "does not hold"
    return (
        f"{condition.name} is {_number(condition.value)} and must be {_TOLD[condition.relation]} "
        f"{_number(condition.limit)}, which {verdict}"
    )


def _value(polynomial: Polynomial, values: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for key, coefficient in polynomial.terms.items():
        product = coefficient
        for k in key:
            product *= values[k]
        total += product
    return total
