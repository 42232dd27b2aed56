"""CP-SAT of OR-Tools: models of integers, and schedules by their intervals."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qualms.errors import ConfigError, MissingExtraError, QualmsError
from qualms.problems.jobshop import JobShop
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Bound, NoAnswer, Problem, Solution
from qualms.records.quadrant import CLASSICAL
from qualms.solve.encodings import linear_encoding
from qualms.solve.encodings.jobshop import least_makespan
from qualms.solve.solvers.solver import Clock, Finding, positive
from qualms.solve.solvers.streaming import Tell, streamed

_MOST = 2**50  # sizes that CP-SAT's sums take


def _cp_model() -> Any:
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        raise MissingExtraError("ortools", "solve", "the solver CP-SAT") from None
    return cp_model


# model, variables, decode, scale and shift of the objective
Model = tuple[Any, list[Any], Callable[[list[int]], Solution], float, float]


class CPSATSolver:
    """Lazy clause generation with linear relaxations (Perron, Furnon).

    With rounds: one worker, and a unit of its deterministic time a round. The answer that a race offers at
    its beginning is a hint; CP-SAT takes none while it works.
    """

    name = "cpsat"
    quadrant = CLASSICAL
    takes_answers = True

    def __init__(self, threads: int = 2) -> None:
        self.threads = positive("threads", threads)

    def refuses(self, problem: Problem) -> str | None:
        try:
            _cp_model()
            if not isinstance(problem, JobShop):
                _check_integer(linear_encoding(problem).model)
        except QualmsError as error:
            return str(error)
        return None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        cp = _cp_model()

        def work(tell: Tell, stopped: threading.Event) -> None:
            offered = clock.offered()
            model, variables, decode, scale, shift = (
                _intervals(cp, problem, offered)
                if isinstance(problem, JobShop)
                else _rows(cp, problem, seed, offered)
            )
            solver = cp.CpSolver()
            solver.parameters.random_seed = int(seed) % 2**31
            solver.parameters.num_workers = self.threads
            solver.parameters.max_time_in_seconds = max(clock.left, 0.01)
            if clock.limits.rounds is not None:
                solver.parameters.num_workers = 1
                solver.parameters.max_deterministic_time = float(clock.limits.rounds)
            solver.parameters.catch_sigint_signal = False  # its handler would end the process
            heard = _Heard(cp, variables, decode, tell)
            done = threading.Event()

            def watch() -> None:
                while not done.wait(0.05):
                    if stopped.is_set():
                        # again and again: before the search has begun it is not heard, or raises
                        with contextlib.suppress(RuntimeError):
                            heard.callback.stop_search()

            threading.Thread(target=watch, daemon=True).start()
            try:
                status = solver.solve(model, heard.callback)
            finally:
                done.set()
            if status == cp.INFEASIBLE:
                tell(NoAnswer("infeasible", "CP-SAT", _conflict(cp, problem, clock)))
            elif status == cp.MODEL_INVALID:
                raise ConfigError(f"{problem.name}: CP-SAT refuses the model: {model.validate()}")
            elif model.has_objective() and status in (cp.OPTIMAL, cp.FEASIBLE):
                # else what it calls its bound is nothing
                tell(Bound(solver.best_objective_bound * scale + shift, "search of CP-SAT", verified=False))

        yield from streamed(work)


class _Heard:
    """Solutions as they come."""

    def __init__(
        self, cp: Any, variables: list[Any], decode: Callable[[list[int]], Solution], tell: Tell
    ) -> None:
        class Callback(cp.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                tell(decode([self.value(v) for v in variables]))

        self.callback = Callback()


def _check_integer(model: MixedInteger) -> None:
    loose = ~model.integer | ~np.isfinite(model.low) | ~np.isfinite(model.high)
    if loose.any():
        k = int(np.argmax(loose))
        what = "has no bounds" if model.integer[k] else "is real"
        raise ConfigError(f"CP-SAT takes bounded integers only; {model.variable(k)} of {model.name} {what}")
    wide = np.maximum(np.abs(model.low), np.abs(model.high)) > _MOST
    if wide.any():
        raise ConfigError(
            f"CP-SAT takes numbers up to 2^50; {model.variable(int(np.argmax(wide)))} "
            f"of {model.name} may be larger"
        )


def _integers(numbers: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers times their common power of ten."""
    found = Decimals.of([float(v) for v in numbers])
    if len(found.values) and np.abs(found.values).max() >= _MOST:
        raise ConfigError("the numbers have too many digits for CP-SAT")
    return found.values, found.scale


