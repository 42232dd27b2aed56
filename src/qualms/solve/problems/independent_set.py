"""Nodes of a graph of which no two are neighbours, as heavy as can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.kernels.annealing import Couplings
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Assignment, Lowering, Number
from qualms.solve.problems.spins import binary, from_binary, to_bits


@dataclass(frozen=True)
class IndependentSet:
    """Maximum (weight) independent set.

    Attributes
    ----------
    n : nodes. i, j : int64, the edges' ends. weights : (n), of nodes. An assignment says 1 of the nodes chosen.
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

    def objective(self, assignment: Assignment) -> Number:
        return self.weights.total(binary(self, assignment).astype(bool))

    def violations(self, assignment: Assignment) -> list[str]:
        x = binary(self, assignment)
        both = np.flatnonzero(x[self.i] & x[self.j])
        return [f"nodes {self.i[k] + 1} and {self.j[k] + 1} are neighbours and both chosen" for k in both]

    def lower(self) -> Lowering:
        """−Σ w x + Σ (min(w_i, w_j) + step) x_i x_j: giving up the lighter of two neighbours always pays."""
        w = self.weights.floats
        penalty = np.maximum(0, np.minimum(w[self.i], w[self.j])) + 1.0 / self.weights.scale
        couplings = from_binary(self.n, -w, self.i, self.j, penalty)
        return Lowering(couplings, self._repaired, lambda x: 2 * np.asarray(x) - 1, float(penalty.max(initial=0)))

    def _repaired(self, spins: np.ndarray) -> Assignment:
        """The nodes chosen; of two neighbours the one with more conflicts goes, then what still fits joins, heavy and lonely nodes first."""
        x, w = to_bits(spins), self.weights.floats
        while len(both := np.flatnonzero(x[self.i] & x[self.j])):
            conflicts = np.bincount(np.concatenate([self.i[both], self.j[both]]), minlength=self.n)
            x[int(np.argmax(conflicts / np.maximum(w, 1e-12)))] = 0
        degree = np.bincount(np.concatenate([self.i, self.j]), minlength=self.n)
        blocked = np.zeros(self.n, bool)
        for a, b in ((self.i, self.j), (self.j, self.i)):
            blocked[b[x[a] > 0]] = True
        near = Couplings.from_pairs(self.n, self.i, self.j, np.ones(len(self.i)))
        for v in np.argsort(-w / (degree + 1), kind="stable"):
            if not x[v] and not blocked[v] and w[v] > 0:
                x[v] = 1
                blocked[near.neighbours[near.first[v] : near.first[v + 1]]] = True
        return x

    def written(self, assignment: Assignment) -> str:
        return "\n".join(str(v + 1) for v in np.flatnonzero(binary(self, assignment))) + "\n"
