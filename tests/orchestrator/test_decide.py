"""The decision as a whole."""

import dataclasses
import json

import numpy as np
import pytest

from qualms.backends import get_backend
from qualms.errors import ConfigError
from qualms.orchestrator import decide as layer
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decide import decide
from qualms.orchestrator.decision.arms import CIRCUITS, QUANTUM, takers
from qualms.orchestrator.decision.experience import Run
from qualms.orchestrator.decision.features import classes, family, features, treewidth
from qualms.orchestrator.decision.places import SIMULATED
from qualms.orchestrator.decision.probe import MOST, SHARE, Probe, allowed, probed
from qualms.problems import Knapsack, MaxCut, QuadraticAssignment
from qualms.problems.numbers import Decimals
from qualms.records import RunStore
from qualms.solve import Limits, solve
from qualms.solve.encodings import ising_encoding
from qualms.solve.record import records
from qualms.solve.solvers import BASELINES, SOLVERS, get_solver
from tests.problems.small import KINDS, made

BUDGET = Budget(10.0, 2)
OPEN = Probe("annealing", 100.0, 110.0, 0.1, 0.5, 1.0, "feasible")


def ring(n, weights=None):
    ends = np.arange(n)
    return MaxCut(n, ends, (ends + 1) % n, Decimals.of(np.ones(n, int) if weights is None else weights))


def model(i, j, n, fields=None):
    from qualms.kernels.annealing import IsingModel

    return IsingModel.from_pairs(n, np.array(i), np.array(j), np.ones(len(i)), fields)


@pytest.fixture
def known(monkeypatch):
    """Runs of cuts of 8 to 80 nodes: tempering is always right, tabu never."""

    def of(size, number, arm, gap, **more):
        trace = ((0.05, gap),) if gap is not None else ()
        return Run(arm, f"{size} {number}", "maxcut", "maxcut, sparse", size, size, trace, 1.0, **more)

    found = [
        of(size, number, arm, gap, quantum=arm in QUANTUM)
        for size in (8, 20, 40, 80)
        for number in range(3)
        for arm, gap in (("tempering", 0.0), ("annealing", 0.01), ("tabu", 0.2), ("qaoa", None))
    ]
    monkeypatch.setattr(layer, "shipped_runs", lambda: tuple(found))
    return found


# Features ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("i", "j", "n", "width"),
    [
        ([0, 1, 2], [1, 2, 3], 4, 1),  # a path
        ([0, 1, 2, 3, 4], [1, 2, 3, 4, 0], 5, 2),  # a ring
        ([0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3], 4, 3),  # a clique
        ([], [], 3, 0),
        ([0, 0, 0, 0], [1, 2, 3, 4], 5, 1),  # a star
    ],
)
def test_treewidth_of_graphs_where_it_is_known(i, j, n, width):
    assert treewidth(model(i, j, n)) == width
    assert treewidth(model(i, j, n), seconds=0.0) >= width  # cut off it is a bound as well


def test_the_grid_has_a_treewidth_of_its_side():
    side = 5
    node = np.arange(side * side).reshape(side, side)
    i = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    j = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    assert side <= treewidth(model(i, j, side * side)) <= side + 2


def test_spins_that_look_alike():
    assert classes(model(range(6), [1, 2, 3, 4, 5, 0], 6)) == 1  # a ring
    assert classes(model([0, 0, 0], [1, 2, 3], 4)) == 2  # a star: the middle and the ends
    assert classes(model([0, 1, 2], [1, 2, 3], 4)) == 2  # a path: ends and middles
    assert classes(model(range(6), [1, 2, 3, 4, 5, 0], 6, np.array([1.0, 0, 0, 0, 0, 0]))) == 4


def test_families_are_finer_than_kinds():
    assert family(ring(10)) == "maxcut, sparse"
    assert family(ring(4, [1, -1, 1, 1])) == "maxcut, signed"
    i, j = np.triu_indices(12, 1)
    assert family(MaxCut(12, i, j, Decimals.of(np.ones(len(i), int)))) == "maxcut, dense"
    weights = np.array([1, 2])
    assert family(Knapsack(np.diag([3, 4]), weights, 2)) == "knapsack"
    assert family(Knapsack(np.array([[3, 1], [0, 4]]), weights, 2)) == "quadratic knapsack"
    assert family(made("tsp")) == "tsp"


def test_large_instances_are_not_encoded_and_say_so():
    flow = np.ones((40, 40), np.int64)
    problem = QuadraticAssignment(flow, flow)
    seen = features(problem)
    assert seen.spins is None
    assert "not encoded" in seen.left_out[0]
    assert ising_encoding.known(problem) is None


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "vrptw"])
def test_features_are_those_of_the_encoding(kind):
    problem = made(kind)
    seen, report = features(problem), ising_encoding(problem).report()
    assert (seen.spins, seen.pairs) == (report["variables"], report["pairs"])
    assert seen.density == pytest.approx(report["density"])
    assert seen.coefficient_bits == pytest.approx(report["coefficient_bits"])
    assert 0 <= seen.treewidth < max(1, seen.spins)
    json.dumps(seen.to_dict(), allow_nan=False)


# Arms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_who_takes_a_problem_is_told_as_the_solvers_say(kind):
    """Without importing torch the decision has to know it by itself."""
    problem = made(kind)
    told = takers(problem, features(problem))
    assert told == [s for s in SOLVERS if s not in BASELINES and get_solver(s).refuses(problem) is None]


def test_the_names_of_quantum_solvers_are_complete():
    assert set(QUANTUM) == {s for s in SOLVERS if get_solver(s).quadrant.is_quantum}
    assert set(CIRCUITS) < set(QUANTUM)
    from qualms.solve.solvers.qaoa import largest

    assert largest(get_backend("statevector")) == SIMULATED


