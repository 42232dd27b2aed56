"""Quadratic objectives of binary variables: QUBO, Ising, MaxCut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary, descended, from_binary, to_bits


class _FreeBits:
    """A problem of n bits without constraints: every choice of them is a solution."""

    kind: str
    name: str
    n: int
    energy: Any  # an `IsingModel`: what is minimised, as an energy of spins s; x = (1 + s) / 2

    @property
    def size(self) -> int:
        return self.n

    def violations(self, solution: Solution) -> list[str]:
        binary(self, solution)
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([0, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent from a random start."""
        return to_bits(descended(self.energy, rng.choice(np.array([-1.0, 1.0]), self.n)))


@dataclass(frozen=True)
class QUBO(_FreeBits, WithNotes):
    """Σ_{i≤j} q_ij x_i x_j + offset over x ∈ {0, 1}ⁿ.

    Attributes
    ----------
    n : int
        Variables.
    i, j : np.ndarray
        int64, i ≤ j; entries given twice add up.
    q : Decimals
        Their coefficients.
    labels : Sequence[str]
        What the file calls each variable, or empty.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    q: Decimals
    offset: Number = 0
    sense: str = "min"
    name: str = "qubo"
    labels: Sequence[str] = ()
    kind: str = field(default="qubo", init=False)

    def objective(self, solution: Solution) -> Number:
        x = binary(self, solution)
        return self.q.total((x[self.i] & x[self.j]).astype(bool)) + self.offset

    @cached_property
    def energy(self) -> IsingModel:
        """What is minimised, as an energy of spins s; x = (1 + s) / 2."""
        sign = 1.0 if self.sense == "min" else -1.0
        q, own = sign * self.q.floats, self.i == self.j
        linear = np.bincount(self.i[own], q[own], self.n)
        return from_binary(self.n, linear, self.i[~own], self.j[~own], q[~own], sign * float(self.offset))


@dataclass(frozen=True)
class Ising(WithNotes):
    """Σ_{i<j} J_ij s_i s_j + Σ h_i s_i + offset over s ∈ {−1, 1}ⁿ.

    Attributes
    ----------
    n : int
        Spins.
    i, j : np.ndarray
        int64, i < j.
    values : Decimals
        J_ij beside them.
    fields : Decimals
        (n) h.
    labels : Sequence[str]
        What the file calls each spin, or empty.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    values: Decimals
    fields: Decimals
    offset: Number = 0
    sense: str = "min"
    name: str = "ising"
    labels: Sequence[str] = ()
    kind: str = field(default="ising", init=False)

    @property
    def size(self) -> int:
        return self.n

    def objective(self, solution: Solution) -> Number:
        s = binary(self, solution, (-1, 1))
        aligned, up = s[self.i] == s[self.j], s > 0
        pairs = self.values.total(aligned) - self.values.total(~aligned)
        return pairs + self.fields.total(up) - self.fields.total(~up) + self.offset

    def violations(self, solution: Solution) -> list[str]:
        binary(self, solution, (-1, 1))
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([-1, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent from a random start."""
        return descended(self.energy, rng.choice(np.array([-1.0, 1.0]), self.n)).astype(np.int64)

    @cached_property
    def energy(self) -> IsingModel:
        """What is minimised, as an energy of spins."""
        sign = 1.0 if self.sense == "min" else -1.0
        return IsingModel.from_pairs(
            self.n,
            self.i,
            self.j,
            sign * self.values.floats,
            sign * self.fields.floats,
            sign * float(self.offset),
        )


@dataclass(frozen=True)
class MaxCut(_FreeBits, WithNotes):
    """The weight of edges between two sides of a graph, at its largest.

    A solution gives each node its side, 0 or 1.

    Attributes
    ----------
    n : int
        Nodes.
    i, j : np.ndarray
        int64, the edges' ends.
    weights : Decimals
        Weights of the edges.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    weights: Decimals
    name: str = "graph"
    kind: str = field(default="maxcut", init=False)
    sense: str = field(default="max", init=False)

    def objective(self, solution: Solution) -> Number:
        side = binary(self, solution)
        return self.weights.total(side[self.i] != side[self.j])

    @cached_property
    def energy(self) -> IsingModel:
        """−cut = Σ w (s_i s_j − 1) / 2, spins up on side 1."""
        w = self.weights.floats
        return IsingModel.from_pairs(self.n, self.i, self.j, w / 2, None, -float(w.sum()) / 2)
