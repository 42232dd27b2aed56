"""What every problem keeps: exact values, encodings that mean the same, bounds that hold."""

import math
import multiprocessing
import pickle

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.formats.write import written
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.routing import Routing
from qualms.solve import Limits, solve
from qualms.solve.bounds import bound
from qualms.solve.encodings import ising_encoding, linear_encoding
from tests.problems.small import KINDS, assignments, made, optimum

SEEDS = range(3)


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


def lowered(problem):
    try:
        return ising_encoding(problem)
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
        assert np.array_equal(problem.sample(np.random.default_rng(1)), problem.sample(np.random.default_rng(1)))
        again.random()


def solved(problem):
    """What a solver finds in so many rounds, its place in time left out; called in another process, too."""
    result = solve(problem, Limits(60, rounds=1), ["random", "greedy", "annealing"] if lowered(problem) else ["greedy"])
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


def test_what_is_no_assignment_is_refused(kind):
    problem = made(kind)
    for wrong in (np.full(problem.size + 3, 2), np.full(problem.size, np.nan), np.full((problem.size, 2), 1), np.full(problem.size, 10**6)):
        if problem.kind == "colouring" and wrong.shape == (problem.size,) and wrong.dtype.kind == "i":
            continue  # any whole number is a colour
        if isinstance(problem, Routing) and wrong.ndim == 1 and wrong.max() == 2:
            assert problem.violations(wrong)
            continue
        if problem.kind in ("job shop", "mixed integer", "portfolio") and wrong.shape == (problem.size,) and wrong.dtype.kind == "i":
            assert problem.violations(wrong)
            continue
        with pytest.raises(ConfigError):
            problem.objective(wrong)


def test_the_encoding_means_the_problem(kind):
    """Feasible answers go to spins and back with their value for an energy, and the ground state decodes to a best answer."""
    for seed in SEEDS:
        problem = made(kind, seed)
        encoding = lowered(problem)
        if encoding is None:
            assert kind == "vrptw"
            return
        sign, exact = (1 if problem.sense == "min" else -1), kind not in ("partition", "job shop")
        for a in assignments(problem):
            if problem.violations(a):
                continue
            try:
                spins = encoding.encode(a)
            except ConfigError:  # a schedule or a colour past what the bits have
                assert kind in ("job shop", "colouring")
                continue
            assert spins.shape == (encoding.model.n,)
            assert set(np.unique(spins)) <= {-1, 1}
            back = encoding.decode(spins)
            assert not problem.violations(back)
            if exact:
                assert math.isclose(float(encoding.model.energies(spins)), sign * float(problem.objective(a)), rel_tol=1e-9, abs_tol=1e-6)
        if encoding.model.n <= 18:
            codes = np.arange(1 << encoding.model.n)
            every = 1 - 2 * ((codes[:, None] >> np.arange(encoding.model.n)) & 1)
            ground = encoding.decode(every[int(encoding.model.energies(every).argmin())])
            assert not problem.violations(ground)
            assert float(problem.objective(ground)) == pytest.approx(float(optimum(problem)), abs=1e-9)


def test_the_report_of_an_encoding(kind):
    encoding = lowered(made(kind))
    if encoding is not None:
        told = encoding.report()
        assert told["variables"] == encoding.model.n
        assert 0 <= told["density"] <= 1


def test_the_linear_form_means_the_problem(kind):
    for seed in SEEDS:
        problem = made(kind, seed)
        try:
            form = linear_encoding(problem)
        except ConfigError:
            assert kind in ("quadratic assignment", "portfolio", "mixed integer")
            return
        assert isinstance(form.model, MixedInteger)
        if form.encode is None:
            assert kind in ("tsp", "cvrp", "vrptw")
            continue
        if len(form.model.q):
            continue
        for a in assignments(problem):
            if problem.violations(a):
                continue
            try:
                x = form.encode(a)
            except ConfigError:
                assert kind == "colouring"
                continue
            if kind == "job shop" and problem.objective(a) > form.model.high[0]:
                continue
            assert form.model.violations(x) == []
            assert float(form.model.objective(x)) == pytest.approx(float(problem.objective(a)), abs=1e-9)
            assert problem.objective(form.decode(x)) <= problem.objective(a) if problem.sense == "min" else True


def test_bounds_hold(kind):
    for seed in SEEDS:
        problem = made(kind, seed)
        limit, best = bound(problem, 2.0), optimum(problem)
        assert limit is not None
        assert limit.verified
        assert float(limit.value) <= float(best) + 1e-12 if problem.sense == "min" else float(limit.value) >= float(best) - 1e-12
