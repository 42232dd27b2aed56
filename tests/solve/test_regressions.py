"""What a review found wrong once."""

import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, DataError, TooLargeError
from qualms.kernels.annealing import IsingModel, Replicas
from qualms.problems import (
    LABS,
    GraphColouring,
    JobShop,
    MixedInteger,
    NumberPartition,
    Portfolio,
    QuadraticAssignment,
    Routing,
)  # fmt: skip
from qualms.problems.numbers import Decimals
from qualms.solve import QUBO, Limits, MaxCut, read_problem, solve
from qualms.solve.bounds import bound
from qualms.solve.bounds.linear import proven
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers import get_solver


def write(folder, text, name="a.txt"):
    path = folder / name
    path.write_text(text)
    return path


def test_small_job_shops_are_not_facilities(tmp_path):
    assert read_problem(write(tmp_path, "3 3\n0 3 1 2 2 2\n0 2 2 1 1 4\n1 4 2 3 0 1\n")).kind == "job shop"
    assert read_problem(write(tmp_path, "2 4\n0 3 1 2 2 2 3 1\n0 2 2 1 1 4 3 2\n")).kind == "job shop"


def test_operations_that_take_no_time_need_no_machine():
    shop = JobShop(np.array([[0, 1, 1], [1, 0, 1]]), np.array([[10, 0, 0], [3, 0, 7]]))
    best = np.array([0, 10, 10, 0, 3, 3])
    assert shop.violations(best) == []
    result = solve(shop, Limits(5), ["highs", "cpsat"])
    assert result.objective == 10
    assert all(float(b.value) <= 10 + 1e-6 for b in result.bounds)


def test_customers_without_demand_make_no_tours_of_their_own():
    d = np.full((4, 4), 900)
    d[0, 1] = d[1, 0] = 100
    d[2, 3] = d[3, 2] = 10
    np.fill_diagonal(d, 0)
    problem = Routing(d, np.array([0, 2, 0, 0]), capacity=5)
    result = solve(problem, Limits(5), ["highs"])
    arm = next(a for a in result.arms if a.solver == "highs")
    assert arm.best.feasible
    assert arm.best.objective == 1910


def test_a_portfolio_that_may_be_is_left_alone_by_the_decoder():
    problem = Portfolio(np.array([0.1, 0.2, 0.3]), np.eye(3) / 5, np.full(3, 0.01), lot=0.1, smallest=0.1)
    w = np.array([0.8, 0.2, 0.0])
    assert ising_encoding(problem).decode(ising_encoding(problem).encode(w)) == pytest.approx(w)


def test_numbers_of_any_size_are_exact(tmp_path):
    big = read_problem(write(tmp_path, "2 1\n1 2 5000000000000000000\n", "a.sparse"))
    assert big.objective(np.array([1, 1])) == 10**19
    assert Decimals.of(["0.10000000000000000000000000000001", "1.0"]).total() == Decimals.of(["1.10000000000000000000000000000001"]).total()
    rows = csr_matrix(np.array([[3e12]]))
    huge = MixedInteger(np.ones(1), np.zeros(1), np.array([1e9]), np.ones(1, bool), rows, np.array([3e15]), np.array([np.inf]))
    with pytest.raises(TooLargeError, match="2\\^50"):
        ising_encoding(huge)
    flow = np.full((3, 3), 3_000_000_000)
    wide = QuadraticAssignment(flow, -flow)
    assert bound(wide, 1).value <= wide.objective(np.arange(3))


def test_settings_are_finite(tmp_path):
    path = write(tmp_path, "2\n.01 .1\n.02 .2\n1 1 1\n1 2 .5\n2 2 1\n")
    for value in ("nan", "inf", "x"):
        with pytest.raises(ConfigError):
            read_problem(path, kind="portfolio", least_return=value)
    with pytest.raises(ConfigError, match=r"capacity=.2\.7."):
        read_problem(write(tmp_path, "x,y,demand\n0,0,0\n1,1,1\n", "t.csv"), capacity="2.7")


def test_dimacs_graphs_are_simple(tmp_path):
    problem = read_problem(write(tmp_path, "c\nc two ways\np edge 2 2\ne 1 2\ne 2 1\n"), kind="maxcut")
    assert problem.objective(np.array([0, 1])) == 1


def test_solomons_customers_are_all_read(tmp_path):
    text = "C\nVEHICLE\nNUMBER CAPACITY\n2 10\nCUSTOMER\nCUST NO. X Y D R D S\n0 0 0 0 0 100 0\n1 3 4 {} 0 50 10\n"
    for demand, more, reason in (
        ("5.7", "", "demand '5.7' is not an integer"),
        ("-3", "", "demand -3"),
        ("4", "3x 1 1 1 1 1 1\n", "customer '3x' is not an integer"),
    ):
        with pytest.raises(DataError, match=reason):
            read_problem(write(tmp_path, text.format(demand) + more))


def test_a_colouring_with_more_colours_than_the_model_is_no_hint():
    rng = np.random.default_rng(1)
    i, j = np.triu_indices(30, 1)
    kept = rng.random(len(i)) < 0.3
    problem = GraphColouring(30, i[kept], j[kept])
    for seed in range(10):
        assert solve(problem, Limits(0.5, rounds=1), ["cpsat"], seed).feasible


