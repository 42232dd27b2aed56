"""Specifications that stand for more than can be built are refused before any of it is."""

import pytest

from qualms.errors import ConfigError
from qualms.specification.expressions import Constant
from qualms.specification.general import Constraint, ElementSet, ForEach, GeneralModel, Objective, Variable

ONE = Constant(value=1)
LARGE = tuple(ElementSet(name=name, elements=tuple(map(str, range(1500)))) for name in "AB")


def model(variables, constraints=()):
    return GeneralModel(
        name="large", sets=LARGE, variables=variables, constraints=constraints,
        objective=Objective(sense="max", name="one", expression=ONE),
    )  # fmt: skip


def test_many_variables_are_refused():
    several = tuple(Variable(name=f"x{k}", over=("A",), domain="binary") for k in range(200))
    for variables in ((Variable(name="x", over=("A", "B"), domain="binary"),), several):
        with pytest.raises(ConfigError, match=r"variables; 200,000 are the most .* MPS or LP file"):
            model(variables).build()


def test_many_constraints_are_refused():
    each = tuple(ForEach(index=name.lower(), set=name) for name in "AB")
    row = Constraint(name="row", for_each=each, left=ONE, relation="<=", right=ONE)
    with pytest.raises(ConfigError, match=r"2,250,000 constraints; 200,000 are the most"):
        model((Variable(name="x", domain="binary"),), (row,)).build()
