"""What was read of a text, before it becomes a model, and the model that comes of it."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from qualms.language.conditions import Relation
from qualms.language.frames import Figure
from qualms.language.things import Thing
from qualms.specification.base import Quantity
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Objective, Variable

_LARGEST = 1000  # denominator of a fraction that was told in words


@dataclass(frozen=True)
class Row:
    """A constraint as numbers: coefficients by thing, and what it was read from."""

    name: str
    terms: tuple[tuple[int, Quantity], ...]
    relation: Relation
    right: Quantity
    words: str
    total: Quantity | None = None  # a share of the total: the things on the left, this times all on the right
    other: tuple[int, Quantity] | None = None  # a multiple of another thing on the right


@dataclass
class Draft:
    """What was read, before it becomes a model."""

    things: tuple[Thing, ...]
    sense: Literal["max", "min"] = "max"
    goal: str = ""
    goal_unit: str = ""
    goal_words: str = ""
    cost: dict[int, Quantity] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    whole: bool = True
    chosen: bool = False  # each thing is taken or not
    unit: str = ""
    assumptions: list[str] = field(default_factory=list)
    order: tuple[int, ...] = ()

    def assume(self, sentence: str) -> None:
        """Notes a reading, once."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def signature(self) -> tuple[object, ...]:
        """What two readings must have in common to be the same: the numbers, in any order of the things."""
        orders = itertools.permutations(range(len(self.things))) if len(self.things) <= 4 else [self.order]
        return min((self._ordered(tuple(order)) for order in orders), key=repr)

    def _ordered(self, order: tuple[int, ...]) -> tuple[object, ...]:
        place = {t: k for k, t in enumerate(order)}
        count = len(self.things)
        rows = set()
        for row in self.rows:
            line = [Fraction(0)] * count
            for t, q in row.terms:
                line[place[t]] += exact(q)
            if row.total is not None:
                line = [a - exact(row.total) for a in line]
            if row.other is not None:
                line[place[row.other[0]]] -= exact(row.other[1])
            right = exact(row.right)
            relation = row.relation
            if relation == ">=":
                line, right = [-a for a in line], -right
            scale = max((abs(a) for a in line), default=Fraction(1)) or Fraction(1)
            rows.add((tuple(a / scale for a in line), right / scale, relation == "="))
        goal = tuple(exact(self.cost[t]) if t in self.cost else Fraction(0) for t in order)
        return (self.sense, goal, tuple(sorted(rows)))


def exact(quantity: Quantity) -> Fraction:
    value = quantity.value
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def quantity(figure: Figure, scale: Fraction = Fraction(1)) -> Quantity:
    """A number with its unit and words."""
    return Quantity(value=plain(figure.value * scale), unit=_shown(figure), words=figure.token.text)


def plural(unit: str) -> str:
    """Of a unit: "hours", "square feet"."""
    if not unit or unit in ("%", "lb", "kg", "g", "oz", "mg", "ml", "km", "dollars", "euros"):
        return unit
    return (unit[:-4] + "feet" if unit.endswith("foot") else unit + "s").replace("_", " ")


def _shown(figure: Figure) -> str:
    if figure.unit:
        return plural(figure.unit)
    return figure.said if figure.family == "" else figure.family


def model(draft: Draft) -> GeneralModel:
    """A draft as a specification."""
    names = _unique([t.name for t in draft.things])
    variables = tuple(
        Variable(name=names[t], domain="binary", low=0, high=1)
        if draft.chosen
        else Variable(name=names[t], domain="integer" if draft.whole else "real", low=0, unit=draft.unit)
        for t in draft.order
    )
    labels = _unique([row.name for row in draft.rows])
    return GeneralModel(
        assumptions=tuple(draft.assumptions),
        variables=variables,
        constraints=tuple(
            _constraint(row, label, names) for row, label in zip(draft.rows, labels, strict=True)
        ),
        objective=Objective(
            sense=draft.sense,
            expression=_sum([(t, draft.cost[t]) for t in draft.order if t in draft.cost], names),
            name=draft.goal[:80],
            # a share of amounts is counted as the amounts are: 4 % of dollars are dollars
            unit=plural(draft.unit) if draft.goal_unit == "%" else draft.goal_unit,
            words=draft.goal_words,
        ),
    )


def _sum(terms: list[tuple[int, Quantity]], names: list[str]) -> Expression:
    return Total(terms=tuple(_term(t, q, names) for t, q in terms))


def _term(t: int, q: Quantity, names: list[str]) -> Expression:
    if q.value == 1 and not q.words:
        return Reference(name=names[t])
    return Product(factors=(Constant(value=q), Reference(name=names[t])))


def _in_integers(row: Row) -> Row:
    """A row in which a third is no rounded 0.333…: both sides times the denominators of such numbers."""
    told = [q for _, q in row.terms] + [row.right]
    told += [q for q in (row.total, row.other[1] if row.other else None) if q is not None]
    factor = math.lcm(*(_denominator(q) for q in told))
    if factor == 1:
        return row

    def times(q: Quantity) -> Quantity:
        value = Fraction(q.value).limit_denominator(_LARGEST) if _denominator(q) > 1 else exact(q)
        return q.model_copy(update={"value": plain(value * factor)})

    return replace(
        row,
        terms=tuple((t, times(q)) for t, q in row.terms),
        right=times(row.right),
        total=None if row.total is None else times(row.total),
        other=None if row.other is None else (row.other[0], times(row.other[1])),
    )


def _denominator(q: Quantity) -> int:
    """The denominator of a number that no decimal is, such as a third; 1 for all others."""
    near = Fraction(q.value).limit_denominator(_LARGEST)
    return near.denominator if float(near) == q.value and near != exact(q) else 1


def _constraint(row: Row, label: str, names: list[str]) -> Constraint:
    row = _in_integers(row)
    left = _sum(list(row.terms), names) if len(row.terms) > 1 else _term(*row.terms[0], names)
    right: Expression = Constant(value=row.right)
    if row.total is not None:
        every = Total(terms=tuple(Reference(name=n) for n in names))
        right = Product(factors=(Constant(value=row.total), every))
    elif row.other is not None:
        right = _term(*row.other, names)
    return Constraint(name=label, left=left, relation=row.relation, right=right, words=row.words)


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out: list[str] = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out
