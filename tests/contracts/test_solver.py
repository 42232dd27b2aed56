"""What every solver does: it says solutions, and nothing it says is believed."""

import dataclasses
import itertools
import pickle
import sys
import threading
import time

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError
from qualms.problems import Bound, MixedInteger, NoAnswer
from qualms.problems.numbers import Decimals
from qualms.records.quadrant import CLASSICAL
from qualms.records.twin import twins_of
from qualms.solve import SOLVERS, Clock, Limits, MaxCut, solve
from qualms.solve.check import check
from qualms.solve.solvers import Effort, defaults, get_solver
from tests.problems.small import KINDS, made, optimum


@dataclasses.dataclass(frozen=True)
class Promise:
    """What a solver does with the small problems.

    Attributes
    ----------
    takes : frozenset[str]
        Kinds that it takes; it refuses all others.
    finds : frozenset[str]
        Kinds whose optimum it finds. Of the rest it takes it promises nothing, mostly because of
        penalties.
    proves : bool
        Whether it ends by itself when it is done, and not by rounds.
    """

    takes: frozenset[str]
    finds: frozenset[str] = frozenset()
    proves: bool = False


ALL = frozenset(KINDS)
FREE = frozenset({"maxcut", "qubo", "ising", "independent set", "partition", "labs"})  # spins without slack
ROUTES = frozenset({"tsp", "cvrp", "vrptw"})
SPINS = ALL - {"vrptw"}
NARROW = SPINS - {"labs", "cvrp", "portfolio"}  # up to 16 spins here
LINEAR = ALL - {"quadratic assignment", "portfolio", "mixed integer"}
CHOICES = frozenset({"colouring", "assignment", "tsp", "job shop", "facility location"})  # one of many
PROMISES = {
    "random": Promise(ALL),
    "greedy": Promise(ALL),
    "exact": Promise(NARROW, NARROW - {"job shop"}, proves=True),  # late ends in sum are not the makespan
    "annealing": Promise(SPINS, FREE),
    "tempering": Promise(SPINS, FREE),
    "tabu": Promise(SPINS, FREE),
    "bifurcation": Promise(SPINS, FREE),
    "path-integral": Promise(SPINS, FREE),
    "qaoa": Promise(NARROW, FREE - {"labs"}),
    "qaoa-fixed": Promise(NARROW),
    "qaoa-warm": Promise(NARROW),
    "qaoa-cvar": Promise(NARROW),
    "qaoa-xy": Promise(CHOICES),
    "qaoa-recursive": Promise(SPINS, FREE - {"labs", "partition"}),
    "neighbourhood": Promise(SPINS),
    "segment-routing": Promise(ROUTES),
    "residual-portfolio": Promise(frozenset({"portfolio"})),
    "highs": Promise(LINEAR, LINEAR, proves=True),
    "cpsat": Promise(LINEAR - ROUTES, LINEAR - ROUTES, proves=True),
    "pyvrp": Promise(ROUTES, ROUTES),
    "convex": Promise(frozenset({"portfolio"}), frozenset({"portfolio"})),
    "robust-tabu": Promise(frozenset({"quadratic assignment"}), frozenset({"quadratic assignment"})),
    "priced": Promise(frozenset({"knapsack"}), frozenset({"knapsack"})),
    "memetic-labs": Promise(frozenset({"labs"}), frozenset({"labs"})),
}


def graph(n=14, seed=0, signed=False) -> MaxCut:
    rng = np.random.default_rng(seed)
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < 0.5
    weights = rng.choice([-1, 1, 2], kept.sum()) if signed else np.ones(kept.sum(), int)
    return MaxCut(n, i[kept], j[kept], Decimals.of(weights))


@pytest.fixture(params=SOLVERS)
def solver(request) -> str:
    return request.param


def taken(name: str, seed: int = 0) -> list:
    """A problem of every kind that the solver takes."""
    found = [p for p in (made(kind, seed) for kind in KINDS) if get_solver(name).refuses(p) is None]
    assert found
    return found


def arm_of(result, name):
    return next(a for a in result.arms if a.solver == name)


def test_every_kind_has_a_solver():
    for kind in KINDS:
        problem = made(kind)
        assert any(get_solver(name).refuses(problem) is None for name in defaults(problem))


def test_no_solver_breaks_on_any_kind(solver):
    for kind in KINDS:
        why = get_solver(solver).refuses(made(kind))
        assert why is None or (isinstance(why, str) and "\n" not in why)


