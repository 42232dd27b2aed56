"""PyVRP: routes by iterated local search."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from qualms.errors import MissingExtraError, QualmsError
from qualms.problems.problem import Problem, Solution
from qualms.problems.routing import Routing
from qualms.records.quadrant import CLASSICAL
from qualms.solve.solvers.solver import Clock, Finding
from qualms.solve.solvers.streaming import Tell, streamed

_ITERATIONS = 500  # of a round


def _pyvrp() -> Any:
    try:
        import pyvrp
    except ImportError:
        raise MissingExtraError("pyvrp", "solve", "the solver PyVRP") from None
    return pyvrp


class PyVRPSolver:
    """Iterated local search of PyVRP (Wouda, Lan, Kool 2024), told of the fleet's limit. It begins again from
    a better answer where a race offers one.

    A round is 500 iterations.
    """

    name = "pyvrp"
    quadrant = CLASSICAL
    takes_answers = True

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem, Routing):
            return f"PyVRP takes routes, not a problem of kind {problem.kind!r}"
        try:
            _pyvrp()
        except QualmsError as error:
            return str(error)
        return "one node has no routes" if problem.size < 2 else None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, Routing)
        pyvrp = _pyvrp()
        routes = problem
        yield problem.greedy(np.random.default_rng(seed))  # before the data are even there

        def work(tell: Tell, stopped: threading.Event) -> None:
            from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams
            from pyvrp.solve import SolveParams

            class Callbacks(IteratedLocalSearchCallbacks):
                def on_best(self, best: Any) -> None:
                    tell(_routes(routes, best))

            made = 0
            start = clock.offered()

            def ended() -> bool:
                rounds = clock.limits.rounds is not None and made > _ITERATIONS * clock.limits.rounds
                return stopped.is_set() or clock.left == 0 or rounds

            def over(best_cost: float) -> bool:
                nonlocal made, start
                made += 1
                offered = clock.offered()
                start = offered if offered is not None and _cost(routes, offered) < best_cost else None
                return start is not None or ended()

            data = _data(pyvrp, routes)
            params = SolveParams(ils=IteratedLocalSearchParams(callbacks=Callbacks()))
            while not ended() or not made:
                known = None if start is None else pyvrp.Solution(data, _visits(routes, start))
                found = pyvrp.solve(
                    data,
                    over,
                    seed=(int(seed) + made) % 2**31,
                    collect_stats=False,
                    display=False,
                    params=params,
                    initial_solution=known,
                )
                tell(_routes(routes, found.best))

        yield from streamed(work)


def _cost(problem: Routing, answer: Solution) -> float:
    """In the whole numbers that PyVRP was given."""
    return float(problem.objective(answer) * problem.scale)


def _visits(problem: Routing, answer: Solution) -> list[list[int]]:
    """Routes of customers as PyVRP numbers them."""
    return [[stop - 1 for stop in route] for route in problem.routes(answer)]


def _routes(problem: Routing, solution: Any) -> np.ndarray:
    return problem.joined(
        [[int(stop.idx) + 1 for stop in route if stop.is_client()] for route in solution.routes()]
    )


def _data(pyvrp: Any, problem: Routing) -> Any:
    times = problem.times
    place = problem.coordinates if problem.coordinates is not None else np.zeros((problem.size, 2))

    def window(k: int) -> dict[str, int]:
        return {"tw_early": int(times[k, 0]), "tw_late": int(times[k, 1])} if times is not None else {}

    clients = [
        pyvrp.Client(
            k,
            delivery=[int(problem.demand[k])],
            service_duration=int(problem.service[k])
            if times is not None and problem.service is not None
            else 0,
            **window(k),
        )
        for k in range(1, problem.size)
    ]
    fleet = pyvrp.VehicleType(
        min(problem.vehicles if problem.vehicles is not None else problem.size - 1, problem.size - 1),
        capacity=[problem.capacity if problem.capacity is not None else int(problem.demand.sum())],
        **window(0),
    )
    distance = problem.distance
    locations = [pyvrp.Location(float(x), float(y)) for x, y in place]
    return pyvrp.ProblemData(
        locations,
        clients,
        [pyvrp.Depot(0)],
        [fleet],
        [distance],
        [distance if times is not None else np.zeros_like(distance)],
    )
