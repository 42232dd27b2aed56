"""Independent sets: penalties for edges, or a row for each clique."""

from __future__ import annotations

import numpy as np

from qualms.problems.independent_set import IndependentSet
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.problems.spins import from_binary, to_bits
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding


@ising_encoding.register
def _(problem: IndependentSet) -> IsingEncoding:
    """−Σ w x + Σ (min(w_i, w_j) + step) x_i x_j: giving up the lighter of two neighbours always pays."""
    w = problem.weights.floats
    penalty = np.maximum(0, np.minimum(w[problem.i], w[problem.j])) + 1.0 / problem.weights.scale
    model = from_binary(problem.n, -w, problem.i, problem.j, penalty)
    largest = float(penalty.max(initial=0))
    return IsingEncoding(model, lambda s: _repaired(problem, s), lambda x: 2 * np.asarray(x) - 1, largest)


def _repaired(problem: IndependentSet, spins: np.ndarray) -> Solution:
    """The nodes chosen; of two neighbours the one with more conflicts goes, then what still fits joins, heavy
    and lonely nodes first.
    """
    x, w = to_bits(spins), problem.weights.floats
    while len(both := np.flatnonzero(x[problem.i] & x[problem.j])):
        conflicts = np.bincount(np.concatenate([problem.i[both], problem.j[both]]), minlength=problem.n)
        x[int(np.argmax(conflicts / np.maximum(w, 1e-12)))] = 0
    return problem.filled(x, problem.order())


@linear_encoding.register
def _(problem: IndependentSet) -> LinearEncoding:
    """A row for each clique of a cover: at most one of its nodes."""
    found = cliques(problem)
    model = ModelBuilder(problem.name, problem.sense)
    model.bits(problem.n, problem.weights.floats)
    nodes = np.concatenate([*found, np.zeros(0, np.int64)])
    at = np.repeat(np.arange(len(found)), [len(c) for c in found])
    model.add_entries(at, nodes, np.ones(len(nodes)), np.full(len(found), -np.inf), np.ones(len(found)))
    return LinearEncoding(
        model.build(), lambda x: np.rint(x).astype(np.int64), lambda x: np.asarray(x, float)
    )


def cliques(problem: IndependentSet) -> list[np.ndarray]:
    """Cliques that cover every edge, grown greedily: the larger they are, the tighter is the model's
    relaxation.
    """
    near = problem.near
    sets = [set(near.neighbours[near.first[v] : near.first[v + 1]].tolist()) for v in range(problem.n)]
    covered: set[tuple[int, int]] = set()
    found = []
    for a, b in zip(problem.i.tolist(), problem.j.tolist(), strict=True):
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
