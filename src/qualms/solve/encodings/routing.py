"""Routes: arcs with loads and times for linear solvers, places of vehicles for spins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from qualms.errors import ConfigError, TooLargeError
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.problems.routing import Routing
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import through

_MOST_ARCS = 40_000  # of a linear model
_MOST_PLACES = 4_000  # bits of an Ising model


@linear_encoding.register
def _(problem: Routing) -> LinearEncoding:
    """Arcs x_ij, and the load or place u_j after each customer (Miller, Tucker, Zemlin 1960).

    u_j ≥ u_i + demand_j where i goes to j. Time windows have a time at each customer as well. Raises
    TooLargeError for more than 200 nodes.
    """
    n = problem.size
    a, b = np.nonzero(~np.eye(n, dtype=bool))
    if len(a) > _MOST_ARCS or n < 2:
        raise TooLargeError(
            f"{problem.name} as a linear model: {len(a):,} arcs; at most {_MOST_ARCS:,} are possible"
        )
    model = ModelBuilder(problem.name)
    arc = model.bits(len(a), problem.distance[a, b] / problem.scale)
    leaves, enters = (
        np.argsort(a, kind="stable").reshape(n, n - 1),
        np.argsort(b, kind="stable").reshape(n, n - 1),
    )
    most = np.where(np.arange(n) > 0, 1.0, problem.vehicles if problem.vehicles is not None else n - 1)
    model.add_rows((arc[leaves], 1.0), low=1.0, high=most)
    model.add_rows((arc[enters], 1.0), low=1.0, high=most)
    _add_loads(model, problem, a, b, arc)
    times = problem.times
    if times is not None:
        _add_times(model, problem, a, b, arc, times.astype(float))
    return LinearEncoding(model.build(), lambda x: _followed(problem, a, b, np.asarray(x)[: len(a)]))


def _add_loads(model: ModelBuilder, problem: Routing, a: np.ndarray, b: np.ndarray, arc: np.ndarray) -> None:
    """u_b − u_a ≥ step_b − most (1 − x_ab), among customers."""
    n = problem.size
    stops = (np.arange(n) > 0).astype(np.int64)
    steps, most = stops, float(n - 1)
    if problem.capacity is not None:
        steps, most = problem.demand, float(problem.capacity)
        if (problem.demand[1:] <= 0).any():
            # a load that does not grow lets tours close without the depot: count the stops in its last digits
            steps, most = problem.demand * n + stops, float(problem.capacity * n + n - 1)
    u = model.variables(n, steps, np.where(stops > 0, most, 0.0))
    inner = np.flatnonzero((a > 0) & (b > 0))
    i, j = a[inner], b[inner]
    model.add_rows((u[j], 1.0), (u[i], -1.0), (arc[inner], -most), low=steps[j] - most)


def _add_times(
    model: ModelBuilder, problem: Routing, a: np.ndarray, b: np.ndarray, arc: np.ndarray, windows: np.ndarray
) -> None:
    """t_b − t_a ≥ length_ab − M (1 − x_ab), b a customer; and the way home in time."""
    service = problem.service[:, None] if problem.service is not None else 0
    length = (problem.distance + service).astype(float)
    t = model.variables(problem.size, windows[:, 0], windows[:, 1])
    out, home = np.flatnonzero(b > 0), np.flatnonzero(b == 0)
    i, j, h = a[out], b[out], a[home]
    big = np.maximum(0, windows[i, 1] + length[i, j] - windows[j, 0])
    late = np.maximum(0, windows[h, 1] + length[h, 0] - windows[0, 1])
    start = np.where(i > 0, 1.0, 0.0)  # the depot's own time is its opening
    opens = np.where(i > 0, 0.0, windows[0, 0])
    model.add_rows((t[j], 1.0), (t[i], -start), (arc[out], -big), low=length[i, j] - big + opens)
    model.add_rows((t[h], -1.0), (arc[home], -late), low=length[h, 0] - windows[0, 1] - late)


def _followed(problem: Routing, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> Solution:
    """Routes along the arcs that are taken."""
    after: dict[int, int] = {int(i): int(j) for i, j in zip(a[x > 0.5], b[x > 0.5], strict=True) if i}
    routes = []
    for start in b[(x > 0.5) & (a == 0)]:
        route, node = list[int](), int(start)
        while node and node not in route:
            route.append(node)
            node = after.get(node, 0)
        routes.append(route)
    return problem.joined(routes)


@ising_encoding.register
def _(problem: Routing) -> IsingEncoding:
    """A bit for each customer and place of each vehicle's route (Lucas 2014, section 7.2), slack of vehicles
    as bits.

    Raises
    ------
    ConfigError
        For time windows.
    TooLargeError
        For more than 4,000 places.
    """
    if problem.times is not None:
        raise ConfigError(
            f"{problem.kind} {problem.name} has no Ising encoding here: arrival "
            "times would need a clock for each place"
        )
    return through(_by_places(problem))


def _by_places(problem: Routing) -> LinearEncoding:
    """x[v, k, c]: customer c is at place k of vehicle v. Places fill from the front."""
    c, (fleet, longest) = problem.size - 1, _fleet(problem)
    if fleet * longest * c > _MOST_PLACES:
        raise TooLargeError(
            f"{problem.name} as spins: {fleet * longest * c:,} variables; "
            f"at most {_MOST_PLACES:,} are possible"
        )
    d = problem.distance / problem.scale
    # every place pays its way home at once; a follower takes that back and pays the way between
    cost = np.zeros((fleet, longest, c))
    cost[:, 0, :] += d[0, 1:]
    cost += d[1:, 0]
    model = ModelBuilder(problem.name)
    x = model.bits(cost.shape, cost)
    _add_visits(model, problem, x)
    i, j = (k.reshape(-1) for k in np.nonzero(~np.eye(c, dtype=bool)))
    between = np.tile(d[1 + i, 1 + j] - d[1 + i, 0], fleet * (longest - 1))
    model.add_products(x[:, :-1, i].reshape(-1), x[:, 1:, j].reshape(-1), between)

    def encode(solution: Solution) -> np.ndarray:
        found, routes = np.zeros(cost.shape), problem.routes(solution)
        if len(routes) > fleet or max(map(len, routes), default=0) > longest:
            raise ConfigError(
                f"routes of {problem.name} beyond the {fleet} vehicles with {longest} places of this encoding"
            )
        for v, route in enumerate(routes):
            found[v, np.arange(len(route)), np.array(route) - 1] = 1
        return found.reshape(-1)

    return LinearEncoding(
        model.build(), lambda z: _placed(problem, np.asarray(z).reshape(cost.shape)), encode
    )


def _add_visits(model: ModelBuilder, problem: Routing, x: np.ndarray) -> None:
    """Each customer once; each place one customer, filled from the front; each vehicle within its
    capacity.
    """
    fleet, longest, c = x.shape
    model.add_rows((x.reshape(-1, c).T, 1.0), low=1.0, high=1.0)
    full = problem.kind == "tsp"
    for v in range(fleet):
        model.add_rows((x[v], 1.0), low=1.0 if full else 0.0, high=1.0)
        if not full:
            model.add_rows((x[v, 1:], -1.0), (x[v, :-1], 1.0), low=0.0, high=1.0)
        if problem.capacity is not None:
            loads = np.tile(problem.demand[1:], longest)
            model.add_rows((x[v].reshape(1, -1), loads), high=float(problem.capacity))


def _fleet(problem: Routing) -> tuple[int, int]:
    """Vehicles that the Ising encoding offers, and the places of each."""
    c = problem.size - 1
    if problem.capacity is None:
        return (1, c) if problem.vehicles == 1 else (min(c, problem.vehicles or c), c)
    least = -(-int(problem.demand.sum()) // problem.capacity)
    sizes = np.cumsum(np.sort(problem.demand[1:]))
    filled = int(np.searchsorted(sizes, problem.capacity, side="right"))
    fleet = problem.vehicles
    if fleet is None:
        fleet = min(c, max(least + 1, len(problem.routes(problem.packed()))))
    return fleet, min(c, max(1, filled))


def _placed(problem: Routing, x: np.ndarray) -> Solution:
    """Customers where most of their bits are; those without any go where they fit and cost least."""
    routes, missing = [], set(range(1, problem.size))
    for vehicle in x:
        route = []
        for place in vehicle:
            for k in np.flatnonzero(place > 0.5):
                if int(k) + 1 in missing:
                    missing.discard(int(k) + 1)
                    route.append(int(k) + 1)
        routes.append(route)
    _insert(problem, routes, missing)
    return problem.joined(routes)


def _insert(problem: Routing, routes: list[list[int]], missing: Iterable[int]) -> None:
    d = problem.distance
    for node in sorted(missing, key=lambda v: (-int(problem.demand[v]), v)):
        options = []
        for r, route in enumerate(routes):
            load = int(problem.demand[[*route, node]].sum())
            full = problem.capacity is not None and load > problem.capacity
            for k, (p, q) in enumerate(pairwise([0, *route, 0])):
                options.append((full, int(d[p, node] + d[node, q] - d[p, q]), r, k))
        _, _, best, place = min(options)
        routes[best].insert(place, node)
