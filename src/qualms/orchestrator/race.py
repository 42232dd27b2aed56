"""Layer 3: solvers race under one budget, each in its own process, quantum ones beside their placebos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qualms.errors import ConfigError
from qualms.execution import Call, Executor, make_executor
from qualms.execution.board import Board
from qualms.execution.starting import start_server
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.heats import Runner, all_at_once, better_half, heat_seconds
from qualms.orchestrator.lane import MODULES, start
from qualms.orchestrator.state import Finished, RaceState
from qualms.problems.problem import Problem
from qualms.solve.arms import IncumbentListener, ProofListener, all_failed, conclude, line_up
from qualms.solve.result import Arm, Result
from qualms.solve.solve import run_here
from qualms.solve.solvers import BASELINES, Solver
from qualms.solve.solvers.solver import Clock, Limits, positive

_BASELINE = 0.01  # share of a baseline; the cores wait meanwhile
_REST = 0.05  # share of the time that is worth another heat


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
    state = RaceState(problem, budget, clock, listener, proofs)
    stopped = False
    try:
        with Board.opened() as state.board:
            _raced(state, solvers, seed, executor, known)
    except Finished:
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
    state: RaceState, solvers: Sequence[str | Solver] | None, seed: int, executor: str, known: Result | None
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


def _go_on_from(state: RaceState, known: Result) -> None:
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


def _run_heats(state: RaceState, place: Executor) -> None:
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
        bound = state.call_bound()
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
