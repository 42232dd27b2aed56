"""Graph colouring: a bit for each node and colour, a clique's colours fixed."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.colouring import GraphColouring
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import linear_encoding
from qualms.solve.encodings.encoding import LinearEncoding


@linear_encoding.register
def _(problem: GraphColouring) -> LinearEncoding:
    """x[v, c] and y[c]: a colour for each node, neighbours differ where a colour is used; a clique's colours
    are fixed.
    """
    n, most = problem.n, int(problem.objective(problem.greedy(np.random.default_rng(0)))) if problem.n else 0
    fixed = clique(problem)
    rank = np.arange(len(fixed))
    low, used = np.zeros((n, most)), np.zeros(most)
    low[fixed, rank] = used[rank] = 1
    model = ModelBuilder(problem.name)
    x = model.variables((n, most), low, 1.0, integer=True)
    y = model.variables(most, used, 1.0, integer=True, cost=1.0)
    model.add_rows((x, 1.0), low=1.0, high=1.0)
    ends = (x[problem.i].reshape(-1), 1.0), (x[problem.j].reshape(-1), 1.0)
    model.add_rows(*ends, (np.tile(y, len(problem.i)), -1.0), high=0.0)
    model.add_rows((y[:-1], 1.0), (y[1:], -1.0), low=0.0)  # colours are used in order

    def decode(z: np.ndarray) -> Solution:
        return np.asarray(z)[: n * most].reshape(n, most).argmax(1)

    def encode(solution: Solution) -> np.ndarray:
        colours = _renamed(problem.colours(solution), fixed)
        count = len(np.unique(colours))
        if count > most:
            raise ConfigError(f"{count} colours; this encoding of {problem.name} has {most}")
        bits = np.zeros((n, most))
        bits[np.arange(n), colours] = 1
        return np.concatenate([bits.reshape(-1), (np.arange(most) < count).astype(float)])

    return LinearEncoding(model.build(), decode, encode)


def _renamed(colours: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """The same colours by numbers from 0, those of a clique's nodes first and in their order."""
    names = {int(colours[v]): k for k, v in enumerate(fixed)}
    for c in np.unique(colours):
        names.setdefault(int(c), len(names))
    return np.array([names[int(c)] for c in colours], np.int64)


def clique(problem: GraphColouring) -> np.ndarray:
    """A large clique, grown greedily from each of the nodes with most neighbours: as many colours are
    needed.
    """
    sets = [set(a.tolist()) for a in problem.near]
    best: list[int] = []
    for start in np.argsort([-len(s) for s in sets], kind="stable")[:200].tolist():
        found, open_ = [start], set(sets[start])
        while open_:
            v = max(open_, key=lambda u: (len(sets[u] & open_), -u))
            found.append(v)
            open_ &= sets[v]
        best = found if len(found) > len(best) else best
    return np.array(sorted(best), np.int64)
