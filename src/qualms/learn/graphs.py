"""Graphs as users give them, as symmetric matrices of weights."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch

from qualms.errors import ConfigError, TooLargeError
from qualms.kernels import memory

MOST_NODES = 4096  # the whole spectrum is computed, in time n³
_EXACT_CUT = 12  # nodes up to which all sets are tried


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph with weights.

    Attributes
    ----------
    names : tuple
        Of the nodes.
    adjacency : np.ndarray
        (n, n) float64, symmetric, not negative, zeros on the diagonal.
    """

    names: tuple[Hashable, ...]
    adjacency: np.ndarray

    @property
    def size(self) -> int:
        return len(self.names)

    @property
    def laplacian(self) -> np.ndarray:
        """D − A."""
        laplacian: np.ndarray = np.diag(self.adjacency.sum(axis=1)) - self.adjacency
        return laplacian

    def index(self, name: Hashable) -> int:
        """The place of a node. Raises ConfigError for one that is not there."""
        try:
            return self.names.index(name)
        except ValueError:
            shown = ", ".join(map(repr, self.names[:5])) + (", …" if self.size > 5 else "")
            raise ConfigError(f"the graph has no node {name!r}; there are {shown}") from None

    def cut(self, order: np.ndarray) -> tuple[tuple[int, ...], float]:
        """A set of at most half the nodes, and the weight of the edges out of it by its number of nodes.

        Of the graphs with at most 12 nodes the set with the smallest ratio; of larger ones the best of those
        that begin or end the nodes' order by `order`, (n,), such as the Laplacian's second eigenvector.
        """
        n = self.size
        if n <= _EXACT_CUT:
            sets = [s for k in range(1, n // 2 + 1) for s in combinations(range(n), k)]
        else:
            line = np.argsort(order, kind="stable")
            sets = [tuple(part) for k in range(1, n // 2 + 1) for part in (line[:k], line[-k:])]
        ratios = self._ratios(sets)
        best = int(np.argmin(ratios))
        return tuple(int(k) for k in sorted(sets[best])), float(ratios[best])

    def _ratios(self, sets: list[tuple[int, ...]]) -> np.ndarray:
        inside = np.zeros((len(sets), self.size))
        for row, members in zip(inside, sets, strict=True):
            row[list(members)] = 1
        leaving = np.einsum("ij,ij->i", inside @ self.adjacency, 1 - inside)
        ratios: np.ndarray = leaving / inside.sum(axis=1)
        return ratios


def graph_of(given: Any, where: str) -> Graph:
    """A graph from networkx, a sparse matrix or an array.

    Parameters
    ----------
    given : networkx graph, sparse matrix or array
        Edges of a networkx graph have their "weight", or 1.
    where : str
        Begins messages.

    Returns
    -------
    Graph

    Raises
    ------
    ConfigError
        For a directed graph, a matrix that is not square and symmetric, loops, weights that are negative or
        not finite.
    TooLargeError
        For more than 4,096 nodes.
    """
    if hasattr(given, "edges") and hasattr(given, "nodes"):
        return _of_networkx(given, where)
    shape = np.shape(given)
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise ConfigError(f"{where}: an adjacency matrix is square; got shape {shape}")
    _check_size(shape[0], where)
    try:
        matrix = np.asarray(given.toarray() if hasattr(given, "toarray") else given)
        if matrix.dtype.kind == "c":  # casting would drop the imaginary parts with no more than a warning
            raise TypeError("they are complex")
        matrix = matrix.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: the adjacency matrix is not made of real numbers: {error}") from None
    if not np.array_equal(matrix, matrix.T) and np.isfinite(matrix).all():
        raise ConfigError(f"{where}: the matrix is not symmetric; walks are on undirected graphs")
    return _checked(Graph(tuple(range(len(matrix))), matrix), where)


def _of_networkx(given: Any, where: str) -> Graph:
    if given.is_directed():
        raise ConfigError(f"{where}: the graph is directed; walks are on undirected graphs")
    names = tuple(given.nodes)
    if not names:
        raise ConfigError(f"{where}: the graph has no nodes")
    _check_size(len(names), where)
    place = {name: k for k, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for one, other, weight in given.edges(data="weight", default=1.0):
        matrix[place[one], place[other]] += weight
        if one != other:
            matrix[place[other], place[one]] += weight
    return _checked(Graph(names, matrix), where)


def _check_size(n: int, where: str) -> None:
    if n > MOST_NODES:
        raise TooLargeError(
            f"{where}: {n:,} nodes are more than the {MOST_NODES:,} whose spectrum is computed here; take a "
            "part of the graph, or scipy.sparse.linalg.expm_multiply for single times"
        )
    memory.require(lambda size: 6 * 16 * size * size, n, torch.device("cpu"), "the spectrum", "nodes")


def _checked(graph: Graph, where: str) -> Graph:
    matrix = graph.adjacency
    if not np.isfinite(matrix).all():
        raise ConfigError(f"{where}: weights of edges must be finite")
    if (matrix < 0).any():
        one, other = np.argwhere(matrix < 0)[0]
        raise ConfigError(
            f"{where}: the edge between {graph.names[one]!r} and {graph.names[other]!r} has the negative "
            f"weight {matrix[one, other]:g}; weights are rates"
        )
    if matrix.diagonal().any():
        loop = int(np.flatnonzero(matrix.diagonal())[0])
        raise ConfigError(f"{where}: node {graph.names[loop]!r} has an edge to itself; leave loops out")
    return graph
