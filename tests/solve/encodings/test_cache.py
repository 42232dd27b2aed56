"""Encodings are kept outside of problems, and no longer than these live."""

import contextlib
import copy
import gc
import pickle
import threading
import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems import Knapsack, ModelBuilder
from qualms.solve import Limits, solve
from qualms.solve.bounds import bound
from qualms.solve.encodings import IsingEncoding, LinearEncoding, ising_encoding, linear_encoding
from qualms.solve.encodings.cache import CachedDispatch
from tests.problems.small import KINDS, made


@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_is_encoded_once_and_dies_in_spite_of_it(kind):
    problem = made(kind)
    kept = 0
    for encoded in (ising_encoding, linear_encoding):
        try:
            first = encoded(problem)
        except ConfigError:
            assert encoded.known(problem) is None
            continue
        kept += 1
        assert encoded(problem) is first is encoded.known(problem)
        assert encoded.known(made(kind)) is None  # another of the same data
    assert kept
    gone = weakref.ref(problem)
    del problem
    gc.collect()
    assert gone() is None


def test_an_encoding_works_when_its_problem_is_gone():
    encoding = ising_encoding(made("knapsack"))
    gc.collect()
    assert made("knapsack").violations(encoding.decode(np.ones(encoding.model.n))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_pickles_are_of_the_data_alone(kind):
    problem = made(kind)
    before = set(vars(problem))
    for work in (ising_encoding, linear_encoding):
        with contextlib.suppress(ConfigError):
            work(problem)
    bound(problem, 0.1)
    new = set(vars(problem)) - before
    assert new <= {"near", "energy"}  # graphs and energies, which are data too
    pickle.loads(pickle.dumps(problem))


def test_threads_get_the_same_encoding():
    problem, found = made("cvrp"), []
    threads = [threading.Thread(target=lambda: found.append(ising_encoding(problem))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(encoding) for encoding in found}) == 1
    assert found[0] is ising_encoding(problem)


def test_a_number_that_is_used_again_is_another_problem():
    """Objects get the addresses of those that are gone; an encoding belongs to one of them."""
    for capacity in range(1, 200):
        problem = Knapsack(np.eye(2, dtype=np.int64), np.ones(2, np.int64), capacity)
        linear = linear_encoding(problem)
        assert linear.model.row_high.tolist() == [capacity]


def test_the_default_gets_the_problem_and_a_registered_function_a_copy():
    seen = []

    @CachedDispatch
    def told(problem):
        seen.append(problem)
        return object()

    @told.register
    def _(problem: Knapsack):
        seen.append(problem)
        return object()

    cut, bag = made("maxcut"), made("knapsack")
    told(cut)
    told(bag)
    assert seen[0] is cut
    assert seen[1] is not bag
    assert seen[1].profits is bag.profits


@dataclass(frozen=True)
class Votes:
    """A kind of somebody else: as many yes as may be, two of them at most."""

    size: int = 4
    name: str = "votes"
    kind: str = "votes"
    sense: str = "max"
    notes: tuple[str, ...] = ()

    def objective(self, solution):
        if np.shape(solution) != (self.size,):
            raise ConfigError("not votes")
        return int(np.sum(solution))

    def violations(self, solution):
        return ["too many"] if np.sum(solution) > 2 else []

    def sample(self, rng):
        return np.zeros(self.size, np.int64)

    greedy = sample


@dataclass(frozen=True)
class Ballot(Votes):
    """The same with a linear encoding."""

    kind: str = "ballot"


@linear_encoding.register
def _(problem: Ballot) -> LinearEncoding:
    rows = ModelBuilder(problem.name, problem.sense)
    votes = rows.bits(problem.size, 1.0)
    rows.add(dict.fromkeys(votes.tolist(), 1.0), high=2, name="two")
    return LinearEncoding(rows.build(), lambda x: np.rint(x).astype(np.int64), lambda x: np.asarray(x, float))


def test_a_kind_that_registers_nothing_is_refused_in_one_line():
    with pytest.raises(ConfigError, match=r"^votes votes has no linear encoding$"):
        linear_encoding(Votes())
    with pytest.raises(ConfigError, match=r"^votes votes has neither an Ising nor a linear encoding$"):
        ising_encoding(Votes())
    with pytest.raises(ConfigError, match=r"^annealing: votes votes has neither"):
        solve(Votes(), Limits(0.2), ["annealing"])
    assert solve(Votes(), Limits(0.2), ["random"]).objective == 0


def test_a_linear_encoding_alone_gives_solvers_of_spins_one_too():
    problem = Ballot()
    encoding = ising_encoding(problem)
    assert isinstance(encoding, IsingEncoding)
    spins = np.array(np.meshgrid(*[[-1, 1]] * encoding.model.n)).reshape(encoding.model.n, -1).T
    ground = encoding.decode(spins[int(encoding.model.energies(spins).argmin())])
    assert (problem.objective(ground), problem.violations(ground)) == (2, [])
    for solver in ("annealing", "exact", "highs", "cpsat"):
        assert solve(problem, Limits(1, rounds=1), [solver]).objective == 2, solver
    assert copy.copy(problem) == problem
