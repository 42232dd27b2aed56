"""Members for jobs that are no optimization: classify, sample, solve a linear system."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qualms.specification.base import Given, Member, number
from qualms.specification.binary import IsingForm, QuadraticBinary

_MOST_SHOWN = 6  # equations that are told in words


class Classification(Member):
    """Learn from the rows of a table to tell a column's value.

    Attributes
    ----------
    table : str
        The file.
    target : str
        The column to be told.
    features : tuple of str
        The columns to tell it from; empty for all others.
    positive : str or None
        The value that counts as a hit, where one is rare.
    """

    kind: Literal["classification"] = "classification"
    table: str
    target: str
    features: tuple[str, ...] = ()
    positive: str | None = None

    def sentences(self) -> list[str]:
        return [f"Learn from the rows of {self.table} to tell the column {self.target!r}."]


class Sampling(Member):
    """Draw states of a quadratic form with the Boltzmann distribution's probabilities.

    Attributes
    ----------
    model : QuadraticBinary or IsingForm
        The energy.
    temperature : Given
        Of the distribution, in the unit of the energy.
    count : int
        States to draw.
    """

    kind: Literal["sampling"] = "sampling"
    model: QuadraticBinary | IsingForm = Field(discriminator="kind")
    temperature: Given
    count: int = Field(ge=1)

    def sentences(self) -> list[str]:
        return [f"Draw {self.count:,} states of {len(self.model.variables):,} variables at one temperature."]


class LinearSystem(Member):
    """A x = b.

    Attributes
    ----------
    matrix : matrix
        A, by rows.
    right : tuple of Given
        b.
    unknowns : tuple of str
        Names of x; empty for x1, x2, …
    """

    kind: Literal["linear system"] = "linear system"
    matrix: tuple[tuple[Given, ...], ...] = Field(min_length=1)
    right: tuple[Given, ...]
    unknowns: tuple[str, ...] = ()

    def sentences(self) -> list[str]:
        told = f"Solve a system of {len(self.right):,} linear equations"
        if not self.unknowns or len(self.right) > _MOST_SHOWN:
            return [f"{told}."]
        rows = zip(self.matrix, self.right, strict=False)  # what does not fit is told when it is solved
        lines = [f"{_sum(row, self.unknowns)} = {number(right):,}" for row, right in rows]
        return [f"{told}: {'; '.join(lines)}."]


def _sum(row: tuple[Given, ...], unknowns: tuple[str, ...]) -> str:
    """A row of a system in words: "2 x - y"."""
    told = ""
    for value, name in zip(row, unknowns, strict=False):
        size = number(value)
        if size:
            sign = ("-" if size < 0 else "") if not told else (" - " if size < 0 else " + ")
            told += f"{sign}{'' if abs(size) == 1 else f'{abs(size):,} '}{name}"
    return told or "0"
