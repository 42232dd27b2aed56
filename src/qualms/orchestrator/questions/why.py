"""Questions about an answer, answered by fixed rules, by solving again, and never by guessing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from qualms.errors import ConfigError, QualmsError
from qualms.orchestrator.explain import (
    capital,
    conflict_sentences,
    find_conflict,
    line_text,
    lines,
)
from qualms.orchestrator.questions.edits import (
    Choice,
    Column,
    Part,
    choices,
    columns,
    limited,
    parts,
    without,
)
from qualms.orchestrator.questions.grammar import Change, Found, Question, QuestionBack
from qualms.orchestrator.questions.knobs import Knob, changed, knobs
from qualms.orchestrator.questions.look_up import WORDS, Lookup
from qualms.orchestrator.questions.reply import WhyAnswer
from qualms.orchestrator.wording import amount, difference, goal, listed, number, single
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import exact
from qualms.problems.problem import Bound, Problem
from qualms.solve.check import better, check
from qualms.solve.conditions import binding
from qualms.solve.encodings import linear_encoding
from qualms.solve.result import Result
from qualms.solve.sensitivity import sensitivity, step_of
from qualms.solve.solve import solve
from qualms.solve.solvers import BASELINES, Clock, Limits
from qualms.specification.base import plain
from qualms.specification.choice import Packing
from qualms.specification.general import GeneralModel
from qualms.specification.graphs import Independent
from qualms.specification.specification import Specification, to_problem

_SOLVING = 0.6  # of the time, for solving again; the rest is for a conflict
_LEAST = 0.3  # of the time, for solving again where much of it is gone
_MOST_CHANGED = 12  # lines of an answer that sentences name
_WHY_NOT = (
    "why not", "why do not", "why don't", "why does not", "why doesn't", "why did not", "why didn't",
    r"why (?:is|are|was|were) .* not", "why isn't", "why aren't", "why wasn't", "why weren't",
    r"why (?:can|could|should|do|does|did) (?:we|i|you|it) not", "why can't", "why shouldn't",
)  # fmt: skip
_WHAT_IF = (
    "what if", "what happens if", "what happens when", "what would happen if", "what changes if", "suppose",
    "assume", "what about if", "how .* if", "what .* if", "if",
)  # fmt: skip
_NO_ANSWER = (r"(?:why|what) .*(?:infeasible|impossible|contradict|conflict|no (?:answer|solution|plan))",)
_WORTH = (
    r"(?:how much|what|how) .*(?:one|more|extra|additional|another|less|fewer) .*"
    r"(?:bring|brings|worth|gain|add|save|cost|change)",
    r"worth of .*", r"shadow prices?", r"how valuable .*", r"how sensitive .*", r"marginal .*",
    r"(?:bring|worth|gain|save) .*(?:more|extra|additional|another)",
    r"(?:what is|how much is) .*(?:more|extra|additional|another) .*worth",
)  # fmt: skip
_OUTCOMES = ("infeasible", "unbounded", "infeasible or unbounded")


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


def examples(specification: Specification) -> list[str]:
    """Questions that can be asked of this specification, in its own names."""
    name, _ = goal(specification)
    found = [f"What is {name if name.startswith('the ') else 'the ' + name}?"]
    if isinstance(specification, GeneralModel):
        first, _ = next(columns(specification))
        asked = {"real": "How much is {}?", "integer": "How many {}?", "binary": "Is {} chosen?"}
        found.append(asked[first.variable.domain].format(first.label))
        found.append("Which constraints are binding?")
    knob = next((k for k in knobs(specification) if len(k.values) == 1 and k.values[0]), None)
    if knob is not None and knob.values[0] is not None:
        value = knob.values[0]
        whole = isinstance(value, int) and knob.unit != "%"
        new = f"is {number(value + 1)}" if whole else "rises by 10 %"
        found.append(f"What if {knob.label} {new}?")
        found.append(f"How much would {'one more unit of' if whole else '10 % more'} {knob.label} bring?")
    if isinstance(specification, GeneralModel):
        first, name = next(columns(specification))
        binary = first.variable.domain == "binary"
        found.append(f"Why not choose {name}?" if binary else f"Why not {name} at least 1?")
    elif isinstance(specification, Packing | Independent):
        things = specification.items if isinstance(specification, Packing) else specification.nodes
        found.append(f"Why not choose {things[0].name}?")
    return found


class _Session:
    """One question about one result."""

    def __init__(
        self,
        specification: Specification,
        result: Result,
        question: Question,
        clock: Clock,
        solvers: Sequence[str] | None,
    ) -> None:
        self.specification, self.result, self.question, self.clock = specification, result, question, clock
        self.goal, self.unit = goal(specification)
        self._solvers = list(solvers) if solvers is not None else None

    def answer(self) -> WhyAnswer:
        q = self.question
        if not q.tokens:
            raise self._not_understood([])
        if q.says(*_WHY_NOT):
            return self.why_not()
        if q.says(*_NO_ANSWER):
            return self.no_answer()
        if q.says(*_WORTH) and not q.says("what if", "suppose"):
            return self.worth()
        if q.says(*_WHAT_IF):
            return self.what_if()
        return self.retrieve()

    # No answer ----------------------------------------------------------------------------------------------

    def no_answer(self) -> WhyAnswer:
        """Why the problem is infeasible."""
        known = self.question.unknown((), _NO_ANSWER_WORDS)
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

    # What one more would bring ------------------------------------------------------------------------------

    def worth(self) -> WhyAnswer:
        """What a step of a number brings, by solving again; with the dual where there is one."""
        self._needs_answer()
        q = self.question = self.question.without_verb()
        found = self._one(self._numbers(), "number", by_unit=True)
        knob = found.thing
        if len(knob.values) > 1 or knob.values[0] is None:
            raise self._which("Which of them", [k.label for k in self._members(knob)])
        self._check_words(found.places, (self.goal, self.unit, knob.unit, *_WORTH_WORDS))
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

    # What if ------------------------------------------------------------------------------------------------

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
        self._check_words(found.places, (knob.unit, *_WHAT_IF_WORDS))
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
            raise self._not_understood(self.question.unknown((), _WHAT_IF_WORDS))
        one = self._single(found, "constraint")
        part: Part = one.thing
        self._check_words(one.places, _WHAT_IF_WORDS)
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
        self._check_words(found.places, (column.unit, *_WHAT_IF_WORDS))
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
        if q.forbids and not q.says(*_WHY_NOT):
            return Change("exactly", 0)
        if q.says(*_WHY_NOT):
            return Change("exactly" if column.variable.domain == "binary" else "at least", 1)
        raise QuestionBack(
            f"What should {column.label} be? Say one number, as in: What if {column.label} is at least 1?"
        )

    # Why not ------------------------------------------------------------------------------------------------

    def why_not(self) -> WhyAnswer:
        """Make it so, solve again, and tell what that costs."""
        if isinstance(self.specification, GeneralModel):
            several = self.question.mentioned(self._columns())
            if len(several) > 1 and all(f.thing.variable.domain == "binary" for f in several):
                return self._all_chosen(self.specification, several)
            return self._variable(self._one(self._columns(), "variable"), "why not")
        found = self.question.mentioned(choices(self.specification))
        if not found:
            raise self._not_understood(self.question.unknown((), _WHAT_IF_WORDS))
        places: set[int] = set().union(*(f.places for f in found))
        if any(a.places & b.places for a in found for b in found if a is not b):
            raise self._which("Which one do you mean", [f.thing.label for f in found])
        self._check_words(places, _WHAT_IF_WORDS)
        chosen = [f.thing for f in found]
        text = f"You ask why not: {listed([c.label for c in chosen])}."
        return self._forced(text, chosen)

    def _all_chosen(self, model: GeneralModel, found: Sequence[Found[Column]]) -> WhyAnswer:
        """Several yes-or-no variables that all have to be 1."""
        self._check_words({p for f in found for p in f.places}, _WHAT_IF_WORDS)
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
        again = solve(model, Limits(_SOLVING * self.clock.left), ["highs"], self._seed)
        best = None
        if again.best is not None and again.feasible:
            best = check(problem, form.decode(again.best.solution))
        bounds = [Bound(b.value, b.how, b.verified) for b in again.bounds]
        after = Result(problem, best, again.winner, bounds, again.arms, again.seconds)
        return self._compared("why not", understood, self.specification, after, None)

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

    # What they share ----------------------------------------------------------------------------------------

    def _numbers(self) -> list[tuple[Knob, str]]:
        return [(knob, name) for knob in knobs(self.specification) for name in knob.names]

    def _columns(self) -> list[tuple[Column, str]]:
        return list(columns(self.specification)) if isinstance(self.specification, GeneralModel) else []

    def _members(self, knob: Knob) -> list[Knob]:
        own = [k for k in knobs(self.specification) if len(k.paths) == 1 and k.paths[0] in knob.paths]
        return own or [knob]

    def _one(self, things: Sequence[tuple[Any, str]], what: str, by_unit: bool = False) -> Found[Any]:
        """The only thing that the question mentions, by name or, where that is allowed, by unit."""
        found = self.question.mentioned(things)
        if not found and by_unit:
            units = [(k, k.unit) for k, _ in things if k.relation and k.unit and k.unit != "%"]
            found = self.question.mentioned(units)
        if not found:
            raise self._not_understood(self.question.unknown((), _WHAT_IF_WORDS))
        return self._single(found, what)

    def _single(self, found: Sequence[Found[Any]], what: str) -> Found[Any]:
        if len(found) == 1:
            return found[0]
        labels = list(dict.fromkeys(f.thing.label for f in found))
        if any(a.places & b.places for a in found for b in found if a is not b):
            raise self._which("Which one do you mean", labels)
        raise self._which(f"Ask about one {what} at a time. Which one", labels)

    def _check_words(self, places: frozenset[int] | set[int], allowed: Sequence[str]) -> None:
        """Raise a question back where a word of the question was not used: it might change its meaning."""
        unknown = self.question.unknown(places, allowed)
        if unknown:
            raise self._not_understood(unknown)

    def _which(self, text: str, choices: Sequence[str]) -> QuestionBack:
        return QuestionBack(f"{text}: {_or(choices)}?", choices)

    def _not_understood(self, unknown: Sequence[str]) -> QuestionBack:
        words = f" The words {_quoted(unknown)} name nothing here." if len(unknown) > 1 else ""
        if len(unknown) == 1:
            words = f" The word {_quoted(unknown)} names nothing here."
        shown = examples(self.specification)
        return QuestionBack(
            f"That question is not understood.{words} These can be asked, for example: {' '.join(shown)}",
            shown,
        )

    def _edited(self, edit: Callable[[], Specification]) -> Specification:
        try:
            return edit()
        except ConfigError as error:
            raise QuestionBack(f"It cannot be changed like that: {error}.") from None

    def _needs_answer(self) -> None:
        if not self.result.feasible:
            raise QuestionBack("There is no answer yet that could change. Ask first: Why is there no answer?")

    @property
    def _seed(self) -> int:
        return self.result.arms[0].seed if self.result.arms else 0

    def _before(self) -> int | float | None:
        return plain(self.result.best.objective) if self.result.best and self.result.feasible else None

    def _amount(self, value: float | None) -> str:
        return "not known" if value is None else amount(value, self.unit)

    def _value(self, column: Column) -> float | None:
        if self.result.best is None or not self.result.feasible:
            return None
        return float(np.asarray(self.result.best.solution, float)[column.place])

    # Solving again ------------------------------------------------------------------------------------------

    def _solved_again(self, kind: str, understood: str, edited: Specification) -> WhyAnswer:
        """Solve a changed specification with the same solvers, and compare."""
        try:
            problem = to_problem(edited)
        except ConfigError as error:
            raise QuestionBack(f"It cannot be changed like that: {error}.") from None
        limits = Limits(max(_SOLVING * self.clock.left, _LEAST * self.clock.limits.seconds))
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


def _unit(column: Column) -> str:
    return "" if column.unit == column.label else column.unit


def _keeps(now: float, how: str, value: float) -> bool:
    slack = 1e-9 * max(1.0, abs(value))
    if how == "at least":
        return now >= value - slack
    return now <= value + slack if how == "at most" else abs(now - value) <= slack


def _less(value: float, before: float) -> int | float:
    """Exactly, as decimals."""
    return plain(exact(float(value)) - exact(float(before)))


def _shown(knob: Knob) -> float:
    now = knob.values[0]
    return float(1 if now is None else 100 * now if knob.unit == "%" else now)


def _or(choices: Sequence[str], most: int = 12) -> str:
    shown = list(dict.fromkeys(choices))
    if len(shown) > most:
        return f"{', '.join(shown[:most])} or one of {len(shown) - most:,} more"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _quoted(words: Sequence[str]) -> str:
    return listed([f"“{word}”" for word in dict.fromkeys(words)])


_NO_ANSWER_WORDS = (
    "infeasible", "impossible", "contradict contradiction contradictory contradicts",
    "conflict conflicting conflicts", "solution answer plan found find together problem model",
)  # fmt: skip
_WHAT_IF_WORDS = ("problem model", "assume", "drop", "hour hours day days")
_WORTH_WORDS = (
    "shadow price prices",
    "marginal",
    "valuable",
    "sensitive",
    "save",
    "objective",
    "profit",
    "worth",
)
__all__ = ["WhyAnswer", "examples", "why"]