def test_rounds_and_seed_decide(solver):
    problem = taken(solver)[0]

    def run(seed):
        arm = arm_of(solve(problem, Limits(60, rounds=1), [solver], seed), solver)
        return [v for _, v in arm.incumbents], np.asarray(arm.best.solution).tolist() if arm.best else None

    assert run(3) == run(3)


def test_incumbents_only_get_better_and_the_last_is_the_answer(solver):
    for problem in taken(solver, 1):
        heard: dict[str, list] = {}
        result = solve(
            problem,
            Limits(0.4, rounds=1),
            [solver],
            listener=lambda arm, found, heard=heard: heard.setdefault(arm.solver, []).append(found),
        )
        assert [a.failed for a in result.arms if a.failed] == []
        for arm in result.arms:
            if arm.best is None:
                continue
            assert arm.best.objective == arm.incumbents[-1][1] == problem.objective(arm.best.solution)
            assert arm.best.violations == problem.violations(arm.best.solution)
            assert [found.objective for found in heard[arm.solver]] == [value for _, value in arm.incumbents]
            feasible = [not found.violations for found in heard[arm.solver]]
            assert feasible == sorted(feasible)  # from the first feasible answer on, all are
            values = [found.objective for found in heard[arm.solver] if not found.violations]
            assert all((b < a) if problem.sense == "min" else (b > a) for a, b in itertools.pairwise(values))
        assert result.objective == problem.objective(result.best.solution)


def test_the_time_is_kept(solver):
    """Without judging speed: a run told to take a quarter of a second is over long before a minute, and one
    told to take none ends with an answer.
    """
    problem = taken(solver)[0]
    began = time.monotonic()
    assert solve(problem, Limits(0.25), [solver]).best is not None
    assert time.monotonic() - began < 30
    assert solve(problem, Limits(0.0), [solver]).best is not None


def test_every_solver_takes_what_the_table_says(solver):
    assert set(PROMISES) == set(SOLVERS)
    assert {p.kind for p in taken(solver, 1)} == PROMISES[solver].takes
    assert PROMISES[solver].finds <= PROMISES[solver].takes


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, p in PROMISES.items() for kind in KINDS if kind in p.finds]
)
def test_small_optima_are_found_and_bounded(name, kind):
    problem = made(kind, 1)
    result = solve(problem, Limits(4.0, rounds=None if PROMISES[name].proves else 3), [name])
    best = optimum(problem)
    assert [a.failed for a in result.arms if a.failed] == []  # a run that ends in an error hides in its arm
    assert float(arm_of(result, name).best.objective) == pytest.approx(float(best), abs=1e-9)
    assert float(result.objective) == pytest.approx(float(best), abs=1e-9)
    assert result.feasible
    assert result.gap >= 0
    for limit in result.bounds:
        assert (
            float(limit.value) <= float(best) + 1e-6
            if problem.sense == "min"
            else float(limit.value) >= float(best) - 1e-6
        )


def test_baselines_always_stand_beside(solver):
    assert {a.solver for a in solve(taken(solver)[0], Limits(0.3, rounds=1), [solver]).arms} >= {
        "random",
        "greedy",
    }


class Liar:
    """Says it has the optimum, and gives anything."""

    name, quadrant = "liar", CLASSICAL
    objective = 10**9

    def refuses(self, problem):
        return None

    def run(self, problem, clock, seed):
        self.energy = -1e9
        yield np.zeros(problem.size, np.int64)
        yield np.ones(problem.size, np.int64)


def test_a_solver_cannot_report_what_check_does_not_confirm():
    problem = graph()
    result = solve(problem, Limits(0.3), [Liar()])
    arm = next(a for a in result.arms if a.solver == "liar")
    assert arm.best.objective == 0  # nothing is cut when all are on one side
    assert result.winner in ("random", "greedy")
    assert result.objective == problem.objective(result.best.solution) > 0
    assert len(arm.incumbents) == 1  # the second answer was no better


class Nonsense(Liar):
    name = "nonsense"

    def run(self, problem, clock, seed):
        yield np.full(problem.size, 7)


def test_what_is_no_assignment_is_refused_and_the_other_arms_go_on():
    result = solve(graph(), Limits(0.3), [Nonsense(), "annealing"])
    assert "each 0 or 1" in arm_of(result, "nonsense").failed
    assert arm_of(result, "annealing").best is not None
    with pytest.raises(ConfigError, match="each 0 or 1"):
        solve(graph(), Limits(0.3), [Nonsense()])
    with pytest.raises(ConfigError):
        check(graph(), np.zeros(3))


