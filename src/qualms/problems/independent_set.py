"""Nodes of a graph of which no two are neighbours, as heavy as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Number, Solution, WithNotes
from qualms.problems.spins import binary


@dataclass(frozen=True)
class IndependentSet(WithNotes):
    """Maximum (weight) independent set.

    A solution says 1 of the nodes chosen, 0 of the others.

    Attributes
    ----------
    n : int
        Nodes.
    i, j : np.ndarray
        int64, the edges' ends.
    weights : Decimals
        (n), of nodes.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    weights: Decimals
    name: str = "graph"
    kind: str = field(default="independent set", init=False)
    sense: str = field(default="max", init=False)

    @property
    def size(self) -> int:
        return self.n

    def objective(self, solution: Solution) -> Number:
        return self.weights.total(binary(self, solution).astype(bool))

    def violations(self, solution: Solution) -> list[str]:
        x = binary(self, solution)
        both = np.flatnonzero(x[self.i] & x[self.j])
        return [f"nodes {self.i[k] + 1} and {self.j[k] + 1} are neighbours and both chosen" for k in both]

    def sample(self, rng: np.random.Generator) -> Solution:
        """Nodes in random order, each taken if it may be."""
        return self.filled(np.zeros(self.n, np.int64), rng.permutation(self.n))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Heavy and lonely nodes first."""
        return self.filled(np.zeros(self.n, np.int64), self.order(rng))

    def order(self, rng: np.random.Generator | None = None) -> np.ndarray:
        """Nodes by weight for their neighbours, heavy and lonely ones first; ties in order, or at random."""
        degree = np.bincount(np.concatenate([self.i, self.j]), minlength=self.n)
        ties = rng.random(self.n) if rng is not None else np.arange(self.n)
        return np.lexsort((ties, -self.weights.floats / (degree + 1)))

    @cached_property
    def near(self) -> IsingModel:
        """The graph as lists of neighbours."""
        return IsingModel.from_pairs(self.n, self.i, self.j, np.ones(len(self.i)))

    def filled(self, x: np.ndarray, order: np.ndarray) -> Solution:
        """With every further node of an order that still fits and weighs something."""
        near, w = self.near, self.weights.values
        blocked = np.zeros(self.n, bool)
        for a, b in ((self.i, self.j), (self.j, self.i)):
            blocked[b[x[a] > 0]] = True
        for v in order:
            if not x[v] and not blocked[v] and w[v] > 0:
                x[v] = 1
                blocked[near.neighbours[near.first[v] : near.first[v + 1]]] = True
        return x
