"""What one more of something would bring."""

from __future__ import annotations

from dataclasses import replace

from qualms.errors import QualmsError
from qualms.orchestrator.questions.again import SolvingAgain
from qualms.orchestrator.questions.grammar import Found
from qualms.orchestrator.questions.knobs import Knob, changed
from qualms.orchestrator.questions.phrasing import (
    WORTH_WORDS,
)
from qualms.orchestrator.questions.reply import WhyAnswer
from qualms.orchestrator.wording import amount, difference, single
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import exact
from qualms.solve.conditions import binding
from qualms.solve.sensitivity import sensitivity, step_of
from qualms.specification.base import plain
from qualms.specification.general import GeneralModel


class Worth(SolvingAgain):
    """A session that answers it."""

    def worth(self) -> WhyAnswer:
        """What a step of a number brings, by solving again; with the dual where there is one."""
        self._needs_answer()
        q = self.question = self.question.without_verb()
        found = self._one(self._numbers(), "number", by_unit=True)
        knob = found.thing
        if len(knob.values) > 1 or knob.values[0] is None:
            raise self._which("Which of them", [k.label for k in self._members(knob)])
        self._check_words(found.places, (self.goal, self.unit, knob.unit, *WORTH_WORDS))
        now = knob.values[0]
        less = q.says("less", "fewer")
        step = self._step_asked(found, float(now))
        signed = -step if less else step
        new = plain(exact(float(now)) + exact(signed))
        word = "less" if less else "more"
        by = amount(step, single(knob.unit) if step == 1 else knob.unit)
        understood = (
            f"You ask what {by} {word} of {knob.label} brings "
            f"({amount(float(new), knob.unit)} in place of {amount(float(now), knob.unit)})."
        )
        answer = self._solved_again(
            "sensitivity", understood, self._edited(lambda: changed(self.specification, {knob.paths[0]: new}))
        )
        return replace(answer, told=(*answer.told, *self._dual(knob)))

    def _step_asked(self, found: Found[Knob], now: float) -> float:
        """How far the question moves a number; one unit where it does not say it."""
        told = self.question.change(found.places)
        if told is None:
            return step_of(now)
        if told.how == "multiply":
            return abs(now) * abs(told.value - 1)
        return abs(told.value) / (100 if found.thing.unit == "%" else 1)

    def _dual(self, knob: Knob) -> list[str]:
        """The rate of a constraint's side, where the model has real variables alone."""
        problem = self.result.problem
        row = self._row(knob)
        if row is None or not isinstance(problem, MixedInteger) or problem.integer.any():
            return []
        if self.result.status != "optimal" or self.result.best is None:
            return []
        met = [
            c
            for c in binding(problem, self.result.best.solution)
            if c.of.startswith("row") and c.index == row
        ]
        if not met:
            return [f"The answer does not reach {knob.label}, so small changes of it bring nothing."]
        try:
            rates = sensitivity(problem, self.result.best.solution, self.clock, met[:1]).rates
        except QualmsError:
            return []
        rate = rates[0]
        if rate.dual is None or rate.range is None:
            return []
        low, high = rate.range.low, rate.range.high
        until = "" if high is None else f" up to {amount(high, knob.unit)}"
        since = "" if low is None else f" from {amount(low, knob.unit)}"
        return [f"The rate is {difference(rate.dual, self.unit)} per unit{since}{until}."]

    def _row(self, knob: Knob) -> int | None:
        """The row of the model whose side a knob is."""
        model = self.specification
        if not isinstance(model, GeneralModel) or not knob.relation:
            return None
        place = int(knob.paths[0][1])
        if model.constraints[place].for_each or knob.paths[0][2] != "right":
            return None
        return sum(1 for c in model.constraints[:place] for _ in model.differences(c))
