"""What every problem offers, and what it becomes when it is lowered to spins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from qualms.kernels.annealing import Couplings

Number = int | Fraction
Assignment = np.ndarray  # whole numbers; what they mean is the problem's


@dataclass(frozen=True)
class Lowering:
    """A problem as spins.

    Attributes
    ----------
    couplings : energy to be minimised.
    decode : (n) spins ±1 to an assignment of the problem; every spin vector has one, which may violate constraints.
    encode : the way back, where it exists for feasible assignments.
    penalty : the weight that constraints got, 0 if there are none.
    """

    couplings: Couplings
    decode: Callable[[np.ndarray], Assignment]
    encode: Callable[[Assignment], np.ndarray]
    penalty: float = 0.0

    def report(self) -> dict[str, float | int]:
        """What the lowering costs: variables, pairs, density, and the bits that its coefficients span."""
        c = self.couplings
        sizes = np.concatenate([np.abs(c.values), np.abs(c.fields)])
        sizes = sizes[sizes > 0]
        pairs = len(c.values) // 2
        bits = float(np.log2(sizes.max() / sizes.min())) if len(sizes) else 0.0
        return {"variables": c.n, "pairs": pairs, "density": pairs / max(1, c.n * (c.n - 1) // 2), "coefficient_bits": bits, "penalty": self.penalty}


class Problem(Protocol):
    """Something to be decided.

    Attributes
    ----------
    kind : "maxcut", "qubo", … name : of the instance. sense : "min" or "max". size : numbers of an assignment.
    """

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def sense(self) -> str: ...

    @property
    def size(self) -> int: ...

    def objective(self, assignment: Assignment) -> Number:
        """The value, in exact arithmetic. Raises ConfigError for what is no assignment of this problem."""
        ...

    def violations(self, assignment: Assignment) -> list[str]:
        """The constraints that it breaks, in words; none if it is feasible."""
        ...

    def lower(self) -> Lowering:
        """As spins."""
        ...

    def written(self, assignment: Assignment) -> str:
        """The solution as its field's files have it."""
        ...
