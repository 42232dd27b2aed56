"""Nodes of a graph of which no two are neighbours, as heavy as can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, once
from qualms.problems.spins import binary, from_binary, to_bits


@dataclass(frozen=True)
class IndependentSet(Noted):
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

    def objective(self, assignment: Solution) -> Number:
        return self.weights.total(binary(self, assignment).astype(bool))

    def violations(self, assignment: Solution) -> list[str]:
        x = binary(self, assignment)
        both = np.flatnonzero(x[self.i] & x[self.j])
        return [f"nodes {self.i[k] + 1} and {self.j[k] + 1} are neighbours and both chosen" for k in both]

    def sample(self, rng: np.random.Generator) -> Solution:
        """Nodes in random order, each taken if it may be."""
        return self._filled(np.zeros(self.n, np.int64), rng.permutation(self.n))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Heavy and lonely nodes first."""
        return self._filled(np.zeros(self.n, np.int64), self._order(rng))

    @once
    def lower(self) -> Lowering:
        """−Σ w x + Σ (min(w_i, w_j) + step) x_i x_j: giving up the lighter of two neighbours always pays."""
        w = self.weights.floats
        penalty = np.maximum(0, np.minimum(w[self.i], w[self.j])) + 1.0 / self.weights.scale
        couplings = from_binary(self.n, -w, self.i, self.j, penalty)
        return Lowering(couplings, self._repaired, lambda x: 2 * np.asarray(x) - 1, float(penalty.max(initial=0)))

    def _repaired(self, spins: np.ndarray) -> Solution:
        """The nodes chosen; of two neighbours the one with more conflicts goes, then what still fits joins, heavy and lonely nodes first."""
        x, w = to_bits(spins), self.weights.floats
        while len(both := np.flatnonzero(x[self.i] & x[self.j])):
            conflicts = np.bincount(np.concatenate([self.i[both], self.j[both]]), minlength=self.n)
            x[int(np.argmax(conflicts / np.maximum(w, 1e-12)))] = 0
        return self._filled(x, self._order())

    def _order(self, rng: np.random.Generator | None = None) -> np.ndarray:
        """Nodes by weight for their neighbours, heavy and lonely ones first; ties in order, or at random."""
        degree = np.bincount(np.concatenate([self.i, self.j]), minlength=self.n)
        ties = rng.random(self.n) if rng is not None else np.arange(self.n)
        return np.lexsort((ties, -self.weights.floats / (degree + 1)))

    @once
    def _near(self) -> IsingModel:
        return IsingModel.from_pairs(self.n, self.i, self.j, np.ones(len(self.i)))

    def _filled(self, x: np.ndarray, order: np.ndarray) -> Solution:
        """With every further node of an order that still fits and weighs something."""
        near, w = self._near(), self.weights.values
        blocked = np.zeros(self.n, bool)
        for a, b in ((self.i, self.j), (self.j, self.i)):
            blocked[b[x[a] > 0]] = True
        for v in order:
            if not x[v] and not blocked[v] and w[v] > 0:
                x[v] = 1
                blocked[near.neighbours[near.first[v] : near.first[v + 1]]] = True
        return x

    def cliques(self) -> list[np.ndarray]:
        """Cliques that cover every edge, grown greedily: rows of the linear model, and what its relaxation is tight by."""
        near = self._near()
        sets = [set(near.neighbours[near.first[v] : near.first[v + 1]].tolist()) for v in range(self.n)]
        covered: set[tuple[int, int]] = set()
        found = []
        for a, b in zip(self.i.tolist(), self.j.tolist(), strict=True):
            if (min(a, b), max(a, b)) in covered:
                continue
            clique, open_ = [a, b], sets[a] & sets[b]
            while open_:
                v = max(open_, key=lambda u: (len(sets[u] & open_), -u)) if len(open_) <= 64 else min(open_)
                clique.append(v)
                open_ = open_ & sets[v]
            found.append(np.array(sorted(clique)))
            covered.update((x, y) for x in clique for y in clique if x < y)
        return found

    @once
    def linear(self) -> Linear:
        """A row for each clique of a cover: at most one of its nodes."""
        cliques = self.cliques()
        columns = np.concatenate([*cliques, np.zeros(0, np.int64)])
        at = np.repeat(np.arange(len(cliques)), [len(c) for c in cliques])
        m, n = len(cliques), self.n
        model = MixedInteger(
            self.weights.floats, np.zeros(n), np.ones(n), np.ones(n, bool), csr_matrix((np.ones(len(columns)), (at, columns)), (m, n)),
            np.full(m, -np.inf), np.ones(m), sense="max", name=self.name,
        )  # fmt: skip
        return Linear(model, lambda x: np.rint(x).astype(np.int64), lambda x: np.asarray(x, float))

    def written(self, assignment: Solution) -> str:
        return "\n".join(str(v + 1) for v in np.flatnonzero(binary(self, assignment))) + "\n"
