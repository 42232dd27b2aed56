"""The member about vehicles that visit places."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.problem import Solution
from qualms.problems.routing import Routing
from qualms.specification.base import Given, Line, Member, Strict, fraction, places, plain
from qualms.specification.conversion import of_problem

_FINEST = 10**9  # the smallest unit of distances is a billionth


class Stop(Strict):
    """A place to be visited, or the depot.

    Attributes
    ----------
    name : str or int
        As the user's file calls it.
    demand : Given
        What has to be brought.
    earliest, latest : Given or None
        When service may begin, in the unit of distances; the depot's latest is the latest return.
    service : Given
        How long service takes.
    x, y : Given or None
        For pictures.
    """

    name: str | int
    demand: Given = 0
    earliest: Given | None = None
    latest: Given | None = None
    service: Given | None = None
    x: Given | None = None
    y: Given | None = None


class Routes(Member):
    """Routes that leave the depot, visit every other stop once, and come back.

    Attributes
    ----------
    stops : tuple of Stop
        The depot first.
    distances : matrix
        From each stop to each other.
    capacity : Given or None
        Of a vehicle, in the unit of the demands.
    vehicles : int or None
        The most there are; 1 for a single tour.
    longest : Given or None
        The longest that a route may be, distances and services together.
    scale : int or None
        Distances and times are multiples of 1 / scale; None for the coarsest power of ten that keeps them.
    named : bool
        Whether stops are called by their names; if not, by their number in the order of the file.
    """

    kind: Literal["routing"] = "routing"
    stops: tuple[Stop, ...] = Field(min_length=2)
    distances: tuple[tuple[Given, ...], ...]
    capacity: Given | None = None
    vehicles: int | None = Field(default=None, ge=1)
    longest: Given | None = None
    scale: int | None = Field(default=None, ge=1)
    named: bool = True

    def build(self) -> Routing:
        """The problem.

        Raises
        ------
        ConfigError
            For distances of another shape, windows of some stops only, or numbers finer than the scale.
        """
        n = len(places("stop", (str(s.name) for s in self.stops)))
        if len(self.distances) != n or any(len(row) != n for row in self.distances):
            raise ConfigError(f"{self.name}: distances must have {n} rows of {n} numbers, one for each stop")
        scale = self.scale or self._coarsest()
        windows = [(s.earliest, s.latest) for s in self.stops]
        timed = [w for w in windows if w != (None, None)]
        if timed and any(None in w for w in windows):
            raise ConfigError(f"{self.name}: give earliest and latest for all stops, or for none")
        services = [s.service for s in self.stops]
        places_ = [(s.x, s.y) for s in self.stops]
        return Routing(
            distance=self._whole([g for row in self.distances for g in row], scale).reshape(n, n),
            demand=self._whole([s.demand for s in self.stops], 1),
            capacity=None if self.capacity is None else int(self._whole([self.capacity], 1)[0]),
            vehicles=self.vehicles,
            windows=self._whole([g for w in windows for g in w], scale).reshape(n, 2) if timed else None,
            service=None
            if all(s is None for s in services)
            else self._whole([0 if s is None else s for s in services], scale),
            coordinates=np.array([[plain(fraction(g)) for g in p if g is not None] for p in places_])
            if all(None not in p for p in places_)
            else None,
            scale=scale,
            longest=None if self.longest is None else int(self._whole([self.longest], scale)[0]),
            labels=[s.name for s in self.stops] if self.named else (),
            name=self.name,
            notes=self.assumptions,
        )

    def _coarsest(self) -> int:
        given = [g for row in self.distances for g in row]
        given += [g for s in self.stops for g in (s.earliest, s.latest, s.service) if g is not None]
        given += [self.longest] if self.longest is not None else []
        scale, numbers = 1, [fraction(g) for g in given]
        while any((x * scale).denominator != 1 for x in numbers) and scale < _FINEST:
            scale *= 10
        return scale

    def _whole(self, given: list[Any], scale: int) -> np.ndarray:
        found = [fraction(g) * scale for g in given]
        for g, x in zip(given, found, strict=True):
            if x.denominator != 1 or abs(x) >= 2**53:
                unit = "an integer" if scale == 1 else f"a multiple of 1/{scale}"
                raise ConfigError(f"{self.name}: {plain(fraction(g))} must be {unit} below 2^53")
        return np.array([int(x) for x in found], np.int64)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The stops of each route in order."""
        routes = self.build().routes(solution)
        if self.vehicles == 1:
            routes = [[k for route in routes for k in route]]
        ends = str(self.stops[0].name)
        return tuple(
            Line(
                what=f"route {k}" if self.vehicles != 1 else "tour",
                value=" → ".join([ends, *(str(self.stops[i].name) for i in route), ends]),
            )
            for k, route in enumerate(routes, 1)
        )

    def sentences(self) -> list[str]:
        told = f"Visit {len(self.stops) - 1:,} stops from {self.stops[0].name} and come back"
        if self.vehicles is not None:
            told += " with one vehicle" if self.vehicles == 1 else f" with at most {self.vehicles} vehicles"
        found = [f"{told}, over the shortest total distance."]
        if self.capacity is not None:
            total = sum((fraction(s.demand) for s in self.stops), start=Fraction(0))
            found.append(
                f"A vehicle carries at most {plain(fraction(self.capacity))}; the demands sum to "
                f"{plain(total)}."
            )
        if any(s.latest is not None for s in self.stops):
            found.append("Every stop has a time window.")
        if self.longest is not None:
            found.append(f"No route is longer than {plain(fraction(self.longest))}.")
        return found


@of_problem.register
def _(problem: Routing) -> Any:
    def true(value: Any) -> int | float:
        return plain(Fraction(int(value), problem.scale))

    names = list(problem.labels) or list(range(problem.size))
    stops = []
    for k, name in enumerate(names):
        window = (None, None) if problem.windows is None else tuple(map(true, problem.windows[k]))
        point = (None, None) if problem.coordinates is None else tuple(map(plain, problem.coordinates[k]))
        stops.append(
            Stop(
                name=name if isinstance(name, str) else int(name),
                demand=int(problem.demand[k]),
                earliest=window[0],
                latest=window[1],
                service=None if problem.service is None else true(problem.service[k]),
                x=point[0],
                y=point[1],
            )
        )
    return Routes(
        name=problem.name,
        assumptions=problem.notes,
        stops=tuple(stops),
        distances=tuple(tuple(map(true, row)) for row in problem.distance),
        capacity=problem.capacity,
        vehicles=problem.vehicles,
        longest=None if problem.longest is None else true(problem.longest),
        scale=problem.scale,
        named=bool(len(problem.labels)),
    )
