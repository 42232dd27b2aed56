"""Linear constraints of integer variables as penalties of bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from qualms.errors import ConfigError, TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Solution
from qualms.problems.spins import from_binary, to_bits
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding

MOST_BITS, MOST_PAIRS = 200_000, 20_000_000


def powers(most: int) -> np.ndarray:
    """Sizes 1, 2, 4, … and a rest, whose sums are every number from 0 to `most`."""
    sizes, left, power = [], most, 1
    while left > 0:
        sizes.append(min(power, left))
        left -= sizes[-1]
        power *= 2
    return np.array(sizes, np.int64)


def spread(amount: int, sizes: np.ndarray) -> np.ndarray:
    """Which of `powers` to take for an amount: 0s and 1s."""
    bits = np.zeros(len(sizes), np.int64)
    for k in np.argsort(-sizes, kind="stable"):
        if sizes[k] <= amount:
            bits[k], amount = 1, amount - int(sizes[k])
    return bits


@dataclass(frozen=True)
class _Bits:
    """Variables as sums of bits: x = low + matrix b."""

    matrix: csr_matrix  # (n, bits)
    low: np.ndarray


def through(linear: LinearEncoding) -> IsingEncoding:
    """The Ising encoding of a problem by way of its linear model."""
    inner = penalised(linear.model)

    def encode(solution: Solution) -> np.ndarray:
        if linear.encode is None:
            raise ConfigError(f"{linear.model.name}: this encoding has no way back")
        return inner.encode(linear.encode(solution))

    return IsingEncoding(
        inner.model, lambda s: linear.decode(inner.decode(s)), encode, inner.penalty, inner.one_hot
    )


def penalised(model: MixedInteger) -> IsingEncoding:
    """A model of integer variables as an Ising model.

    A bounded variable becomes bits of sizes 1, 2, 4, … and a rest. Each row becomes P·(row − side)², with
    bits for the room of an inequality; rows of bits like x + y ≤ 1 and x ≤ y need no room. P is one more than
    the objective's largest change, so that breaking a row never pays.

    Raises
    ------
    ConfigError
        For real or unbounded variables.
    TooLargeError
        For more than 200,000 bits or 20 million pairs.
    """
    loose = ~model.integer | ~np.isfinite(model.low) | ~np.isfinite(model.high)
    if loose.any():
        k = int(np.argmax(loose))
        raise ConfigError(
            f"{model.name}: {model.variable(k)} is not a bounded integer, so it cannot be written in bits"
        )
    ranges = np.floor(model.high) - np.ceil(model.low)
    if (ranges < 0).any():
        raise ConfigError(
            f"{model.name}: {model.variable(int(np.argmax(ranges < 0)))} has no value between its bounds"
        )
    if ranges.max(initial=0) >= 2**40:
        raise TooLargeError(
            f"{model.name}: {model.variable(int(ranges.argmax()))} has {ranges.max():.3g} values"
        )
    x = _as_bits(model, ranges)
    scope = float(np.abs(model.cost) @ ranges + _products_scope(model))
    penalty = scope + 1.0
    rows, sides, room, direct = _equalities(model, x)
    total = x.matrix.shape[1] + sum(len(s) for s in room)
    pairs = int((np.diff(rows.indptr).astype(float) ** 2).sum()) // 2 + len(direct[0]) + len(model.q)
    if total > MOST_BITS or pairs > MOST_PAIRS:
        raise TooLargeError(
            f"{model.name} as spins: {total:,} bits and {pairs:,} pairs; at most {MOST_BITS:,} bits and "
            f"{MOST_PAIRS:,} pairs are possible"
        )
    energy = _energy(model, x, total, penalty, rows, sides, direct)
    n_bits = x.matrix.shape[1]

    def decode(spins: np.ndarray) -> Solution:
        return x.low + x.matrix @ to_bits(spins)[:n_bits]

    def encode(solution: Solution) -> np.ndarray:
        away = np.rint(np.asarray(solution) - x.low).astype(np.int64)
        own = [
            spread(int(away[k]), x.matrix.data[x.matrix.indptr[k] : x.matrix.indptr[k + 1]].astype(np.int64))
            for k in range(model.size)
        ]
        bits = np.concatenate([*own, np.zeros(0, np.int64)])
        short = sides - rows[:, :n_bits] @ bits
        rest = [spread(round(s), sizes) for s, sizes in zip(short, room, strict=True)]
        return 2 * np.concatenate([bits, *rest]) - 1

    return IsingEncoding(energy, decode, encode, penalty, _one_hot(rows, sides, room, n_bits))


def _as_bits(model: MixedInteger, ranges: np.ndarray) -> _Bits:
    sizes = [powers(int(r)) for r in ranges]
    counts = np.array([len(s) for s in sizes], np.int64)
    first = np.concatenate([[0], np.cumsum(counts)])
    data = np.concatenate([*sizes, np.zeros(0, np.int64)]).astype(float)
    return _Bits(csr_matrix((data, np.arange(len(data)), first), (model.size, len(data))), np.ceil(model.low))


def _products_scope(model: MixedInteger) -> float:
    largest = np.maximum(np.abs(model.low), np.abs(model.high))
    return float(2 * np.abs(model.q) @ (largest[model.i] * largest[model.j])) if len(model.q) else 0.0


def _reach(x: _Bits, variables: np.ndarray) -> np.ndarray:
    """How far each variable's bits reach."""
    return np.array([x.matrix.data[x.matrix.indptr[v] : x.matrix.indptr[v + 1]].sum() for v in variables])


