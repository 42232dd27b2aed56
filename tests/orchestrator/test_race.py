"""A race: arms under one budget, none harms another, and it ends at a certificate."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.execution.executor import ONE_THREAD
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.explain import explain
from qualms.orchestrator.heats import Runner, all_at_once, better_half, heat_seconds
from qualms.orchestrator.lane import on_one_core
from qualms.orchestrator.race import race
from qualms.problems import LABS, MaxCut
from qualms.problems.numbers import Decimals
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.report.solution import sentences
from qualms.solve.arms import take
from qualms.solve.result import Arm as ArmOf
from qualms.solve.result import Result
from qualms.solve.solvers import get_solver
from qualms.specification.conversion import of_problem
from tests.orchestrator.arms import Arm, Follower, Optimum, Paid, Seeded
from tests.problems.small import made, optimum, solutions

BEST_OF_12 = np.array([1, 1, -1, -1, 1, 1, 1, 1, 1, -1, 1, -1])  # nothing of 12 spins is better than its 10


def by_name(result):
    return {arm.solver: arm for arm in result.arms}


def test_arms_that_crash_hang_hoard_or_raise_harm_nobody():
    problem = LABS(40)  # no bound closes it in this time
    names = ("crash", "hang", "hoard", "raise", "nonsense", "well")
    began = time.monotonic()
    result = race(problem, Budget(seconds=8.0, cores=2, memory=400 * 2**20), [Arm(name) for name in names])
    assert time.monotonic() - began < 60  # a machine under load; nothing hangs
    arms = by_name(result)
    assert "killed by the system (SIGSEGV)" in arms["crash"].failed
    assert "took longer than" in arms["hang"].failed
    assert "MiB of memory" in arms["hoard"].failed
    assert "division by zero" in arms["raise"].failed
    assert "a solution of labs" in arms["nonsense"].failed
    assert arms["well"].failed is None
    for name in ("crash", "hang", "hoard", "raise", "well"):  # what they found before counts
        assert arms[name].best is not None
    assert result.objective == min(a.best.objective for a in result.arms if a.best)


def test_the_race_ends_at_a_certificate():
    problem = made("knapsack")
    best = optimum(problem)
    answer = next(x for x in solutions(problem) if not problem.violations(x) and problem.objective(x) == best)
    began = time.monotonic()
    result = race(problem, Budget(seconds=120.0, cores=2), [Optimum(answer, best), Arm("well")])
    assert time.monotonic() - began < 60
    assert (result.status, result.objective) == ("optimal", best)


def test_a_gap_that_the_user_accepts_ends_it():
    problem, told = LABS(60), []
    began = time.monotonic()
    budget = Budget(seconds=120.0, cores=2, gap=1e9)
    result = race(problem, budget, [Arm("well")], proofs=lambda *proof: told.append(proof))
    assert time.monotonic() - began < 60
    assert result.gap is not None
    assert told[-1] == (result.bound, result.gap)  # what a listener hears last is what ends the race


def test_what_was_found_before_is_the_first_that_is_offered_and_never_lost():
    problem, rng = LABS(12), np.random.default_rng(0)
    before = ArmOf("Cassandra", CLASSICAL, 0, seconds=0.5)
    take(problem, before, BEST_OF_12, 0.25)
    weak = ArmOf("well", CLASSICAL, 0, seconds=0.5)
    take(problem, weak, problem.sample(rng), 0.25)
    simulated = ArmOf("qaoa", Quadrant("classical", "simulated quantum"), 0, seconds=0.5)
    known = Result(problem, before.best, "Cassandra", [], [before, weak, simulated], 0.5)
    heard = []
    result = race(
        problem,
        Budget(seconds=3.0, cores=2),  # the bound, which is 6, does not end it
        [Arm("well"), Follower()],
        listener=lambda arm, checked: heard.append((arm.solver, checked.objective)),
        known=known,
    )
    assert heard[0] == ("Cassandra", before.best.objective)
    assert (result.winner, result.objective) == ("Cassandra", 10)
    assert result.seconds > 0.5
    arms = by_name(result)
    assert arms["follower"].offers[0].solver == "Cassandra"
    assert arms["follower"].best is None  # what it was offered is not its own
    assert arms["well"].incumbents[0] == (0.25, weak.best.objective)
    assert arms["well"].seconds > 0.5
    assert "qaoa" not in arms  # circuits begin anew, beside their placebos
    assert (len(weak.incumbents), weak.seconds) == (1, 0.5)  # the probe's own account stays as it is


def test_arms_that_have_a_core_each_run_once_to_the_end():
    assert all_at_once(10.0, 2.0, 2, 2) == [10.0, 8.0]  # the bound takes the first two seconds of a core
    assert all_at_once(10.0, 2.0, 2, 3) == [10.0, 10.0]
    assert all_at_once(1.0, 2.0, 2, 2) == [1.0, 0.0]
    assert all_at_once(10.0, 2.0, 3, 2) is None
    assert all_at_once(10.0, 2.0, 1, 1) is None
    assert all_at_once(10.0, 2.0, 0, 2) is None
    result = race(LABS(40), Budget(seconds=3.0, cores=2), [Seeded("one"), Seeded("two")])
    arms = by_name(result)
    assert {arms[name].effort.amount for name in ("one", "two")} == {
        1
    }  # of the first heat; others have other seeds


def test_what_processes_are_forked_from_has_neither_pytorch_nor_threads():
    told = (
        "import os, sys, psutil\n"
        "from importlib import import_module\n"
        "from qualms.orchestrator.lane import MODULES\n"
        "for name in MODULES: import_module(name)\n"
        "print(sorted({'torch', 'ortools', 'sklearn'} & set(sys.modules)), psutil.Process().num_threads())"
    )
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == "[] 1\n"


def test_an_arm_has_one_thread():
    for name in ("annealing:threads=4", "cpsat", "tabu"):
        given = get_solver(name)
        threads = getattr(given, "threads", None)
        assert getattr(on_one_core(given), "threads", 1) == 1
        assert getattr(given, "threads", None) == threads


def test_quantum_arms_have_their_placebos_with_as_many_samples():
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(12, 1)
    problem = MaxCut(12, i, j, Decimals.of(rng.integers(-5, 6, len(i))))
    result = race(problem, Budget(seconds=30.0, cores=2), ["qaoa:depth=1,angles=fixed,shots=50"])
    if result.status == "optimal" and any("before its turn" in (a.failed or "") for a in result.arms):
        pytest.skip("proven before the placebos had their turn")
    arms = by_name(result)
    quantum = arms["qaoa:depth=1,angles=fixed,shots=50"]
    twins = [a for a in result.arms if a.twin_of == quantum.solver]
    assert len(twins) == 3
    for twin in twins:
        assert twin.quadrant == CLASSICAL
        assert twin.effort == quantum.effort
        assert twin.best is not None


def test_money_is_not_spent_without_a_budget():
    with pytest.raises(ConfigError, match="costs money, and the budget is 0 dollars"):
        race(made("maxcut"), Budget(seconds=2.0), [Paid("paid")])
    result = race(made("labs", 20), Budget(seconds=4.0), [Paid("paid"), Arm("well")])
    assert "costs money" in by_name(result)["paid"].refused


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seconds": -1.0}, "time limit"),
        ({"seconds": float("nan")}, "time limit"),
        ({"cores": 0}, "cores=0"),
        ({"dollars": -0.5}, "dollars=-0.5"),
        ({"gap": float("inf")}, "gap=inf"),
        ({"memory": 1.5}, "memory=1.5"),
    ],
)
def test_budgets_that_are_none_are_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        Budget(**options)


def runner(problem, name, objective, seconds=1.0):
    """A runner whose best answer cuts so many edges."""
    arm = ArmOf(name, CLASSICAL, 0)
    if objective is not None:
        answer = next(x for x in solutions(problem) if problem.objective(x) == objective)
        take(problem, arm, np.asarray(answer), seconds)
    return Runner(Arm(name), arm)


def test_the_better_half_goes_on_and_of_equals_the_quicker():
    problem = made("maxcut")
    values = sorted({int(problem.objective(x)) for x in solutions(problem)})
    low, high = values[0], values[-1]
    runners = [
        runner(problem, "nothing", None),
        runner(problem, "low", low),
        runner(problem, "slow", high, 2.0),
        runner(problem, "quick", high, 1.0),
    ]
    assert [r.solver.name for r in better_half(problem, runners, 1)] == ["quick", "slow"]
    assert [r.solver.name for r in better_half(problem, runners, 3)] == ["quick", "slow", "low"]


@pytest.mark.parametrize("arms", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("twins", [0, 3])
def test_heats_fit_into_the_time(arms, cores, twins):
    """The plan of all heats, played through."""
    first = heat_seconds(100.0, cores, arms, twins, True)
    total, length, left, extra, opening = 0.0, first, arms, twins, True
    while left or extra:
        now = left + (0 if opening else extra) + (1 if opening else 0)
        if not opening:
            extra = 0
        total += -(-now // cores) * (length if left else first)
        left = 0 if left <= cores else max(cores, -(-left // 2))
        length, opening = 2 * length, False
    assert total == pytest.approx(100.0, rel=0.02)


def test_an_unknown_executor_is_refused():
    with pytest.raises(ConfigError, match="unknown executor"):
        race(made("labs"), Budget(seconds=1.0), executor="clouds")


def test_after_ctrl_c_the_answer_until_then_is_told_and_that_it_was_interrupted():
    problem = LABS(40)

    def listen(arm, checked):
        if arm.solver == "well":
            raise KeyboardInterrupt

    result = race(problem, Budget(seconds=120.0, cores=2), [Arm("well"), Arm("hang"), Arm("late")], 0, listen)
    assert result.stopped
    assert result.seconds < 60
    assert result.objective == min(a.best.objective for a in result.arms if a.best)
    assert by_name(result)["well"].failed is None
    late = by_name(result)["late"]
    assert late.best is not None or late.failed == "the race was interrupted before its turn"
    told = result.to_dict()
    assert told["stopped"]
    assert sentences(told)[0].startswith("The run was interrupted after ")
    explained = explain(of_problem(problem), result, 0.1).sentences()
    assert explained[0].startswith("The run was interrupted after ")


def test_the_time_that_the_bound_leaves_is_given_to_the_solvers():
    """On one core the bound has its turn too, and is done at once here."""
    result = race(LABS(24), Budget(seconds=6.0, cores=1), [Arm("well")])
    assert result.seconds > 4.5
    assert by_name(result)["well"].seconds > 3.5
