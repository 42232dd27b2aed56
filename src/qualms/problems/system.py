"""Spins alone: a piece of a larger system, for solvers that work piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution
from qualms.problems.spins import binary, descended


@dataclass(frozen=True)
class SpinSystem(Noted):
    """The energy of couplings in doubles, at its smallest over s ∈ {−1, 1}ⁿ."""

    couplings: IsingModel
    name: str = "piece"
    kind: str = field(default="spins", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.couplings.n

    def objective(self, assignment: Solution) -> Number:
        return Fraction(float(self.couplings.energies(binary(self, assignment, (-1, 1)))))

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment, (-1, 1))
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([-1, 1]), self.size)

    def greedy(self, rng: np.random.Generator) -> Solution:
        return descended(self.couplings, self.sample(rng)).astype(np.int64)

    def lower(self) -> Lowering:
        return Lowering(self.couplings, lambda s: np.asarray(s).astype(np.int64), np.asarray)

    def linear(self) -> Linear:
        raise ConfigError("a piece of a spin system has no linear form")

    def written(self, assignment: Solution) -> str:
        return "\n".join(map(str, binary(self, assignment, (-1, 1)))) + "\n"

    def piece(self, spins: np.ndarray, chosen: np.ndarray) -> SpinSystem:
        """The chosen spins in the fields of all others as they are."""
        c = self.couplings
        place = np.full(c.n, -1)
        place[chosen] = np.arange(len(chosen))
        rows = np.repeat(np.arange(c.n), np.diff(c.first))
        mine = place[rows] >= 0
        rows, columns, values = rows[mine], c.neighbours[mine], c.values[mine]
        inner = place[columns] >= 0
        fields = c.fields[chosen] + np.bincount(place[rows[~inner]], values[~inner] * spins[columns[~inner]], len(chosen))
        once = inner & (rows < columns)
        return SpinSystem(IsingModel.from_pairs(len(chosen), place[rows[once]], place[columns[once]], values[once], fields))
