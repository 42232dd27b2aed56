"""Tours: the travelling salesman, vehicles with capacities, vehicles with time windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True)
class Routing(WithNotes):
    """Σ distance along routes that leave the depot, visit each customer once and come back, at its smallest.

    A solution is the customers in order, routes parted by 0, like [3, 1, 0, 2].

    Attributes
    ----------
    distance : np.ndarray
        (n, n) int64, in units of 1 / scale; node 0 is the depot, or the city that the salesman starts
        from.
    demand : np.ndarray
        (n) int64, 0 of the depot.
    capacity : int | None
        Capacity of a vehicle, or None.
    vehicles : int | None
        The most there are, or None; 1 for the salesman.
    windows : np.ndarray | None
        (n, 2) int64 earliest and latest start of service, in the unit of distances, the depot's last
        entry the latest return; or None.
    service : np.ndarray | None
        (n) int64 time at each node.
    coordinates : np.ndarray | None
        (n, 2), for pictures, or None.
    longest : int | None
        The most that a route may take, its distances and its services together, in the unit of distances;
        or None. Not beside windows.
    labels : Sequence[int | str]
        What the user's file calls each node, or empty: then nodes are called by their index.
    """

    distance: np.ndarray
    demand: np.ndarray
    capacity: int | None = None
    vehicles: int | None = None
    windows: np.ndarray | None = None
    service: np.ndarray | None = None
    coordinates: np.ndarray | None = None
    scale: int = 1
    name: str = "routes"
    sense: str = "min"
    longest: int | None = None
    labels: Sequence[int | str] = ()

    def __post_init__(self) -> None:
        n = len(self.distance)
        if n < 2 or self.distance.shape != (n, n) or len(self.demand) != n:
            raise ConfigError(
                f"{self.name}: {self.distance.shape} distances and {len(self.demand)} demands; there must "
                "be at least two nodes, and a demand for each of them"
            )
        if (self.capacity is not None and self.capacity < 1) or (
            self.vehicles is not None and self.vehicles < 1
        ):
            raise ConfigError(
                f"{self.name}: capacity={self.capacity} and vehicles={self.vehicles} must be at least 1"
            )
        if self.demand[0] != 0:
            raise ConfigError(f"{self.name}: the depot, which comes first, has a demand of {self.demand[0]}")
        if (self.demand < 0).any() or (self.distance < 0).any():
            raise ConfigError(
                f"{self.name}: a {'demand' if (self.demand < 0).any() else 'distance'} is negative"
            )
        if self.longest is not None and (self.windows is not None or self.longest < 0):
            raise ConfigError(
                f"{self.name}: longest={self.longest} must be at least 0, "
                "and cannot be combined with time windows"
            )
        if len(self.labels) not in (0, n):
            raise ConfigError(f"{self.name}: {len(self.labels)} labels for {n} nodes")
        if self.windows is not None and (self.windows[:, 0] > self.windows[:, 1]).any():
            k = int(np.flatnonzero(self.windows[:, 0] > self.windows[:, 1])[0])
            opens, closes = (self._told(t) for t in self.windows[k])
            raise ConfigError(
                f"{self.name}: {self.label(k) if k else 'the depot'} opens "
                f"at {opens}, after it closes at {closes}"
            )

    @property
    def kind(self) -> str:
        return (
            "vrptw"
            if self.windows is not None
            else "cvrp"
            if self.capacity is not None
            else "tsp"
            if self.vehicles == 1
            else "vrp"
        )

    @property
    def size(self) -> int:
        """Nodes, the depot among them."""
        return len(self.distance)

    @property
    def times(self) -> np.ndarray | None:
        """(n, 2) earliest and latest start of service, from windows or from the longest route; None where
        time does not matter.
        """
        if self.windows is not None or self.longest is None:
            return self.windows
        # a route that never waits is as long as its end is late
        return np.broadcast_to(np.array([0, self.longest], np.int64), (self.size, 2))

    def label(self, node: int) -> int | str:
        """What the user's file calls a node."""
        return self.labels[node] if len(self.labels) else node

    def routes(self, solution: Solution) -> list[list[int]]:
        """Without empty ones. Raises ConfigError for what is no list of customers."""
        tour = np.asarray(solution)
        if (
            tour.ndim != 1
            or tour.dtype.kind not in "iu"
            or (len(tour) and (tour.min() < 0 or tour.max() >= self.size))
        ):
            raise ConfigError(
                f"a solution of {self.kind} {self.name} is customers from 1 "
                f"to {self.size - 1}, routes parted by 0"
            )
        cuts = np.flatnonzero(tour == 0)
        parts = np.split(tour, cuts)
        return [r.tolist() for r in (p[p > 0] for p in parts) if len(r)]

    def joined(self, routes: list[list[int]]) -> Solution:
        """The solution that has these routes."""
        flat = [x for r in routes if len(r) for x in (*r, 0)]
        return np.array(flat[:-1], np.int64)

    def objective(self, solution: Solution) -> Number:
        from fractions import Fraction

        total = 0
        for route in self.routes(solution):
            stops = np.array([0, *route, 0])
            total += int(self.distance[stops[:-1], stops[1:]].sum())
        return total if self.scale == 1 else Fraction(total, self.scale)

    def violations(self, solution: Solution) -> list[str]:
        routes = self.routes(solution)
        counts = np.bincount(np.array([x for r in routes for x in r], np.int64), minlength=self.size)
        broken = [
            f"customer {self.label(k)} is visited {counts[k]} times"
            for k in range(1, self.size)
            if counts[k] != 1
        ]
        if self.vehicles is not None and len(routes) > self.vehicles:
            broken.append(f"{len(routes)} routes, but {self.vehicles} vehicles")
        for number, route in enumerate(routes, 1):
            load = int(self.demand[route].sum())
            if self.capacity is not None and load > self.capacity:
                broken.append(f"route {number} carries {load:,}, a vehicle takes {self.capacity:,}")
            broken += self._late(number, route)
        return broken

    def _late(self, number: int, route: list[int]) -> list[str]:
        times = self.times
        if times is None:
            return []
        found, now, before = [], int(times[0, 0]), 0
        for node in (*route, 0):
            now += int(self.service[before] if self.service is not None else 0) + int(
                self.distance[before, node]
            )
            if now > times[node, 1] and self.windows is not None:
                where = self.label(node) if node else "the depot"
                found.append(
                    f"route {number} reaches {where} at {self._told(now)}, after {self._told(times[node, 1])}"
                )
            now, before = max(now, int(times[node, 0])), node
        if self.longest is not None and now > self.longest:
            found.append(
                f"route {number} takes {self._told(now)}, the longest that is allowed is "
                f"{self._told(self.longest)}"
            )
        return found

    def _told(self, length: int | np.integer) -> str:
        """A distance or time in the unit of the user's file."""
        return f"{int(length)}" if self.scale == 1 else f"{int(length) / self.scale:.10g}"

    def sample(self, rng: np.random.Generator) -> Solution:
        """Customers in random order, a new route when a constraint would break."""
        return self._split(rng.permutation(np.arange(1, self.size)).tolist())

    def greedy(self, rng: np.random.Generator) -> Solution:
        """The nearest customer next (from a random first one for the salesman), a new route when none fits.

        With few vehicles that may need one too many; then the savings of Clarke and Wright (1964) or packing
        the largest first are tried.
        """
        found = [self._nearest(rng)]
        if self.capacity is not None:
            found += [self.savings(), self.packed()]
        return min(found, key=lambda a: (len(self.violations(a)), self.objective(a)))

    def _split(self, order: list[int]) -> Solution:
        routes: list[list[int]] = []
        for node in order:
            if routes and self._fits([*routes[-1], node]):
                routes[-1].append(node)
            else:
                routes.append([node])
        return self.joined(routes)

    def _fits(self, route: list[int]) -> bool:
        return (self.capacity is None or int(self.demand[route].sum()) <= self.capacity) and not self._late(
            0, route
        )

    def _nearest(self, rng: np.random.Generator) -> Solution:
        n = self.size
        open_ = np.arange(n) > 0
        routes: list[list[int]] = []
        start = int(rng.integers(1, n)) if self.kind == "tsp" and n > 1 else 0
        times = self.times
        at, load, now = 0, 0, int(times[0, 0]) if times is not None else 0
        while open_.any():
            fits = open_.copy()
            if self.capacity is not None:
                fits &= load + self.demand <= self.capacity
            arrival = self._arrivals(at, now)
            if arrival is not None and times is not None:
                begin = np.maximum(arrival, times[:, 0])
                home = begin + (self.service if self.service is not None else 0) + self.distance[:, 0]
                fits &= (arrival <= times[:, 1]) & (home <= times[0, 1])
            if not routes or (not fits.any() and at):
                routes.append([])
                at, load, now = 0, 0, int(times[0, 0]) if times is not None else 0
                if len(routes) > 1:
                    continue
            wanted = fits if fits.any() else open_  # nobody can be served alone: let `violations` say it
            k = (
                start
                if start and not routes[-1] and len(routes) == 1
                else int(np.where(wanted, self.distance[at], np.iinfo(np.int64).max).argmin())
            )
            if arrival is not None and times is not None:
                now = max(int(arrival[k]), int(times[k, 0]))
            routes[-1].append(k)
            open_[k], at, load = False, k, load + int(self.demand[k])
        return self.joined(routes)

    def _arrivals(self, at: int, now: int) -> np.ndarray | None:
        """When each node would be reached from one that is served from `now` on."""
        if self.times is None:
            return None
        return now + int(self.service[at] if self.service is not None else 0) + self.distance[at]

    def savings(self) -> Solution:
        """Clarke and Wright (1964): routes are joined where that saves most."""
        d = self.distance
        i, j = np.triu_indices(self.size - 1, 1)
        i, j = i + 1, j + 1
        saved = d[i, 0] + d[0, j] - d[i, j]
        route = {k: [k] for k in range(1, self.size)}
        for k in np.argsort(-saved, kind="stable"):
            a, b = route[int(i[k])], route[int(j[k])]
            if a is b or saved[k] <= 0:
                continue
            if a[-1] != i[k]:
                a = a[::-1]
            if b[0] != j[k]:
                b = b[::-1]
            if a[-1] == i[k] and b[0] == j[k] and self._fits(a + b):
                merged = a + b
                for node in merged:
                    route[node] = merged
        return self.joined([list(r) for r in {id(r): r for r in route.values()}.values()])

    def packed(self) -> Solution:
        """Largest demand first, each to the route with least room that takes it; routes by their nearest
        neighbours.
        """
        assert self.capacity is not None
        loads: list[list[int]] = []
        for node in sorted(range(1, self.size), key=lambda v: -int(self.demand[v])):
            fits = [r for r in loads if int(self.demand[[*r, node]].sum()) <= self.capacity]
            if fits:
                max(fits, key=lambda r: int(self.demand[r].sum())).append(node)
            else:
                loads.append([node])
        return self.joined([self._ordered(r) for r in loads])

    def _ordered(self, customers: list[int]) -> list[int]:
        route: list[int] = []
        left, at = set(customers), 0
        while left:
            at = min(left, key=lambda v: (self.distance[at, v], v))
            left.discard(at)
            route.append(at)
        return route