def test_an_encoding_has_vehicles_enough():
    d = np.ones((6, 6), int) - np.eye(6, dtype=int)
    problem = Routing(d, np.array([0, 3, 3, 3, 3, 3]), capacity=5)
    greedy = problem.greedy(np.random.default_rng(0))
    assert problem.violations(greedy) == []
    encoding = ising_encoding(problem)
    assert problem.violations(encoding.decode(encoding.encode(greedy))) == []
    for wrong in ({"capacity": 0}, {"vehicles": 0}):
        with pytest.raises(ConfigError, match="at least 1"):
            Routing(d, np.zeros(6, int), **wrong)
    with pytest.raises(ConfigError, match="two nodes"):
        Routing(np.zeros((1, 1), int), np.zeros(1, int))


def test_what_is_too_large_for_spins_is_refused_before_it_is_made():
    for problem in (QuadraticAssignment(np.ones((120, 120), int), np.ones((120, 120), int)), NumberPartition(Decimals.of(np.arange(1, 60_001)))):
        assert "as spins" in get_solver("annealing").refuses(problem)


def test_exact_is_exact():
    for seed in range(4):
        numbers = np.random.default_rng(seed).integers(1, 10**6, 18)
        problem = NumberPartition(Decimals.of(numbers))
        sums = abs(int(numbers.sum()) - 2 * ((np.arange(1 << 17)[:, None] >> np.arange(18)) & 1) @ numbers).min()
        result = solve(problem, Limits(20), ["exact"])
        assert next(a for a in result.arms if a.solver == "exact").best.objective == sums


def test_one_arms_failure_is_not_the_others():
    rng = np.random.default_rng(0)
    problem = NumberPartition(Decimals.of([int(v) for v in rng.integers(2**55, 2**56, 12)]))
    result = solve(problem, Limits(1.0))
    assert result.feasible
    assert any(a.solver == "cpsat" and a.refused for a in result.arms)
    with pytest.raises(ConfigError, match="PyVRP takes routes"):
        solve(problem, Limits(0.5), ["pyvrp"])
    with pytest.raises(ConfigError, match="seed=-1"):
        solve(problem, Limits(0.5), seed=-1)


def test_a_search_that_proved_nothing_claims_nothing():
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(300, 1)
    kept = rng.random(len(i)) < 0.05
    problem = MaxCut(300, i[kept], j[kept], Decimals.of(np.ones(kept.sum(), int)))
    for limit in solve(problem, Limits(0.01), ["cpsat"]).bounds:
        assert float(limit.value) > 0


def test_empty_forms_have_bounds():
    for n in (3, 40):
        problem = MaxCut(n, np.zeros(0, int), np.zeros(0, int), Decimals.of([]))
        began = time.monotonic()
        assert bound(problem, 3.0).value == 0
        assert time.monotonic() - began < 2
    assert solve(QUBO(2, np.array([0]), np.array([1]), Decimals.of([0])), Limits(0.3)).objective == 0


def test_slopes_that_rounding_may_turn_are_no_proof():
    y = np.array([0.848429425, 0.385283815])
    cost = np.array([3 * y[0] + 2.5 * y[1]])
    rows = csr_matrix(np.array([[3.0], [2.5]]))
    value, verified = proven(cost, rows, np.ones(2), np.full(2, np.inf), np.zeros(1), np.array([np.inf]), y)
    assert not verified
    assert value <= y.sum() + 1e-9


def test_random_words_go_on_when_couplings_change():
    c = IsingModel.from_pairs(30, np.arange(29), np.arange(1, 30), np.ones(29))
    replicas = Replicas(c, 8, 3)
    replicas.reweighted(np.zeros(len(c.values), bool), 0.0)
    seen = []
    for _ in range(3):
        replicas.sweep(np.full(1, 0.4))
        seen.append(replicas.spins.copy())
        replicas.reweighted(np.zeros(len(c.values), bool), 0.0)
    flips = [a != b for a, b in pairwise(seen)]
    assert not np.array_equal(flips[0], flips[1])


def test_rounds_keep_the_time():
    began = time.monotonic()
    solve(LABS(300), Limits(0.5, rounds=1), ["memetic-labs"])
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("name", ["annealing:replicas=0", "annealing:replicas=abc", "qaoa:depth=2.5", "path-integral:slices=2", "cpsat:threads=-1",
                                  "bifurcation:replicas=0", "tempering:sweeps=0"])  # fmt: skip
def test_bad_options_are_told_at_once(name):
    with pytest.raises(ConfigError, match="an integer of at least"):
        get_solver(name)


def test_ctrl_c_in_cpsat_keeps_the_incumbent_and_python_its_handler(tmp_path):
    code = """
import os, signal, threading, time
import numpy as np
from qualms.solve import Limits, solve
from qualms.problems import JobShop
from qualms.solve.encodings import ising_encoding
rng = np.random.default_rng(0)
shop = JobShop(np.array([rng.permutation(15) for _ in range(20)]), rng.integers(1, 99, (20, 15)))
def heard(arm, found, sent=[]):
    if arm.solver == "cpsat" and not sent:
        sent.append(threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)))
        sent[0].start()
began = time.monotonic()
result = solve(shop, Limits(150), ["cpsat"], listener=heard)
assert result.best is not None and time.monotonic() - began < 90
assert next(a for a in result.arms if a.solver == "cpsat").best is not None
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("caught")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "caught"
