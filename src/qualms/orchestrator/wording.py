"""Numbers, units and names as sentences show them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from qualms.solve.conditions import RELATIONS, Condition
from qualms.specification.base import Quantity
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Variable
from qualms.specification.specification import Specification

_DIGITS = 6
_GOALS = {
    "maxcut": "the weight of the cut", "independent set": "the total weight",
    "colouring": "the number of colours",
    "qubo": "the objective", "ising": "the energy", "labs": "the energy", "partition": "the difference",
    "knapsack": "the total profit", "quadratic assignment": "the total cost",
    "facility location": "the total cost", "routing": "the total distance",
    "job shop": "the end of the last job",
    "portfolio": "the objective (risk less return)",
}  # fmt: skip


def number(value: float) -> str:
    """Six digits, or all digits of an integer, with commas."""
    if not math.isfinite(value):
        return "infinity" if value > 0 else "−infinity"
    if abs(value - round(value)) <= 1e-9 * max(1.0, abs(value)) and abs(value) < 1e15:
        return f"{round(value):,}"
    if 1e-4 <= abs(value) < 1e15:
        places = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.{_DIGITS}g}"


def amount(value: float, unit: str = "") -> str:
    """A number with its unit; the value of 12 % is 0.12."""
    if unit == "%":
        return f"{number(100 * value)} %"
    return f"{number(value)} {unit}".rstrip()


def single(unit: str) -> str:
    """ "hour" of "hours"."""
    return unit[:-1] if unit.endswith("s") and not unit.endswith("ss") and len(unit) > 2 else unit


def difference(value: float, unit: str = "") -> str:
    """The same with its sign."""
    return ("+" if value > 0 else "") + amount(value, unit).replace("-", "−")


def outward(value: float, sense: str) -> float:
    """A bound to six digits, rounded to the side on which it still holds."""
    rounding = ROUND_FLOOR if sense == "min" else ROUND_CEILING
    exactly = Decimal(repr(float(value)))
    if exactly == exactly.to_integral_value():
        return value
    return float(Context(prec=_DIGITS, rounding=rounding).create_decimal(exactly))


def listed(parts: Sequence[str], most: int = 12) -> str:
    """ "a", "a and b", "a, b and c"; what is beyond the most is counted."""
    if len(parts) > most:
        return f"{', '.join(parts[:most])} and {len(parts) - most:,} more"
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def said(condition: Condition, unit: str = "") -> str:
    """A condition with its unit: "carpentry (at most 240 hours)"."""
    if condition.side is None:
        return str(condition)
    told = f"{RELATIONS[condition.of]} {amount(condition.side, unit)}"
    return f"{condition.name} ({told})" if condition.of.startswith("row") else f"{condition.name} {told}"


def goal(specification: Specification) -> tuple[str, str]:
    """What the objective is called, and its unit."""
    if isinstance(specification, GeneralModel):
        return specification.objective.name, specification.objective.unit
    if specification.kind == "assignment":
        return ("the total cost" if specification.sense == "min" else "the total value"), ""
    return _GOALS.get(specification.kind, "the objective"), ""


def unit_of_row(model: GeneralModel, k: int) -> str:
    """The unit of a row's sides, where the specification has one."""
    constraint = next(itertools.islice(rows(model), k, None))
    return unit_of(model, constraint)


def unit_of(model: GeneralModel, constraint: Constraint) -> str:
    """The unit of a constraint's number, where the specification has one."""
    units = {p.name: p.unit for p in model.parameters}
    for side in (constraint.right, constraint.left):
        found = next(_units(side, units), "") if _is_number(side) else ""
        if found:
            return found
    return ""


def rows(model: GeneralModel) -> Iterator[Constraint]:
    """The constraint of each row, in the order of rows."""
    for constraint in model.constraints:
        cells = math.prod(len(model.table.elements(each.set)) for each in constraint.for_each)
        yield from itertools.repeat(constraint, cells)


def column(model: GeneralModel, k: int) -> Variable:
    """The declaration of a column."""
    return model.table.columns[k][1]


def unit_of_condition(specification: Specification, condition: Condition) -> str:
    """The unit of a condition's side, or no text."""
    if not isinstance(specification, GeneralModel):
        return ""
    if condition.of.startswith("row"):
        return unit_of_row(specification, condition.index)
    return column(specification, condition.index).unit


def _is_number(expression: Expression) -> bool:
    if isinstance(expression, Constant):
        return True
    if isinstance(expression, Reference):
        return expression.op == "parameter"
    if isinstance(expression, Total | Product):
        return all(_is_number(part) for part in _parts(expression))
    return _is_number(expression.term)


def _parts(expression: Total | Product) -> tuple[Expression, ...]:
    return expression.terms if isinstance(expression, Total) else expression.factors


def _units(expression: Expression, units: dict[str, str]) -> Iterator[str]:
    """The units of the numbers of an expression that have one."""
    if isinstance(expression, Constant):
        if isinstance(expression.value, Quantity) and expression.value.unit:
            yield expression.value.unit
    elif isinstance(expression, Reference):
        if units.get(expression.name):
            yield units[expression.name]
    elif isinstance(expression, Total | Product):
        for part in _parts(expression):
            yield from _units(part, units)
    else:
        yield from _units(expression.term, units)
