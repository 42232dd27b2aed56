"""What if a number changes, a constraint goes, or something has to be in the answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from qualms.orchestrator.explaining.sentences import capital
from qualms.orchestrator.questions.again import SOLVING, SolvingAgain
from qualms.orchestrator.questions.edits import (
    Choice,
    Column,
    Part,
    choices,
    limited,
    parts,
    without,
)
from qualms.orchestrator.questions.grammar import Change, Found, QuestionBack
from qualms.orchestrator.questions.knobs import Knob, changed
from qualms.orchestrator.questions.phrasing import (
    WHAT_IF_WORDS,
    WHY_NOT,
)
from qualms.orchestrator.questions.reply import WhyAnswer
from qualms.orchestrator.wording import amount, listed, number
from qualms.problems.numbers import exact
from qualms.problems.problem import Bound
from qualms.solve.check import check
from qualms.solve.encodings import linear_encoding
from qualms.solve.result import Result
from qualms.solve.solve import solve
from qualms.solve.solvers import Limits
from qualms.specification.base import plain
from qualms.specification.general import GeneralModel
from qualms.specification.specification import Specification


class Changes(SolvingAgain):
    """A session that makes the change, and solves again."""

    def what_if(self) -> WhyAnswer:
        """Change the specification as the question says, and solve again."""
        if self.question.removes:
            return self._removed()
        for none in self.question.mentioned(self._columns()):
            if self.question.denies(none.places):
                return self._variable(none, "what if", Change("exactly", 0))
        things: list[tuple[Any, str]] = [*self._numbers(), *self._columns()]
        found = self._one(things, "number or variable")
        if isinstance(found.thing, Column):
            return self._variable(found, "what if")
        knob: Knob = found.thing
        self._check_words(found.places, (knob.unit, *WHAT_IF_WORDS))
        change = self.question.change(found.places)
        if change is None:
            raise QuestionBack(
                f"What should {knob.label} be? Say one number, as in: What if {knob.names[0]} is "
                f"{number(_shown(knob))}?"
            )
        if change.how in ("set", "exactly", "at least", "at most") and len(knob.values) > 1:
            raise self._which("Which of them", [k.label for k in self._members(knob)])
        values = {
            path: self._new(knob, now, change) for path, now in zip(knob.paths, knob.values, strict=True)
        }
        pairs = [
            f"{amount(float(new), knob.unit)}"
            + ("" if now is None else f" in place of {amount(float(now), knob.unit)}")
            for now, new in zip(knob.values, values.values(), strict=True)
        ]
        understood = f"You ask what happens if {knob.label} is {listed(pairs, 4)}."
        return self._solved_again(
            "what if", understood, self._edited(lambda: changed(self.specification, values))
        )

    def _new(self, knob: Knob, now: int | float | None, change: Change) -> int | float:
        """The number after a change."""
        if change.how in ("at least", "at most"):
            fits = {"at least": ">=", "at most": "<="}[change.how]
            if knob.relation != fits:
                raise QuestionBack(
                    f"{capital(knob.label)} is no limit of that kind. Ask for a number: What if "
                    f"{knob.names[0]} is {number(change.value)}?"
                )
        if change.how in ("add", "multiply"):
            if now is None:
                raise QuestionBack(f"{capital(knob.label)} has no number yet that could change; say one.")
            old = exact(float(now)) if isinstance(now, float) else Fraction(now)
            by = exact(change.value)
            if change.how == "add" and knob.unit == "%":
                by /= 100
            return plain(old + by if change.how == "add" else old * by)
        if change.percent != (knob.unit == "%") and change.percent:
            raise QuestionBack(
                f"Percent of what? Ask for a number, as in: What if {knob.names[0]} is "
                f"{number(_shown(knob))}?"
            )
        return plain(exact(change.value) / 100 if knob.unit == "%" else exact(change.value))

    def _removed(self) -> WhyAnswer:
        """Leave a part out; a variable that no limit belongs to becomes 0."""
        limit = self.question.says(
            r"limits?|constraints?|restrictions?|bounds?|cap|maximum|minimum|requirements?"
        )
        found: list[Found[Any]] = list(self.question.mentioned(parts(self.specification)))
        if not found or (not limit and isinstance(self.specification, GeneralModel)):
            variables: list[Found[Any]] = list(self.question.mentioned(self._columns()))
            exactly = [f for f in found if not f.thing.bound and f.thing.field == "constraints"]
            if variables and not exactly:
                return self._variable(self._single(variables, "variable"), "what if", Change("exactly", 0))
        if not found:
            raise self._not_understood(self.question.unknown((), WHAT_IF_WORDS))
        one = self._single(found, "constraint")
        part: Part = one.thing
        self._check_words(one.places, WHAT_IF_WORDS)
        return self._solved_again(
            "what if",
            f"You ask what happens without {part.label}.",
            self._edited(lambda: without(self.specification, part)),
        )

    def _variable(self, found: Found[Column], kind: str, change: Change | None = None) -> WhyAnswer:
        """Limit a variable and solve again."""
        column = found.thing
        assert isinstance(self.specification, GeneralModel)
        model = self.specification
        self._check_words(found.places, (column.unit, *WHAT_IF_WORDS))
        now = self._value(column)
        told = change or self.question.change(found.places)
        if told is None:
            told = self._direction(now, column)
        value, how = told.value, told.how
        if how in ("add", "multiply"):
            if now is None:
                raise QuestionBack(
                    f"There is no answer yet that {column.label} could change from; say a number."
                )
            value = float(plain(exact(now) + exact(value) if how == "add" else exact(now) * exact(value)))
            how = "exactly"
        if how == "set":
            how = "exactly"
        if told.strict and column.variable.domain != "real":  # more than 5 tables are at least 6
            value = math.floor(value) + 1 if how == "at least" else math.ceil(value) - 1
        text = f"{column.label} must be {how} {amount(value, _unit(column))}"
        met = now is not None and _keeps(now, how, value)
        if kind == "why not" and met and self.result.feasible:
            already = f"That is so: {column.label} {amount(now or 0.0, _unit(column))}."
            return WhyAnswer(self.question.text, kind, f"You ask what if {text}.", (already,))
        understood = f"You ask what happens if {text}."
        return self._solved_again(kind, understood, self._edited(lambda: limited(model, column, how, value)))

    def _direction(self, now: float | None, column: Column) -> Change:
        """What "more tables", "fewer tables" and "tables" ask for, where there is no number."""
        q = self.question
        if q.says("more", "increase", "additional", "extra") and now is not None:
            return Change("at least", now + 1)
        if q.says("less", "fewer", "reduce") and now is not None:
            return Change("at most", now - 1)
        if q.forbids and not q.says(*WHY_NOT):
            return Change("exactly", 0)
        if q.says(*WHY_NOT):
            return Change("exactly" if column.variable.domain == "binary" else "at least", 1)
        raise QuestionBack(
            f"What should {column.label} be? Say one number, as in: What if {column.label} is at least 1?"
        )

    def why_not(self) -> WhyAnswer:
        """Make it so, solve again, and tell what that costs."""
        if isinstance(self.specification, GeneralModel):
            several = self.question.mentioned(self._columns())
            if len(several) > 1 and all(f.thing.variable.domain == "binary" for f in several):
                return self._all_chosen(self.specification, several)
            return self._variable(self._one(self._columns(), "variable"), "why not")
        found = self.question.mentioned(choices(self.specification))
        if not found:
            raise self._not_understood(self.question.unknown((), WHAT_IF_WORDS))
        places: set[int] = set().union(*(f.places for f in found))
        if any(a.places & b.places for a in found for b in found if a is not b):
            raise self._which("Which one do you mean", [f.thing.label for f in found])
        self._check_words(places, WHAT_IF_WORDS)
        chosen = [f.thing for f in found]
        text = f"You ask why not: {listed([c.label for c in chosen])}."
        return self._forced(text, chosen)

    def _all_chosen(self, model: GeneralModel, found: Sequence[Found[Column]]) -> WhyAnswer:
        """Several yes-or-no variables that all have to be 1."""
        self._check_words({p for f in found for p in f.places}, WHAT_IF_WORDS)
        if self.question.change(frozenset[int]().union(*(f.places for f in found))) is not None:
            raise self._which("Ask about one variable at a time. Which one", [f.thing.label for f in found])

        def edit() -> Specification:
            edited: Specification = model
            for one in found:
                assert isinstance(edited, GeneralModel)
                edited = limited(edited, one.thing, "exactly", 1)
            return edited

        names = listed([f.thing.label for f in found])
        return self._solved_again(
            "why not", f"You ask what happens if {names} must be 1.", self._edited(edit)
        )

    def _forced(self, understood: str, chosen: Sequence[Choice]) -> WhyAnswer:
        """The best answer with some choices made, through the linear encoding."""
        problem = self.result.problem
        form = linear_encoding(problem)
        if self.result.feasible and self.result.best is not None and form.encode is not None:
            now = form.encode(self.result.best.solution)
            if all(now[c.column] > 0.5 for c in chosen):
                return WhyAnswer(
                    self.question.text, "why not", understood, ("That is in the answer already.",)
                )
        low = form.model.low.copy()
        low[[c.column for c in chosen]] = 1.0
        model = replace(form.model, low=low)
        again = solve(model, Limits(SOLVING * self.clock.left), ["highs"], self._seed)
        best = None
        if again.best is not None and again.feasible:
            best = check(problem, form.decode(again.best.solution))
        bounds = [Bound(b.value, b.how, b.verified) for b in again.bounds]
        after = Result(problem, best, again.winner, bounds, again.arms, again.seconds)
        return self._compared("why not", understood, self.specification, after, None)


def _unit(column: Column) -> str:
    return "" if column.unit == column.label else column.unit


def _keeps(now: float, how: str, value: float) -> bool:
    slack = 1e-9 * max(1.0, abs(value))
    if how == "at least":
        return now >= value - slack
    return now <= value + slack if how == "at most" else abs(now - value) <= slack


def _shown(knob: Knob) -> float:
    now = knob.values[0]
    return float(1 if now is None else 100 * now if knob.unit == "%" else now)
