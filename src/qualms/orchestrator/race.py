"""Layer 3: solvers race under one budget, each in its own process, quantum ones beside their placebos."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psutil

from qualms.errors import ConfigError, one_line
from qualms.execution import Call, Done, Event, Executor, Outcome, make_executor
from qualms.execution.board import Board
from qualms.execution.starting import start_server
from qualms.orchestrator.heats import Runner, all_at_once, better_half, heat_seconds
from qualms.orchestrator.lane import MODULES, Offered, run_arm, run_bound, start
from qualms.problems.problem import Bound, Problem
from qualms.solve.arms import (
    IncumbentListener,
    ProofListener,
    all_failed,
    conclude,
    limits_of,
    line_up,
    proven,
    take,
)
from qualms.solve.check import Checked, better
from qualms.solve.result import Arm, Offer, Result
from qualms.solve.solve import run_here
from qualms.solve.solvers import BASELINES, Solver
from qualms.solve.solvers.solver import Clock, Limits, positive, takes_answers

_BOUND = 0.2  # share of the time
_BASELINE = 0.01  # share of a baseline; the cores wait meanwhile
_BOUND_LABEL = "bound"
# Seconds, and share of its time, after which an arm that goes on is ended; circuits need seconds for imports.
_GRACE, _GRACE_OF_CIRCUITS = (3.0, 0.1), (5.0, 0.6)
_MEMORY_SHARE = 0.6  # of the memory that is free, for all arms together
_REST = 0.05  # share of the time that is worth another heat
_EARLY = 0.8  # an arm that ended before this share of its time has no more to say
_NEXT_SEED = 10_007  # between the seeds of two heats of one arm


@dataclass(frozen=True)
class Budget:
    """What a race may take.

    Attributes
    ----------
    seconds : float
        Of wall time, for everything.
    cores : int or None
        Arms that run at a time, one core each; None for the cores of this machine.
    dollars : float
        For devices that cost money. With 0 no such device is used.
    gap : float
        The race ends when the best answer is proven to be at most this far from the optimum, relative to its
        size.
    memory : int or None
        Bytes that one arm may use; None for an equal share of six tenths of what is free.

    Raises
    ------
    ConfigError
        For a number that is none of these.
    """

    seconds: float = 10.0
    cores: int | None = None
    dollars: float = 0.0
    gap: float = 0.0
    memory: int | None = None

    def __post_init__(self) -> None:
        Limits(self.seconds)
        if self.cores is not None:
            positive("cores", self.cores)
        if self.memory is not None:
            positive("memory", self.memory)
        for what, value in (("dollars", self.dollars), ("gap", self.gap)):
            if not 0 <= value < math.inf:
                raise ConfigError(f"{what}={value} must be a finite number of at least 0")

    @property
    def workers(self) -> int:
        """Arms that run at a time."""
        if self.cores is not None:
            return self.cores
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return allowed or 1

    def memory_of_an_arm(self) -> int:
        """Bytes."""
        if self.memory is not None:
            return self.memory
        return int(_MEMORY_SHARE * psutil.virtual_memory().available / self.workers)


class _Finished(Exception):
    """The gap is small enough."""


@dataclass
class _Race:
    """The state of a race, in the process that watches it."""

    problem: Problem
    budget: Budget
    clock: Clock
    listener: IncumbentListener | None
    proofs: ProofListener | None = None
    board: Board | None = None
    posted: list[tuple[str, Checked]] = field(default_factory=list)  # by the number of the notice, less one
    shares: bool = False  # whether the arms of the present heat are offered each other's answers
    runners: list[Runner] = field(default_factory=list)
    before: list[Arm] = field(default_factory=list)  # which found something before the race, and do not run
    bounds: list[Bound] = field(default_factory=list)
    proof: tuple[Bound | None, float | None] = (None, None)  # that the listener was told last
    began: dict[str, float] = field(default_factory=dict)  # seconds of an arm before its present heat

    @property
    def arms(self) -> list[Arm]:
        return [*self.before, *(r.arm for r in self.runners)]

    def hear(self, event: Event) -> None:
        """Take what an arm has found; raises _Finished where that ends the race."""
        if event.kind == "started" and event.job in self.began:
            self._named(event.job).begun = True
        if event.kind != "found":
            return
        if event.job == _BOUND_LABEL:
            self.bounds.append(event.value)
        else:
            runner = self._named(event.job)
            seconds, found = event.value
            total = self.began[event.job] + seconds
            runner.arm.seconds = max(runner.arm.seconds, total)
            if runner.arm.failed is not None:  # nothing more is believed of an arm that told nonsense
                return
            try:
                if isinstance(found, Offered):
                    self._offered(runner.arm, found, total)
                else:
                    take(self.problem, runner.arm, found, total, self.listener)
                    self.post(runner.arm)
            except Exception as error:  # whatever a foreign solver sends; its error is no other arm's
                runner.arm.failed, runner.over = one_line(error), True
        self.stop_if_proven()

    def post(self, arm: Arm) -> None:
        """Post an arm's best answer, if it is feasible and better than the one that is posted."""
        best = arm.best
        if self.board is None or best is None or not best.feasible:
            return
        if not self.posted or better(self.problem, best, self.posted[-1][1]):
            self.posted.append((arm.solver, best))
            self.board.post(arm.solver, best.solution)

    def _offered(self, arm: Arm, told: Offered, seconds: float) -> None:
        """Note that an arm was given an answer; from now on it has to find a better one."""
        author, checked = self.posted[told.number - 1]
        arm.offers.append(Offer(seconds, author, checked.objective))
        if better(self.problem, checked, arm.start):
            arm.start = checked

    def stop_if_proven(self) -> None:
        """Tell what is proven, where that changed; raises _Finished where it ends the race."""
        limit, gap = proven(self.problem, self.arms, self.bounds)
        if self.proofs is not None and (limit, gap) != self.proof:
            self.proof = (limit, gap)
            self.proofs(limit, gap)
        if gap is not None and gap <= self.budget.gap:
            raise _Finished

    def end(self, outcome: Outcome) -> None:
        """Note how an arm's heat ended."""
        if outcome.call.label == _BOUND_LABEL:
            return
        runner = self._named(outcome.call.label)
        if isinstance(outcome, Done):
            spent = outcome.value
            runner.over = runner.over or spent < _EARLY * runner.given
        else:
            spent = max(0.0, runner.arm.seconds - self.began[outcome.call.label])
            runner.arm.failed = runner.arm.failed or outcome.event().note
            runner.over = True
        runner.arm.seconds = max(runner.arm.seconds, self.began[outcome.call.label] + spent)

    def call(self, runner: Runner, seconds: float) -> Call:
        """An arm's next heat."""
        limits = limits_of(runner.arm, self.arms, seconds, None)
        seed = runner.arm.seed + _NEXT_SEED * runner.heats
        runner.heats += 1
        runner.given = seconds
        self.began[runner.arm.solver] = runner.arm.seconds
        circuit = runner.arm.quadrant.is_quantum or runner.arm.twin_of is not None
        late, share = _GRACE_OF_CIRCUITS if circuit else _GRACE
        return Call(
            runner.arm.solver,
            run_arm,
            (self.problem, runner.solver, limits, seed, self._board_of(runner)),
            seconds=seconds + late + share * seconds,
            memory=self.budget.memory_of_an_arm(),
        )

    def _board_of(self, runner: Runner) -> str | None:
        """Where an arm finds others' answers; nowhere for quantum arms and their twins, which are
        compared.
        """
        alone = runner.arm.quadrant.is_quantum or runner.arm.twin_of is not None
        if self.board is None or not self.shares or alone or not takes_answers(runner.solver):
            return None
        return self.board.path

    def _named(self, label: str) -> Runner:
        return next(r for r in self.runners if r.arm.solver == label)


