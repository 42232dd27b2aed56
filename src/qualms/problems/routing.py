"""Tours: the travelling salesman, vehicles with capacities, vehicles with time windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, TooLargeError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once

_MOST_ARCS = 40_000  # of a linear model
_MOST_PLACES = 4_000  # bits of a lowering


@dataclass(frozen=True)
class Routing(Noted):
    """Σ distance along routes that leave the depot, visit each customer once and come back, at its smallest.

    Attributes
    ----------
    distance : (n, n) int64, in units of 1 / scale; node 0 is the depot, or the city that the salesman starts from.
    demand : (n) int64, 0 of the depot. capacity : of a vehicle, or None. vehicles : the most there are, or None; 1 for the salesman.
    windows : (n, 2) int64 earliest and latest start of service, in the unit of distances, the depot's last entry the latest return; or None.
    service : (n) int64 time at each node. coordinates : (n, 2), for pictures, or None.
    longest : the most that a route may take, its distances and its services together, in the unit of distances; or None. Not beside windows.
    labels : what the user's file calls each node, or empty: then nodes are called by their index.
        An assignment is the customers in order, routes parted by 0, like [3, 1, 0, 2].
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
            raise ConfigError(f"{self.name}: {self.distance.shape} distances and {len(self.demand)} demands; two nodes at least, a demand for each")
        if (self.capacity is not None and self.capacity < 1) or (self.vehicles is not None and self.vehicles < 1):
            raise ConfigError(f"{self.name}: capacity={self.capacity} and vehicles={self.vehicles}: at least 1")
        if self.demand[0] != 0:
            raise ConfigError(f"{self.name}: the depot, which comes first, has a demand of {self.demand[0]}")
        if (self.demand < 0).any() or (self.distance < 0).any():
            raise ConfigError(f"{self.name}: a {'demand' if (self.demand < 0).any() else 'distance'} is negative")
        if self.longest is not None and (self.windows is not None or self.longest < 0):
            raise ConfigError(f"{self.name}: longest={self.longest}: at least 0, and not beside time windows")
        if len(self.labels) not in (0, n):
            raise ConfigError(f"{self.name}: {len(self.labels)} labels for {n} nodes")
        if self.windows is not None and (self.windows[:, 0] > self.windows[:, 1]).any():
            k = int(np.flatnonzero(self.windows[:, 0] > self.windows[:, 1])[0])
            opens, closes = (self._told(t) for t in self.windows[k])
            raise ConfigError(f"{self.name}: {self.label(k) if k else 'the depot'} opens at {opens}, after it closes at {closes}")

    @property
    def kind(self) -> str:
        return "vrptw" if self.windows is not None else "cvrp" if self.capacity is not None else "tsp" if self.vehicles == 1 else "vrp"

    @property
    def size(self) -> int:
        """Nodes, the depot among them."""
        return len(self.distance)

    @property
    def times(self) -> np.ndarray | None:
        """(n, 2) earliest and latest start of service, from windows or from the longest route; None where time does not matter."""
        if self.windows is not None or self.longest is None:
            return self.windows
        return np.broadcast_to(np.array([0, self.longest], np.int64), (self.size, 2))  # a route that never waits is as long as its end is late

    def label(self, node: int) -> int | str:
        """What the user's file calls a node."""
        return self.labels[node] if len(self.labels) else node

    def routes(self, assignment: Solution) -> list[list[int]]:
        """Without empty ones. Raises ConfigError for what is no list of customers."""
        tour = np.asarray(assignment)
        if tour.ndim != 1 or tour.dtype.kind not in "iu" or (len(tour) and (tour.min() < 0 or tour.max() >= self.size)):
            raise ConfigError(f"an assignment of {self.kind} {self.name} is customers from 1 to {self.size - 1}, routes parted by 0")
        cuts = np.flatnonzero(tour == 0)
        parts = np.split(tour, cuts)
        return [r.tolist() for r in (p[p > 0] for p in parts) if len(r)]

    def joined(self, routes: list[list[int]]) -> Solution:
        """The assignment of routes."""
        flat = [x for r in routes if len(r) for x in (*r, 0)]
        return np.array(flat[:-1], np.int64)

    def objective(self, assignment: Solution) -> Number:
        from fractions import Fraction

        total = 0
        for route in self.routes(assignment):
            stops = np.array([0, *route, 0])
            total += int(self.distance[stops[:-1], stops[1:]].sum())
        return total if self.scale == 1 else Fraction(total, self.scale)

    def violations(self, assignment: Solution) -> list[str]:
        routes = self.routes(assignment)
        counts = np.bincount(np.array([x for r in routes for x in r], np.int64), minlength=self.size)
        broken = [f"customer {self.label(k)} is visited {counts[k]} times" for k in range(1, self.size) if counts[k] != 1]
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
            now += int(self.service[before] if self.service is not None else 0) + int(self.distance[before, node])
            if now > times[node, 1] and self.windows is not None:
                where = self.label(node) if node else "the depot"
                found.append(f"route {number} reaches {where} at {self._told(now)}, after {self._told(times[node, 1])}")
            now, before = max(now, int(times[node, 0])), node
        if self.longest is not None and now > self.longest:
            found.append(f"route {number} takes {self._told(now)}, the longest that is allowed is {self._told(self.longest)}")
        return found

    def _told(self, length: int | np.integer) -> str:
        """A distance or time in the unit of the user's file."""
        return f"{int(length)}" if self.scale == 1 else f"{int(length) / self.scale:.10g}"

    def sample(self, rng: np.random.Generator) -> Solution:
        """Customers in random order, a new route when a constraint would break."""
        return self._split(rng.permutation(np.arange(1, self.size)).tolist())

    def greedy(self, rng: np.random.Generator) -> Solution:
        """The nearest customer next (from a random first one for the salesman), a new route when none fits.

        With few vehicles that may need one too many; then the savings of Clarke and Wright (1964) or packing the largest first are tried.
        """
        found = [self._nearest(rng)]
        if self.capacity is not None:
            found += [self.savings(), self._packed()]
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
        return (self.capacity is None or int(self.demand[route].sum()) <= self.capacity) and not self._late(0, route)

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
            k = start if start and not routes[-1] and len(routes) == 1 else int(np.where(wanted, self.distance[at], np.iinfo(np.int64).max).argmin())
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

    def _packed(self) -> Solution:
        """Largest demand first, each to the route with least room that takes it; routes by their nearest neighbours."""
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

    @once
    def linear(self) -> Linear:
        """Arcs x_ij, and the load or place u_j after each customer: u_j ≥ u_i + demand_j where i goes to j (Miller, Tucker, Zemlin 1960).

        Time windows have a time after each customer as well. Raises TooLargeError for more than 200 nodes.
        """
        n = self.size
        a, b = np.nonzero(~np.eye(n, dtype=bool))
        if len(a) > _MOST_ARCS or n < 2:
            raise TooLargeError(f"{self.name} as a linear model: {len(a):,} arcs; at most {_MOST_ARCS:,}")
        steps, most = (np.arange(n) > 0).astype(np.int64), float(n - 1)
        if self.capacity is not None:
            steps, most = self.demand, float(self.capacity)
            if (self.demand[1:] <= 0).any():  # a load that does not grow lets tours close without the depot: count the stops in its last digits
                steps, most = self.demand * n + (np.arange(n) > 0), float(self.capacity * n + n - 1)
        arcs = len(a)
        blocks = [_order(a, b, arcs, steps.astype(float), most)]
        lows, highs = [steps.astype(float)], [np.where(np.arange(n) > 0, most, 0.0)]
        times = self.times
        if times is not None:
            length = self.distance + (self.service[:, None] if self.service is not None else 0)
            blocks.append(_times(a, b, arcs, n, length.astype(float), times.astype(float)))
            lows.append(times[:, 0].astype(float))
            highs.append(times[:, 1].astype(float))
        total = arcs + n * len(blocks)
        degree = csr_matrix((np.ones(2 * arcs), (np.concatenate([a, n + b]), np.tile(np.arange(arcs), 2))), (2 * n, total))
        low, high = np.ones(2 * n), np.ones(2 * n)
        low[[0, n]], high[[0, n]] = 1, self.vehicles if self.vehicles is not None else n - 1
        from scipy.sparse import vstack

        parts = [csr_matrix((v, (r, c)), (int(r.max()) + 1, total)) for r, c, v, _ in blocks]
        model = MixedInteger(
            np.concatenate([self.distance[a, b] / self.scale, np.zeros(total - arcs)]), np.concatenate([np.zeros(arcs), *lows]),
            np.concatenate([np.ones(arcs), *highs]), np.arange(total) < arcs, csr_matrix(vstack([degree, *parts])),
            np.concatenate([low, *(bl[3] for bl in blocks)]), np.concatenate([high, *(np.full(len(bl[3]), np.inf) for bl in blocks)]), name=self.name,
        )  # fmt: skip
        return Linear(model, lambda x: self._followed(a, b, np.asarray(x)[:arcs]))

    def _followed(self, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> Solution:
        """Routes along the arcs that are taken."""
        after: dict[int, int] = {int(i): int(j) for i, j in zip(a[x > 0.5], b[x > 0.5], strict=True) if i}
        routes = []
        for start in b[(x > 0.5) & (a == 0)]:
            route, node = list[int](), int(start)
            while node and node not in route:
                route.append(node)
                node = after.get(node, 0)
            routes.append(route)
        return self.joined(routes)

    @once
    def lower(self) -> Lowering:
        """A bit for each customer and place of each vehicle's route (Lucas 2014, section 7.2), room of vehicles as bits.

        Raises
        ------
        ConfigError : for time windows. TooLargeError : for more than 4,000 places.
        """
        if self.times is not None:
            raise ConfigError(f"{self.kind} {self.name} has no form of spins here: arrival times would need a clock for each place")
        return lowered_through(self._places())

    def _places(self) -> Linear:
        """x[v, k, c]: customer c is at place k of vehicle v. Places fill from the front."""
        c = self.size - 1
        fleet, longest = self._fleet()
        if fleet * longest * c > _MOST_PLACES:
            raise TooLargeError(f"{self.name} as spins: {fleet * longest * c:,} places of customers; at most {_MOST_PLACES:,}")
        x = np.arange(fleet * longest * c).reshape(fleet, longest, c)
        total, d = x.size, self.distance / self.scale
        at: list[np.ndarray] = []
        columns: list[np.ndarray] = []
        values: list[np.ndarray] = []
        low: list[float] = []
        high: list[float] = []

        def row(cols: np.ndarray, vals: np.ndarray, least: float, most: float) -> None:
            at.append(np.full(cols.size, len(low)))
            columns.append(cols.reshape(-1))
            values.append(np.broadcast_to(vals, cols.shape).reshape(-1).astype(float))
            low.append(least)
            high.append(most)

        one = np.ones(1)
        for k in range(c):
            row(x[:, :, k].reshape(-1), one, 1, 1)
        for v in range(fleet):
            for k in range(longest):
                full = self.kind == "tsp"
                row(x[v, k], one, 1 if full else 0, 1)
                if k and not full:
                    row(np.concatenate([x[v, k], x[v, k - 1]]), np.repeat([-1.0, 1.0], c), 0, 1)
            if self.capacity is not None:
                row(x[v].reshape(-1), np.tile(self.demand[1:], longest), -np.inf, float(self.capacity))
        # every place pays its way home at once; a follower takes that back and pays the way between
        cost = np.zeros(x.shape)
        cost[:, 0, :] += d[0, 1:]
        cost += d[1:, 0]
        i, j = np.divmod(np.arange(c * c), c)
        kept = i != j
        i, j = i[kept], j[kept]
        first = [x[v, k][i] for v in range(fleet) for k in range(longest - 1)]
        second = [x[v, k + 1][j] for v in range(fleet) for k in range(longest - 1)]
        steps = np.tile(d[1 + i, 1 + j] - d[1 + i, 0], max(1, len(first)))[: len(first) * len(i)]
        p, q = (np.concatenate([*z, np.zeros(0, np.int64)]) for z in (first, second))
        rows = csr_matrix((np.concatenate(values), (np.concatenate(at), np.concatenate(columns))), (len(low), total))
        model = MixedInteger(
            cost.reshape(-1), np.zeros(total), np.ones(total), np.ones(total, bool), rows, np.array(low, float), np.array(high, float),
            np.minimum(p, q), np.maximum(p, q), steps, name=self.name,
        )  # fmt: skip

        def encode(assignment: Solution) -> np.ndarray:
            found, routes = np.zeros(x.shape), self.routes(assignment)
            if len(routes) > fleet or max(map(len, routes), default=0) > longest:
                raise ConfigError(f"routes of {self.name} beyond the {fleet} vehicles with {longest} places of this form")
            for v, route in enumerate(routes):
                found[v, np.arange(len(route)), np.array(route) - 1] = 1
            return found.reshape(-1)

        return Linear(model, lambda z: self._placed(np.asarray(z).reshape(x.shape)), encode)

    def _fleet(self) -> tuple[int, int]:
        """Vehicles that a lowering offers, and the places of each."""
        c = self.size - 1
        if self.capacity is None:
            return (1, c) if self.vehicles == 1 else (min(c, self.vehicles or c), c)
        least = -(-int(self.demand.sum()) // self.capacity)
        filled = int(np.searchsorted(np.cumsum(np.sort(self.demand[1:])), self.capacity, side="right"))
        fleet = self.vehicles if self.vehicles is not None else min(c, max(least + 1, len(self.routes(self._packed()))))
        return fleet, min(c, max(1, filled))

    def _placed(self, x: np.ndarray) -> Solution:
        """Customers where most of their bits are; those without any go where they fit and cost least."""
        routes, missing = [], set(range(1, self.size))
        for vehicle in x:
            route = []
            for place in vehicle:
                for k in np.flatnonzero(place > 0.5):
                    if int(k) + 1 in missing:
                        missing.discard(int(k) + 1)
                        route.append(int(k) + 1)
            routes.append(route)
        d = self.distance
        for node in sorted(missing, key=lambda v: (-int(self.demand[v]), v)):
            options = []
            for r, route in enumerate(routes):
                stops = [0, *route, 0]
                fits = self.capacity is None or int(self.demand[[*route, node]].sum()) <= self.capacity
                options += [(not fits, int(d[p, node] + d[node, q] - d[p, q]), r, k) for k, (p, q) in enumerate(pairwise(stops))]
            _, _, best, place = min(options)
            routes[best].insert(place, node)
        return self.joined(routes)

    def written(self, assignment: Solution) -> str:
        """CVRPLIB's solution file; TSPLIB's tour for the salesman. Nodes are called as in the user's file."""
        if self.kind == "tsp":
            tour = [0, *(x for r in self.routes(assignment) for x in r)]
            nodes = [str(self.label(k) if len(self.labels) else k + 1) for k in tour]
            return "\n".join([f"NAME : {self.name}", "TYPE : TOUR", f"DIMENSION : {self.size}", "TOUR_SECTION", *nodes, "-1", "EOF"]) + "\n"
        lines = [f"Route #{k}: {' '.join(str(self.label(x)) for x in r)}" for k, r in enumerate(self.routes(assignment), 1)]
        return "\n".join([*lines, f"Cost {float(self.objective(assignment)):.10g}"]) + "\n"


Block = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # rows, columns, values, lower sides


def _order(a: np.ndarray, b: np.ndarray, first: int, steps: np.ndarray, most: float) -> Block:
    """u_b − u_a ≥ step_b − most (1 − x_ab), among customers."""
    inner = np.flatnonzero((a > 0) & (b > 0))
    if not len(inner):
        return np.zeros(1, int), np.zeros(1, int), np.zeros(1), np.full(1, -np.inf)
    r = np.arange(len(inner))
    i, j = a[inner], b[inner]
    one = np.ones(len(inner))
    return (
        np.concatenate([r, r, r]), np.concatenate([first + j, first + i, inner]), np.concatenate([one, -one, -most * one]), steps[j] - most,
    )  # fmt: skip


def _times(a: np.ndarray, b: np.ndarray, arcs: int, n: int, length: np.ndarray, windows: np.ndarray) -> Block:
    """t_b − t_a ≥ length_ab − M (1 − x_ab), b a customer; and the way home in time."""
    first = arcs + n
    out = np.flatnonzero(b > 0)
    home = np.flatnonzero(b == 0)
    i, j, h = a[out], b[out], a[home]
    big = np.maximum(0, windows[i, 1] + length[i, j] - windows[j, 0])
    late = np.maximum(0, windows[h, 1] + length[h, 0] - windows[0, 1])
    r, s = np.arange(len(out)), len(out) + np.arange(len(home))
    start = np.where(i > 0, 1.0, 0.0)  # the depot's own time is its opening
    open_ = windows[0, 0]
    return (
        np.concatenate([r, r, r, s, s]), np.concatenate([first + j, first + i, out, first + h, home]),
        np.concatenate([np.ones(len(out)), -start, -big, -np.ones(len(home)), -late]),
        np.concatenate([length[i, j] - big + np.where(i > 0, 0.0, open_), length[h, 0] - windows[0, 1] - late]),
    )  # fmt: skip
