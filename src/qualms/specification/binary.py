"""Members about bits, spins and numbers in two heaps."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.labs import LABS
from qualms.problems.partition import NumberPartition
from qualms.problems.problem import Solution
from qualms.problems.quadratic import QUBO, Ising
from qualms.specification.base import (
    Given,
    Line,
    Member,
    Names,
    Strict,
    decimals,
    fraction,
    places,
    plain,
    plain_decimals,
)
from qualms.specification.conversion import of_problem


class Term(Strict):
    """A coefficient of one variable, or of the product of two."""

    a: str
    b: str | None = None
    coefficient: Given


class _Quadratic(Member):
    """What the members of quadratic forms share."""

    sense: Literal["min", "max"] = "min"
    variables: Names = Field(min_length=1)
    terms: tuple[Term, ...] = ()
    offset: int | float = 0

    def ends(self) -> list[tuple[int, int, Given]]:
        """Each term as two indices, i ≤ j, and its coefficient; i = j for one variable alone.

        Raises ConfigError for a variable that is not there or is named twice.
        """
        place = places("variable", self.variables)
        found = []
        for term in self.terms:
            for end in (term.a, term.b):
                if end is not None and end not in place:
                    raise ConfigError(f"{self.name}: a term has {end!r}, which is no variable")
            a = place[term.a]
            b = a if term.b is None else place[term.b]
            found.append((min(a, b), max(a, b), term.coefficient))
        return found

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Each variable's value."""
        values = np.asarray(solution).tolist()
        return tuple(Line(what=v, value=int(x)) for v, x in zip(self.variables, values, strict=True))


class QuadraticBinary(_Quadratic):
    """A quadratic form of variables that are 0 or 1."""

    kind: Literal["qubo"] = "qubo"

    def build(self) -> QUBO:
        """The problem. Raises ConfigError as `ends` does."""
        ends = self.ends()
        i, j = (np.array([e[k] for e in ends], np.int64) for k in (0, 1))
        return QUBO(
            len(self.variables),
            i,
            j,
            decimals([e[2] for e in ends]),
            _number(self.offset),
            self.sense,
            self.name,
            self.variables,
            notes=self.assumptions,
        )

    def sentences(self) -> list[str]:
        return [
            f"Set {len(self.variables):,} variables to 0 or 1 so that a quadratic form of "
            f"{len(self.terms):,} terms is as {_extreme(self.sense)} as possible."
        ]


class IsingForm(_Quadratic):
    """A quadratic form of spins, variables that are −1 or 1."""

    kind: Literal["ising"] = "ising"

    def build(self) -> Ising:
        """The problem. Raises ConfigError for a square, and as `ends` does."""
        n = len(self.variables)
        pairs: list[tuple[int, int, Given]] = []
        fields: list[Fraction] = [Fraction(0)] * n
        for a, b, c in self.ends():
            if a == b:
                fields[a] += fraction(c)
            else:
                pairs.append((a, b, c))
        if any(term.b == term.a for term in self.terms):
            raise ConfigError(f"{self.name}: the square of a spin is 1; give it as `offset`")
        i, j = (np.array([p[k] for p in pairs], np.int64) for k in (0, 1))
        return Ising(
            n,
            i,
            j,
            decimals([p[2] for p in pairs]),
            decimals([plain(f) for f in fields]),
            _number(self.offset),
            self.sense,
            self.name,
            self.variables,
            notes=self.assumptions,
        )

    def sentences(self) -> list[str]:
        return [
            f"Set {len(self.variables):,} spins to −1 or 1 so that an energy of {len(self.terms):,} terms is "
            f"as {_extreme(self.sense)} as possible."
        ]


class Sequence(Member):
    """A sequence of −1 and 1 with the least autocorrelation."""

    kind: Literal["labs"] = "labs"
    length: int = Field(ge=2, le=10_000)

    def build(self) -> LABS:
        return LABS(self.length)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The sequence in plus and minus signs."""
        return (Line(what="sequence", value="".join("+" if s > 0 else "-" for s in solution)),)

    def sentences(self) -> list[str]:
        return [
            f"Find a sequence of {self.length} numbers, each −1 or 1, whose sum of squared autocorrelations "
            "is as small as possible."
        ]


class Item(Strict):
    """A number with a name."""

    name: str
    number: Given


class Heaps(Member):
    """Numbers in two heaps of sums as equal as can be."""

    kind: Literal["partition"] = "partition"
    items: tuple[Item, ...] = Field(min_length=1)

    def build(self) -> NumberPartition:
        """The problem. Raises ConfigError for a negative number."""
        if any(fraction(item.number) < 0 for item in self.items):
            raise ConfigError(f"{self.name}: numbers to be divided must be at least 0")
        return NumberPartition(
            decimals([i.number for i in self.items]), name=self.name, notes=self.assumptions
        )

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The items of each heap."""
        return tuple(
            Line(
                what=f"heap {k + 1}",
                value=", ".join(i.name for i, s in zip(self.items, solution, strict=True) if s == k)
                or "nothing",
            )
            for k in (0, 1)
        )

    def sentences(self) -> list[str]:
        return [f"Divide {len(self.items):,} numbers into two heaps whose sums differ as little as possible."]


def _extreme(sense: str) -> str:
    return "small" if sense == "min" else "large"


def _number(value: int | float) -> int | Fraction:
    found = fraction(value)
    return int(found) if found.denominator == 1 else found


def _labels(problem: QUBO | Ising) -> tuple[str, ...]:
    return tuple(problem.labels) or tuple(f"x{k + 1}" for k in range(problem.n))


@of_problem.register
def _(problem: QUBO) -> Any:
    names = _labels(problem)
    terms = tuple(
        Term(a=names[i], b=None if i == j else names[j], coefficient=c)
        for i, j, c in zip(problem.i, problem.j, plain_decimals(problem.q), strict=True)
    )
    return QuadraticBinary(
        name=problem.name,
        assumptions=problem.notes,
        sense="max" if problem.sense == "max" else "min",
        variables=names,
        terms=terms,
        offset=plain(problem.offset),
    )


@of_problem.register
def _(problem: Ising) -> Any:
    names = _labels(problem)
    pairs = tuple(
        Term(a=names[i], b=names[j], coefficient=c)
        for i, j, c in zip(problem.i, problem.j, plain_decimals(problem.values), strict=True)
    )
    fields = tuple(
        Term(a=v, coefficient=c) for v, c in zip(names, plain_decimals(problem.fields), strict=True) if c
    )
    return IsingForm(
        name=problem.name,
        assumptions=problem.notes,
        sense="max" if problem.sense == "max" else "min",
        variables=names,
        terms=pairs + fields,
        offset=plain(problem.offset),
    )


@of_problem.register
def _(problem: LABS) -> Any:
    return Sequence(name=problem.name, length=problem.n)


@of_problem.register
def _(problem: NumberPartition) -> Any:
    items = tuple(Item(name=str(k + 1), number=v) for k, v in enumerate(plain_decimals(problem.numbers)))
    return Heaps(name=problem.name, assumptions=problem.notes, items=items)
