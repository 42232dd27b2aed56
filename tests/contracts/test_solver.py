"""What every solver does: it says assignments, and nothing it says is believed."""

import threading
import time

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.records.quadrant import CLASSICAL
from qualms.solve import QUBO, SOLVERS, MaxCut, Stop, solve
from qualms.solve.check import check
from qualms.solve.problems.numbers import Decimals
from qualms.solve.solvers import get_solver


def graph(n=14, seed=0, signed=False) -> MaxCut:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < 0.5
    weights = rng.choice([-1, 1, 2], kept.sum()) if signed else np.ones(kept.sum(), int)
    return MaxCut(n, i[kept], j[kept], Decimals.of(weights))


def form(n=12, seed=0) -> QUBO:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n)
    return QUBO(n, i, j, Decimals.of([f"{v:.2f}" for v in rng.normal(0, 3, len(i))]), sense="max" if seed % 2 else "min")


def brute(problem):
    values = [problem.objective((code >> np.arange(problem.size)) & 1) for code in range(1 << problem.size)]
    return min(values) if problem.sense == "min" else max(values)


@pytest.fixture(params=SOLVERS)
def solver(request) -> str:
    return request.param


def test_rounds_and_seed_decide(solver):
    problem = graph()

    def run(seed):
        arm = next(a for a in solve(problem, Stop(30, rounds=2), [solver], seed).arms if a.solver == solver)
        return [v for _, v in arm.incumbents], arm.best.assignment.tolist()

    assert run(3) == run(3)


def test_incumbents_only_get_better_and_the_last_is_the_answer(solver):
    for problem in (graph(seed=1, signed=True), form(seed=1), form(seed=2)):
        result = solve(problem, Stop(0.6), [solver])
        for arm in result.arms:
            values = [float(v) for _, v in arm.incumbents]
            assert values == sorted(values, reverse=problem.sense == "min")
            assert len(set(values)) == len(values)
            assert arm.best.objective == arm.incumbents[-1][1]
        assert result.objective == problem.objective(result.best.assignment)


def test_the_time_is_kept(solver):
    """Without judging speed: a run told to take a second is over long before a minute, and one told to take none ends with an answer."""
    began = time.monotonic()
    assert solve(graph(20), Stop(1.0), [solver]).best is not None
    assert time.monotonic() - began < 30
    assert solve(graph(20), Stop(0.0), [solver]).best is not None


@pytest.mark.parametrize("name", ["exact", "annealing", "tempering", "tabu", "bifurcation"])
def test_small_optima_are_found_and_bounded(name):
    for seed in range(3):
        for problem in (graph(10, seed), graph(10, seed, True), form(9, seed)):
            result = solve(problem, Stop(2.0, rounds=4 if name != "exact" else None), [name])
            best = brute(problem)
            assert result.objective == best
            assert result.bound.value >= best if problem.sense == "max" else result.bound.value <= best
            assert result.gap >= 0


def test_baselines_always_stand_beside(solver):
    assert {a.solver for a in solve(graph(), Stop(0.3), [solver]).arms} >= {"random", "greedy"}


class Liar:
    """Says it has the optimum, and gives anything."""

    name, quadrant = "liar", CLASSICAL
    objective = 10**9

    def refuses(self, problem, lowering):
        return None

    def run(self, problem, lowering, stop, seed):
        self.energy = -1e9
        yield np.zeros(problem.size, np.int64)
        yield np.ones(problem.size, np.int64)


def test_a_solver_cannot_report_what_check_does_not_confirm():
    problem = graph()
    result = solve(problem, Stop(0.3), [Liar()])
    arm = next(a for a in result.arms if a.solver == "liar")
    assert arm.best.objective == 0  # nothing is cut when all are on one side
    assert result.winner in ("random", "greedy")
    assert result.objective == problem.objective(result.best.assignment) > 0
    assert len(arm.incumbents) == 1  # the second answer was no better


class Nonsense(Liar):
    name = "nonsense"

    def run(self, problem, lowering, stop, seed):
        yield np.full(problem.size, 7)


def test_what_is_no_assignment_is_refused():
    with pytest.raises(ConfigError, match="each 0 or 1"):
        solve(graph(), Stop(0.3), [Nonsense()])
    with pytest.raises(ConfigError):
        check(graph(), np.zeros(3))


class Interrupted(Liar):
    name = "interrupted"

    def run(self, problem, lowering, stop, seed):
        yield (np.arange(problem.size) % 2).astype(np.int64)
        raise KeyboardInterrupt


def test_ctrl_c_keeps_the_incumbent():
    result = solve(graph(), Stop(5.0), [Interrupted()])
    assert next(a for a in result.arms if a.solver == "interrupted").best is not None
    assert result.best is not None
    assert result.bound is None
    assert result.gap is None


def test_a_listener_hears_every_incumbent():
    heard = []
    result = solve(graph(), Stop(0.5), ["annealing"], listener=lambda arm, found: heard.append((arm.solver, found.objective)))
    assert heard == [(a.solver, v) for a in result.arms for _, v in a.incumbents]


def test_solving_in_threads_gives_what_solving_alone_gives():
    results = {}

    def run(seed):
        results[seed] = solve(graph(16, seed), Stop(20, rounds=2), ["annealing"], seed).objective

    threads = [threading.Thread(target=run, args=(s,)) for s in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {s: solve(graph(16, s), Stop(20, rounds=2), ["annealing"], s).objective for s in range(3)}


def test_bad_calls():
    with pytest.raises(ConfigError, match="unknown solver 'abacus'"):
        solve(graph(), Stop(1), ["abacus"])
    with pytest.raises(ConfigError, match="named twice"):
        solve(graph(), Stop(1), ["annealing", "annealing"])
    with pytest.raises(ConfigError, match="-1 seconds"):
        Stop(-1)
    with pytest.raises(ConfigError, match="rounds=0"):
        Stop(1, rounds=0)
    assert "too many to enumerate" in get_solver("exact").refuses(graph(30), graph(30).lower())
    refused = next(a for a in solve(graph(30), Stop(0.3), ["exact"]).arms if a.solver == "exact")
    assert refused.refused
    assert refused.best is None
