"""What an encoding is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Solution


@dataclass(frozen=True)
class IsingEncoding:
    """A problem as an Ising model.

    Attributes
    ----------
    model : IsingModel
        Its energy is to be minimised.
    decode : callable
        From n spins ±1 to a solution of the problem. Every spin vector has one, which may violate
        constraints.
    encode : callable
        The way back, for feasible solutions. Raises ConfigError for those that the model has no place for.
    penalty : float
        The weight of constraints, 0 if there are none.
    one_hot : sequence of arrays
        Groups of spins of which feasible states have exactly one up: what a mixer that keeps them may rely
        on.
    """

    model: IsingModel
    decode: Callable[[np.ndarray], Solution]
    encode: Callable[[Solution], np.ndarray]
    penalty: float = 0.0
    one_hot: Sequence[np.ndarray] = ()

    def report(self) -> dict[str, float | int]:
        """What the encoding costs: variables, pairs, density, and the bits that its coefficients span."""
        c = self.model
        sizes = np.concatenate([np.abs(c.values), np.abs(c.fields)])
        sizes = sizes[sizes > 0]
        pairs = len(c.values) // 2
        bits = float(np.log2(sizes.max() / sizes.min())) if len(sizes) else 0.0
        density = pairs / max(1, c.n * (c.n - 1) // 2)
        return {
            "variables": c.n,
            "pairs": pairs,
            "density": density,
            "coefficient_bits": bits,
            "penalty": self.penalty,
        }


@dataclass(frozen=True)
class LinearEncoding:
    """A problem as a linear model with integer and real variables.

    Attributes
    ----------
    model : MixedInteger
        Without products.
    decode : callable
        From a solution of the model to one of the problem.
    encode : callable or None
        The way back, where there is one.
    """

    model: MixedInteger
    decode: Callable[[np.ndarray], Solution]
    encode: Callable[[Solution], np.ndarray] | None = None
