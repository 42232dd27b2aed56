"""Facility location: a bit for each open facility, and for each pair of facility and customer."""

from __future__ import annotations

import numpy as np

from qualms.problems.facility import FacilityLocation
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import linear_encoding
from qualms.solve.encodings.encoding import LinearEncoding


@linear_encoding.register
def _(problem: FacilityLocation) -> LinearEncoding:
    """y_i opens, x_ij ≤ y_i serves, Σ_i x_ij = 1; Σ_j demand x_ij ≤ capacity y_i."""
    m, n = problem.m, problem.n
    model = ModelBuilder(problem.name)
    y = model.bits(m, problem.opening.floats)
    x = model.bits((m, n), problem.cost.floats.reshape(m, n))
    model.add_rows((x.T, 1.0), low=1.0, high=1.0)
    model.add_rows((x.reshape(-1), 1.0), (np.repeat(y, n), -1.0), high=0.0)
    if problem.demand is not None and problem.capacity is not None:
        model.add_rows((x, problem.demand), (y, -problem.capacity), high=0.0)

    def encode(solution: Solution) -> np.ndarray:
        bits = np.zeros((m, n))
        bits[problem.serving(solution), np.arange(n)] = 1
        return np.concatenate([bits.any(1).astype(float), bits.reshape(-1)])

    return LinearEncoding(model.build(), lambda z: np.asarray(z)[m:].reshape(m, n).argmax(0), encode)
