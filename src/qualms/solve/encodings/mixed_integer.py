"""Linear and quadratic models, whose products become variables in linear models."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from qualms.errors import ConfigError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import penalised


@ising_encoding.register
def _(problem: MixedInteger) -> IsingEncoding:
    """Integer variables become bits, rows penalties."""
    return penalised(problem)


@linear_encoding.register
def _(problem: MixedInteger) -> LinearEncoding:
    """The model itself, or its products as variables."""
    return linearised(problem)


def linearised(model: MixedInteger) -> LinearEncoding:
    """Products of bits as variables of their own (Fortet's inequalities); squares of bits are the bits.

    Raises
    ------
    ConfigError
        For products of other variables.
    """
    if not len(model.q):
        return LinearEncoding(model, lambda x: x, lambda x: np.asarray(x, np.float64))
    bit = model.integer & (model.low >= 0) & (model.high <= 1)
    if not bit[np.concatenate([model.i, model.j])].all():
        raise ConfigError(f"{model.name}: products of variables that are not 0 or 1 have no linear encoding")
    n, own = model.size, model.i == model.j
    i, j, q = model.i[~own], model.j[~own], model.q[~own]
    k, m = len(i), model.rows.shape[0]
    minimised = q if model.sense == "min" else -q
    extra, low, high = _fortet(n, i, j, minimised)
    made = MixedInteger(
        cost=np.concatenate([model.cost + np.bincount(model.i[own], model.q[own], n), q]),
        low=np.concatenate([model.low, np.zeros(k)]),
        high=np.concatenate([model.high, np.ones(k)]),
        integer=np.concatenate([model.integer, np.ones(k, bool)]),
        rows=csr_matrix(vstack([hstack([model.rows, csr_matrix((m, k))]), extra])),
        row_low=np.concatenate([model.row_low, low]),
        row_high=np.concatenate([model.row_high, high]),
        offset=model.offset,
        sense=model.sense,
        name=model.name,
    )

    def encode(x: Solution) -> np.ndarray:
        x = np.asarray(x, np.float64)
        return np.concatenate([x, x[i] * x[j]])

    return LinearEncoding(made, lambda x: x[:n], encode)


def _fortet(
    n: int, i: np.ndarray, j: np.ndarray, minimised: np.ndarray
) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Rows that tie y = x_i x_j, a variable after the n of the model, from the side to which the objective
    pulls it.

    Where it pulls up: y ≤ x_i and y ≤ x_j. Where it pulls down: y ≥ x_i + x_j − 1.
    """
    up, down = np.flatnonzero(minimised < 0), np.flatnonzero(minimised >= 0)
    at = np.concatenate([np.arange(len(up))] * 4 + [2 * len(up) + np.arange(len(down))] * 3)
    at[2 * len(up) : 4 * len(up)] += len(up)
    where = np.concatenate([n + up, i[up], n + up, j[up], n + down, i[down], j[down]])
    one, other = np.ones(len(up)), np.ones(len(down))
    signs = np.concatenate([one, -one, one, -one, other, -other, -other])
    rows = csr_matrix((signs, (at, where)), (2 * len(up) + len(down), n + len(i)))
    low = np.concatenate([np.full(2 * len(up), -np.inf), -other])
    high = np.concatenate([np.zeros(2 * len(up)), np.full(len(down), np.inf)])
    return rows, low, high