def race(
    problem: Problem,
    budget: Budget | None = None,
    solvers: Sequence[str | Solver] | None = None,
    seed: int = 0,
    listener: IncumbentListener | None = None,
    executor: str = "processes",
    known: Result | None = None,
    proofs: ProofListener | None = None,
) -> Result:
    """Solvers beside each other under one budget, in processes that may crash, hang or run out of memory
    without harm to the others.

    They run in heats (successive halving; Jamieson and Talwalkar 2016): all of them for a short time, then
    the better half for twice as long with other seeds, until as many are left as there are cores; those run
    until the time is over. Where there are no more arms than cores, and none is quantum, they run once, to
    the end. A quantum solver runs in the first heat, and its placebos in the second, with as
    many samples. Beside them a bound is computed. The race ends at once where the best answer is proven to be
    good enough, and after Ctrl-C with the best answer until then.

    Arms are offered the best answer of all to go on from (`Clock.offered`), except in a first heat that
    decides who goes on, so that every arm is chosen by what it found itself. Quantum arms and their placebos
    are never offered any, so that what is compared is their own. Nor are arms on other machines of a Ray
    cluster, because answers are offered in a file.

    Each arm has one core and runs on one thread. The first race of a program waits for a server that its
    processes are forked from, which takes about half a second of processor time, see
    `qualms.execution.starting`.

    Parameters
    ----------
    problem : Problem
        What to solve.
    budget : Budget, optional
        What the race may take; by default ten seconds and no money.
    solvers : Sequence[str | Solver], optional
        Names, or objects; default: what suits the kind.
    seed : int, default 0
        Of every arm's first heat.
    listener : callable, optional
        Called with the arm and the answer at every new incumbent of an arm.
    executor : str
        "processes", "ray" or "ray:ADDRESS", see `qualms.execution.make_executor`.
    known : Result, optional
        What classical solvers have found before, as a probe has: a heat that is over. Its arms go on with
        another seed where they are among `solvers`, and stay as they are else; its best answer is the first
        that is offered.
    proofs : callable, optional
        Called with the tightest bound and the gap that it leaves, each time one of them changes; None stands
        for what is not known.

    Returns
    -------
    Result
        As that of `solve`. Every answer in it was checked here, not in the arm's process.

    Raises
    ------
    ConfigError
        As `solve`, and where only devices that cost money are asked for and there is none.
    """
    budget = budget or Budget()
    clock = Clock(Limits(budget.seconds))
    state = _Race(problem, budget, clock, listener, proofs)
    stopped = False
    try:
        with Board.opened() as state.board:
            _raced(state, solvers, seed, executor, known)
    except _Finished:
        pass
    except KeyboardInterrupt:
        stopped = True
    why = all_failed(solvers, [r.arm for r in state.runners])
    if why is not None:
        raise ConfigError(why)
    ended = "was interrupted" if stopped else "ended"
    for runner in state.runners:
        arm = runner.arm
        if arm.reason is None and arm.best is None and arm.seconds == 0:
            arm.failed = f"the race {ended} before " + ("it found anything" if runner.begun else "its turn")
    seconds = clock.spent + (known.seconds if known is not None else 0.0)
    return conclude(problem, state.arms, state.bounds, seconds, stopped)


