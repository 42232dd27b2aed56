"""A changed problem is solved again, and its answer compared with the one that there is."""

from __future__ import annotations

from qualms.errors import ConfigError
from qualms.orchestrator.explain import find_conflict, lines
from qualms.orchestrator.explaining.sentences import capital, conflict_sentences, line_text
from qualms.orchestrator.questions.grammar import QuestionBack
from qualms.orchestrator.questions.reply import WhyAnswer
from qualms.orchestrator.questions.session import Session
from qualms.orchestrator.wording import difference, listed
from qualms.problems.numbers import exact
from qualms.problems.problem import Problem
from qualms.solve.check import better, check
from qualms.solve.result import Result
from qualms.solve.solve import solve
from qualms.solve.solvers import BASELINES, Limits
from qualms.specification.base import plain
from qualms.specification.specification import Specification, to_problem

SOLVING = 0.6  # of the time, for solving again; the rest is for a conflict
_LEAST = 0.3  # of the time, for solving again where much of it is gone
_MOST_CHANGED = 12  # lines of an answer that sentences name
_OUTCOMES = ("infeasible", "unbounded", "infeasible or unbounded")


class SolvingAgain(Session):
    """A session that can solve."""

    def _solved_again(self, kind: str, understood: str, edited: Specification) -> WhyAnswer:
        """Solve a changed specification with the same solvers, and compare."""
        try:
            problem = to_problem(edited)
        except ConfigError as error:
            raise QuestionBack(f"It cannot be changed like that: {error}.") from None
        limits = Limits(max(SOLVING * self.clock.left, _LEAST * self.clock.limits.seconds))
        named = self._solvers if self._solvers is not None else self._same()
        try:
            after = solve(problem, limits, named or None, self._seed)
        except ConfigError:  # none of them takes what it has become
            after = solve(problem, limits, None, self._seed)
        self._keep_answer(problem, after)
        return self._compared(kind, understood, edited, after, edited)

    def _keep_answer(self, problem: Problem, after: Result) -> None:
        """Take the answer that there is, where it fits the changed problem and nothing better was found."""
        old = self.result.best
        if old is None or type(problem) is not type(self.result.problem):
            return
        if problem.size != self.result.problem.size:
            return
        checked = check(problem, old.solution)
        if checked.feasible and better(problem, checked, after.best):
            after.best = checked

    def _same(self) -> list[str]:
        """The solvers of the result that took the problem."""
        return [
            arm.solver
            for arm in self.result.arms
            if arm.reason is None and arm.twin_of is None and arm.solver not in BASELINES
        ]

    def _compared(
        self, kind: str, understood: str, edited: Specification, after: Result, shown: Specification | None
    ) -> WhyAnswer:
        before = self._before()
        value = plain(after.best.objective) if after.best is not None and after.feasible else None
        clash = None
        told: list[str] = []
        if after.status in ("infeasible", "infeasible or unbounded") and shown is not None:
            clash, _ = find_conflict(after, self.clock)
        if after.status in _OUTCOMES:
            none = (
                "There would be no answer"
                if "infeasible" in after.status
                else f"{capital(self.goal)} would have no limit"
            )
            told.append(f"{none}.")
            told += conflict_sentences(edited, clash) if clash is not None else []
        elif value is None:
            told.append("No answer that keeps all constraints was found in the time.")
        else:
            told += self._told_difference(before, value, after)
            told += self._told_lines(edited, after)
        return WhyAnswer(
            question=self.question.text,
            kind=kind,
            understood=understood,
            told=tuple(told),
            status=after.status,
            before=before,
            after=value,
            difference=None if value is None or before is None else _less(value, before),
            answer=lines(edited, after),
            conflict=clash,
            specification=shown,
        )

    def _told_difference(self, before: float | None, value: float, after: Result) -> list[str]:
        if before is None:
            told = f"There would be an answer: {self.goal} would be {self._amount(value)}."
        else:
            delta = _less(value, before)
            better = delta < 0 if after.problem.sense == "min" else delta > 0
            told = f"{capital(self.goal)} would stay {self._amount(value)}."
            if delta != 0:
                told = (
                    f"{capital(self.goal)} would be {self._amount(value)} in place of "
                    f"{self._amount(before)}: {difference(delta, self.unit)}, which is "
                    f"{'better' if better else 'worse'}."
                )
        open_ = (
            []
            if after.status == "optimal" and self.result.status in ("optimal", *_OUTCOMES)
            else ["At least one of the two answers is not known to be the best possible."]
        )
        return [told, *open_]

    def _told_lines(self, edited: Specification, after: Result) -> list[str]:
        """The lines of the answer that are new."""
        old, new = lines(self.specification, self.result), lines(edited, after)
        known = {(line.what, line.value) for line in old}
        other = [line for line in new if (line.what, line.value) not in known]
        if not other:
            return ["The answer would stay the same."]
        shown = listed([line_text(line) for line in other], _MOST_CHANGED)
        return [
            f"The answer would be: {shown}."
            if len(other) == len(new)
            else f"These lines of the answer would change: {shown}."
        ]


def _less(value: float, before: float) -> int | float:
    """Exactly, as decimals."""
    return plain(exact(float(value)) - exact(float(before)))
