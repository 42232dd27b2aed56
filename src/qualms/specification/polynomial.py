"""Polynomials of at most second degree with exact coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from qualms.errors import ConfigError

Key = tuple[int, ...]  # variables in order: () is the constant, (i,) linear, (i, j) a product


class Polynomial:
    """Coefficients by variables.

    Parameters
    ----------
    terms : Mapping[tuple[int, ...], Fraction], optional
        Coefficient of each product of up to two variables; the constant has the key ().
    """

    def __init__(self, terms: Mapping[Key, Fraction] | None = None) -> None:
        self.terms = {key: value for key, value in (terms or {}).items() if value}

    @classmethod
    def constant(cls, value: Fraction | int) -> Polynomial:
        return cls({(): Fraction(value)})

    @classmethod
    def variable(cls, index: int) -> Polynomial:
        return cls({(index,): Fraction(1)})

    @classmethod
    def total(cls, parts: Iterable[Polynomial]) -> Polynomial:
        """The sum of many, in time proportional to their terms."""
        found: dict[Key, Fraction] = {}
        for part in parts:
            for key, value in part.terms.items():
                found[key] = found.get(key, Fraction(0)) + value
        return cls(found)

    def __add__(self, other: Polynomial) -> Polynomial:
        found = dict(self.terms)
        for key, value in other.terms.items():
            found[key] = found.get(key, Fraction(0)) + value
        return Polynomial(found)

    def __neg__(self) -> Polynomial:
        return Polynomial({key: -value for key, value in self.terms.items()})

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial) -> Polynomial:
        """Raises ConfigError for a product of more than two variables."""
        found: dict[Key, Fraction] = {}
        for a, x in self.terms.items():
            for b, y in other.terms.items():
                key = tuple(sorted(a + b))
                if len(key) > 2:
                    raise ConfigError("a product of three variables cannot be represented; two are the most")
                found[key] = found.get(key, Fraction(0)) + x * y
        return Polynomial(found)

    @property
    def offset(self) -> Fraction:
        """The constant."""
        return self.terms.get((), Fraction(0))

    @property
    def linear(self) -> dict[int, Fraction]:
        """Coefficients of single variables."""
        return {key[0]: value for key, value in self.terms.items() if len(key) == 1}

    @property
    def products(self) -> dict[tuple[int, int], Fraction]:
        """Coefficients of products, i ≤ j."""
        return {(key[0], key[1]): value for key, value in self.terms.items() if len(key) == 2}
