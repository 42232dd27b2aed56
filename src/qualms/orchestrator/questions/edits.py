"""Changes of a specification that are no number of it: limits of a variable, parts that are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qualms.orchestrator.questions.knobs import changed, reread
from qualms.orchestrator.wording import amount, unit_of
from qualms.specification.base import number
from qualms.specification.binary import Heaps, Item
from qualms.specification.choice import Facilities, KnapsackItem, Matching, Packing
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Variable
from qualms.specification.graphs import Independent
from qualms.specification.specification import Specification

_RELATIONS = {"at least": ">=", "at most": "<=", "exactly": "="}


@dataclass(frozen=True, eq=False)
class Column:
    """A single variable of a general model.

    Attributes
    ----------
    place : int
        Of the solution.
    label : str
        As answers call it.
    index : tuple of str
        Elements of its sets.
    variable : Variable
        Its declaration.
    """

    place: int
    label: str
    index: tuple[str, ...]
    variable: Variable

    @property
    def unit(self) -> str:
        return self.variable.unit


@dataclass(frozen=True, eq=False)
class Part:
    """Something that can be left out.

    Attributes
    ----------
    label : str
        "the constraint painting", "the upper bound of chairs", "gold".
    field : str
        Of the specification.
    place : int
        In that field's tuple.
    bound : str
        "low" or "high", where only that bound of a variable is left out.
    """

    label: str
    field: str
    place: int
    bound: str = ""


def columns(model: GeneralModel) -> Iterator[tuple[Column, str]]:
    """All single variables, each with the name to look for."""
    for k, (label, variable) in enumerate(model.table.columns):
        inside = label[len(variable.name) + 1 : -1]
        index = tuple(inside.split(", ")) if variable.over else ()
        yield Column(k, label, index, variable), " ".join((variable.name, *index))


def parts(specification: Specification) -> Iterator[tuple[Part, str]]:
    """Everything that can be left out, each with the name to look for."""
    if isinstance(specification, GeneralModel):
        yield from _parts_of_model(specification)
    elif isinstance(specification, Packing | Heaps):
        named: Sequence[KnapsackItem | Item] = specification.items
        for k, item in enumerate(named):
            yield Part(item.name, "items", k), item.name
    elif isinstance(specification, Independent):
        for k, node in enumerate(specification.nodes):
            yield Part(node.name, "nodes", k), node.name


def _parts_of_model(model: GeneralModel) -> Iterator[tuple[Part, str]]:
    for k, constraint in enumerate(model.constraints):
        part = Part(f"the constraint {constraint.name}", "constraints", k)
        yield part, constraint.name
        names = set(_variables(constraint.left)) | set(_variables(constraint.right))
        if len(names) == 1:  # a limit on that variable
            yield part, names.pop()
    for k, variable in enumerate(model.variables):
        if variable.high is not None and variable.domain != "binary":
            yield Part(f"the upper bound of {variable.name}", "variables", k, "high"), variable.name
        if variable.low is not None and number(variable.low) != 0 and variable.domain != "binary":
            yield Part(f"the lower bound of {variable.name}", "variables", k, "low"), variable.name


def _variables(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Reference):
        if expression.op == "variable":
            yield expression.name
    elif isinstance(expression, Total):
        for term in expression.terms:
            yield from _variables(term)
    elif isinstance(expression, Product):
        for factor in expression.factors:
            yield from _variables(factor)
    elif not isinstance(expression, Constant):
        yield from _variables(expression.term)


def without(specification: Specification, part: Part) -> Specification:
    """The specification without a part, and without what belongs to it.

    Raises
    ------
    ConfigError
        Where nothing would be left.
    """
    if part.bound:
        return changed(specification, {(part.field, part.place, part.bound): None})
    things: tuple[Any, ...] = getattr(specification, part.field)
    update: dict[str, Any] = {part.field: (*things[: part.place], *things[part.place + 1 :])}
    for field in ("pairs", "edges"):
        ends = getattr(specification, field, ())
        gone = {getattr(things[part.place], "name", None)}
        if part.field in ("items", "nodes") and ends:
            update[field] = tuple(e for e in ends if not {e.a, e.b} & gone)
    return reread(specification.model_copy(update=update))


def limited(model: GeneralModel, column: Column, how: str, value: float) -> Specification:
    """The model with a variable "at least", "at most" or "exactly" a value.

    A bound of a variable without index is replaced; another single variable gets a constraint.

    Raises
    ------
    ConfigError
        For a value that a bound does not take.
    """
    k = next(k for k, v in enumerate(model.variables) if v.name == column.variable.name)
    if not column.index and column.variable.domain != "binary":
        sides: tuple[str, ...] = {"at least": ("low",), "at most": ("high",)}.get(how, ("low", "high"))
        return changed(model, {("variables", k, side): value for side in sides})
    relation: Any = _RELATIONS[how]
    whole = int(value) if float(value).is_integer() else value
    extra = Constraint(
        name=f"{column.label} as asked",
        left=Reference(name=column.variable.name, index=column.index),
        relation=relation,
        right=Constant(value=whole),
    )
    return reread(model.model_copy(update={"constraints": (*model.constraints, extra)}))


def used(model: GeneralModel, solution: Any) -> list[tuple[Constraint, str]]:
    """What each row sums to, in a sentence; with the constraint that the row is of."""
    built = model.build()
    told = []
    k = 0
    for constraint in model.constraints:
        for name, _ in model.differences(constraint):
            total = float(built.activity(built.values(solution), k))
            unit = unit_of(model, constraint)
            low, high = float(built.row_low[k]), float(built.row_high[k])
            if constraint.relation == "<=":
                left = amount(high - total, unit)
                text = f"{name}: {amount(total, unit)} of {amount(high, unit)}, {left} left"
            elif constraint.relation == ">=":
                over = amount(total - low, unit)
                text = f"{name}: {amount(total, unit)}, {over} above the least of {amount(low, unit)}"
            else:
                text = f"{name}: {amount(total, unit)}, as it must be"
            told.append((constraint, text))
            k += 1
    return told


@dataclass(frozen=True, eq=False)
class Choice:
    """Something that is chosen or not, and its column in the linear encoding."""

    label: str
    column: int


def choices(specification: Specification) -> Iterator[tuple[Choice, str]]:
    """What a question may ask to be chosen, with its name."""
    if isinstance(specification, Packing):
        for k, item in enumerate(specification.items):
            yield Choice(item.name, k), item.name
    elif isinstance(specification, Independent):
        for k, node in enumerate(specification.nodes):
            yield Choice(node.name, k), node.name
    elif isinstance(specification, Matching):
        n = len(specification.tasks)
        for i, agent in enumerate(specification.agents):
            for j, task in enumerate(specification.tasks):
                yield Choice(f"{agent} → {task}", i * n + j), f"{agent} {task}"
    elif isinstance(specification, Facilities):
        m, n = len(specification.facilities), len(specification.customers)
        for i, facility in enumerate(specification.facilities):
            yield Choice(f"{facility.name} opened", i), facility.name
            for j, customer in enumerate(specification.customers):
                label = f"{customer.name} served from {facility.name}"
                yield Choice(label, m + i * n + j), f"{customer.name} {facility.name}"
