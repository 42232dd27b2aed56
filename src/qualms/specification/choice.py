"""Members about choosing and matching: knapsacks, assignments, places, facilities."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.facility import FacilityLocation
from qualms.problems.knapsack import Knapsack
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.specification.base import (
    LARGEST,
    Given,
    Line,
    Member,
    Names,
    Strict,
    decimals,
    fraction,
    number,
    places,
    plain_decimals,
)
from qualms.specification.conversion import of_problem

Matrix = tuple[tuple[Given, ...], ...]


class KnapsackItem(Strict):
    """Something that may be taken."""

    name: str
    profit: Given
    weight: Given


class Pair(Strict):
    """What two items bring besides when both are taken."""

    a: str
    b: str
    profit: Given


class Packing(Member):
    """Items of the largest total profit within a capacity.

    Attributes
    ----------
    items : tuple of KnapsackItem
        What may be taken, each once.
    capacity : Given
        The largest total weight, in the unit of the weights.
    pairs : tuple of Pair
        Profits of pairs.
    """

    kind: Literal["knapsack"] = "knapsack"
    items: tuple[KnapsackItem, ...] = Field(min_length=1)
    capacity: Given
    pairs: tuple[Pair, ...] = ()

    def build(self) -> Knapsack | MixedInteger:
        """The problem; a model of bits where a number is no integer.

        Raises
        ------
        ConfigError
            For a negative weight or capacity, or a pair of items that are not there.
        """
        place = places("item", (i.name for i in self.items))
        for pair in self.pairs:
            if pair.a not in place or pair.b not in place or pair.a == pair.b:
                raise ConfigError(f"{self.name}: {pair.a!r} and {pair.b!r} are no pair of different items")
        if fraction(self.capacity) < 0 or any(fraction(i.weight) < 0 for i in self.items):
            raise ConfigError(f"{self.name}: weights and the capacity must be at least 0")
        pairs = [(*_ordered(place[p.a], place[p.b]), p.profit) for p in self.pairs]
        given = [
            self.capacity,
            *(x for i in self.items for x in (i.profit, i.weight)),
            *(p[2] for p in pairs),
        ]
        if any(abs(fraction(g)) >= LARGEST for g in given):
            raise ConfigError(f"{self.name}: a number is too large; they must be below {LARGEST:,}")
        if all(fraction(g).denominator == 1 for g in given):
            profits = np.diag([int(fraction(i.profit)) for i in self.items]).astype(np.int64)
            for a, b, profit in pairs:
                profits[a, b] += int(fraction(profit))
            weights = np.array([int(fraction(i.weight)) for i in self.items], np.int64)
            return Knapsack(
                profits, weights, int(fraction(self.capacity)), name=self.name, notes=self.assumptions
            )
        model = ModelBuilder(self.name, "max", notes=self.assumptions)
        bits = model.variables(
            len(self.items),
            0,
            1,
            integer=True,
            cost=[number(i.profit) for i in self.items],
            names=[i.name for i in self.items],
        )
        model.add(
            {int(b): float(number(i.weight)) for b, i in zip(bits, self.items, strict=True)},
            high=float(number(self.capacity)),
            name="capacity",
        )
        if pairs:
            ends = np.array([(a, b) for a, b, _ in pairs], np.int64)
            worth = np.array([float(number(profit)) for *_, profit in pairs])
            model.add_products(ends[:, 0], ends[:, 1], worth)
        return model.build()

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """What is taken."""
        taken = [self.items[k] for k in np.flatnonzero(np.asarray(solution) > 0.5)]
        weight = sum((fraction(i.weight) for i in taken), start=fraction(0))
        return (
            Line(what="taken", value=", ".join(i.name for i in taken) or "nothing"),
            Line(what="total weight", value=float(weight)),
        )

    def sentences(self) -> list[str]:
        return [
            f"Choose of {len(self.items):,} items those of the largest total profit whose total weight is at "
            f"most {number(self.capacity):g}."
        ]


class Matching(Member):
    """One task for each agent.

    Attributes
    ----------
    agents, tasks : tuple of str
        Who does something, and what is to be done. Of the larger of the two groups some stay out.
    costs : matrix
        A row for each agent, a column for each task.
    sense : str
        "min" for costs, "max" for values.
    """

    kind: Literal["assignment"] = "assignment"
    agents: Names = Field(min_length=1)
    tasks: Names = Field(min_length=1)
    costs: Matrix
    sense: Literal["min", "max"] = "min"

    def build(self) -> LinearAssignment | MixedInteger:
        """The problem; a model of bits where the groups differ in size or values are to be large.

        Raises ConfigError for costs of another shape.
        """
        m, n = len(places("agent", self.agents)), len(places("task", self.tasks))
        costs = _flat(self.name, "costs", self.costs, m, n)
        if m == n and self.sense == "min":
            return LinearAssignment(n, decimals(costs), name=self.name, notes=self.assumptions)
        model = ModelBuilder(self.name, self.sense, notes=self.assumptions)
        bits = model.variables(
            (m, n),
            0,
            1,
            integer=True,
            cost=np.array([float(number(c)) for c in costs]).reshape(m, n),
            names=[f"{a} → {t}" for a in self.agents for t in self.tasks],
        )
        for rows, size, names in ((bits, n, self.agents), (bits.T, m, self.tasks)):
            low = 1 if len(names) <= size else -np.inf
            for row, name in zip(rows, names, strict=True):
                model.add(dict.fromkeys(map(int, row), 1.0), low, 1, name)
        return model.build()

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Each agent's task."""
        found = np.asarray(solution)
        if len(self.agents) != len(self.tasks) or self.sense == "max":
            chosen = found.reshape(len(self.agents), len(self.tasks)) > 0.5
            pairs = [(self.agents[i], self.tasks[j]) for i, j in np.argwhere(chosen)]
        else:
            pairs = [(agent, self.tasks[int(k)]) for agent, k in zip(self.agents, found, strict=True)]
        return tuple(Line(what=agent, value=task) for agent, task in pairs)

    def sentences(self) -> list[str]:
        goal = "lowest total cost" if self.sense == "min" else "highest total value"
        return [
            f"Match {len(self.agents):,} agents with {len(self.tasks):,} tasks, each at most once, at the "
            f"{goal}."
        ]