class Interrupted(Liar):
    name = "interrupted"

    def run(self, problem, clock, seed):
        yield (np.arange(problem.size) % 2).astype(np.int64)
        raise KeyboardInterrupt


def test_ctrl_c_keeps_the_incumbent():
    result = solve(graph(), Limits(5.0), [Interrupted()])
    assert next(a for a in result.arms if a.solver == "interrupted").best is not None
    assert result.best is not None
    assert result.bounds == []
    assert result.gap is None


def test_every_solver_can_be_cut_off_at_its_first_answer(solver):
    """As Ctrl-C does it: the answer is kept, and whatever ran ends."""

    def cut(arm, found):
        if arm.solver == solver:
            raise KeyboardInterrupt

    problem, before = taken(solver)[0], threading.active_count()
    result = solve(problem, Limits(20, rounds=2), [solver], listener=cut)
    assert len(arm_of(result, solver).incumbents) == 1
    assert result.objective == problem.objective(result.best.solution)
    assert threading.active_count() <= before + 1


def test_a_listener_hears_every_incumbent():
    heard = []
    result = solve(
        graph(),
        Limits(0.5),
        ["annealing"],
        listener=lambda arm, found: heard.append((arm.solver, found.objective)),
    )
    assert heard == [(a.solver, v) for a in result.arms for _, v in a.incumbents]


