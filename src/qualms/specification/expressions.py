"""Expressions as trees: numbers, parameters, variables, sums and products. Never text that is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import Field

from qualms.errors import ConfigError
from qualms.specification.base import Given, Strict, fraction
from qualms.specification.polynomial import Polynomial

DEEPEST = 40  # levels of an expression: enough for people, and no stack overflow for those who try


class Constant(Strict):
    """A number."""

    op: Literal["number"] = "number"
    value: Given


class Reference(Strict):
    """A variable or a parameter, by name.

    Attributes
    ----------
    name : str
        As it is declared.
    index : tuple of str
        Elements of the sets that it is declared over, or the names of indices of the sums and constraints
        around it.
    """

    op: Literal["variable", "parameter"] = "variable"
    name: str
    index: tuple[str, ...] = ()


class Total(Strict):
    """The sum of terms."""

    op: Literal["sum"] = "sum"
    terms: tuple[Expression, ...] = Field(min_length=1)


class Product(Strict):
    """The product of factors."""

    op: Literal["product"] = "product"
    factors: tuple[Expression, ...] = Field(min_length=1)


class Over(Strict):
    """The sum of an expression over the elements of a set."""

    op: Literal["sum over"] = "sum over"
    index: str
    set: str
    term: Expression


Expression = Annotated[Constant | Reference | Total | Product | Over, Field(discriminator="op")]
for _model in (Total, Product, Over):
    _model.model_rebuild()


class Scope(Protocol):
    """What an expression is evaluated in."""

    def elements(self, name: str) -> tuple[str, ...]: ...

    def parameter(self, name: str, index: tuple[str, ...]) -> Given: ...

    def variable(self, name: str, index: tuple[str, ...]) -> int: ...


def expand(
    expression: Expression, scope: Scope, bound: Mapping[str, str] | None = None, depth: int = 0
) -> Polynomial:
    """An expression as a polynomial of the model's variables.

    Parameters
    ----------
    expression : Expression
        The tree.
    scope : Scope
        Sets, parameters and variables by name.
    bound : Mapping[str, str], optional
        The element that each index stands for at this place.
    depth : int
        How deep this place is.

    Raises
    ------
    ConfigError
        For a name that is not declared, a product of more than two variables, or a tree that is too deep.
    """
    if depth > DEEPEST:
        raise ConfigError(f"an expression has more than {DEEPEST} levels; write it with fewer")
    here = bound or {}
    if isinstance(expression, Constant):
        return Polynomial.constant(fraction(expression.value))
    if isinstance(expression, Reference):
        index = tuple(here.get(i, i) for i in expression.index)
        if expression.op == "parameter":
            return Polynomial.constant(fraction(scope.parameter(expression.name, index)))
        return Polynomial.variable(scope.variable(expression.name, index))
    if isinstance(expression, Total):
        return Polynomial.total(expand(t, scope, here, depth + 1) for t in expression.terms)
    if isinstance(expression, Product):
        found = Polynomial.constant(1)
        for factor in expression.factors:
            found = found * expand(factor, scope, here, depth + 1)
        return found
    if expression.index in here:
        raise ConfigError(f"the index {expression.index!r} is used twice, one within the other")
    return Polynomial.total(
        expand(expression.term, scope, {**here, expression.index: element}, depth + 1)
        for element in scope.elements(expression.set)
    )
