"""Texts with the models that they state, as short formulas."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from qualms.specification.expressions import expand
from qualms.specification.general import GeneralModel


@dataclass(frozen=True)
class Model:
    """A text and what it states.

    Attributes
    ----------
    text : str
        The text.
    sense : str
        "max" or "min".
    goal : dict of str to Fraction
        Coefficients by variable.
    rows : set of tuple
        Each constraint as its coefficients in alphabetical order of the variables, its relation, and its limit.
    """

    text: str
    sense: str
    goal: dict[str, Fraction]
    rows: frozenset[tuple[tuple[tuple[str, Fraction], ...], str, Fraction]]


def rows_of(model: GeneralModel) -> tuple[dict[str, Fraction], frozenset[object]]:
    """The goal and the rows of a model by the names of its variables."""
    names = [label for label, _ in model.table.columns]
    goal = expand(model.objective.expression, model.table).linear
    rows = []
    for constraint in model.constraints:
        for _, difference in model.differences(constraint):
            terms = tuple(sorted((names[k], c) for k, c in difference.linear.items()))
            rows.append((terms, constraint.relation, -difference.offset))
    return {names[k]: c for k, c in goal.items()}, frozenset(rows)


def _terms(formula: str) -> dict[str, Fraction]:
    """The terms of "3 big tables - 2 chairs"."""
    found: dict[str, Fraction] = {}
    sign = 1
    for part in formula.replace(" - ", " + -").split(" + "):
        coefficient, _, name = part.strip().partition(" ")
        found[name] = sign * Fraction(coefficient)
    return found


def _model(goal: str, text: str, *rows: str) -> Model:
    sense, _, formula = goal.partition(" ")
    made = []
    for row in rows:
        relation = next(r for r in ("<=", ">=", "=") if f" {r} " in row)
        left, right = row.split(f" {relation} ")
        made.append((tuple(sorted(_terms(left).items())), relation, Fraction(right)))
    return Model(" ".join(text.split()), sense, _terms(formula), frozenset(made))


ACCEPTED: dict[str, Model] = {
    "product mix": _model(
        "max 70 tables + 30 chairs",
        """A workshop makes tables and chairs. Each table takes 3 hours of sawing and 2 hours of painting. Each
        chair takes 1 hour of sawing and 1.5 hours of painting. There are 40 hours of sawing and 50 hours of painting
        available. If the profit per table is $70 and the profit per chair is $30, how many of each should be made to
        maximize profit?""",
        "3 tables + 1 chairs <= 40",
        "2 tables + 1.5 chairs <= 50",
    ),
    "diet": _model(
        "min 2 lentils + 3 rice",
        """Mara eats lentils and rice. A bowl of lentils costs $2 and contains 9 grams of protein and 4 grams of fiber.
        A bowl of rice costs $3 and contains 3 grams of protein and 1 gram of fiber. She needs at least 50 grams of
        protein and 20 grams of fiber. How many bowls of each should she eat to minimize cost?""",
        "9 lentils + 3 rice >= 50",
        "4 lentils + 1 rice >= 20",
    ),
}
