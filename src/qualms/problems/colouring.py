"""Colours for the nodes of a graph, no two neighbours alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True)
class GraphColouring(WithNotes):
    """The fewest colours of the nodes of a graph, of which the ends of each edge have two.

    A solution gives each node a colour, an integer from 0.

    Attributes
    ----------
    n : int
        Nodes.
    i, j : np.ndarray
        int64, the edges' ends.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    name: str = "graph"
    kind: str = field(default="colouring", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.n

    def colours(self, solution: Solution) -> np.ndarray:
        """The colour of each node. Raises ConfigError for what is no solution of this problem."""
        colours = np.asarray(solution)
        if colours.shape != (self.n,) or colours.dtype.kind not in "iu" or (colours < 0).any():
            raise ConfigError(f"a solution of {self.kind} {self.name} is {self.n} integers from 0")
        return colours

    def objective(self, solution: Solution) -> Number:
        return len(np.unique(self.colours(solution)))

    def violations(self, solution: Solution) -> list[str]:
        colours = self.colours(solution)
        same = np.flatnonzero(colours[self.i] == colours[self.j])
        return [
            (
                f"nodes {self.i[k] + 1} and {self.j[k] + 1} are neighbours and both of colour "
                f"{colours[self.i[k]] + 1}"
            )
            for k in same
        ]

    @cached_property
    def near(self) -> list[np.ndarray]:
        """Each node's neighbours."""
        c = IsingModel.from_pairs(self.n, self.i, self.j, np.ones(len(self.i)))
        return [c.neighbours[c.first[v] : c.first[v + 1]] for v in range(self.n)]

    def sample(self, rng: np.random.Generator) -> Solution:
        """Nodes in random order, each the first colour that it may have."""
        colours = np.full(self.n, -1)
        for v in rng.permutation(self.n):
            colours[v] = _first_free(colours[self.near[v]])
        return colours

    def greedy(self, rng: np.random.Generator) -> Solution:
        """DSATUR (Brélaz 1979): the node whose neighbours have most colours next."""
        near, colours = self.near, np.full(self.n, -1)
        seen: list[set[int]] = [set() for _ in range(self.n)]
        rank = np.array([len(s) for s in near]) + 0.5 * rng.random(self.n)
        weight = rank.copy()
        for _ in range(self.n):
            v = int(weight.argmax())
            colours[v] = _first_free(colours[near[v]])
            weight[v] = -np.inf
            for u in near[v]:
                if colours[u] < 0 and colours[v] not in seen[u]:
                    seen[u].add(int(colours[v]))
                    weight[u] = rank[u] + self.n * len(seen[u])
        return colours


def _first_free(taken: np.ndarray) -> int:
    used = set(taken.tolist())
    return next(c for c in range(len(used) + 1) if c not in used)
