"""The generic member: a linear or quadratic model of named sets, parameters, variables and constraints."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.specification.base import LARGEST, Given, Line, Member, Names, Strict, number, plain
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total, expand
from qualms.specification.polynomial import Polynomial

MOST_ALTOGETHER = 200_000  # variables, and constraints, of a model; what a file has may be more
MOST_CELLS = 5_000_000  # variables or constraints that one declaration may stand for
_ALL_SHOWN = 20  # variables of which also those that are 0 are named in an answer
_ZERO = 1e-9  # of real variables


class ElementSet(Strict):
    """A set of named elements that variables and parameters may be indexed by."""

    name: str
    elements: Names


class Entry(Strict):
    """One value of a parameter."""

    index: tuple[str, ...]
    value: Given


class Parameter(Strict):
    """Given numbers, one for each element, or each combination of elements, of sets.

    Attributes
    ----------
    name : str
        As expressions use it.
    over : tuple of str
        Names of the sets; empty for a single number.
    entries : tuple of Entry
        The numbers. Every combination must have exactly one.
    unit : str
        Of all of them.
    """

    name: str
    over: tuple[str, ...] = ()
    entries: tuple[Entry, ...]
    unit: str = ""


class Variable(Strict):
    """What is to be decided.

    Attributes
    ----------
    name : str
        In the user's words: "tables".
    domain : str
        "real", "integer" or "binary".
    low, high : Given or None
        Bounds; None for none. A binary variable has 0 and 1.
    over : tuple of str
        Names of the sets that it is indexed by: then it is one variable for each combination of elements.
    unit : str
        What it counts.
    """

    name: str
    domain: Literal["real", "integer", "binary"] = "real"
    low: Given | None = 0
    high: Given | None = None
    over: tuple[str, ...] = ()
    unit: str = ""


class ForEach(Strict):
    """A constraint is made for each element of a set, which `index` stands for."""

    index: str
    set: str


class Constraint(Strict):
    """Left side, relation, right side.

    Attributes
    ----------
    name : str
        As answers and conflicts call it: "assembly hours".
    left, right : Expression
        Linear in the variables.
    relation : str
        "<=", ">=" or "=".
    for_each : tuple of ForEach
        Empty for a single constraint.
    words : str
        The words that it was read from.
    """

    name: str
    left: Expression
    relation: Literal["<=", ">=", "="]
    right: Expression
    for_each: tuple[ForEach, ...] = ()
    words: str = ""


class Objective(Strict):
    """What is to be as large or as small as can be.

    Attributes
    ----------
    sense : str
        "max" or "min".
    expression : Expression
        Linear or quadratic.
    name : str
        "profit".
    unit : str
        "dollars".
    words : str
        The words that it was read from.
    """

    sense: Literal["max", "min"]
    expression: Expression
    name: str = "objective"
    unit: str = ""
    words: str = ""


_Named = TypeVar("_Named", ElementSet, Variable, Parameter)


class GeneralModel(Member):
    """A linear or quadratic model.

    Attributes
    ----------
    variables, constraints, objective
        The model.
    sets, parameters
        What expressions may refer to.
    """

    kind: Literal["general"] = "general"
    sets: tuple[ElementSet, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[Variable, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...] = ()
    objective: Objective

    @cached_property
    def table(self) -> Symbols:
        """Its symbols. Raises ConfigError for declarations that contradict each other."""
        return Symbols(self)

    def build(self) -> MixedInteger:
        """The problem.

        Raises
        ------
        ConfigError
            For an undeclared or doubly declared name, a missing or unknown index, products of variables in a
            constraint, or more than two variables multiplied.
        """
        symbols = self.table
        model = ModelBuilder(self.name, self.objective.sense, notes=self.assumptions)
        for label, variable in symbols.columns:
            low, high = _bounds(variable)
            _check_number(f"variable {label!r}", low, high)
            model.variable(label, low, high, integer=variable.domain != "real")
        goal = expand(self.objective.expression, symbols)
        if any(abs(c) >= LARGEST for c in goal.terms.values()):
            raise ConfigError(f"objective: a coefficient is too large; numbers must be below {LARGEST:g}")
        model.offset = float(goal.offset)
        columns = np.array(list(goal.linear), np.int64)
        model.add_costs(columns, np.array([float(c) for c in goal.linear.values()]))
        i, j = np.array(list(goal.products), np.int64).reshape(-1, 2).T
        model.add_products(i, j, np.array([float(c) for c in goal.products.values()]))
        for name, row, low, high in self.rows():
            if any(abs(c) >= LARGEST for c in row.values()):
                raise ConfigError(
                    f"constraint {name!r}: a coefficient is too large; numbers must be below {LARGEST:g}"
                )
            _check_number(f"constraint {name!r}", low, high)
            model.add({k: float(c) for k, c in row.items()}, low, high, name)
        return model.build()

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Each variable with its value and unit; of more than 20 those that are 0 as one line."""
        lines = []
        for (label, variable), x in zip(self.table.columns, np.asarray(solution, float), strict=True):
            value = float(x) if variable.domain == "real" else round(float(x))
            lines.append(Line(what=label, value=value, unit=variable.unit))
        shown = [line for line in lines if abs(float(line.value)) > _ZERO]
        zeros = len(lines) - len(shown)
        if len(lines) <= _ALL_SHOWN or not zeros:
            return tuple(lines)
        others = "each of the other" if shown else "each of the"
        return (*shown, Line(what=f"{others} {zeros:,} variables", value=0))

    def sentences(self) -> list[str]:
        extreme = "large" if self.objective.sense == "max" else "small"
        names = [variable.name for variable in self.variables]
        return [
            f"Choose {_listed(names)} so that {self.objective.name} is as {extreme} as possible.",
            *(
                [f"These constraints hold: {_listed([c.name for c in self.constraints])}."]
                if self.constraints
                else []
            ),
        ]

    def rows(self) -> Iterator[tuple[str, dict[int, Fraction], float, float]]:
        """Each constraint as name, coefficients by column, and its two sides.

        Raises ConfigError as `build` does.
        """
        for constraint in self.constraints:
            for name, difference in self.differences(constraint):
                if difference.products:
                    raise ConfigError(f"constraint {name!r} multiplies variables; constraints must be linear")
                limit = float(-difference.offset)
                low = -math.inf if constraint.relation == "<=" else limit
                high = math.inf if constraint.relation == ">=" else limit
                yield name, difference.linear, low, high

    def differences(self, constraint: Constraint) -> Iterator[tuple[str, Polynomial]]:
        """Left minus right, for each element that a constraint is made for."""
        symbols = self.table
        ranges = [symbols.elements(each.set) for each in constraint.for_each]
        _check_size(constraint.name, ranges)
        for elements in itertools.product(*ranges):
            bound = {each.index: element for each, element in zip(constraint.for_each, elements, strict=True)}
            name = f"{constraint.name}[{', '.join(elements)}]" if elements else constraint.name
            try:
                yield (
                    name,
                    expand(constraint.left, symbols, bound) - expand(constraint.right, symbols, bound),
                )
            except ConfigError as error:
                raise ConfigError(f"constraint {name!r}: {error}") from None


