"""Routes whose segments are put in order by small circuits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.problem import Problem
from qualms.problems.routing import Routing
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin
from qualms.solve.solvers.hybrid.inner import Inner, twins_of_inner
from qualms.solve.solvers.solver import Clock, Effort, Finding

_ROUND = 50  # segments


class SegmentRoutingSolver:
    """Cluster first, route second: greedy routes say who goes with whom; then segments of a route are ordered
    anew between their neighbours.

    A segment of m customers is a tour of m + 1 places, m² spins with one-of-many choices, which the XY mixer
    keeps. The clusters stay as they are: what this finds is at best the best order of the greedy clusters.
    A round is 50 segments.

    Parameters
    ----------
    inner : str, default "qaoa"
        "qaoa", "annealing" or "exact".
    size : int, default 3
        Customers of a segment.

    References
    ----------
    Fisher and Jaikumar, "A generalized assignment heuristic for vehicle routing" (1981), with a sampler for
    the second phase, as in Feld et al., "A hybrid solution method for the capacitated vehicle routing problem
    using a quantum annealer" (2019).
    """

    def __init__(
        self, inner: str = "qaoa", size: int = 3, backend: Any = "statevector", placebo: str = ""
    ) -> None:
        if not 2 <= size <= 4:
            raise ConfigError(
                f"size={size}: a segment must have 2 to 4 customers, because it takes as many spins as "
                "their number squared"
            )
        self.size, self._options = size, {"inner": inner, "size": size, "backend": backend}
        self._inner = Inner(inner, placebo, "xy", backend)
        self.name = f"segment-routing/{placebo}" if placebo else "segment-routing"

    @property
    def quadrant(self) -> Quadrant:
        return self._inner.quadrant

    @property
    def twins(self) -> tuple[Twin, ...]:
        return twins_of_inner(self)

    def refuses(self, problem: Problem) -> str | None:
        return (
            self._inner.too_wide(self.size**2)
            if isinstance(problem, Routing)
            else f"segments of routes, not of a problem of kind {problem.kind!r}"
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, Routing)
        rng, pieces = np.random.default_rng(seed), 0
        answer = problem.greedy(rng)
        broken, value = len(problem.violations(answer)), problem.objective(answer)
        yield answer
        tried: set[tuple[int, ...]] = set()
        while not clock.over(pieces):
            routes = problem.routes(answer)
            open_ = [
                (r, k)
                for r, route in enumerate(routes)
                for k in range(len(route) - 1)
                if (*_ends(route, k, self.size), *route[k : k + self.size]) not in tried
            ]
            if not open_:
                return
            r, k = open_[int(rng.integers(len(open_)))]
            route = routes[r]
            segment = route[k : k + self.size]
            tried.add((*_ends(route, k, self.size), *segment))
            for order in self._inner.answers(
                _piece(problem, route, k, segment), clock.left, int(rng.integers(2**31))
            ):
                stops = [segment[v - 1] for v in order if v > 0]
                if sorted(stops) != sorted(segment):
                    continue
                other = problem.joined(
                    [*routes[:r], [*route[:k], *stops, *route[k + len(segment) :]], *routes[r + 1 :]]
                )
                now = len(problem.violations(other)), problem.objective(other)
                if now < (broken, value):
                    answer, (broken, value) = other, now
                    yield answer
            pieces += 1
            yield Effort(pieces, "segments")
            if pieces % _ROUND == 0:
                clock.made()


def _ends(route: list[int], k: int, size: int) -> tuple[int, int]:
    """The places before and after a segment."""
    return (route[k - 1] if k else 0), (route[k + size] if k + size < len(route) else 0)


def _piece(problem: Routing, route: list[int], k: int, segment: list[int]) -> Routing:
    """A tour from the place before through the segment to the place after, these two being its depot."""
    before, after = _ends(route, k, len(segment))
    d, m = problem.distance, len(segment)
    distance = np.zeros((m + 1, m + 1), np.int64)
    distance[1:, 1:] = d[np.ix_(segment, segment)]
    distance[0, 1:], distance[1:, 0] = d[before, segment], d[segment, after]
    return Routing(distance, np.zeros(m + 1, np.int64), vehicles=1, name="segment")
