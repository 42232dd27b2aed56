"""Small problems of every kind, and all the solutions each of them has."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from qualms.problems import (
    LABS,
    QUBO,
    FacilityLocation,
    GraphColouring,
    IndependentSet,
    Ising,
    JobShop,
    Knapsack,
    LinearAssignment,
    MaxCut,
    MixedInteger,
    NumberPartition,
    Portfolio,
    QuadraticAssignment,
    Routing,
)  # fmt: skip
from qualms.problems.numbers import Decimals


def edges(n: int, rng: np.random.Generator, share: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < share
    return i[kept], j[kept]


def made(kind: str, seed: int = 0):
    """A problem whose solutions can be listed."""
    rng = np.random.default_rng(seed)
    if kind == "maxcut":
        i, j = edges(7, rng)
        return MaxCut(7, i, j, Decimals.of(rng.integers(-2, 4, len(i))))
    if kind == "qubo":
        i, j = np.triu_indices(6)
        return QUBO(
            6,
            i,
            j,
            Decimals.of([f"{v:.2f}" for v in rng.normal(0, 3, len(i))]),
            offset=3,
            sense=("min", "max")[seed % 2],
        )
    if kind == "ising":
        i, j = np.triu_indices(6, 1)
        return Ising(
            6, i, j, Decimals.of(rng.integers(-3, 4, len(i))), Decimals.of(rng.integers(-2, 3, 6)), offset=-1
        )
    if kind == "independent set":
        i, j = edges(7, rng)
        return IndependentSet(7, i, j, Decimals.of(rng.integers(1, 5, 7)))
    if kind == "colouring":
        i, j = edges(5, rng, 0.6)
        return GraphColouring(5, i, j)
    if kind == "partition":
        return NumberPartition(Decimals.of(rng.integers(1, 30, 7)))
    if kind == "labs":
        return LABS(4 + seed)
    if kind == "knapsack":
        return Knapsack(np.triu(rng.integers(0, 9, (6, 6))), rng.integers(1, 6, 6), 8)
    if kind == "assignment":
        return LinearAssignment(4, Decimals.of(rng.integers(0, 20, 16)))
    if kind == "quadratic assignment":
        return QuadraticAssignment(rng.integers(0, 6, (4, 4)), rng.integers(0, 6, (4, 4)))
    if kind == "tsp":
        return routing(rng, 5, vehicles=1)
    if kind == "cvrp":
        return routing(rng, 5, demand=np.array([0, 2, 3, 2, 1]), capacity=5, vehicles=2)
    if kind == "vrptw":
        windows = np.array([[0, 400], [0, 90], [30, 200], [50, 300], [0, 300]])
        return routing(
            rng,
            5,
            demand=np.array([0, 2, 3, 2, 1]),
            capacity=5,
            vehicles=3,
            windows=windows,
            service=np.array([0, 5, 5, 5, 5]),
        )
    if kind == "job shop":
        machines = np.array([rng.permutation(2) for _ in range(2)])
        return JobShop(machines, rng.integers(1, 4, (2, 2)))
    if kind == "facility location":
        return FacilityLocation(3, 4, Decimals.of(rng.integers(3, 9, 3)), Decimals.of(rng.integers(1, 9, 12)))
    if kind == "portfolio":
        factors = rng.normal(size=(4, 2)) / 4
        return Portfolio(rng.normal(0.1, 0.1, 4), factors, np.full(4, 0.05), most=2, smallest=0.2, lot=0.2)
    rows = csr_matrix(np.array([[2.0, 1, 1, 0], [0, 1, -1, 1]]))
    return MixedInteger(
        cost=np.array([-3.0, -2, 1.5, -1]), low=np.zeros(4), high=np.array([2.0, 2, 1, 1]),
        integer=np.ones(4, bool), rows=rows, row_low=np.array([-np.inf, 0.0]), row_high=np.array([4.0, 1.0]),
        i=np.array([0]), j=np.array([1]), q=np.array([0.5]), offset=2.0, sense=("min", "max")[seed % 2],
    )  # fmt: skip


def routing(rng: np.random.Generator, n: int, demand: np.ndarray | None = None, **options) -> Routing:
    place = rng.integers(0, 40, (n, 2))
    distance = np.rint(np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))).astype(np.int64)
    return Routing(
        distance, np.zeros(n, np.int64) if demand is None else demand, coordinates=place, **options
    )


KINDS = (
    "maxcut", "qubo", "ising", "independent set", "colouring", "partition", "labs", "knapsack", "assignment",
    "quadratic assignment", "tsp", "cvrp", "vrptw", "job shop", "facility location", "portfolio",
    "mixed integer",
)  # fmt: skip


def solutions(problem) -> Iterator[np.ndarray]:
    """Every one that could be best."""
    n = problem.size
    kind = problem.kind
    if kind in ("maxcut", "qubo", "independent set", "partition", "knapsack"):
        yield from (np.array(x) for x in itertools.product((0, 1), repeat=n))
    elif kind in ("ising", "labs"):
        yield from (np.array(x) for x in itertools.product((-1, 1), repeat=n))
    elif kind == "colouring":
        yield from (np.array(x) for x in itertools.product(range(n), repeat=n))
    elif kind in ("assignment", "quadratic assignment"):
        yield from (np.array(x) for x in itertools.permutations(range(n)))
    elif kind in ("tsp", "cvrp", "vrptw"):
        for order in itertools.permutations(range(1, n)):
            for cuts in itertools.product((False, True), repeat=n - 2):
                routes, route = [], [order[0]]
                for node, cut in zip(order[1:], cuts, strict=True):
                    if cut:
                        routes.append(route)
                        route = []
                    route.append(node)
                yield problem.joined([*routes, route])
    elif kind == "job shop":
        yield from (np.array(x) for x in itertools.product(range(10), repeat=n))
    elif kind == "facility location":
        yield from (np.array(x) for x in itertools.product(range(problem.m), repeat=n))
    elif kind == "portfolio":
        yield from (
            np.array(x) / problem.units
            for x in itertools.product(range(problem.units + 1), repeat=n)
            if sum(x) == problem.units
        )
    else:
        yield from (
            np.array(x, float)
            for x in itertools.product(
                *(range(int(a), int(b) + 1) for a, b in zip(problem.low, problem.high, strict=True))
            )
        )


def optimum(problem):
    """The best feasible value by brute force."""
    values = [problem.objective(a) for a in solutions(problem) if not problem.violations(a)]
    return min(values) if problem.sense == "min" else max(values)