# i, j, values of products, and (i = j) of bits; a constant
Direct = tuple[np.ndarray, np.ndarray, np.ndarray, float]


def _equalities(model: MixedInteger, x: _Bits) -> tuple[csr_matrix, np.ndarray, list[np.ndarray], Direct]:
    """Rows as integer equalities over bits and bits of room; and rows that are products of bits outright."""
    n_bits = x.matrix.shape[1]
    found: list[tuple[np.ndarray, np.ndarray]] = []  # columns, coefficients
    sides: list[int] = []
    room: list[np.ndarray] = []
    clashing, one, other = _clashes(model, x)
    first: list[np.ndarray] = [one]
    second: list[np.ndarray] = [other]
    weight: list[np.ndarray] = [np.ones(len(one))]
    for k in np.flatnonzero(~clashing).tolist():
        part = slice(model.rows.indptr[k], model.rows.indptr[k + 1])
        variables, a = model.rows.indices[part], model.rows.data[part]
        limits = [v for v in (model.row_low[k], model.row_high[k]) if np.isfinite(v)]
        scaled = Decimals.of([float(v) for v in (*a, *limits)]).values
        a = scaled[: len(a)]
        low, high = _limits(model, k, scaled[len(a) :])
        if (
            float(
                np.abs(a.astype(float)) @ np.maximum(np.abs(x.low[variables]), 1)
                + np.abs(a.astype(float)) @ _reach(x, variables)
            )
            >= 2**50
        ):
            raise TooLargeError(f"{model.name} as spins: {model.row(k)} reaches beyond 2^50")
        columns, values = _in_bits(x, variables, a)
        start = int((a * x.low[variables].astype(np.int64)).sum())
        least, most = start + int(values[values < 0].sum()), start + int(values[values > 0].sum())
        low, high = (
            max(low, least) if low is not None else least,
            min(high, most) if high is not None else most,
        )
        if (low, high) == (least, most):
            continue
        pairs = _products(columns, values, low - start, high - start)
        if pairs is not None:
            first.append(pairs[0])
            second.append(pairs[1])
            weight.append(pairs[2])
            continue
        found.append((columns, values))
        sides.append(high - start)
        room.append(powers(max(0, high - low)))
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in room])]).astype(np.int64)
    rows, columns_, data = [], [], []
    for k, (columns, values) in enumerate(found):
        slack = n_bits + offsets[k] + np.arange(len(room[k]))
        rows.append(np.full(len(columns) + len(slack), k))
        columns_ += [columns, slack]
        data += [values, room[k]]
    shape = (len(found), n_bits + int(offsets[-1]))
    matrix = (
        csr_matrix(
            (np.concatenate(data).astype(float), (np.concatenate(rows), np.concatenate(columns_))), shape
        )
        if found
        else csr_matrix(shape)
    )
    empty = np.zeros(0, np.int64)
    direct = (
        np.concatenate([*first, empty]),
        np.concatenate([*second, empty]),
        np.concatenate([*weight, np.zeros(0)]),
        0.0,
    )
    return matrix, np.array(sides, float), room, direct


