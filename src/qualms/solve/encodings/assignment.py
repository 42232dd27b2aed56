"""Assignments: one bit for each pair of an agent and a task."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError, TooLargeError
from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.problems.spins import from_binary
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import MOST_PAIRS


@linear_encoding.register
def _(problem: LinearAssignment) -> LinearEncoding:
    n = problem.n
    model = ModelBuilder(problem.name)
    x = model.bits((n, n), problem.cost.floats.reshape(n, n))
    model.add_rows((x, 1.0), low=1.0, high=1.0)
    model.add_rows((x.T, 1.0), low=1.0, high=1.0)
    return LinearEncoding(
        model.build(), lambda z: _matched(z, n), lambda p: _matrix(problem.tasks(p)).reshape(-1)
    )


@linear_encoding.register
def _(problem: QuadraticAssignment) -> LinearEncoding:
    raise ConfigError(
        f"{problem.kind} {problem.name} has no linear encoding here: "
        "its products of products would be n⁴ rows"
    )


@ising_encoding.register
def _(problem: QuadraticAssignment) -> IsingEncoding:
    """n² bits x_ik, facility i at place k.

    Each row and column sums to one by a penalty above what moving one facility can change.
    """
    n = problem.size
    pairs = int(np.count_nonzero(problem.flow)) * int(np.count_nonzero(problem.distance)) + n**3
    if pairs > 2 * MOST_PAIRS:
        raise TooLargeError(
            f"{problem.name} as spins: {pairs:,} products; at most {2 * MOST_PAIRS:,} are possible"
        )
    flow, distance = np.abs(problem.flow).astype(float), np.abs(problem.distance).astype(float)
    penalty = float((flow + flow.T).sum(1).max(initial=0) * distance.max(initial=0)) + 1.0
    index = np.arange(n * n).reshape(n, n)
    rows, columns, values = _products(problem, index)
    own = rows == columns
    linear = np.bincount(rows[own], values[own], n * n) - 2 * penalty
    parts = [(rows[~own], columns[~own], values[~own])]
    a, b = np.triu_indices(n, 1)
    for lines in (index, index.T):
        first, second = lines[:, a].reshape(-1), lines[:, b].reshape(-1)
        parts.append((first, second, np.full(len(first), 2 * penalty)))
    i, j, q = (np.concatenate(column) for column in zip(*parts, strict=True))
    model = from_binary(n * n, linear, i, j, q, 2 * penalty * n)

    def encode(solution: Solution) -> np.ndarray:
        return (2 * _matrix(problem.places(solution)) - 1).astype(np.int64).reshape(-1)

    return IsingEncoding(model, lambda s: _matched(np.asarray(s) > 0, n), encode, penalty)


def _products(problem: QuadraticAssignment, index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """flow_ij · distance_km of bits ik and jm, as (first bit, second bit, value)."""
    i, j = np.nonzero(problem.flow)
    k, m = np.nonzero(problem.distance)
    rows, columns = index[i[:, None], k[None]].reshape(-1), index[j[:, None], m[None]].reshape(-1)
    values = problem.flow[i, j].astype(float)[:, None] * problem.distance[k, m].astype(float)[None]
    return rows, columns, values.reshape(-1)


def _matched(x: np.ndarray, n: int) -> Solution:
    """The permutation with most of the bits that are set."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(-np.asarray(x, float).reshape(n, n))[1].astype(np.int64)


def _matrix(places: np.ndarray) -> np.ndarray:
    found = np.zeros((len(places), len(places)))
    found[np.arange(len(places)), places] = 1
    return found