def _raced(
    state: _Race, solvers: Sequence[str | Solver] | None, seed: int, executor: str, known: Result | None
) -> None:
    """Everything until the race ends; what was found is in the state."""
    problem, budget, clock = state.problem, state.budget, state.clock
    lined = line_up(solvers, problem, positive("seed", seed, least=0))
    state.runners = [Runner(solver, arm) for solver, arm in lined]
    _refuse_what_costs(state.arms, budget)
    if executor == "processes":
        start_server(MODULES)  # it gets ready while the baselines run
    if known is not None:
        _go_on_from(state, known)
    for runner in state.runners:
        if runner.arm.solver in BASELINES and runner.arm.refused is None and not runner.heats:
            given = Clock(Limits(min(_BASELINE * budget.seconds, clock.left)))
            run_here(runner.arm, runner.solver, problem, given, state.listener)
    with make_executor(executor, budget.workers, modules=MODULES) as place:
        state.stop_if_proven()
        for _ in place.run([Call(f"start {k + 1}", start) for k in range(budget.workers)]):
            pass  # so that no arm's time passes while processes start
        _run_heats(state, place)


def _go_on_from(state: _Race, known: Result) -> None:
    """Take over what classical solvers have found before."""
    state.bounds += known.bounds
    there = {r.arm.solver: r for r in state.runners}
    for arm in known.arms:
        if arm.quadrant.is_quantum or arm.twin_of is not None or arm.reason is not None:
            continue
        own = replace(arm, incumbents=list(arm.incumbents), bounds=list(arm.bounds), offers=[])
        runner = there.get(arm.solver)
        if runner is None:
            state.before.append(own)
        elif runner.arm.refused is None and runner.arm.twin_of is None:
            runner.arm, runner.heats, runner.begun = own, 1, True
        else:
            continue
        state.post(own)
        if own.best is not None and state.listener:
            state.listener(own, own.best)


