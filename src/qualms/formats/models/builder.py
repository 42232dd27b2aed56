"""Collects a model's variables and rows by name, exactly, and makes the problem of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from qualms.errors import DataError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.numbers import exact

_MOST = 1_000_000  # variables
Pair = tuple[int, int]


@dataclass(frozen=True)
class _Row:
    name: str
    line: int
    linear: dict[int, Fraction]
    low: Fraction | None
    high: Fraction | None


@dataclass
class ModelText:
    """A model on its way from text to a `ModelBuilder`: numbers as fractions, places in the file; None stands
    for a bound that is infinite.

    Attributes
    ----------
    path : Path
        Path of the file, for errors.
    notes : list[str]
        Sentences for the problem.
    sense : str
        "min" or "max".
    offset : Fraction
        Offset of the objective.
    place : dict[str, int]
        Each variable's index by name.
    low, high : dict[int, Fraction | None]
        Bounds by index; where nothing stands, 0 and infinite.
    integer : set[int]
        Indices of integer variables.
    cost : dict[int, Fraction]
        Linear coefficients by index.
    products : dict[Pair, Fraction]
        Coefficients of pairs i ≤ j.
    """

    path: Path
    notes: list[str]
    sense: str = "min"
    offset: Fraction = Fraction(0)
    place: dict[str, int] = field(default_factory=dict)
    low: dict[int, Fraction | None] = field(default_factory=dict)
    high: dict[int, Fraction | None] = field(default_factory=dict)
    integer: set[int] = field(default_factory=set)
    cost: dict[int, Fraction] = field(default_factory=dict)
    products: dict[Pair, Fraction] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)

    def variable(self, name: str, line: int) -> int:
        """The index of a variable, a new one if need be."""
        if name not in self.place and len(self.place) >= _MOST:
            raise DataError(f"{self.path}:{line}: more than {_MOST:,} variables")
        return self.place.setdefault(name, len(self.place))

    def row(
        self,
        line: int,
        name: str,
        linear: Mapping[int, Fraction],
        low: Fraction | None,
        high: Fraction | None,
    ) -> None:
        """Add low ≤ Σ linear · x ≤ high. An empty name is filled in."""
        self.rows.append(_Row(name, line, {k: v for k, v in linear.items() if v}, low, high))

    def model(self) -> MixedInteger:
        """The problem. Raises DataError for one without variables or with numbers that no double holds."""
        n = len(self.place)
        if not n:
            raise DataError(f"{self.path}: the model has no variables")
        at = np.repeat(np.arange(len(self.rows)), [len(r.linear) for r in self.rows])
        columns = np.array([k for r in self.rows for k in r.linear], np.int64)
        values = self._floats([v for r in self.rows for v in r.linear.values()])
        pairs = {pair: q for pair, q in self.products.items() if q}
        i, j = np.array(list(pairs), np.int64).reshape(-1, 2).T
        low = self._floats([self.low.get(k, Fraction(0)) for k in range(n)], -np.inf)
        high = self._floats([self.high.get(k) for k in range(n)], np.inf)
        cost = self._floats([self.cost.get(k, Fraction(0)) for k in range(n)])
        sides = (
            self._floats([r.low for r in self.rows], -np.inf),
            self._floats([r.high for r in self.rows], np.inf),
        )
        offset, q, names = (
            float(self._floats([self.offset])[0]),
            self._floats(list(pairs.values())),
            self._row_names(),
        )
        model = ModelBuilder(self.path.name.split(".")[0], self.sense, offset, self.notes)
        model.variables(
            n, low, high, integer=[k in self.integer for k in range(n)], cost=cost, names=list(self.place)
        )
        model.add_entries(at, columns, values, *sides, names)
        model.add_products(i, j, q)
        return model.build()

    def _row_names(self) -> list[str]:
        given = [r.name for r in self.rows if r.name]
        seen: set[str] = set()
        double = next((name for name in given if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]
        if double is not None:
            self.notes.append(f"several constraints are called {double!r}; all of them hold")
        taken = set(given)
        return [
            r.name or (f"c{k}" if f"c{k}" not in taken else f"line {r.line}")
            for k, r in enumerate(self.rows, 1)
        ]

    def _floats(self, values: list[Fraction] | list[Fraction | None], open_: float = np.inf) -> np.ndarray:
        """The doubles that print as these decimals; a note where one has more digits than a double holds."""
        found = np.empty(len(values))
        for k, value in enumerate(values):
            if value is None:
                found[k] = open_
                continue
            try:
                found[k] = float(value)
            except OverflowError:
                raise DataError(
                    f"{self.path}: a number of {len(str(abs(value.numerator)))} digits is too large"
                ) from None
            if (exact(found[k]) if value.denominator != 1 else int(found[k])) != value:
                self._rounded()
        return found

    def _rounded(self) -> None:
        note = "numbers of more digits than a double holds (about 17) were rounded"
        if note not in self.notes:
            self.notes.append(note)
