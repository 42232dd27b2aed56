"""Linear and quadratic models built step by step: variables, then rows over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix

from qualms.problems.mixed_integer import MixedInteger

Terms = tuple[np.ndarray, ArrayLike]  # variables, and their coefficients


class ModelBuilder:
    """Collects variables, rows and products, and makes a `MixedInteger` of them.

    Variables are referred to by their indices, which the methods that make them return:

    >>> model = ModelBuilder("lamps")
    >>> lamp = model.variable("lamp", high=10, integer=True, cost=2.0)
    >>> on = model.variable("on", high=1, integer=True, cost=5.0)
    >>> model.add({lamp: 1.0, on: -10.0}, high=0, name="only when on")
    >>> model.add({lamp: 1.0}, low=3, name="light enough")
    >>> model.build().size
    2

    `variables`, `bits`, `add_rows` and `add_entries` do the same for many at once, by arrays.

    Parameters
    ----------
    name : str
        Of the model.
    sense : str
        "min" or "max".
    offset : float
        Constant of the objective.
    notes : sequence of str
        What the problem's `notes` will say.
    """

    def __init__(self, name: str, sense: str = "min", offset: float = 0.0, notes: Sequence[str] = ()) -> None:
        self.name, self.sense, self.offset, self.notes = name, sense, offset, tuple(notes)
        self.size = self.rows = 0
        # low, high, integer, cost
        self._columns: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # row, variable, coefficient
        self._sides: list[tuple[np.ndarray, np.ndarray]] = []  # low, high
        self._products: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # i, j, coefficient
        self._costs: list[tuple[np.ndarray, np.ndarray]] = []  # variable, cost
        self._names: dict[int, str] = {}
        self._row_names: dict[int, str] = {}

    def variable(
        self,
        name: str = "",
        low: float = 0.0,
        high: float = np.inf,
        *,
        integer: bool = False,
        cost: float = 0.0,
    ) -> int:
        """Make one variable. Returns its index."""
        return int(self.variables(1, low, high, integer=integer, cost=cost, names=[name])[0])

    def variables(
        self,
        shape: int | tuple[int, ...],
        low: ArrayLike = 0.0,
        high: ArrayLike = np.inf,
        *,
        integer: ArrayLike = False,
        cost: ArrayLike = 0.0,
        names: Sequence[str] = (),
    ) -> np.ndarray:
        """Make variables. Bounds, costs and whether they are integers may be one for all or an array.

        Returns
        -------
        array of int64
            Their indices, in the given shape.
        """
        index = self.size + np.arange(int(np.prod(shape))).reshape(shape)
        given = ((low, np.float64), (high, np.float64), (integer, np.bool_), (cost, np.float64))
        a, b, c, d = (np.broadcast_to(np.asarray(x, kind), index.shape).reshape(-1) for x, kind in given)
        self._columns.append((a, b, c, d))
        self._names.update({self.size + k: name for k, name in enumerate(names) if name})
        self.size += index.size
        return index

    def bits(self, shape: int | tuple[int, ...], cost: ArrayLike = 0.0) -> np.ndarray:
        """Make variables that are 0 or 1. Returns their indices, in the given shape."""
        return self.variables(shape, 0.0, 1.0, integer=True, cost=cost)

    def add_costs(self, variables: np.ndarray, costs: ArrayLike) -> None:
        """Add Σ cost · variable to the objective, beside the costs that the variables were made with."""
        self._costs.append((variables, np.broadcast_to(np.asarray(costs, np.float64), variables.shape)))

    def add(
        self, terms: Mapping[int, float], low: float = -np.inf, high: float = np.inf, name: str = ""
    ) -> None:
        """Add the row low ≤ Σ coefficient · variable ≤ high; `terms` has a coefficient for each index."""
        columns = np.fromiter(terms.keys(), np.int64, len(terms))
        values = np.fromiter(terms.values(), np.float64, len(terms))
        self.add_entries(np.zeros(len(terms), np.int64), columns, values, [low], [high], [name])

    def add_rows(self, *terms: Terms, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> None:
        """Add many rows of the same form.

        Parameters
        ----------
        *terms : pairs of arrays
            Variables of shape (rows,), one a row, or (rows, k), and coefficients that broadcast to that
            shape. A row is the sum over all terms.
        low, high : float or array
            Sides, one for all or one for each row.
        """
        count = len(terms[0][0])
        at, columns, values = [], [], []
        for variables, coefficients in terms:
            rows = np.arange(count).reshape(-1, *[1] * (variables.ndim - 1))
            at.append(np.broadcast_to(rows, variables.shape).reshape(-1))
            columns.append(variables.reshape(-1))
            values.append(np.broadcast_to(np.asarray(coefficients, np.float64), variables.shape).reshape(-1))
        least, most = (np.broadcast_to(np.asarray(side, np.float64), count) for side in (low, high))
        self.add_entries(np.concatenate(at), np.concatenate(columns), np.concatenate(values), least, most)

    def add_entries(
        self,
        at: np.ndarray,
        variables: np.ndarray,
        coefficients: np.ndarray,
        low: ArrayLike,
        high: ArrayLike,
        names: Sequence[str] = (),
    ) -> None:
        """Add rows of any lengths, entry by entry.

        Parameters
        ----------
        at : array of int
            The row of each entry, counted from the first of these rows.
        variables, coefficients : array
            Beside it.
        low, high : array
            Sides; as many rows are added as there are sides.
        names : sequence of str
            Of the rows, or empty.
        """
        a, b = np.atleast_1d(np.asarray(low, np.float64)), np.atleast_1d(np.asarray(high, np.float64))
        self._entries.append((self.rows + at, variables, coefficients))
        self._sides.append((a, b))
        self._row_names.update({self.rows + k: name for k, name in enumerate(names) if name})
        self.rows += len(a)

    def add_products(self, i: np.ndarray, j: np.ndarray, coefficients: np.ndarray) -> None:
        """Add Σ coefficient · x_i · x_j to the objective. No pair may be given twice; a square has i = j."""
        self._products.append((np.minimum(i, j), np.maximum(i, j), np.asarray(coefficients, np.float64)))

    def build(self) -> MixedInteger:
        """The model. Raises ConfigError for a coefficient that is infinite or NaN."""
        low, high, integer, cost = _joined(self._columns, (float, float, bool, float))
        for variables, more in self._costs:
            np.add.at(cost, variables, more)
        at, columns, values = _joined(self._entries, (np.int64, np.int64, float))
        row_low, row_high = _joined(self._sides, (float, float))
        i, j, q = _joined(self._products, (np.int64, np.int64, float))
        matrix = csr_matrix((values, (at, columns)), (self.rows, self.size))
        matrix.eliminate_zeros()
        return MixedInteger(
            cost=cost,
            low=low,
            high=high,
            integer=integer,
            rows=matrix,
            row_low=row_low,
            row_high=row_high,
            i=i,
            j=j,
            q=q,
            offset=self.offset,
            sense=self.sense,
            name=self.name,
            names=_all_named(self._names, self.size, "x{}"),
            row_names=_all_named(self._row_names, self.rows, "row {}"),
            notes=self.notes,
        )


def _joined(parts: Sequence[tuple[np.ndarray, ...]], kinds: tuple[type, ...]) -> list[np.ndarray]:
    return [np.concatenate([*(p[k] for p in parts), np.zeros(0, kind)]) for k, kind in enumerate(kinds)]


def _all_named(names: Mapping[int, str], count: int, other: str) -> list[str]:
    """A name for each of `count`, or none at all where nothing has one."""
    return [names.get(k, other.format(k + 1)) for k in range(count)] if names else []
