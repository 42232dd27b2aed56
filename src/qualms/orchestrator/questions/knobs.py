"""The numbers of a specification that a question can change, each with the names that it goes by."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from qualms.orchestrator.wording import unit_of
from qualms.specification.base import Given, Quantity, number
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel
from qualms.specification.specification import Specification, parse

Path = tuple[str | int, ...]
MOST = 20_000  # of a specification; beyond that nobody asks by name

# Tables of numbers without names of their own: the field, what a cell is called, the fields with the names
_TABLES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "assignment": ("costs", "cost", ("agents", "tasks")),
    "facility location": ("costs", "cost", ("facilities", "customers")),
    "routing": ("distances", "distance", ("stops", "stops")),
    "portfolio": ("returns", "return", ("assets",)),
}
_WORDS = {"least_return": "least return", "service": "service time"}


@dataclass(frozen=True, eq=False)
class Knob:
    """A number, or several that change together.

    Attributes
    ----------
    label : str
        In sentences: "demand of B".
    names : tuple of str
        Every way to call it.
    paths : tuple of paths
        Where it stands: names of fields and places in tuples.
    values : tuple of number or None
        What is there now; None for a setting that is not made.
    unit : str
        Of the numbers.
    relation : str
        "<=", ">=" or "=" for the side of a constraint, else no text.
    """

    label: str
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    values: tuple[int | float | None, ...]
    unit: str = ""
    relation: str = ""


def knobs(specification: Specification) -> list[Knob]:
    """All numbers that can be changed by name."""
    found = _of_model(specification) if isinstance(specification, GeneralModel) else _of_member(specification)
    return list(itertools.islice(found, MOST))


def changed(specification: Specification, values: Mapping[Path, int | float | None]) -> Specification:
    """The specification with other numbers at some places.

    It is written and read again, so that everything is checked and nothing that was computed of the old one
    stays.

    Raises
    ------
    ConfigError
        For a number that the place does not take.
    """
    found: Any = specification
    for path, value in values.items():
        found = _put(found, path, value)
    return reread(found)


def reread(specification: Specification) -> Specification:
    """The same, checked as a whole. Raises ConfigError for what is not valid."""
    return parse(specification.model_dump_json())


def _put(thing: Any, path: Path, value: int | float | None) -> Any:
    if not path:
        if isinstance(thing, Quantity) and value is not None:
            return thing.model_copy(update={"value": _whole(value), "words": ""})
        return None if value is None else _whole(value)
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return (*thing[:head], _put(thing[head], rest, value), *thing[head + 1 :])
    return thing.model_copy(update={head: _put(getattr(thing, head), rest, value)})


def _whole(value: int | float) -> int | float:
    """An integer where it is one, as strict fields want it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _knob(
    label: str, names: Sequence[str], path: Path, given: Given | None, unit: str = "", relation: str = ""
) -> Knob:
    own = given.unit if isinstance(given, Quantity) else ""
    value = None if given is None else number(given)
    return Knob(label, tuple(names), (path,), (value,), own or unit, relation)


# General models ---------------------------------------------------------------------------------------------


def _of_model(model: GeneralModel) -> Iterator[Knob]:
    for k, constraint in enumerate(model.constraints):
        yield from _of_constraint(model, k, constraint)
    for k, parameter in enumerate(model.parameters):
        paths: list[Path] = [("parameters", k, "entries", e, "value") for e in range(len(parameter.entries))]
        values = tuple(number(entry.value) for entry in parameter.entries)
        if len(paths) > 1:
            yield Knob(f"{parameter.name} (all)", (parameter.name,), tuple(paths), values, parameter.unit)
        for path, entry in zip(paths, parameter.entries, strict=True):
            label = f"{parameter.name} of {', '.join(entry.index)}" if entry.index else parameter.name
            names = [" ".join((parameter.name, *entry.index)), *_sides(model, parameter.name, entry.index)]
            yield _knob(label, names, path, entry.value, parameter.unit)
    goal = model.objective
    for path, name, given in _coefficients(("objective", "expression"), goal.expression):
        words = dict.fromkeys((goal.name, "profit", "price", "cost", "revenue", "return", "value"))
        names = [f"{word} {name}" for word in words]
        yield _knob(f"{goal.name} per unit of {name}", names, path, given, goal.unit)