class Symbols:
    """The names of a model: what they stand for, and the column of each variable.

    Attributes
    ----------
    columns : list of (str, Variable)
        Every single variable in order, with the name that answers call it by.

    Raises
    ------
    ConfigError
        For a name that is declared twice, a set that is not declared, or a parameter whose entries do not
        cover its sets.
    """

    def __init__(self, model: GeneralModel) -> None:
        self._sets = _by_name("set", model.sets)
        self._variables = _by_name("variable", model.variables)
        self._parameters = _by_name("parameter", model.parameters)
        for one in self._sets.values():
            if len(set(one.elements)) != len(one.elements):
                raise ConfigError(f"set {one.name!r} has an element twice")
        variables = sum(math.prod(len(self.elements(s)) for s in v.over) for v in model.variables)
        rows = sum(math.prod(len(self.elements(e.set)) for e in c.for_each) for c in model.constraints)
        for what, count in (("variables", variables), ("constraints", rows)):
            if count > MOST_ALTOGETHER:
                raise ConfigError(
                    f"the model has {count:,} {what}; {MOST_ALTOGETHER:,} are the most that a specification "
                    "may stand for. Give a larger model as an MPS or LP file"
                )
        self._values = {p.name: self._entries(p) for p in model.parameters}
        self.columns: list[tuple[str, Variable]] = []
        self._column: dict[tuple[str, tuple[str, ...]], int] = {}
        for variable in model.variables:
            ranges = [self.elements(s) for s in variable.over]
            _check_size(variable.name, ranges)
            for index in itertools.product(*ranges):
                self._column[variable.name, index] = len(self.columns)
                label = f"{variable.name}[{', '.join(index)}]" if index else variable.name
                self.columns.append((label, variable))

    def elements(self, name: str) -> tuple[str, ...]:
        if name not in self._sets:
            raise ConfigError(f"there is no set {name!r}")
        return self._sets[name].elements

    def parameter(self, name: str, index: tuple[str, ...]) -> Given:
        if name not in self._values:
            raise ConfigError(f"there is no parameter {name!r}")
        if index not in self._values[name]:
            raise ConfigError(f"parameter {name!r} has no entry for {_told(index)}")
        return self._values[name][index]

    def variable(self, name: str, index: tuple[str, ...]) -> int:
        if name not in self._variables:
            raise ConfigError(f"there is no variable {name!r}")
        if (name, index) not in self._column:
            raise ConfigError(f"variable {name!r} has no entry for {_told(index)}")
        return self._column[name, index]

    def _entries(self, parameter: Parameter) -> dict[tuple[str, ...], Given]:
        ranges = [self.elements(s) for s in parameter.over]
        _check_size(parameter.name, ranges)
        found = {entry.index: entry.value for entry in parameter.entries}
        if len(found) != len(parameter.entries):
            raise ConfigError(f"parameter {parameter.name!r} has an entry twice")
        wanted = set(itertools.product(*ranges))
        for index in wanted ^ set(found):
            what = "no entry for" if index in wanted else "an entry for the unknown"
            raise ConfigError(f"parameter {parameter.name!r} has {what} {_told(index)}")
        return found


