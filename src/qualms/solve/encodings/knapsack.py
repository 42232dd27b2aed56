"""Knapsacks: slack bits for the room that is left."""

from __future__ import annotations

import numpy as np

from qualms.problems.knapsack import Knapsack
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.problems.spins import binary, from_binary, to_bits
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.mixed_integer import linearised
from qualms.solve.encodings.penalties import powers, spread


@ising_encoding.register
def _(problem: Knapsack) -> IsingEncoding:
    """(load + slack − capacity)² by a penalty above the best that one item brings; slack in bits 1, 2, 4, …
    and a rest.
    """
    n = problem.size
    capacity = min(problem.capacity, int(problem.weights.sum()))  # what all items together could fill
    slack = powers(capacity)
    upper = np.triu(problem.profits, 1).astype(float)
    most = np.abs(np.diag(problem.profits)) + np.abs(upper + upper.T).sum(1)
    penalty = float(most.max(initial=0)) + 1.0
    sizes = np.concatenate([problem.weights, slack]).astype(float)
    total = n + len(slack)
    linear = penalty * (sizes * sizes - 2 * capacity * sizes)
    linear[:n] -= np.diag(problem.profits)
    i, j = np.triu_indices(total, 1)
    values = 2 * penalty * sizes[i] * sizes[j]
    items = (i < n) & (j < n)
    values[items] -= upper[i[items], j[items]]
    model = from_binary(total, linear, i, j, values, penalty * float(capacity) ** 2)

    def encode(solution: Solution) -> np.ndarray:
        x = binary(problem, solution)
        return 2 * np.concatenate([x, spread(capacity - int(problem.weights @ x), slack)]) - 1

    return IsingEncoding(model, lambda s: problem.repaired(to_bits(s)[:n]), encode, penalty)


@linear_encoding.register
def _(problem: Knapsack) -> LinearEncoding:
    """Profits of pairs as variables."""
    i, j = np.nonzero(np.triu(problem.profits, 1))
    model = ModelBuilder(problem.name, problem.sense)
    items = model.bits(problem.size, np.diag(problem.profits))
    model.add_rows((items[None], problem.weights), high=float(problem.capacity))
    model.add_products(i, j, problem.profits[i, j])
    form = linearised(model.build())
    return LinearEncoding(form.model, lambda x: np.rint(form.decode(x)).astype(np.int64), form.encode)
