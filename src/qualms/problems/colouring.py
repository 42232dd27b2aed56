"""Colours for the nodes of a graph, no two neighbours alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once


@dataclass(frozen=True)
class GraphColouring(Noted):
    """The fewest colours.

    Attributes
    ----------
    n : nodes. i, j : int64, the edges' ends. An assignment gives each node a colour, a whole number from 0.
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

    def _colours(self, assignment: Solution) -> np.ndarray:
        colours = np.asarray(assignment)
        if colours.shape != (self.n,) or colours.dtype.kind not in "iu" or (colours < 0).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.n} whole numbers from 0")
        return colours

    def objective(self, assignment: Solution) -> Number:
        return len(np.unique(self._colours(assignment)))

    def violations(self, assignment: Solution) -> list[str]:
        colours = self._colours(assignment)
        same = np.flatnonzero(colours[self.i] == colours[self.j])
        return [f"nodes {self.i[k] + 1} and {self.j[k] + 1} are neighbours and both of colour {colours[self.i[k]] + 1}" for k in same]

    @once
    def near(self) -> list[np.ndarray]:
        """Each node's neighbours."""
        c = IsingModel.from_pairs(self.n, self.i, self.j, np.ones(len(self.i)))
        return [c.neighbours[c.first[v] : c.first[v + 1]] for v in range(self.n)]

    def sample(self, rng: np.random.Generator) -> Solution:
        """Nodes in random order, each the first colour that it may have."""
        colours = np.full(self.n, -1)
        for v in rng.permutation(self.n):
            colours[v] = _first_free(colours[self.near()[v]])
        return colours

    def greedy(self, rng: np.random.Generator) -> Solution:
        """DSATUR (Brélaz 1979): the node whose neighbours have most colours next."""
        near, colours = self.near(), np.full(self.n, -1)
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

    def clique(self) -> np.ndarray:
        """A large clique, grown greedily from each of the nodes with most neighbours: as many colours are needed."""
        sets = [set(a.tolist()) for a in self.near()]
        best: list[int] = []
        for start in np.argsort([-len(s) for s in sets], kind="stable")[:200].tolist():
            found, open_ = [start], set(sets[start])
            while open_:
                v = max(open_, key=lambda u: (len(sets[u] & open_), -u))
                found.append(v)
                open_ &= sets[v]
            best = found if len(found) > len(best) else best
        return np.array(sorted(best), np.int64)

    @once
    def linear(self) -> Linear:
        """x[v, c] and y[c]: a colour for each node, neighbours differ where a colour is used; a clique's colours are fixed."""
        most = int(self.objective(self.greedy(np.random.default_rng(0)))) if self.n else 0
        n, e = self.n, len(self.i)
        at = [np.repeat(np.arange(n), most)]
        columns = [np.arange(n * most)]
        values = [np.ones(n * most)]
        edge = n + np.arange(e * most).reshape(e, most)
        colour = np.arange(most)
        for end in (self.i, self.j):
            at.append(edge.reshape(-1))
            columns.append((end[:, None] * most + colour).reshape(-1))
            values.append(np.ones(e * most))
        at.append(edge.reshape(-1))
        columns.append(np.tile(n * most + colour, e))
        values.append(-np.ones(e * most))
        order = n + e * most + np.arange(max(0, most - 1))
        at += [order, order]
        columns += [n * most + colour[:-1], n * most + colour[1:]]
        values += [np.ones(len(order)), -np.ones(len(order))]
        m = n + e * most + len(order)
        low = np.zeros(n * most + most)
        clique = self.clique()
        low[clique * most + np.arange(len(clique))] = 1
        low[n * most : n * most + len(clique)] = 1
        cost = np.concatenate([np.zeros(n * most), np.ones(most)])
        rows = csr_matrix((np.concatenate(values), (np.concatenate(at), np.concatenate(columns))), (m, len(cost)))
        row_low = np.concatenate([np.ones(n), np.full(e * most, -np.inf), np.zeros(len(order))])
        row_high = np.concatenate([np.ones(n), np.zeros(e * most), np.full(len(order), np.inf)])
        model = MixedInteger(cost, low, np.ones(len(cost)), np.ones(len(cost), bool), rows, row_low, row_high, name=self.name)
        return Linear(model, lambda x: self._decoded(x, most), lambda a: self._encoded(a, most))

    def _decoded(self, x: np.ndarray, most: int) -> Solution:
        return np.asarray(x)[: self.n * most].reshape(self.n, most).argmax(1)

    def _encoded(self, assignment: Solution, most: int) -> np.ndarray:
        """With the clique's colours put where the model fixes them."""
        colours = self._colours(assignment)
        clique = self.clique()
        rename = {int(colours[v]): k for k, v in enumerate(clique)}
        for c in np.unique(colours):
            rename.setdefault(int(c), len(rename))
        if len(rename) > most:
            raise ConfigError(f"{len(rename)} colours; this form of {self.name} has {most}")
        x = np.zeros((self.n, most))
        x[np.arange(self.n), [rename[int(c)] for c in colours]] = 1
        return np.concatenate([x.reshape(-1), (np.arange(most) < len(rename)).astype(float)])

    @once
    def lower(self) -> Lowering:
        return lowered_through(self.linear())

    def written(self, assignment: Solution) -> str:
        return "\n".join(map(str, self._colours(assignment) + 1)) + "\n"


def _first_free(taken: np.ndarray) -> int:
    used = set(taken.tolist())
    return next(c for c in range(len(used) + 1) if c not in used)