# The probe --------------------------------------------------------------------------------------------------


def test_the_probe_has_a_tenth_of_the_time_and_two_seconds_at_most():
    assert allowed(Budget(5.0)) == pytest.approx(SHARE * 5)
    assert allowed(Budget(3600.0)) == MOST
    found = probed(ring(9), Budget(5.0, 2))
    assert found.value == 8
    assert found.gap == 0
    assert found.seconds < 2 * found.allowed


def test_a_solver_that_fails_ends_no_probe(monkeypatch):
    def fails(self, problem, clock, seed):
        raise ConfigError("made to fail")
        yield

    monkeypatch.setattr("qualms.solve.solvers.exact.ExactSolver.run", fails)
    found = probed(ring(9), Budget(3.0, 2))
    assert found.solver in BASELINES
    assert found.value is not None


# The decision -----------------------------------------------------------------------------------------------


def test_inside_the_experience_the_best_arms_race(known):
    found = decide(ring(30), BUDGET, probe=OPEN, seed=1)
    assert found.outside is None
    assert found.arms[0] == "tempering"
    assert "tabu" not in set(found.arms) - {found.exploration.arm}
    best = found.predictions[0]
    assert best.arm == "tempering"
    assert best.gap.middle == 0
    qaoa = [p for p in found.predictions if p.arm == "qaoa"]
    assert qaoa == []  # thirty spins are not simulated
    assert not found.worth_it
    assert found.reason == found.failed.sentence
    assert found.failed.name == "cost"  # the budget has no dollars


def test_outside_of_it_what_suits_the_kind_races_with_one_arm_to_learn_about(known):
    problem = ring(300)
    found = decide(problem, BUDGET, probe=OPEN)
    assert "size" in found.outside
    assert found.predictions == ()
    assert found.arms == ("annealing", found.exploration.arm)
    assert found.exploration.arm in found.exploration.among
    assert found.exploration.propensity == pytest.approx(1 / len(found.exploration.among))
    assert any("Nothing is predicted" in s for s in found.sentences())
    assert decide(problem, BUDGET, probe=OPEN).arms == found.arms  # the same draw for the same seed


def test_every_arm_is_drawn_with_the_probability_that_is_recorded(known):
    """Inverse weights of the draws add up to the number of draws for every arm that could be drawn."""
    draws = [decide(ring(300), BUDGET, probe=OPEN, seed=s).exploration for s in range(120)]
    among = draws[0].among
    for arm in among:
        total = sum(1 / d.propensity for d in draws if d.arm == arm)
        assert total == pytest.approx(120, abs=5 * np.sqrt(120 * len(among)))
    inside = [decide(ring(30), BUDGET, probe=OPEN, seed=s).exploration for s in range(120)]
    assert {d.propensity for d in inside if d.arm is None} == {0.9}
    assert 0 < sum(d.arm is not None for d in inside) < 40


def test_a_quantum_arm_races_where_it_is_asked_for_whatever_the_gates_say(known):
    found = decide(ring(16), BUDGET, probe=dataclasses.replace(OPEN, gap=0.0), asked=["qaoa"])
    assert "qaoa" in found.arms
    assert not found.worth_it
    assert found.failed.name == "gap"
    used = {(q.data, q.compute): q.arms for q in found.quadrants}
    assert used["classical", "quantum"] == ("qaoa",)
    assert used["quantum", "classical"] == used["quantum", "quantum"] == ()
    assert any("because you asked for it" in s for s in found.sentences())


def test_where_no_gate_fails_the_best_quantum_arm_races(known, monkeypatch):
    wins = [
        dataclasses.replace(r, arm="qaoa-fixed", trace=((0.01, 0.0),)) for r in known if r.arm == "tempering"
    ]
    others = [dataclasses.replace(r, trace=((0.05, 0.1),)) for r in known]
    monkeypatch.setattr(layer, "shipped_runs", lambda: (*others, *wins))
    found = decide(ring(16), Budget(3600.0, 2, dollars=100.0), probe=OPEN)
    assert found.worth_it, found.reason
    assert "qaoa-fixed" in found.arms
    assert found.measured.better == 6  # of 8 and 20 nodes; those of 40 are too far away


def test_a_store_of_ones_own_counts(tmp_path, known):
    """Five runs of a kind that nobody ran before."""
    with RunStore(tmp_path) as store:
        for seed in range(5):
            problem = made("qubo", seed)
            limits = Limits(5.0, rounds=1)
            for record in records(solve(problem, limits, ["annealing", "tabu"], seed), limits):
                store.add(record)
    problem = made("qubo", 9)
    assert "0 instances" in decide(problem, BUDGET, probe=OPEN).outside
    found = decide(problem, BUDGET, store=tmp_path, probe=OPEN)
    assert found.outside is None
    assert {p.arm for p in found.predictions} == {"annealing", "tabu"}
    assert decide(problem, BUDGET, store=tmp_path / "empty", probe=OPEN).outside is not None


def test_it_is_json(known):
    for problem in (ring(30), ring(300), made("tsp")):
        told = decide(problem, BUDGET, probe=OPEN).to_dict()
        read = json.loads(json.dumps(told, allow_nan=False))
        assert read["arms"] == list(told["arms"])
        assert len(read["gates"]) == 5
        assert len(read["quadrants"]) == 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seed": -1}, "seed"),
        ({"value_per_unit": -1.0}, "value_per_unit"),
        ({"queue_seconds": float("nan")}, "queue_seconds"),
    ],
)
def test_what_is_no_option_is_told(options, told):
    with pytest.raises(ConfigError, match=told):
        decide(ring(6), BUDGET, probe=OPEN, **options)
