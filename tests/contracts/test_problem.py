"""What every problem keeps: exact values, encodings that mean the same, bounds that hold."""

import contextlib
import math
import multiprocessing
import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.formats.write import written
from qualms.problems.mixed_integer import MixedInteger
from qualms.solve import Limits, solve
from qualms.solve.bounds import bound
from qualms.solve.encodings import ising_encoding, linear_encoding
from tests.problems.small import KINDS, made, optimum, solutions


@dataclass(frozen=True)
class Promise:
    """What a kind keeps beyond what all keep.

    The tests fail where it says too much, and where it says too little.

    Attributes
    ----------
    ising, linear : bool
        Whether it has the encoding.
    energy : bool
        Whether the energy of a feasible solution is its objective, and not something that stands for it.
    all_spins, all_linear : bool
        Whether the encodings have a place for every feasible solution.
    way_back : bool
        Whether a solution can be put into the linear model.
    takes : tuple[str, ...]
        Takes of `WRONG`, what it takes for a solution all the same, one that breaks constraints.
    """

    ising: bool = True
    energy: bool = True
    all_spins: bool = True
    linear: bool = True
    way_back: bool = True
    all_linear: bool = True
    takes: tuple[str, ...] = ()


PROMISES = {kind: Promise() for kind in KINDS} | {
    "colouring": Promise(all_spins=False, all_linear=False, takes=("huge",)),  # any integer is a colour
    "partition": Promise(energy=False),  # the square of the difference
    "quadratic assignment": Promise(linear=False),
    "tsp": Promise(way_back=False, takes=("too many",)),  # a customer may be told twice
    "cvrp": Promise(way_back=False, takes=("too many",)),
    "vrptw": Promise(ising=False, way_back=False, takes=("too many",)),
    "job shop": Promise(energy=False, all_spins=False, all_linear=False, takes=("huge",)),  # late ends in sum
    "portfolio": Promise(linear=False, takes=("huge",)),
    "mixed integer": Promise(linear=False, takes=("huge",)),  # products of variables that are no bits
}
WRONG = {
    "too many": lambda n: np.full(n + 3, 2),
    "no numbers": lambda n: np.full(n, np.nan),
    "a table": lambda n: np.full((n, 2), 1),
    "huge": lambda n: np.full(n, 10**6),
}
SEEDS = range(3)


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def encoded(function, problem):
    """The encoding, or None where there is none."""
    try:
        return function(problem)
    except ConfigError:
        return None


def test_names_and_sizes(kind):
    problem = made(kind)
    assert problem.kind == kind
    assert problem.sense in ("min", "max")
    assert problem.size > 0


def test_samples_and_greedy_answers_are_assignments(kind):
    for seed in SEEDS:
        problem, rng = made(kind, seed), np.random.default_rng(seed)
        for found in (problem.sample(rng), problem.greedy(rng)):
            problem.objective(found)
            assert isinstance(problem.violations(found), list)
            assert written(problem, found).endswith("\n")
        again = np.random.default_rng(seed)
        assert np.array_equal(
            problem.sample(np.random.default_rng(1)), problem.sample(np.random.default_rng(1))
        )
        again.random()


def solved(problem):
    """What a solver finds in so many rounds, its place in time left out; called in another process, too."""
    result = solve(
        problem,
        Limits(60, rounds=1),
        ["random", "greedy", "annealing"] if encoded(ising_encoding, problem) else ["greedy"],
    )
    return result.status, result.objective, np.asarray(result.best.solution).tolist()


