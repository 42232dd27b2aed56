"""Members about graphs: the largest cut, the heaviest independent set, the fewest colours."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.colouring import GraphColouring
from qualms.problems.independent_set import IndependentSet
from qualms.problems.problem import Solution
from qualms.problems.quadratic import MaxCut
from qualms.specification.base import Given, Line, Member, Names, Strict, decimals, places, plain_decimals
from qualms.specification.conversion import of_problem


class Edge(Strict):
    """A pair of nodes, with a weight."""

    a: str
    b: str
    weight: Given = 1


class _Graph(Member):
    """What the members about graphs share.

    Attributes
    ----------
    nodes : tuple of str
        All nodes; empty for those that the edges name, in the order in which they appear.
    edges : tuple of Edge
        The edges.
    """

    nodes: Names = ()
    edges: tuple[Edge, ...] = Field(max_length=5_000_000)

    @property
    def all_nodes(self) -> tuple[str, ...]:
        """The nodes in their order."""
        return self.nodes or tuple(dict.fromkeys(end for e in self.edges for end in (e.a, e.b)))

    def ends(self) -> tuple[int, np.ndarray, np.ndarray]:
        """The number of nodes, and the ends of the edges as indices.

        Raises
        ------
        ConfigError
            For a graph without nodes, a node that is named twice, an edge to a node that is not there, or
            from a node to itself.
        """
        place = places("node", self.all_nodes)
        found = np.empty((2, len(self.edges)), np.int64)
        for k, edge in enumerate(self.edges):
            for side, end in enumerate((edge.a, edge.b)):
                if end not in place:
                    raise ConfigError(
                        f"{self.name}: edge {edge.a}–{edge.b} ends at {end!r}, which is no node"
                    )
                found[side, k] = place[end]
            if edge.a == edge.b:
                raise ConfigError(f"{self.name}: an edge goes from {edge.a!r} to itself")
        return len(place), found[0], found[1]

    def grouped(self, solution: Solution, title: str) -> tuple[Line, ...]:
        """The nodes by group."""
        groups: dict[int, list[str]] = {}
        for node, group in zip(self.all_nodes, np.asarray(solution).tolist(), strict=True):
            groups.setdefault(int(group), []).append(node)
        return tuple(
            Line(what=f"{title} {k + 1}", value=", ".join(groups[group]))
            for k, group in enumerate(sorted(groups))
        )


class Cut(_Graph):
    """Two groups of nodes with as much weight as can be on edges between them."""

    kind: Literal["maxcut"] = "maxcut"

    def build(self) -> MaxCut:
        """The problem. Raises ConfigError as `ends` does."""
        n, i, j = self.ends()
        weights = decimals([e.weight for e in self.edges])
        return MaxCut(n, i, j, weights, name=self.name, notes=self.assumptions)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Who is in which group."""
        return self.grouped(solution, "group")

    def sentences(self) -> list[str]:
        return [
            f"Divide {len(self.all_nodes):,} nodes into two groups so that the total weight of the edges "
            f"between the groups, of {len(self.edges):,} edges, is as large as possible."
        ]


class WeightedNode(Strict):
    """A node, and what choosing it is worth."""

    name: str
    weight: Given = 1


class Independent(Member):
    """Nodes of which no two are joined by an edge, as heavy as can be."""

    kind: Literal["independent set"] = "independent set"
    nodes: tuple[WeightedNode, ...] = Field(min_length=1)
    edges: tuple[Edge, ...] = ()

    @property
    def _graph(self) -> _Graph:
        return _Graph(name=self.name, nodes=tuple(n.name for n in self.nodes), edges=self.edges)

    def build(self) -> IndependentSet:
        """The problem. Raises ConfigError as `_Graph.ends` does."""
        n, i, j = self._graph.ends()
        weights = decimals([node.weight for node in self.nodes])
        return IndependentSet(n, i, j, weights, name=self.name, notes=self.assumptions)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The nodes that are chosen."""
        chosen = [self.nodes[k].name for k in np.flatnonzero(solution)]
        return (Line(what="chosen", value=", ".join(chosen) or "none"),)

    def sentences(self) -> list[str]:
        return [
            f"Choose of {len(self.nodes):,} nodes a set of the largest total weight in which no two are "
            f"joined by one of {len(self.edges):,} edges."
        ]


class Colouring(_Graph):
    """A colour for each node, no two neighbours alike, with as few colours as can be."""

    kind: Literal["colouring"] = "colouring"

    def build(self) -> GraphColouring:
        """The problem. Raises ConfigError as `ends` does."""
        n, i, j = self.ends()
        return GraphColouring(n, i, j, name=self.name, notes=self.assumptions)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The nodes of each colour."""
        return self.grouped(solution, "colour")

    def sentences(self) -> list[str]:
        return [
            f"Give each of {len(self.all_nodes):,} nodes a colour so that no two of them joined by one of "
            f"{len(self.edges):,} edges have the same, with as few colours as possible."
        ]


def _edges(i: np.ndarray, j: np.ndarray, weights: tuple[int | float, ...] | None = None) -> tuple[Edge, ...]:
    told = weights if weights is not None else (1,) * len(i)
    return tuple(Edge(a=str(a + 1), b=str(b + 1), weight=w) for a, b, w in zip(i, j, told, strict=True))


def _numbered(n: int) -> tuple[str, ...]:
    return tuple(str(k + 1) for k in range(n))


@of_problem.register
def _(problem: MaxCut) -> Any:
    edges = _edges(problem.i, problem.j, plain_decimals(problem.weights))
    return Cut(name=problem.name, assumptions=problem.notes, nodes=_numbered(problem.n), edges=edges)


@of_problem.register
def _(problem: IndependentSet) -> Any:
    nodes = tuple(
        WeightedNode(name=name, weight=w)
        for name, w in zip(_numbered(problem.n), plain_decimals(problem.weights), strict=True)
    )
    edges = _edges(problem.i, problem.j)
    return Independent(name=problem.name, assumptions=problem.notes, nodes=nodes, edges=edges)


@of_problem.register
def _(problem: GraphColouring) -> Any:
    edges = _edges(problem.i, problem.j)
    return Colouring(name=problem.name, assumptions=problem.notes, nodes=_numbered(problem.n), edges=edges)
