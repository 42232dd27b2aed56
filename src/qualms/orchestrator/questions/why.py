"""Questions about an answer, answered by fixed rules, by solving again, and never by guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qualms.orchestrator.explain import find_conflict
from qualms.orchestrator.explaining.sentences import conflict_sentences
from qualms.orchestrator.questions.changes import Changes
from qualms.orchestrator.questions.grammar import Question, QuestionBack
from qualms.orchestrator.questions.look_up import WORDS, Lookup
from qualms.orchestrator.questions.phrasing import (
    NO_ANSWER,
    NO_ANSWER_WORDS,
    WHAT_IF,
    WHY_NOT,
    WORTH,
)
from qualms.orchestrator.questions.reply import WhyAnswer
from qualms.orchestrator.questions.session import examples
from qualms.orchestrator.questions.worth import Worth
from qualms.solve.result import Result
from qualms.solve.solvers import Clock, Limits
from qualms.specification.specification import Specification


def why(
    specification: Specification,
    result: Result,
    question: str,
    seconds: float = 10.0,
    solvers: Sequence[str] | None = None,
) -> WhyAnswer:
    """Answer a question about a result.

    Five kinds are understood: why there is no answer; what the answer is ("how many tables?", "which
    constraints are binding?"); what one more of something would bring; what if a number changes or a
    constraint goes; and why something is not in the answer. Names are those of the specification.

    Parameters
    ----------
    specification : Specification
        What was solved.
    result : Result
        Its outcome.
    question : str
        In English.
    seconds : float
        Of wall time for everything.
    solvers : sequence of str, optional
        Which solve changed problems; default: those of the result that took the problem.

    Returns
    -------
    WhyAnswer
        An answer; or a question back where the words fit nothing, or more than one thing.
    """
    if (odd := _odd_number(question)) is not None:
        told = f"“{odd}” is not read. Write numbers as in 50.5, and say “by 10 %” for a change."
        return WhyAnswer(question, "question back", "", (told,))
    asked = Question(question)
    session = _Session(specification, result, asked, Clock(Limits(seconds)), solvers)
    try:
        return session.answer()
    except QuestionBack as back:
        return WhyAnswer(asked.text, "question back", "", (str(back),), back.choices)


def _odd_number(question: str) -> str | None:
    """A number in a form that would be misread: a decimal comma, a letter behind it, a bare share, "not"."""
    found = re.search(
        r"\b\d+,\d{1,2}\b(?!\d)|\b\d+(?:\.\d+)?[kKmMbBeE]\w*\b|\b(?:is|are|were|was) not \d+"
        r"|\b(?:at most|at least|up to|no (?:more|less|fewer) than) \d+(?:\.\d+)? ?%",
        question,
    )
    return None if found is None else found.group()


class _Session(Changes, Worth):
    """A question of any kind."""

    def answer(self) -> WhyAnswer:
        q = self.question
        if not q.tokens:
            raise self._not_understood([])
        if q.says(*WHY_NOT):
            return self.why_not()
        if q.says(*NO_ANSWER):
            return self.no_answer()
        if q.says(*WORTH) and not q.says("what if", "suppose"):
            return self.worth()
        if q.says(*WHAT_IF):
            return self.what_if()
        return self.retrieve()

    def no_answer(self) -> WhyAnswer:
        """Why the problem is infeasible."""
        known = self.question.unknown((), NO_ANSWER_WORDS)
        if known:
            raise self._not_understood(known)
        understood = "You ask why there is no answer."
        if self.result.feasible:
            told: tuple[str, ...] = (
                f"There is an answer, and {self.goal} is {self._amount(self._before())} in it.",
            )
            return WhyAnswer(self.question.text, "infeasible", understood, told, status=self.result.status)
        if self.result.status == "unbounded":
            told = (f"It is not infeasible: {self.goal} can be improved without end.",)
            return WhyAnswer(self.question.text, "infeasible", understood, told, status="unbounded")
        clash, reason = find_conflict(self.result, self.clock)
        if clash is not None:
            told = tuple(conflict_sentences(self.specification, clash))
        else:
            told = (reason or "Nobody has shown that there is none; none was found in the time.",)
        return WhyAnswer(
            self.question.text, "infeasible", understood, told, status=self.result.status, conflict=clash
        )

    def retrieve(self) -> WhyAnswer:
        """What is known already."""
        facts = Lookup(self.specification, self.result, self.question).found()
        places = frozenset[int]().union(*(fact.places for fact in facts))
        units = [line.unit for fact in facts for line in fact.lines]
        unknown = self.question.unknown(places, (self.goal, self.unit, *WORDS, *units))
        if not facts or unknown:
            raise self._not_understood(unknown)
        if len(facts) > 1:
            raise QuestionBack("More than one thing has that name: " + " ".join(f.told[0] for f in facts))
        (fact,) = facts
        return WhyAnswer(
            self.question.text, "retrieve", "", fact.told, status=self.result.status, before=self._before(),
            answer=fact.lines,
        )  # fmt: skip


__all__ = ["WhyAnswer", "examples", "why"]
