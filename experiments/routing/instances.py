"""Seeded instances of the families that the decision's shipped experience is of."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from qualms.problems import (
    QUBO,
    IndependentSet,
    JobShop,
    Knapsack,
    LinearAssignment,
    MaxCut,
    NumberPartition,
    Portfolio,
    QuadraticAssignment,
    Routing,
)  # fmt: skip
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.numbers import Decimals

_BITS = (8, 12, 16, 20, 30, 50, 80, 120, 200)
SIZES = {
    "maxcut regular": _BITS,
    "maxcut dense": _BITS,
    "maxcut ±1": (9, 16, 25, 36, 64, 100, 144, 196),
    "qubo": _BITS,
    "independent set": _BITS,
    "partition": _BITS,
    "knapsack": _BITS,
    "quadratic knapsack": (8, 12, 20, 30, 50, 80, 120),
    "assignment": (3, 4, 8, 12, 20, 40),
    "quadratic assignment": (4, 5, 7, 9, 12, 16, 20),
    "tsp": (5, 6, 8, 10, 13, 17, 22, 30),
    "cvrp": (5, 6, 8, 10, 14, 18, 25),
    "job shop": (2, 3, 4, 5, 6, 8, 10),
    "portfolio": (8, 12, 20, 30, 50, 100),
    "mixed integer": (8, 12, 16, 24, 40, 80, 150),
}


def made(family: str, size: int, seed: int) -> Any:
    """An instance: the same for the same family, size and seed."""
    rng = np.random.default_rng([list(SIZES).index(family), size, seed])
    return _MAKERS[family](size, rng, f"{family} {size} #{seed}")


def _cut(graph: nx.Graph, weights: np.ndarray, name: str) -> MaxCut:
    ends = np.sort(np.array(sorted(graph.edges)), axis=1).T
    return MaxCut(graph.number_of_nodes(), ends[0], ends[1], Decimals.of(weights), name=name)


def _regular(n: int, rng: np.random.Generator, name: str) -> MaxCut:
    graph = nx.random_regular_graph(3, n + n % 2, seed=int(rng.integers(2**31)))
    return _cut(graph, np.ones(graph.number_of_edges(), int), name)


def _dense(n: int, rng: np.random.Generator, name: str) -> MaxCut:
    graph = nx.gnp_random_graph(n, float(rng.uniform(0.4, 0.9)), seed=int(rng.integers(2**31)))
    return _cut(graph, rng.integers(1, 11, graph.number_of_edges()), name)


def _signs(n: int, rng: np.random.Generator, name: str) -> MaxCut:
    side = round(n**0.5)
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side, periodic=True), ordering="sorted")
    return _cut(graph, rng.choice([-1, 1], graph.number_of_edges()), name)


def _qubo(n: int, rng: np.random.Generator, name: str) -> QUBO:
    i, j = np.triu_indices(n)
    kept = (rng.random(len(i)) < rng.choice([0.1, 0.3, 1.0])) | (i == j)
    return QUBO(n, i[kept], j[kept], Decimals.of(rng.integers(-100, 101, int(kept.sum()))), name=name)


def _independent(n: int, rng: np.random.Generator, name: str) -> IndependentSet:
    graph = nx.gnp_random_graph(n, float(rng.choice([0.1, 0.25, 0.5])), seed=int(rng.integers(2**31)))
    ends = np.array(sorted(graph.edges)).reshape(-1, 2).T
    weights = np.ones(n, int) if rng.random() < 0.5 else rng.integers(1, 20, n)
    return IndependentSet(n, ends[0], ends[1], Decimals.of(weights), name=name)


def _partition(n: int, rng: np.random.Generator, name: str) -> NumberPartition:
    return NumberPartition(Decimals.of(rng.integers(1, int(rng.choice([10**3, 10**6])), n)), name=name)


def _knapsack(n: int, rng: np.random.Generator, name: str) -> Knapsack:
    weights = rng.integers(10, 100, n)
    profits = weights + rng.integers(-5, 30, n) if rng.random() < 0.5 else rng.integers(10, 100, n)
    return Knapsack(np.diag(profits), weights, int(weights.sum() * rng.uniform(0.3, 0.7)), name=name)


def _quadratic_knapsack(n: int, rng: np.random.Generator, name: str) -> Knapsack:
    profits = np.triu(rng.integers(1, 100, (n, n)) * (rng.random((n, n)) < rng.choice([0.25, 0.5, 1.0])))
    weights = rng.integers(1, 50, n)
    return Knapsack(profits, weights, int(rng.integers(50, max(51, weights.sum()))), name=name)


def _assignment(n: int, rng: np.random.Generator, name: str) -> LinearAssignment:
    return LinearAssignment(n, Decimals.of(rng.integers(1, 1000, n * n)), name=name)


def _qap(n: int, rng: np.random.Generator, name: str) -> QuadraticAssignment:
    place = rng.integers(0, 10, (n, 2))
    distance = np.abs(place[:, None] - place[None]).sum(2)
    flow = np.triu(rng.integers(0, 10, (n, n)) * (rng.random((n, n)) < 0.6), 1)
    return QuadraticAssignment(flow + flow.T, distance, name=name)


def _distances(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    place = rng.integers(0, 1000, (n, 2))
    return place, np.rint(np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))).astype(np.int64)


def _tsp(n: int, rng: np.random.Generator, name: str) -> Routing:
    place, distance = _distances(n, rng)
    return Routing(distance, np.zeros(n, np.int64), vehicles=1, coordinates=place, name=name)


def _cvrp(n: int, rng: np.random.Generator, name: str) -> Routing:
    place, distance = _distances(n, rng)
    demand = np.concatenate([[0], rng.integers(1, 10, n - 1)])
    capacity = int(max(demand.max(), np.ceil(demand.sum() / max(2, n // 5))) + 4)
    return Routing(
        distance,
        demand,
        capacity,
        max(2, int(np.ceil(demand.sum() / capacity)) + 1),
        coordinates=place,
        name=name,
    )


def _jobshop(n: int, rng: np.random.Generator, name: str) -> JobShop:
    machines = max(2, min(n, 5))
    order = np.array([rng.permutation(machines) for _ in range(n)])
    return JobShop(order, rng.integers(1, 20 if n > 3 else 4, (n, machines)), name=name)


def _portfolio(n: int, rng: np.random.Generator, name: str) -> Portfolio:
    k = max(2, n // 5)
    factors = rng.normal(size=(n, k)) * 0.15 / np.sqrt(k)
    return Portfolio(
        rng.normal(0.08, 0.06, n), factors, rng.uniform(0.02, 0.15, n) ** 2, most=max(2, n // 4), smallest=0.1,
        lot=0.1, name=name,
    )  # fmt: skip


def _general(n: int, rng: np.random.Generator, name: str) -> Any:
    """Several resources, a few choices of one of many, and coverings."""
    model = ModelBuilder(name, sense="max")
    high = rng.choice([1, 1, 3], n).astype(float)
    x = model.variables(n, 0.0, high, integer=True, cost=rng.integers(5, 60, n).astype(float))
    for _ in range(max(2, n // 8)):
        use = rng.integers(1, 30, n) * (rng.random(n) < 0.5)
        model.add(
            {int(v): float(u) for v, u in zip(x, use, strict=True) if u},
            high=float(int(0.35 * (use * high).sum())),
        )
    for group in np.array_split(rng.permutation(x), max(1, n // 6)):
        if rng.random() < 0.4:
            model.add({int(v): 1.0 for v in group}, high=max(1.0, len(group) // 2))
    return model.build()


_MAKERS = dict(
    zip(
        SIZES,
        (
            _regular, _dense, _signs, _qubo, _independent, _partition, _knapsack, _quadratic_knapsack,
            _assignment, _qap, _tsp, _cvrp, _jobshop, _portfolio, _general,
        ),
        strict=True,
    )
)  # fmt: skip
