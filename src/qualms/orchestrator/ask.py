"""All four layers in a row: from what a user says to a checked, bounded and explained answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qualms.data.numbers import finite
from qualms.errors import ConfigError
from qualms.execution.event import Listener, unheard
from qualms.language.read import read_text
from qualms.language.reading import Question, Refusal
from qualms.orchestrator.asking import asking_record
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decide import Decision, decide
from qualms.orchestrator.decision.experience import Run
from qualms.orchestrator.explain import Explanation, explain
from qualms.orchestrator.intake import TextReader, Understood, intake, understood
from qualms.orchestrator.other_jobs import JobAnswer, OtherJob, do
from qualms.orchestrator.race import race
from qualms.problems.problem import Problem
from qualms.records import Record
from qualms.solve.arms import IncumbentListener, ProofListener
from qualms.solve.result import CLOSED, Result
from qualms.solve.solvers import Limits
from qualms.specification.base import Member
from qualms.specification.conversion import of_problem
from qualms.specification.specification import Specification, to_problem

_EXPLAINED = 0.2  # share of the time for the explanation, beside that of the race
_LEAST_EXPLAINED, _MOST_EXPLAINED = 2.0, 10.0  # seconds


@dataclass(frozen=True)
class Answer:
    """A checked answer with everything that belongs to it.

    Attributes
    ----------
    understood : Understood
        What was read, in types and in words.
    result : Result
        What the solvers found.
    explanation : Explanation
        The same in the user's names, with bounds, limits and a receipt.
    decision : Decision
        Whether quantum was worth it, and why these solvers raced.
    budget : Budget
        What solving was given.
    """

    understood: Understood
    result: Result
    explanation: Explanation
    decision: Decision
    budget: Budget

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `solve`, with what was asked and why the answer is what it is."""
        return {
            **self.result.to_dict(),
            "specification": json.loads(self.understood.specification.model_dump_json()),
            "paraphrase": list(self.understood.paraphrase),
            "check_points": list(self.understood.check_points),
            "read_by": self.understood.source,
            "decision": self.decision.to_dict(),
            "explanation": self.explanation.to_dict(),
        }

    def record(self, question: str = "") -> Record:
        """A record of kind "asking", from which `qualms why` goes on."""
        return asking_record(
            self.understood.specification,
            self.result,
            self.explanation,
            Limits(self.budget.seconds),
            question,
            self.understood.paraphrase,
            finite(self.decision.to_dict()),
            read_by=self.understood.source,
        )


def ask(
    text: str,
    table: Path | None = None,
    budget: Budget | None = None,
    *,
    confirm: Callable[[Understood], bool] = lambda understood: True,
    reader: TextReader = read_text,
    source: str = "grammar",
    solvers: Sequence[str] | None = None,
    seed: int = 0,
    listener: IncumbentListener | None = None,
    store: Path | None = None,
    decimal: str | None = None,
    progress: Listener = unheard,
) -> Answer | JobAnswer | Question | Refusal | None:
    """Read, solve, check and explain.

    Parameters
    ----------
    text : str
        What to solve, see `intake`.
    table : Path, optional
        A table that the words speak of.
    budget : Budget, optional
        What solving may take.
    confirm : callable
        Asked with what was understood before anything is solved.
    reader, source
        See `intake`.
    solvers : sequence, optional
        Names of the solvers that race; default: those that `decide` chooses.
    seed, listener
        See `race`.
    store : Path, optional
        Records of the user's own, from which `decide` learns.
    decimal : str, optional
        See `intake`.
    progress : Listener, optional
        Told about the runs of a job that is no optimization.

    Returns
    -------
    Answer, JobAnswer, Question, Refusal or None
        A `JobAnswer` for a job that is no optimization. None where `confirm` said no.

    Raises
    ------
    ConfigError
        For a specification that contradicts itself.
    DataError
        For a file that cannot be read.
    """
    found = intake(text, table, reader, source, decimal)
    if not isinstance(found, Understood):
        return found
    if isinstance(found.specification, OtherJob):
        return do(found, budget or Budget(), seed, progress) if confirm(found) else None
    to_problem(found.specification)  # what contradicts itself is told before anybody is asked to confirm it
    return answer(found, budget, solvers, seed, listener, store) if confirm(found) else None


def answer(
    found: Understood,
    budget: Budget | None = None,
    solvers: Sequence[str] | None = None,
    seed: int = 0,
    listener: IncumbentListener | None = None,
    store: Path | None = None,
    proofs: ProofListener | None = None,
    runs: Sequence[Run] = (),
) -> Answer:
    """Decide, solve, check and explain what was understood. Arguments and errors as those of `ask`, `race`
    and, for `runs`, `decide`.
    """
    budget, began = budget or Budget(), time.monotonic()
    problem = to_problem(found.specification)
    decision = decide(problem, budget, store=store, runs=runs, seed=seed, asked=solvers or ())
    left = max(0.0, budget.seconds - (time.monotonic() - began))
    found_already = decision.probe.result
    enough = found_already is not None and _good_enough(found_already, budget)
    if found_already is not None and enough and (solvers is None or found_already.stopped):
        result = found_already
    else:
        arms = solvers if solvers is not None else decision.arms
        known = found_already if solvers is None else None  # solvers that were named are to be compared alone
        result = race(
            problem, replace(budget, seconds=left), arms, seed, listener, known=known, proofs=proofs
        )
    seconds = min(_MOST_EXPLAINED, max(_LEAST_EXPLAINED, _EXPLAINED * budget.seconds))
    return Answer(found, result, explain(found.specification, result, seconds), decision, budget)


def _good_enough(result: Result, budget: Budget) -> bool:
    """Whether a race could add nothing that the user asked for, or the user wants no more."""
    if result.stopped or result.no_answer is not None:
        return True
    return result.gap is not None and result.gap <= max(budget.gap, CLOSED)


def quantum_optimize(
    problem: str | Path | Problem | Specification,
    budget: Budget | float = 10.0,
    *,
    solvers: Sequence[str] | None = None,
    seed: int = 0,
) -> Answer:
    """Solve a problem with classical, quantum-inspired and quantum solvers, and say who was worth it.

    Parameters
    ----------
    problem : str, Path, Problem or Specification
        Plain words, a file, a problem object, or a typed specification.
    budget : Budget or float
        What it may take, or just the seconds.
    solvers : sequence, optional
        Names or objects; default: what suits the kind.
    seed : int, default 0
        Of every solver.

    Returns
    -------
    Answer
        With `result`, whose best answer was checked in exact arithmetic, and `explanation`.

    Raises
    ------
    ConfigError
        Where the words are not understood; the message is the question that they leave open.

    Examples
    --------
    >>> from qualms import quantum_optimize
    >>> quantum_optimize("labs:10", 5.0).result.objective
    13
    """
    given = budget if isinstance(budget, Budget) else Budget(float(budget))
    found: Understood | Question | Refusal
    if isinstance(problem, str | Path):
        found = intake(str(problem))
    elif isinstance(problem, Member):
        found = understood(problem, "specification")
    elif not hasattr(problem, "kind") or isinstance(problem, dict):
        raise ConfigError(
            f"{type(problem).__name__} is no problem; give words, a file's name, a problem or a specification"
        )
    else:
        found = understood(of_problem(problem), "specification")
    if isinstance(found, Question):
        raise ConfigError(" ".join(found.questions))
    if isinstance(found, Refusal):
        raise ConfigError(found.reason)
    return answer(found, given, solvers, seed)
