"""Limits of variables, and parts that are left out."""

import numpy as np
import pytest

from qualms.orchestrator.questions.edits import choices, columns, limited, parts, used, without
from qualms.solve.encodings import linear_encoding
from qualms.specification.conversion import of_problem
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import packing, plants, workshop
from tests.problems.small import made, solutions


def test_bounds_of_variables_are_replaced():
    model = workshop()
    tables, chairs = (c for c, _ in columns(model))
    assert limited(model, chairs, "at most", 100).variables[1].high == 100
    fixed = limited(model, tables, "exactly", 5).variables[0]
    assert (fixed.low, fixed.high) == (5, 5)


def test_single_variables_of_a_set_get_a_constraint():
    model = plants()
    column, name = list(columns(model))[1]
    assert (column.label, name) == ("shipment[north, B]", "shipment north B")
    built = to_problem(limited(model, column, "at least", 2.5))
    assert built.row(4) == "shipment[north, B] as asked"
    assert built.row_low[4] == 2.5
    assert np.flatnonzero(built.rows[[4]].toarray()).tolist() == [1]


def test_parts_of_a_model():
    found = [(p.label, name) for p, name in parts(workshop())]
    assert ("the constraint carpentry", "carpentry") in found
    assert ("the upper bound of chairs", "chairs") in found
    assert not any("bound of tables" in label for label, _ in found)
    part = next(p for p, _ in parts(workshop()) if p.bound)
    assert without(workshop(), part).variables[1].high is None


def test_an_item_goes_with_its_pairs():
    specification = of_problem(made("knapsack"))
    part, name = next(parts(specification))
    less = without(specification, part)
    assert len(less.items) == len(specification.items) - 1
    assert not any(name in (p.a, p.b) for p in less.pairs)
    to_problem(less)


def test_what_is_used():
    told = [text for _, text in used(workshop(), np.array([20.0, 40.0]))]
    assert told == [
        "carpentry: 200 hours of 240 hours, 40 hours left",
        "painting: 80 hours of 100 hours, 20 hours left",
    ]
    shipped = [text for _, text in used(plants(), np.array([20.0, 0, 15, 20]))]
    assert shipped[0] == "demand met[A]: 35 tons, 5 tons above the least of 30 tons"


@pytest.mark.parametrize("kind", ["knapsack", "assignment", "independent set", "facility location"])
def test_choices_are_columns_of_the_linear_encoding(kind):
    problem = made(kind)
    specification = of_problem(problem)
    form = linear_encoding(to_problem(specification))
    for x in list(solutions(problem))[:50]:
        if problem.violations(x):
            continue
        y = form.encode(x)
        told = " ".join(f"{line.what}: {line.value};" for line in specification.answer(x))
        for choice, name in choices(specification):
            if kind in ("knapsack", "independent set"):
                assert (y[choice.column] > 0.5) == (f" {name}," in told.replace(";", ",")), (told, name)
            elif kind == "assignment":
                agent, task = choice.label.split(" → ")
                assert (y[choice.column] > 0.5) == (f"{agent}: {task};" in told)
            elif "served" not in choice.label:
                assert (y[choice.column] > 0.5) == (f"{name}:" in told)


def test_packing_has_its_items():
    assert [c.label for c, _ in choices(packing())] == ["gold", "silver", "bronze"]
