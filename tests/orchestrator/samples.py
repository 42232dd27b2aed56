"""Specifications with names and units, for tests."""

from qualms.specification.base import Quantity
from qualms.specification.choice import KnapsackItem, Packing
from qualms.specification.expressions import Constant, Over, Product, Reference, Total
from qualms.specification.general import (
    Constraint,
    ElementSet,
    Entry,
    ForEach,
    GeneralModel,
    Objective,
    Parameter,
    Variable,
)


def times(coefficient, name, unit="", index=()):
    value = Quantity(value=coefficient, unit=unit) if unit else coefficient
    return Product(factors=(Constant(value=value), Reference(name=name, index=index)))


def most(name, side, unit, *terms, relation="<="):
    return Constraint(
        name=name,
        left=Total(terms=terms),
        relation=relation,
        right=Constant(value=Quantity(value=side, unit=unit)),
    )


def workshop(domain="integer", orders=70, **changes):
    """Tables and chairs; 30 tables and 40 chairs are best, with duals of 15 and 5 where they are real."""
    return GeneralModel(
        name="workshop",
        assumptions=("Every table and chair is sold.",),
        variables=(
            Variable(name="tables", domain=domain, unit="tables"),
            Variable(name="chairs", domain=domain, unit="chairs", high=orders),
        ),
        constraints=(
            most("carpentry", 240, "hours", times(4, "tables"), times(3, "chairs")),
            most("painting", 100, "hours", times(2, "tables"), times(1, "chairs")),
        ),
        objective=Objective(
            sense="max",
            expression=Total(terms=(times(70, "tables", "dollars"), times(50, "chairs", "dollars"))),
            name="profit",
            unit="dollars",
        ),
    ).model_copy(update=changes)


def infeasible():
    """Ten tables are ordered, for which there is no paint."""
    ordered = most("order", 10, "tables", times(1, "tables"), relation=">=")
    paint = most("paint", 15, "litres", times(2, "tables"))
    model = workshop()
    return model.model_copy(update={"constraints": (*model.constraints, ordered, paint)})


def plants():
    """What two plants send to two shops, at the lowest cost, for parameters over sets."""
    cost = {("north", "A"): 4, ("north", "B"): 6, ("south", "A"): 5, ("south", "B"): 3}
    return GeneralModel(
        name="plants",
        sets=(
            ElementSet(name="plant", elements=("north", "south")),
            ElementSet(name="shop", elements=("A", "B")),
        ),
        parameters=(
            Parameter(
                name="demand",
                over=("shop",),
                unit="tons",
                entries=(Entry(index=("A",), value=30), Entry(index=("B",), value=20)),
            ),
            Parameter(
                name="supply",
                over=("plant",),
                unit="tons",
                entries=(Entry(index=("north",), value=25), Entry(index=("south",), value=40)),
            ),
            Parameter(
                name="cost",
                over=("plant", "shop"),
                unit="dollars",
                entries=tuple(Entry(index=k, value=v) for k, v in cost.items()),
            ),
        ),
        variables=(Variable(name="shipment", over=("plant", "shop"), unit="tons"),),
        constraints=(
            Constraint(
                name="demand met",
                left=Over(index="p", set="plant", term=Reference(name="shipment", index=("p", "s"))),
                relation=">=",
                right=Reference(op="parameter", name="demand", index=("s",)),
                for_each=(ForEach(index="s", set="shop"),),
            ),
            Constraint(
                name="capacity",
                left=Over(index="s", set="shop", term=Reference(name="shipment", index=("p", "s"))),
                relation="<=",
                right=Reference(op="parameter", name="supply", index=("p",)),
                for_each=(ForEach(index="p", set="plant"),),
            ),
        ),
        objective=Objective(
            sense="min",
            expression=Over(
                index="p",
                set="plant",
                term=Over(
                    index="s",
                    set="shop",
                    term=Product(
                        factors=(
                            Reference(op="parameter", name="cost", index=("p", "s")),
                            Reference(name="shipment", index=("p", "s")),
                        )
                    ),
                ),
            ),
            name="shipping cost",
            unit="dollars",
        ),
    )


def packing():
    """Gold and silver are best."""
    return Packing(
        name="suitcase",
        items=(
            KnapsackItem(name="gold", profit=60, weight=10),
            KnapsackItem(name="silver", profit=100, weight=20),
            KnapsackItem(name="bronze", profit=90, weight=30),
        ),
        capacity=Quantity(value=35, unit="kilograms"),
    )