def _clashes(model: MixedInteger, x: _Bits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rows say x + y ≤ 1 of two bits, as most rows of schedules and colourings do, and the columns of
    both; looked for in all rows at once, because there may be hundreds of thousands.
    """
    indptr, indices, data = model.rows.indptr, model.rows.indices, model.rows.data
    bits = (np.diff(x.matrix.indptr) == 1) & (x.low == 0) & (np.floor(model.high) == 1)
    found = (np.diff(indptr) == 2) & (model.row_high == 1) & (model.row_low <= 0)
    at = indptr[:-1][found]
    a, b = indices[at], indices[at + 1]
    both = bits[a] & bits[b] & (data[at] == 1) & (data[at + 1] == 1) & (a != b)
    found[np.flatnonzero(found)[~both]] = False
    columns, first = x.matrix.indices, x.matrix.indptr[:-1]
    return found, columns[first[a[both]]].astype(np.int64), columns[first[b[both]]].astype(np.int64)


def _limits(model: MixedInteger, k: int, scaled: np.ndarray) -> tuple[int | None, int | None]:
    finite = np.isfinite([model.row_low[k], model.row_high[k]])
    numbers = iter(int(v) for v in scaled)
    return (next(numbers) if finite[0] else None, next(numbers) if finite[1] else None)


def _in_bits(x: _Bits, variables: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    parts = [slice(x.matrix.indptr[v], x.matrix.indptr[v + 1]) for v in variables]
    columns = np.concatenate([x.matrix.indices[p] for p in parts] + [np.zeros(0, np.int64)])
    values = np.concatenate([c * x.matrix.data[p] for c, p in zip(a, parts, strict=True)] + [np.zeros(0)])
    return columns.astype(np.int64), values.astype(np.int64)


def _products(
    columns: np.ndarray, values: np.ndarray, low: int, high: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Rows of bits that a product says without room: Σ x ≤ 1, and x ≤ y.

    As (i, j, weight), a bit alone where i = j.
    """
    if (values == 1).all() and high == 1 and low <= 0 and len(values) <= 64:
        a, b = np.triu_indices(len(values), 1)
        return columns[a], columns[b], np.ones(len(a))
    if len(values) == 2 and sorted(values) == [-1, 1]:
        up, down = columns[values == 1][0], columns[values == -1][0]
        if high == 0 and low <= -1:  # up ≤ down: up (1 − down)
            return np.array([up, up]), np.array([up, down]), np.array([1.0, -1.0])
        if low == 0 and high >= 1:
            return np.array([down, down]), np.array([down, up]), np.array([1.0, -1.0])
    return None


def _energy(
    model: MixedInteger,
    x: _Bits,
    total: int,
    penalty: float,
    rows: csr_matrix,
    sides: np.ndarray,
    direct: Direct,
) -> IsingModel:
    """objective + P Σ (row − side)² + P Σ products, as spins."""
    sign, n_bits = (1.0 if model.sense == "min" else -1.0), x.matrix.shape[1]
    quadratic = coo_matrix((sign * model.q, (model.i, model.j)), (model.size, model.size)).tocsr()
    wide = csr_matrix((x.matrix.data, x.matrix.indices, x.matrix.indptr), (model.size, total))
    form = wide.T @ quadratic @ wide + penalty * (rows.T @ rows)
    linear = np.zeros(total)
    linear[:n_bits] = x.matrix.T @ (sign * model.cost + (quadratic + quadratic.T) @ x.low)
    linear -= 2 * penalty * (rows.T @ sides)
    offset = (
        sign * (model.offset + model.cost @ x.low)
        + x.low @ (quadratic @ x.low)
        + penalty * float(sides @ sides)
    )
    form = (form + coo_matrix((penalty * direct[2], (direct[0], direct[1])), (total, total)).tocsr()).tocoo()
    own = form.row == form.col
    linear += np.bincount(form.row[own], form.data[own], total)
    return from_binary(
        total,
        linear,
        form.row[~own].astype(np.int64),
        form.col[~own].astype(np.int64),
        form.data[~own],
        float(offset),
    )


def _one_hot(rows: csr_matrix, sides: np.ndarray, room: list[np.ndarray], n_bits: int) -> list[np.ndarray]:
    """Groups of bits whose sum must be 1, no bit in two of them."""
    groups, taken = [], np.zeros(n_bits, bool)
    for k in range(rows.shape[0]):
        part = slice(rows.indptr[k], rows.indptr[k + 1])
        columns = rows.indices[part]
        if (
            not len(room[k])
            and sides[k] == 1
            and len(columns) > 1
            and (rows.data[part] == 1).all()
            and not taken[columns].any()
        ):
            taken[columns] = True
            groups.append(np.sort(columns).astype(np.int64))
    return groups