@pytest.fixture(scope="module")
def elsewhere():
    """A process that shares nothing with this one."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        yield pool


def test_a_problem_goes_to_another_process_and_is_solved_there_as_here(kind, elsewhere):
    problem = made(kind, 1)
    here = solved(problem)  # whose spins and linear form are kept with the problem from now on
    bound(problem, 0.1)
    again = pickle.loads(pickle.dumps(problem))
    assert type(again) is type(problem)
    assert (again.name, again.notes) == (problem.name, problem.notes)
    assert elsewhere.apply(solved, (problem,)) == here


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_solution_is_refused(kind, name):
    problem = made(kind)
    wrong = WRONG[name](problem.size)
    if name in PROMISES[kind].takes:
        problem.objective(wrong)
        assert problem.violations(wrong)
        return
    for look in (problem.objective, problem.violations):
        with pytest.raises(ConfigError):
            look(wrong)


def feasible(problem):
    return [a for a in solutions(problem) if not problem.violations(a)]


def placed(encode, solutions):
    """Pairs of a solution and its place in an encoding; those that it has no place for are left out."""
    for a in solutions:
        with contextlib.suppress(ConfigError):
            yield a, encode(a)


def test_the_ising_encoding_means_the_problem(kind):
    """Feasible solutions go to spins and back with their value for an energy, and the ground state decodes to
    a best one.
    """
    promise, same, complete = PROMISES[kind], True, True
    for seed in SEEDS:
        problem = made(kind, seed)
        encoding = encoded(ising_encoding, problem)
        assert (encoding is not None) == promise.ising
        if encoding is None:
            return
        sign, allowed = (1 if problem.sense == "min" else -1), feasible(problem)
        allowed = allowed[:: 1 + len(allowed) // 400]  # evenly, where there are thousands
        pairs = list(placed(encoding.encode, allowed))
        complete &= len(pairs) == len(allowed)
        for a, spins in pairs:
            assert spins.shape == (encoding.model.n,)
            assert set(np.unique(spins)) <= {-1, 1}
            assert not problem.violations(encoding.decode(spins))
            value = sign * float(problem.objective(a))
            same &= math.isclose(float(encoding.model.energies(spins)), value, rel_tol=1e-9, abs_tol=1e-6)
        if encoding.model.n <= 18:
            codes = np.arange(1 << encoding.model.n)
            every = 1 - 2 * ((codes[:, None] >> np.arange(encoding.model.n)) & 1)
            ground = encoding.decode(every[int(encoding.model.energies(every).argmin())])
            assert not problem.violations(ground)
            assert float(problem.objective(ground)) == pytest.approx(float(optimum(problem)), abs=1e-9)
    assert (same, complete) == (promise.energy, promise.all_spins)


def test_the_report_of_an_encoding(kind):
    encoding = encoded(ising_encoding, made(kind))
    if encoding is not None:
        told = encoding.report()
        assert told["variables"] == encoding.model.n
        assert 0 <= told["density"] <= 1


def test_the_linear_encoding_means_the_problem(kind):
    promise, complete = PROMISES[kind], True
    for seed in SEEDS:
        problem = made(kind, seed)
        form = encoded(linear_encoding, problem)
        assert (form is not None) == promise.linear
        if form is None:
            return
        assert isinstance(form.model, MixedInteger)
        assert not len(form.model.q)
        assert (form.encode is not None) == promise.way_back
        if form.encode is None:
            continue
        allowed = feasible(problem)
        pairs = list(placed(form.encode, allowed))
        complete &= len(pairs) == len(allowed)
        for a, x in pairs:
            assert form.model.violations(x) == []
            assert float(form.model.objective(x)) == pytest.approx(float(problem.objective(a)), abs=1e-9)
            assert (
                problem.objective(form.decode(x)) <= problem.objective(a) if problem.sense == "min" else True
            )
    if promise.way_back:
        assert complete == promise.all_linear


def test_bounds_hold(kind):
    for seed in SEEDS:
        problem = made(kind, seed)
        limit, best = bound(problem, 2.0), optimum(problem)
        assert limit is not None
        assert limit.verified
        assert (
            float(limit.value) <= float(best) + 1e-12
            if problem.sense == "min"
            else float(limit.value) >= float(best) - 1e-12
        )