def _rows(cp: Any, problem: Problem, seed: int, offered: Solution | None) -> Model:
    form = linear_encoding(problem)
    m = form.model
    model, x, _ = _stated(cp, m)
    scale = 1
    if m.cost.any():
        cost, scale = _integers(m.cost)
        used = np.flatnonzero(cost)
        total = cp.LinearExpr.weighted_sum([x[k] for k in used], [int(v) for v in cost[used]])
        (model.minimize if m.sense == "min" else model.maximize)(total)
    is_model = isinstance(problem, MixedInteger) and not len(problem.q)
    if form.encode is not None and (offered is not None or not is_model):
        start = problem.greedy(np.random.default_rng(seed)) if offered is None else offered
        if not problem.violations(start):
            with contextlib.suppress(ConfigError):  # outside of what the model offers
                for v, value in zip(x, form.encode(start), strict=True):
                    model.add_hint(v, round(value))
    return model, x, lambda values: form.decode(np.array(values, float)), 1.0 / scale, m.offset


def _stated(cp: Any, m: MixedInteger) -> tuple[Any, list[Any], list[tuple[int, Any]]]:
    """A model's variables and rows, and each row's place beside its constraint; rows without sides are left
    out.
    """
    model = cp.CpModel()
    low, high = np.ceil(m.low).astype(np.int64), np.floor(m.high).astype(np.int64)
    x = [model.new_int_var(int(a), int(b), "") for a, b in zip(low, high, strict=True)]
    stated = []
    for k in range(m.rows.shape[0]):
        part = slice(m.rows.indptr[k], m.rows.indptr[k + 1])
        sides = np.array([m.row_low[k], m.row_high[k]])
        finite = np.isfinite(sides)
        if not finite.any():
            continue
        numbers, _ = _integers(np.append(m.rows.data[part], sides[finite]))
        a, rest = numbers[: part.stop - part.start], iter(numbers[part.stop - part.start :])
        least = int(next(rest)) if finite[0] else cp.INT_MIN
        most = int(next(rest)) if finite[1] else cp.INT_MAX
        total = cp.LinearExpr.weighted_sum([x[c] for c in m.rows.indices[part]], [int(v) for v in a])
        stated.append((k, model.add_linear_constraint(total, least, most)))
    return model, x, stated


def _intervals(cp: Any, shop: JobShop, offered: Solution | None) -> Model:
    model = cp.CpModel()
    horizon = int(shop.durations.sum())
    starts: list[Any] = []
    on: dict[int, list[Any]] = {}
    end = model.new_int_var(least_makespan(shop), horizon, "makespan")
    for machines, durations in zip(shop.machines, shop.durations, strict=True):
        ready: Any = 0
        for machine, duration in zip(machines, durations, strict=True):
            start = model.new_int_var(0, horizon, "")
            interval = model.new_interval_var(start, int(duration), start + int(duration), "")
            model.add(start >= ready)
            ready = start + int(duration)
            if duration:
                on.setdefault(int(machine), []).append(interval)
            starts.append(start)
        model.add(end >= ready)
    for intervals in on.values():
        model.add_no_overlap(intervals)
    model.minimize(end)
    known = shop.greedy(np.random.default_rng(0)) if offered is None else offered
    for v, value in zip([*starts, end], [*known, shop.objective(known)], strict=True):
        model.add_hint(v, int(value))
    return model, starts, lambda values: np.array(values, np.int64), 1.0, 0.0


def _conflict(cp: Any, problem: Problem, clock: Clock) -> tuple[str, ...]:
    """Rows that cannot hold together, by assumptions that CP-SAT finds sufficient; not always the fewest."""
    if isinstance(problem, JobShop):
        return ()
    m = linear_encoding(problem).model
    model, _, stated = _stated(cp, m)
    held = {}
    for k, row in stated:
        holds = model.new_bool_var("")
        row.only_enforce_if(holds)
        held[holds.index] = k
        model.add_assumption(holds)
    solver = cp.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_time_in_seconds = max(0.1, min(5.0, clock.left))
    if solver.solve(model) != cp.INFEASIBLE:
        return ()
    return tuple(m.row(held[i]) for i in solver.sufficient_assumptions_for_infeasibility() if i in held)
