"""Answers that arms of a race share: who is offered what, and what counts as whose."""

import numpy as np
import pytest

from qualms.execution import Event
from qualms.execution.board import Board, Reader
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.heats import Runner
from qualms.orchestrator.lane import Offered, run_arm
from qualms.orchestrator.race import race
from qualms.orchestrator.state import RaceState
from qualms.problems import LABS
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.solve.arms import take
from qualms.solve.check import check
from qualms.solve.result import Arm as ArmOf
from qualms.solve.solvers import SOLVERS, Clock, Limits, get_solver
from qualms.solve.solvers.solver import takes_answers
from tests.orchestrator.arms import Arm, Follower
from tests.problems.small import KINDS, made, optimum, solutions

SIMULATED = Quadrant("classical", "simulated quantum")


class Told:
    """What an arm tells."""

    elapsed = 0.5

    def __init__(self):
        self.heard = []

    def __call__(self, step, steps, note=""):
        pass

    def found(self, value):
        self.heard.append(value[1])


@pytest.fixture
def board():
    with Board.opened() as opened:
        yield opened


def look(board):
    """A reader that has never looked."""
    return Reader(board.path).new()


def test_a_reader_sees_the_latest_notice_once(board):
    assert look(board) is None
    reader = Reader(board.path)
    board.post("tabu", np.array([1, -1]))
    board.post("annealing", np.array([0.5, 0.25]))
    notice = reader.new()
    assert (notice.number, notice.author) == (2, "annealing")
    np.testing.assert_array_equal(notice.values, [0.5, 0.25])
    reader._looked = float("-inf")
    assert reader.new() is None
    board.post("tabu", np.array([1]))
    reader._looked = float("-inf")
    assert reader.new().number == 3


def test_a_reader_that_looks_again_and_again_looks_twenty_times_a_second(board):
    reader = Reader(board.path)
    assert reader.new() is None
    board.post("tabu", np.array([1]))
    assert reader.new() is None  # not a twentieth of a second later


def test_where_there_is_no_board_there_is_no_notice():
    assert Reader("/nowhere/at/all/board.npz").new() is None


def test_an_arm_is_offered_answers_of_others_and_its_own_of_an_earlier_heat(board):
    problem = made("maxcut")
    for author, expected in (("somebody", [Offered]), ("follower", [])):
        board.post(author, problem.sample(np.random.default_rng(0)))
        told = Told()
        run_arm(problem, Follower(), Limits(5.0, rounds=1), 0, board.path, told)
        assert [type(x) for x in told.heard if isinstance(x, Offered)] == expected
        answers = [x for x in told.heard if isinstance(x, np.ndarray)]
        np.testing.assert_array_equal(answers[0], look(board).values)
    told = Told()
    run_arm(problem, Follower(), Limits(0.3), 0, None, told)
    assert told.heard == []


def test_only_what_is_better_than_what_an_arm_was_given_is_its_own():
    problem = made("maxcut")
    ranked = sorted(solutions(problem), key=problem.objective)
    arm = ArmOf("tabu", CLASSICAL, 0)
    arm.start = check(problem, ranked[-1])
    take(problem, arm, ranked[-1], 1.0)
    assert arm.best is None
    arm.start = check(problem, ranked[0])
    take(problem, arm, ranked[-1], 1.0)
    assert arm.best.objective == optimum(problem)


def runner(solver, quadrant=CLASSICAL, twin_of=None):
    return Runner(solver, ArmOf(solver.name, quadrant, 0, twin_of=twin_of))


def test_quantum_arms_and_their_placebos_see_no_board(board):
    state = RaceState(made("maxcut"), Budget(1.0), Clock(Limits(1.0)), None, board=board, shares=True)
    assert state._board_of(runner(Follower())) == board.path
    assert state._board_of(runner(Follower(), SIMULATED)) is None
    assert state._board_of(runner(Follower(), CLASSICAL, "qaoa")) is None
    assert state._board_of(runner(Arm("well"))) is None  # does not take any
    state.shares = False
    assert state._board_of(runner(Follower())) is None


def test_no_quantum_solver_takes_answers():
    for name in SOLVERS:
        solver = get_solver(name)
        if takes_answers(solver):
            assert not solver.quadrant.is_quantum
            assert not getattr(solver, "twins", ())


def test_what_an_arm_finds_is_posted_and_what_it_is_offered_is_noted(board):
    problem = made("maxcut")
    ranked = sorted(solutions(problem), key=problem.objective)
    worst, best = np.asarray(ranked[0]), np.asarray(ranked[-1])
    state = RaceState(problem, Budget(5.0, gap=0.0), Clock(Limits(5.0)), None, board=board)
    state.runners = [runner(Arm("well")), runner(Follower())]
    state.began = {"well": 0.0, "follower": 1.0}

    def told(job, *value):
        state.hear(Event("found", job, value=value))

    told("well", 0.1, worst)
    assert look(board).author == "well"
    np.testing.assert_array_equal(look(board).values, worst)
    told("follower", 0.2, Offered(1))
    told("follower", 0.3, worst)
    follower = state.arms[1]
    assert [(o.seconds, o.solver, o.objective) for o in follower.offers] == [
        (1.2, "well", problem.objective(worst))
    ]
    assert follower.best is None  # it repeats what it was given
    told("follower", 0.4, best)
    assert follower.best.objective == optimum(problem)
    assert look(board).author == "follower"
    told("well", 0.5, worst)
    assert look(board).number == 2  # no better than the one that is there


@pytest.mark.slow
def test_in_a_race_one_arm_goes_on_from_anothers_answer():
    problem = LABS(40)
    result = race(problem, Budget(seconds=20.0, cores=2, memory=2**30), [Arm("well"), Follower()])
    follower = next(a for a in result.arms if a.solver == "follower")
    assert follower.failed is None
    assert {o.solver for o in follower.offers} <= {"well", "random", "greedy"}
    assert follower.offers
    assert follower.best is None  # it repeats what it is given
    assert follower.start.objective >= result.objective
    told = next(a for a in result.to_dict()["arms"] if a["solver"] == "follower")["offers"]
    assert [o.objective for o in follower.offers] == [objective for _, _, objective in told]


@pytest.mark.parametrize("name", [n for n in SOLVERS if takes_answers(get_solver(n))])
def test_a_solver_that_is_offered_an_optimum_finds_nothing_that_is_none(name):
    """It starts there: the offer is read, decoded and encoded without harm, in every kind that it takes."""
    solver = get_solver(name)
    for kind in KINDS:
        problem = made(kind)
        if solver.refuses(problem) is not None:
            continue
        best = optimum(problem)
        answer = next(
            (x for x in solutions(problem) if not problem.violations(x) and problem.objective(x) == best),
            None,
        )
        if answer is None:  # real numbers
            continue
        offers = [np.asarray(answer)]
        clock = Clock(Limits(5.0, rounds=1), lambda offers=offers: offers.pop() if offers else None)
        found = [x for x in solver.run(problem, clock, 0) if isinstance(x, np.ndarray)]
        assert not offers
        for x in found:
            problem.objective(x)  # is a solution
