"""Numbers that can be changed by name."""

import pytest

from qualms.errors import ConfigError
from qualms.orchestrator.questions.knobs import changed, knobs
from qualms.specification.base import Quantity
from qualms.specification.conversion import of_problem
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import packing, plants, workshop
from tests.problems.small import KINDS, made


def at(thing, path):
    for part in path:
        thing = thing[part] if isinstance(part, int) else getattr(thing, part)
    return thing.value if isinstance(thing, Quantity) else thing


def by_label(specification):
    return {k.label: k for k in knobs(specification)}


@pytest.mark.parametrize("kind", KINDS)
def test_knobs_of_every_kind_stand_where_they_say_and_can_be_changed(kind):
    specification = of_problem(made(kind))
    found = knobs(specification)
    for knob in found:
        assert [at(specification, path) for path in knob.paths] == list(knob.values)
        assert knob.names
    for knob in found[:: max(1, len(found) // 5)]:
        if None in knob.values:
            continue
        new = dict(zip(knob.paths, knob.values, strict=True))
        assert changed(specification, new) == specification
        try:
            other = changed(specification, {path: value + 1 for path, value in new.items()})
        except ConfigError:
            continue  # a share above 1, say
        assert [at(other, path) for path in knob.paths] == [v + 1 for v in knob.values]


def test_names_of_a_model():
    found = by_label(workshop())
    assert (found["carpentry"].values, found["carpentry"].unit, found["carpentry"].relation) == (
        (240,),
        "hours",
        "<=",
    )
    assert found["profit per unit of chairs"].values == (50,)
    assert found["carpentry per unit of tables"].values == (4,)


def test_names_of_parameters():
    found = by_label(plants())
    assert found["demand of B"].names == ("demand B", "demand met B")
    assert found["demand (all)"].values == (30, 20)
    assert found["cost of north, A"].values == (4,)


def test_names_of_items_and_tables():
    assert by_label(packing())["weight of gold"].values == (10,)
    assert by_label(packing())["capacity"].unit == "kilograms"
    assignment = of_problem(made("assignment"))
    assert "cost of agent 1 and task 1" in by_label(assignment)


def test_what_was_computed_before_does_not_stay():
    model = plants()
    before = to_problem(model)
    knob = by_label(model)["supply of north"]
    other = changed(model, {knob.paths[0]: 7})
    assert to_problem(other).row_high[2] == 7
    assert before.row_high[2] == 25
    assert to_problem(model).row_high[2] == 25


def test_units_stay_and_words_go():
    model = workshop()
    right = model.constraints[0].right
    worded = right.model_copy(update={"value": Quantity(value=240, unit="hours", words="240 hours")})
    first = model.constraints[0].model_copy(update={"right": worded})
    model = model.model_copy(update={"constraints": (first, *model.constraints[1:])})
    other = changed(model, {("constraints", 0, "right", "value"): 264.0})
    assert other.constraints[0].right.value == Quantity(value=264, unit="hours")