class Placement(Member):
    """Facilities in places: what flows between facilities, times the distance of their places."""

    kind: Literal["quadratic assignment"] = "quadratic assignment"
    facilities: Names = Field(min_length=1)
    places: Names = Field(min_length=1)
    flow: Matrix
    distance: Matrix

    def build(self) -> QuadraticAssignment:
        """The problem. Raises ConfigError for matrices of another shape, or numbers that are no integers."""
        n = len(places("facility", self.facilities))
        if len(places("place", self.places)) != n:
            raise ConfigError(f"{self.name}: {n} facilities need as many places, not {len(self.places)}")
        flow, distance = (
            _integers(self.name, label, _flat(self.name, label, given, n, n)).reshape(n, n)
            for label, given in (("flow", self.flow), ("distance", self.distance))
        )
        return QuadraticAssignment(flow, distance, name=self.name, notes=self.assumptions)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Each facility's place."""
        return tuple(
            Line(what=f, value=self.places[int(p)]) for f, p in zip(self.facilities, solution, strict=True)
        )

    def sentences(self) -> list[str]:
        return [
            f"Put {len(self.facilities):,} facilities into as many places so that the sum of flow times "
            "distance is as small as possible."
        ]


class Facility(Strict):
    """A place that may be opened."""

    name: str
    opening: Given = 0
    capacity: Given | None = None


class Customer(Strict):
    """Somebody to be served."""

    name: str
    demand: Given | None = None


