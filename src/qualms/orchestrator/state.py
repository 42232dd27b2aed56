"""The state of a race, in the process that watches it: what arms have found, and what each is to do next."""

from __future__ import annotations

from dataclasses import dataclass, field

from qualms.errors import one_line
from qualms.execution import Call, Done, Event, Outcome
from qualms.execution.board import Board
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.heats import Runner
from qualms.orchestrator.lane import Offered, run_arm, run_bound
from qualms.problems.problem import Bound, Problem
from qualms.solve.arms import IncumbentListener, ProofListener, limits_of, proven, take
from qualms.solve.check import Checked, better
from qualms.solve.result import Arm, Offer
from qualms.solve.solvers.solver import Clock, takes_answers

BOUND_LABEL = "bound"
_BOUND = 0.2  # share of the time
# Seconds, and share of its time, after which an arm that goes on is ended; circuits need seconds for imports.
_GRACE, _GRACE_OF_CIRCUITS = (3.0, 0.1), (5.0, 0.6)
_EARLY = 0.8  # an arm that ended before this share of its time has no more to say
_NEXT_SEED = 10_007  # between the seeds of two heats of one arm


class Finished(Exception):
    """The gap is small enough."""


@dataclass
class RaceState:
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
        """Take what an arm has found; raises Finished where that ends the race."""
        if event.kind == "started" and event.job in self.began:
            self._named(event.job).begun = True
        if event.kind != "found":
            return
        if event.job == BOUND_LABEL:
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
        """Tell what is proven, where that changed; raises Finished where it ends the race."""
        limit, gap = proven(self.problem, self.arms, self.bounds)
        if self.proofs is not None and (limit, gap) != self.proof:
            self.proof = (limit, gap)
            self.proofs(limit, gap)
        if gap is not None and gap <= self.budget.gap:
            raise Finished

    def end(self, outcome: Outcome) -> None:
        """Note how an arm's heat ended."""
        if outcome.call.label == BOUND_LABEL:
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

    def call_bound(self) -> Call:
        """The computation of a bound."""
        seconds = min(self.clock.left, _BOUND * self.budget.seconds)
        return Call(
            BOUND_LABEL,
            run_bound,
            (self.problem, seconds),
            seconds=max(self.clock.left, seconds),
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
