"""Number partitioning: the square of a difference, or its size."""

from __future__ import annotations

import numpy as np

from qualms.errors import TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.partition import NumberPartition
from qualms.problems.problem import Solution
from qualms.problems.spins import to_bits
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import MOST_PAIRS


@ising_encoding.register
def _(problem: NumberPartition) -> IsingEncoding:
    """(Σ a s)²: the square of the difference, numbers scaled by the largest so that energies stay small."""
    if problem.size**2 > 2 * MOST_PAIRS:
        raise TooLargeError(
            f"{problem.name} as spins: {problem.size:,} numbers are all coupled, which makes too many pairs"
        )
    a = problem.numbers.floats
    a = a / max(1e-300, float(np.abs(a).max(initial=0)))
    i, j = np.triu_indices(problem.size, 1)
    model = IsingModel.from_pairs(problem.size, i, j, 2 * a[i] * a[j], None, float(a @ a))
    return IsingEncoding(model, to_bits, lambda x: 2 * np.asarray(x) - 1)


@linear_encoding.register
def _(problem: NumberPartition) -> LinearEncoding:
    """difference ≥ ± Σ a (2x − 1)."""
    n, a = problem.size, problem.numbers.values.astype(float)
    total, scale = float(a.sum()), problem.numbers.scale
    model = ModelBuilder(problem.name)
    heap = model.bits(n)
    difference = model.variable("", high=total, integer=scale == 1, cost=1.0 / scale)
    for sign in (1.0, -1.0):
        columns = np.append(heap, difference)
        values = np.append(2 * sign * a, -1.0)
        model.add_entries(np.zeros(n + 1, np.int64), columns, values, [-np.inf], [sign * total])

    def encode(solution: Solution) -> np.ndarray:
        return np.append(solution, float(problem.objective(solution)) * scale)

    return LinearEncoding(model.build(), lambda x: np.rint(x[:n]).astype(np.int64), encode)