class Facilities(Member):
    """Facilities to open, and one of them for each customer, at the lowest cost.

    Attributes
    ----------
    facilities, customers
        With capacities and demands for all, or for none.
    costs : matrix
        A row for each facility, a column for each customer.
    """

    kind: Literal["facility location"] = "facility location"
    facilities: tuple[Facility, ...] = Field(min_length=1)
    customers: tuple[Customer, ...] = Field(min_length=1)
    costs: Matrix

    def build(self) -> FacilityLocation:
        """The problem.

        Raises ConfigError for costs of another shape, capacities of some only, or ones that are no integers.
        """
        m = len(places("facility", (f.name for f in self.facilities)))
        n = len(places("customer", (c.name for c in self.customers)))
        demands, capacities = (c.demand for c in self.customers), (f.capacity for f in self.facilities)
        told = [*demands, *capacities]
        known = [t for t in told if t is not None]
        if known and len(known) != len(told):
            raise ConfigError(f"{self.name}: give a demand for all customers and a capacity for all, or none")
        amounts = _integers(self.name, "demands and capacities", known)
        return FacilityLocation(
            m,
            n,
            decimals([f.opening for f in self.facilities]),
            decimals(_flat(self.name, "costs", self.costs, m, n)),
            amounts[:n] if known else None,
            amounts[n:] if known else None,
            name=self.name,
            notes=self.assumptions,
        )

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The customers of each facility that is opened."""
        served: dict[int, list[str]] = {}
        for customer, k in zip(self.customers, solution, strict=True):
            served.setdefault(int(k), []).append(customer.name)
        return tuple(Line(what=self.facilities[k].name, value=", ".join(served[k])) for k in sorted(served))

    def sentences(self) -> list[str]:
        return [
            f"Open some of {len(self.facilities):,} facilities and serve each of {len(self.customers):,} "
            "customers from one of them, at the lowest cost of opening and serving together."
        ]


def _ordered(a: int, b: int) -> tuple[int, int]:
    return min(a, b), max(a, b)


def _flat(name: str, what: str, matrix: Matrix, rows: int, columns: int) -> list[Given]:
    if len(matrix) != rows or any(len(row) != columns for row in matrix):
        raise ConfigError(f"{name}: {what} must have {rows} rows of {columns} numbers")
    return [entry for row in matrix for entry in row]


def _integers(name: str, what: str, given: list[Given]) -> np.ndarray:
    found = [fraction(g) for g in given]
    if any(f.denominator != 1 or abs(f) >= 2**62 for f in found):
        raise ConfigError(f"{name}: {what} must be integers below 2^62")
    return np.array([int(f) for f in found], np.int64)


def _rows(values: tuple[int | float, ...], columns: int) -> Matrix:
    return tuple(values[k : k + columns] for k in range(0, len(values), columns))


def _numbered(what: str, n: int) -> tuple[str, ...]:
    return tuple(f"{what} {k + 1}" for k in range(n))


@of_problem.register
def _(problem: Knapsack) -> Any:
    names = _numbered("item", problem.size)
    upper = np.triu(problem.profits, 1)
    return Packing(
        name=problem.name,
        assumptions=problem.notes,
        capacity=int(problem.capacity),
        items=tuple(
            KnapsackItem(name=n, profit=int(problem.profits[k, k]), weight=int(problem.weights[k]))
            for k, n in enumerate(names)
        ),
        pairs=tuple(Pair(a=names[a], b=names[b], profit=int(upper[a, b])) for a, b in np.argwhere(upper)),
    )


@of_problem.register
def _(problem: LinearAssignment) -> Any:
    return Matching(
        name=problem.name,
        assumptions=problem.notes,
        agents=_numbered("agent", problem.n),
        tasks=_numbered("task", problem.n),
        costs=_rows(plain_decimals(problem.cost), problem.n),
    )


@of_problem.register
def _(problem: QuadraticAssignment) -> Any:
    return Placement(
        name=problem.name,
        assumptions=problem.notes,
        facilities=_numbered("facility", problem.size),
        places=_numbered("place", problem.size),
        flow=tuple(map(tuple, problem.flow.tolist())),
        distance=tuple(map(tuple, problem.distance.tolist())),
    )


@of_problem.register
def _(problem: FacilityLocation) -> Any:
    capacity = [None] * problem.m if problem.capacity is None else problem.capacity.tolist()
    demand = [None] * problem.n if problem.demand is None else problem.demand.tolist()
    return Facilities(
        name=problem.name,
        assumptions=problem.notes,
        facilities=tuple(
            Facility(name=f"facility {k + 1}", opening=o, capacity=c)
            for k, (o, c) in enumerate(zip(plain_decimals(problem.opening), capacity, strict=True))
        ),
        customers=tuple(Customer(name=f"customer {k + 1}", demand=d) for k, d in enumerate(demand)),
        costs=_rows(plain_decimals(problem.cost), problem.n),
    )
