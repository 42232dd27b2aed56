"""Spins alone: a piece of a larger system, for solvers that work piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary, descended


@dataclass(frozen=True)
class SpinSystem(WithNotes):
    """The energy of couplings in doubles, at its smallest over s ∈ {−1, 1}ⁿ."""

    model: IsingModel
    name: str = "piece"
    kind: str = field(default="spins", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.model.n

    def objective(self, solution: Solution) -> Number:
        return Fraction(float(self.model.energies(binary(self, solution, (-1, 1)))))

    def violations(self, solution: Solution) -> list[str]:
        binary(self, solution, (-1, 1))
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([-1, 1]), self.size)

    def greedy(self, rng: np.random.Generator) -> Solution:
        return descended(self.model, self.sample(rng)).astype(np.int64)

    def piece(self, spins: np.ndarray, chosen: np.ndarray) -> SpinSystem:
        """The chosen spins in the fields of all others as they are."""
        c = self.model
        place = np.full(c.n, -1)
        place[chosen] = np.arange(len(chosen))
        rows = np.repeat(np.arange(c.n), np.diff(c.first))
        mine = place[rows] >= 0
        rows, columns, values = rows[mine], c.neighbours[mine], c.values[mine]
        inner = place[columns] >= 0
        fields = c.fields[chosen] + np.bincount(
            place[rows[~inner]], values[~inner] * spins[columns[~inner]], len(chosen)
        )
        once = inner & (rows < columns)
        return SpinSystem(
            IsingModel.from_pairs(len(chosen), place[rows[once]], place[columns[once]], values[once], fields)
        )