def test_solving_in_threads_gives_what_solving_alone_gives():
    results = {}

    def run(seed):
        results[seed] = solve(graph(16, seed), Limits(20, rounds=2), ["annealing"], seed).objective

    threads = [threading.Thread(target=run, args=(s,)) for s in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {
        s: solve(graph(16, s), Limits(20, rounds=2), ["annealing"], s).objective for s in range(3)
    }


def test_limits_are_values_and_every_run_counts_anew():
    limits = Limits(20, rounds=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.rounds = 3
    assert pickle.loads(pickle.dumps(limits)) == limits == Limits(20, 2)
    first, second = (solve(graph(), limits, ["annealing"]) for _ in range(2))
    assert limits == Limits(20, 2)
    assert [v for _, v in arm_of(first, "annealing").incumbents] == [
        v for _, v in arm_of(second, "annealing").incumbents
    ]


def test_a_clock_ends_by_rounds_effort_or_time():
    clock = Clock(Limits(60, rounds=2, effort=5))
    assert not clock.over()
    assert not clock.over(4)
    assert clock.over(5)
    clock.made()
    assert not clock.over()
    clock.made()
    assert clock.over()
    assert not Clock(clock.limits).over()  # another run with the same limits
    assert Clock(Limits(0)).over()
    assert 0 < Clock(Limits(60)).left <= 60


def test_bad_calls():
    with pytest.raises(ConfigError, match="unknown solver 'abacus'"):
        solve(graph(), Limits(1), ["abacus"])
    with pytest.raises(ConfigError, match="named twice"):
        solve(graph(), Limits(1), ["annealing", "annealing"])
    with pytest.raises(ConfigError, match="-1 seconds"):
        Limits(-1)
    with pytest.raises(ConfigError, match="rounds=0"):
        Limits(1, rounds=0)
    assert "too many to enumerate" in get_solver("exact").refuses(graph(30))
    with pytest.raises(ConfigError, match="too many to enumerate"):
        solve(graph(30), Limits(0.3), ["exact"])
    beside = solve(graph(30), Limits(0.3), ["exact", "annealing"])
    assert arm_of(beside, "exact").refused
    assert arm_of(beside, "exact").best is None
    assert beside.winner is not None


class Braggart(Liar):
    """Claims a bound that its own answer refutes, and that a problem with answers has none."""

    name = "braggart"

    def run(self, problem, clock, seed):
        yield Bound(-5, "a feeling", verified=False)
        yield NoAnswer("infeasible", "a feeling")
        yield problem.greedy(np.random.default_rng(0))


def test_claims_that_a_checked_answer_refutes_are_dropped():
    result = solve(graph(), Limits(0.3), [Braggart()])
    assert all(b.how != "a feeling" for b in result.bounds)
    assert result.status in ("feasible", "optimal")
    assert result.no_answer is None


def test_infeasible_and_unbounded_models_are_told_with_a_conflict():
    rows = csr_matrix(np.array([[1.0, 1.0], [1.0, 1.0]]))
    free = {"low": np.zeros(2), "integer": np.ones(2, bool), "rows": rows}
    none = MixedInteger(
        cost=np.ones(2),
        high=np.full(2, 9.0),
        row_low=np.array([5.0, -np.inf]),
        row_high=np.array([np.inf, 3.0]),
        **free,
    )
    for name in ("highs", "cpsat"):
        result = solve(none, Limits(2), [name])
        assert result.status == "infeasible"
        assert not result.feasible
        assert set(result.no_answer.conflict) == {"row 1", "row 2"}
        assert result.to_dict()["conflict"]
    open_ = MixedInteger(
        cost=-np.ones(2), high=np.full(2, np.inf), row_low=np.zeros(2), row_high=np.full(2, np.inf), **free
    )
    assert solve(open_, Limits(2), ["highs"]).status == "unbounded"


def test_what_computes_quantum_states_brings_a_classical_twin_with_as_much_effort(solver):
    problem = taken(solver, 2)[0]
    result = solve(problem, Limits(60, rounds=2), [solver])
    quantum = arm_of(result, solver)
    twins = [a for a in result.arms if a.twin_of == solver]
    if not quantum.quadrant.is_quantum:
        assert not twins
        return
    declared = twins_of(get_solver(solver))
    assert [t.solver for t in twins] == [d.name_of(solver) for d in declared]
    for twin, control in zip(twins, declared, strict=True):
        assert twin.quadrant == CLASSICAL
        assert twin.best is not None
        assert twin.effort == quantum.effort is not None
        row = next(a for a in result.to_dict()["arms"] if a["solver"] == twin.solver)
        assert row["twin_of"] == solver
        made = control.make(get_solver(solver))
        less = [f.amount for f in made.run(problem, Clock(Limits(60, effort=3)), 0) if isinstance(f, Effort)]
        assert less == sorted(less)
        assert 1 <= less[-1] <= 3


def test_what_another_run_did_does_not_matter(solver):
    """One solver object, two problems: the second run, and the twin's, are those of a fresh one."""
    before, problem = taken(solver, 2)[0], taken(solver, 1)[0]

    def told(used):
        result = solve(problem, Limits(60, rounds=1), [used])
        return [(a.solver, [v for _, v in a.incumbents], a.effort) for a in result.arms]

    used = get_solver(solver)
    solve(before, Limits(60, rounds=1), [used])
    assert told(used) == told(get_solver(solver))


@pytest.mark.parametrize(
    ("name", "library"),
    [("highs", "highspy"), ("cpsat", "ortools.sat.python"), ("pyvrp", "pyvrp"), ("convex", "clarabel")],
)
def test_a_library_that_is_not_installed_is_named_and_the_others_go_on(name, library, monkeypatch):
    problem = taken(name)[0]
    monkeypatch.setitem(sys.modules, library, None)  # as Python marks a module that cannot be imported
    assert "in the checkout of Qualms: pip install '.[solve]'" in get_solver(name).refuses(problem)
    with pytest.raises(ConfigError, match=f"^{name}: .* is not installed; in the checkout"):
        solve(problem, Limits(0.2), [name])
    assert solve(problem, Limits(0.2)).best is not None


def test_options_in_a_name():
    assert get_solver("qaoa:depth=2,shots=10").depth == 2
    assert get_solver("annealing:replicas=8").replicas == 8
    with pytest.raises(ConfigError, match="takes depth=…"):
        get_solver("qaoa:layers=2")
    with pytest.raises(ConfigError, match="takes no options"):
        get_solver("greedy:speed=2")
    with pytest.raises(ConfigError, match="depth is given twice"):
        get_solver("qaoa:depth=1,depth=2")
    with pytest.raises(ConfigError, match="not ''"):
        get_solver("qaoa:")


def test_solvers_that_do_not_take_the_problem_are_told_before_the_work():
    heard = []
    with pytest.raises(
        ConfigError, match=r"^qaoa: 30 spins; statevector runs 1 to 20 of them here; convex: .*$"
    ) as error:
        solve(graph(30), Limits(5), ["qaoa", "convex"], listener=lambda arm, found: heard.append(arm))
    assert heard == []
    assert str(error.value).count("30 spins") == 1  # its twin refuses for the same reason


def test_a_quantum_arm_has_its_placebo_beside_it():
    result = solve(graph(8), Limits(5, rounds=2), ["qaoa:depth=1,shots=50"])
    quantum, twin = (arm_of(result, f"qaoa:depth=1,shots=50{end}") for end in ("", "/placebo"))
    assert quantum.quadrant.compute == "simulated quantum"
    assert twin.quadrant == CLASSICAL
    assert twin.best is not None
