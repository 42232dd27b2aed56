"""One question about one result: what it mentions, and questions back where that is not clear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.orchestrator.questions.edits import (
    Column,
    columns,
)
from qualms.orchestrator.questions.grammar import Found, Question, QuestionBack
from qualms.orchestrator.questions.knobs import Knob, knobs
from qualms.orchestrator.questions.phrasing import (
    WHAT_IF_WORDS,
)
from qualms.orchestrator.wording import amount, goal, listed, number
from qualms.solve.result import Result
from qualms.solve.solvers import Clock
from qualms.specification.base import plain
from qualms.specification.choice import Packing
from qualms.specification.general import GeneralModel
from qualms.specification.graphs import Independent
from qualms.specification.specification import Specification


class Session:
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
            raise self._not_understood(self.question.unknown((), WHAT_IF_WORDS))
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


def _or(choices: Sequence[str], most: int = 12) -> str:
    shown = list(dict.fromkeys(choices))
    if len(shown) > most:
        return f"{', '.join(shown[:most])} or one of {len(shown) - most:,} more"
    return f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _quoted(words: Sequence[str]) -> str:
    return listed([f"“{word}”" for word in dict.fromkeys(words)])