def _of_constraint(model: GeneralModel, k: int, constraint: Constraint) -> Iterator[Knob]:
    unit = unit_of(model, constraint)
    relation = constraint.relation
    turned = {"<=": ">=", ">=": "<=", "=": "="}
    for side, told in (("right", relation), ("left", turned[relation])):
        expression = getattr(constraint, side)
        if isinstance(expression, Constant):
            path: Path = ("constraints", k, side, "value")
            yield _knob(constraint.name, [constraint.name], path, expression.value, unit, told)
        else:
            for path, name, given in _coefficients(("constraints", k, side), expression):
                label = f"{constraint.name} per unit of {name}"
                yield _knob(label, [f"{constraint.name} {name}"], path, given)


def _coefficients(path: Path, expression: Expression) -> Iterator[tuple[Path, str, Given]]:
    """The numbers that single variables without an index are multiplied with."""
    if isinstance(expression, Total):
        for k, term in enumerate(expression.terms):
            yield from _coefficients((*path, "terms", k), term)
    elif isinstance(expression, Product) and len(expression.factors) == 2:
        for k in (0, 1):
            one, other = expression.factors[k], expression.factors[1 - k]
            if isinstance(one, Constant) and isinstance(other, Reference) and not other.index:
                yield (*path, "factors", k, "value"), other.name, one.value


def _sides(model: GeneralModel, parameter: str, index: tuple[str, ...]) -> Iterator[str]:
    """The names of constraints whose side is this entry of a parameter."""
    for constraint in model.constraints:
        side = constraint.right
        if not isinstance(side, Reference) or side.op != "parameter" or side.name != parameter:
            continue
        if side.index == tuple(each.index for each in constraint.for_each):
            yield " ".join((constraint.name, *index))


# Other members ----------------------------------------------------------------------------------------------


def _of_member(specification: Specification) -> Iterator[Knob]:
    for field, info in type(specification).model_fields.items():
        given = getattr(specification, field)
        label = _WORDS.get(field, field)
        if field in ("name", "kind", "assumptions", "sense", "scale", "named"):
            continue
        kinds = str(info.annotation)
        if _is_given(given) or (given is None and "int" in kinds and "tuple" not in kinds):
            yield _knob(label, [label], (field,), given)
        elif isinstance(given, tuple):
            yield from _of_things(specification, field, given)
    if specification.kind in _TABLES:
        yield from _of_table(specification, *_TABLES[specification.kind])


def _of_things(specification: Specification, field: str, things: tuple[Any, ...]) -> Iterator[Knob]:
    """The numbers of items, nodes, edges and stops, by their names."""
    for k, thing in enumerate(things):
        if not isinstance(thing, BaseModel):
            return
        name = _name(thing)
        if name is None:
            continue
        for own in type(thing).model_fields:
            given = getattr(thing, own)
            if own not in ("x", "y", "name") and _is_given(given):
                words = _WORDS.get(own, own)
                yield _knob(f"{words} of {name}", [f"{words} {name}"], (field, k, own), given)


def _of_table(specification: Specification, field: str, word: str, axes: tuple[str, ...]) -> Iterator[Knob]:
    labels = [[str(getattr(x, "name", x)) for x in getattr(specification, axis)] for axis in axes]
    cells = itertools.product(*(enumerate(axis) for axis in labels))
    for cell in cells:
        given: Any = getattr(specification, field)
        for k, _ in cell:
            given = given[k]
        names = [name for _, name in cell]
        path: Path = (field, *(k for k, _ in cell))
        yield _knob(f"{word} of {' and '.join(names)}", [f"{word} {' '.join(names)}"], path, given)


def _name(thing: BaseModel) -> str | None:
    told = getattr(thing, "name", None)
    if told is not None:
        return str(told)
    a, b = getattr(thing, "a", None), getattr(thing, "b", None)
    return None if a is None else " and ".join(str(x) for x in (a, b) if x is not None)


def _is_given(value: Any) -> bool:
    return isinstance(value, int | float | Quantity) and not isinstance(value, bool)