def _refuse_what_costs(arms: list[Arm], budget: Budget) -> None:
    """Refuse devices that cost money where there is none, and with them their twins."""
    if budget.dollars > 0:
        return
    paid = [a.solver for a in arms if a.quadrant.compute == "quantum hardware" and a.refused is None]
    for arm in arms:
        if arm.solver in paid or arm.twin_of in paid:
            arm.refused = "it runs on a device that costs money, and the budget is 0 dollars"


def _run_heats(state: _Race, place: Executor) -> None:
    """Heat after heat until the time is over, nobody is left, or the gap is small enough."""
    entered = [r for r in state.runners if r.arm.solver not in BASELINES and r.arm.refused is None]
    twins = [r for r in entered if r.arm.twin_of is not None]
    field_ = [r for r in entered if r.arm.twin_of is None]
    quantum = {r.arm.twin_of for r in twins}
    first = True
    while field_ or (twins and not first):
        due = [] if first else twins
        if not first:
            twins = []
        seconds = heat_seconds(
            state.clock.left, state.budget.workers, len(field_), len(twins) if first else len(due), first
        )
        if state.clock.left <= 0 or seconds <= 0:
            return
        state.shares = not first or len(field_) <= state.budget.workers
        bound = _bound_call(state)
        whole = all_at_once(state.clock.left, bound.arguments[1], len(field_), state.budget.workers)
        if first and not twins and whole is not None:
            calls = [state.call(r, s) for r, s in zip(field_, whole, strict=True)]
            calls.insert(state.budget.workers - 1, bound)  # before the last arm, if that has to wait
        else:
            calls = [state.call(r, seconds) for r in (*field_, *due)]
            calls += [bound] if first else []
        for outcome in place.run(calls, state.hear):
            state.end(outcome)
            state.stop_if_proven()
        running = [r for r in field_ if not r.over and r.arm.solver not in quantum]
        last = len(field_) <= state.budget.workers and not twins
        if not last:
            field_ = better_half(state.problem, running, state.budget.workers)
        else:  # where the bound took less than its share, or an arm ended early, the others go on
            field_ = running if state.clock.left > _REST * state.budget.seconds else []
        first = False


def _bound_call(state: _Race) -> Call:
    seconds = min(state.clock.left, _BOUND * state.budget.seconds)
    return Call(
        _BOUND_LABEL,
        run_bound,
        (state.problem, seconds),
        seconds=max(state.clock.left, seconds),
        memory=state.budget.memory_of_an_arm(),
    )