def _by_name(what: str, declared: Sequence[_Named]) -> dict[str, _Named]:
    found = {one.name: one for one in declared}
    if len(found) != len(declared):
        names = [one.name for one in declared]
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"{what} {twice!r} is declared twice")
    return found


def _check_size(name: str, ranges: list[tuple[str, ...]]) -> None:
    if (cells := math.prod(len(r) for r in ranges)) > MOST_CELLS:
        raise ConfigError(f"{name!r} stands for {cells:,} combinations; {MOST_CELLS:,} are the most")


def _listed(names: list[str], most: int = 12) -> str:
    shown = list(dict.fromkeys(names))
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more:,} more" if more > 0 else "")


def _told(index: tuple[str, ...]) -> str:
    return f"[{', '.join(index)}]" if index else "a single value"


def _check_number(what: str, *values: float) -> None:
    """Solvers take very large numbers for infinity. Raises ConfigError for those."""
    for value in values:
        if math.isfinite(value) and abs(value) >= LARGEST:
            raise ConfigError(f"{what}: {value:g} is too large; numbers must be below {LARGEST:g}")


def _bounds(variable: Variable) -> tuple[float, float]:
    low = -math.inf if variable.low is None else float(number(variable.low))
    high = math.inf if variable.high is None else float(number(variable.high))
    if variable.domain == "binary":
        low, high = max(low, 0.0), min(high, 1.0)
    return low, high


def of_model(problem: MixedInteger) -> GeneralModel:
    """A model in columns and rows as a specification, one variable a column."""
    names = [problem.variable(k) for k in range(problem.size)]
    variables = tuple(
        Variable(
            name=name,
            domain="integer" if problem.integer[k] else "real",
            low=plain(problem.low[k]) if math.isfinite(problem.low[k]) else None,
            high=plain(problem.high[k]) if math.isfinite(problem.high[k]) else None,
        )
        for k, name in enumerate(names)
    )
    goal: list[Expression] = [_times(c, names[k]) for k, c in enumerate(problem.cost) if c]
    goal += [
        _times(q, names[i], names[j]) for i, j, q in zip(problem.i, problem.j, problem.q, strict=True) if q
    ]
    goal.append(Constant(value=plain(problem.offset)))
    return GeneralModel(
        name=problem.name,
        assumptions=problem.notes,
        variables=variables,
        constraints=tuple(c for k in range(problem.rows.shape[0]) for c in _constraints(problem, k, names)),
        objective=Objective(sense=_sense(problem), expression=Total(terms=tuple(goal))),
    )


def _sense(problem: MixedInteger) -> Literal["max", "min"]:
    return "max" if problem.sense == "max" else "min"


def _constraints(problem: MixedInteger, k: int, names: list[str]) -> Iterator[Constraint]:
    """A row as one constraint, or as two where both of its sides are finite and differ."""
    part = slice(problem.rows.indptr[k], problem.rows.indptr[k + 1])
    terms: list[Expression] = [
        _times(a, names[j]) for a, j in zip(problem.rows.data[part], problem.rows.indices[part], strict=True)
    ]
    left = Total(terms=tuple(terms) or (Constant(value=0),))
    low, high = float(problem.row_low[k]), float(problem.row_high[k])
    sides: list[tuple[Literal["<=", ">=", "="], float]] = (
        [("=", low)] if low == high else [(">=", low), ("<=", high)]
    )
    for relation, side in sides:
        if math.isfinite(side):
            yield Constraint(
                name=problem.row(k), left=left, relation=relation, right=Constant(value=plain(side))
            )


def _times(coefficient: float | np.generic, *names: str) -> Expression:
    return Product(factors=(Constant(value=plain(coefficient)), *(Reference(name=name) for name in names)))
