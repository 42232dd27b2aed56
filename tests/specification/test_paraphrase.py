"""What a model is told back as, and the points that a person can check."""

from __future__ import annotations

from fractions import Fraction

from qualms.language import Accepted, read_text
from qualms.problems.model_builder import ModelBuilder
from qualms.specification.base import Quantity
from qualms.specification.expressions import Constant, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Objective, Variable, of_model
from qualms.specification.paraphrase import MOST_LINES, check_points, paraphrase


def term(coefficient: float, name: str) -> Product:
    return Product(factors=(Constant(value=coefficient), Reference(name=name)))


def workshop() -> GeneralModel:
    return GeneralModel(
        variables=(Variable(name="tables", domain="integer"), Variable(name="chairs", domain="integer")),
        constraints=(
            Constraint(
                name="hours",
                left=Total(terms=(term(3, "tables"), term(1, "chairs"))),
                relation="<=",
                right=Constant(value=Quantity(value=40, unit="hours", words="40")),
                words="there are 40 hours",
            ),
            Constraint(
                name="chairs and tables",
                left=Reference(name="chairs"),
                relation=">=",
                right=term(2, "tables"),
            ),
        ),
        objective=Objective(
            sense="max",
            expression=Total(terms=(term(70, "tables"), term(30, "chairs"))),
            name="profit",
            unit="dollars",
        ),
        assumptions=("Numbers are whole.",),
    )


def test_every_part_is_told_with_the_words_it_came_from() -> None:
    told = paraphrase(workshop())
    assert told.splitlines() == [
        "Decide tables (a whole number) and chairs (a whole number).",
        "Make the profit (in dollars) as large as possible: 70 × tables + 30 × chairs.",
        "These conditions must hold:",
        "1. hours: 3 × tables + chairs is at most 40 (“there are 40 hours”).",
        "2. chairs and tables: chairs is at least 2 × tables.",
        "Assumed: Numbers are whole.",
    ]


def test_points_are_computed_from_the_model() -> None:
    points = check_points(workshop())
    assert 2 <= len(points) <= 3
    for point in points:
        tables, chairs = (value for _, value in point.values)
        assert point.goal == 70 * tables + 30 * chairs
        hours, ratio = point.conditions
        assert (hours.value, hours.limit, hours.holds) == (3 * tables + chairs, 40, 3 * tables + chairs <= 40)
        assert (ratio.value, ratio.limit, ratio.holds) == (chairs, 2 * tables, chairs >= 2 * tables)
        assert f"{tables} tables and {chairs} chairs" in point.sentence
        assert "dollars" in point.sentence
    first, last = points[0].conditions[0], points[-1].conditions[0]
    assert (first.holds, last.holds) == (True, False)
    assert f"hours is {first.value} and must be at most 40, which holds" in points[0].sentence
    assert f"hours is {last.value} and must be at most 40, which does not hold" in points[-1].sentence


def test_a_model_without_constraints_has_points_too() -> None:
    model = GeneralModel(
        variables=(Variable(name="x"),), objective=Objective(sense="min", expression=Reference(name="x"))
    )
    assert "These conditions" not in paraphrase(model)
    assert all(isinstance(p.goal, Fraction) for p in check_points(model))


def test_large_models_are_told_in_part() -> None:
    builder = ModelBuilder("large", "max")
    columns = [builder.variable(f"x{k}", 0, 1, integer=True) for k in range(60)]
    for k in columns:
        builder.add({k: 1.0}, -float("inf"), 1.0, f"row {k}")
    told = paraphrase(of_model(builder.build()))
    assert f"There are {60 - MOST_LINES} further conditions." in told


def test_a_text_is_told_back() -> None:
    found = read_text(
        "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 1 hour. There are "
        "40 hours available. Tables earn $70 and chairs earn $30. At most 25% of all items can be tables. "
        "Maximize profit."
    )
    assert isinstance(found, Accepted)
    told = paraphrase(found.model)
    assert "70 × tables + 30 × chairs" in told
    assert (
        "tables is at most 0.25 × tables + 0.25 × chairs (“At most 25% of all items can be tables”)" in told
    )
    assert "3 × tables + chairs is at most 40" in told
