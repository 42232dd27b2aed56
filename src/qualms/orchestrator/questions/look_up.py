"""What is known of an answer already: values, limits, how good it is, who found it, what was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qualms.orchestrator.explain import Explanation, explain, lines, receipt
from qualms.orchestrator.explaining.sentences import (
    answer_sentences,
    binding_sentences,
    capital,
    limit_sentences,
    line_text,
)
from qualms.orchestrator.questions.edits import columns, used
from qualms.orchestrator.questions.grammar import Question, content
from qualms.orchestrator.questions.knobs import knobs
from qualms.orchestrator.wording import amount, goal, number
from qualms.problems.mixed_integer import MixedInteger
from qualms.solve.result import Result
from qualms.specification.base import Line
from qualms.specification.choice import Facilities, Packing
from qualms.specification.general import GeneralModel
from qualms.specification.graphs import Independent
from qualms.specification.investments import Investment
from qualms.specification.specification import Specification

WORDS = (
    "binding bottleneck tight limiting reach reached", "left unused slack used usage",
    "optimal optimum gap proven best possible good certain", "solver found arm algorithm method",
    "quantum twin contribute contributed did", "assume assumed assumption", "long seconds time did",
    "seed version fingerprint receipt", "objective", "what's where whom far", "show list problem",
)  # fmt: skip
_BINDING = ("binding", "bottlenecks?", "tight", "limiting", "limits the .*", "reach(?:es|ed)?")
_USED = ("left", "unused", "slack", "used", "usage")


@dataclass(frozen=True)
class Fact:
    """Something that was found.

    Attributes
    ----------
    told : tuple of str
        In sentences.
    places : frozenset of int
        The tokens of the question that named it.
    lines : tuple of Line
        Of the answer.
    """

    told: tuple[str, ...]
    places: frozenset[int] = frozenset()
    lines: tuple[Line, ...] = ()


class Lookup:
    """Looks up what one question asks of one result.

    Parameters
    ----------
    specification, result
        What was solved, and its outcome.
    question : Question
        What is asked.
    """

    def __init__(self, specification: Specification, result: Result, question: Question) -> None:
        self._specification, self._result, self._question = specification, result, question
        self._goal, self._unit = goal(specification)

    def found(self) -> list[Fact]:
        """What the question names; more than one only where its words fit several things equally well."""
        q = self._question
        if q.says(*_BINDING):
            return [Fact(tuple(self._limits()))]
        usage = self._usage()
        if usage is not None and q.says(*_USED):
            return [usage]
        named = [fact for fact in (self._lines(), usage, *self._given()) if fact is not None]
        longest = [f for f in named if not any(f.places < other.places for other in named)]
        if longest and longest[0].lines:  # the answer comes first where a name is also given data's
            return longest[:1]
        if longest:
            return longest
        topic = next((tell for patterns, tell in self._topics() if q.says(*patterns)), None)
        if topic is None and q.has_stem(*content(self._goal)):
            topic = self._objective
        return [] if topic is None else [Fact(tuple(topic()))]

    def _topics(self) -> list[tuple[Sequence[str], Callable[[], list[str]]]]:
        known = self._explained

        def bound() -> list[str]:
            return limit_sentences(known()) or answer_sentences(known())

        def quantum() -> list[str]:
            nothing = "No quantum solver ran, so there is nothing to compare."
            return [c.sentence for c in known().contributions] or [nothing]

        return [
            (("quantum", "twins?"), quantum),
            (("optimal", "optimum", "gap", "bound", "proven", "best possible", "how good", "certain"), bound),
            (
                ("solvers?", "who found .*", "arms?", "algorithms?", "methods?"),
                lambda: [arm.sentence for arm in known().arms],
            ),
            (("assumed?", "assumptions?"), lambda: list(known().notes) or ["Nothing was assumed."]),
            (
                ("how long", "seconds", "time"),
                lambda: [f"Solving took {number(round(self._result.seconds, 3))} s."],
            ),
            (("seeds?", "versions?", "fingerprint", "receipt"), self._receipt),
            (("objective",), self._objective),
            (
                ("answer", "plan", "solution", "what should .*", "what to do", "result"),
                lambda: answer_sentences(known()),
            ),
        ]

    def _explained(self) -> Explanation:
        return explain(self._specification, self._result, 0.0)

    def _objective(self) -> list[str]:
        best = self._result.best
        if best is None or not self._result.feasible:
            return answer_sentences(self._explained())
        return [f"{capital(self._goal)} is {amount(float(best.objective), self._unit)}."]

    def _receipt(self) -> list[str]:
        found = receipt(self._specification, self._result)
        installed = ", ".join(f"{k} {v}" for k, v in found.versions.items() if v)
        return [
            f"The problem's fingerprint is {found.fingerprint}, the SHA-256 of its specification "
            f"{found.specification_sha256}.",
            f"Seeds: {', '.join(map(str, found.seeds))}. Versions: {installed}.",
        ]

    def _limits(self) -> list[str]:
        """The binding constraints, without sensitivities."""
        if not self._result.feasible:
            return answer_sentences(self._explained())
        if not isinstance(self._result.problem, MixedInteger):
            kind = self._specification.kind
            return [f"Which constraints bind is told of general models alone, and this is a {kind}."]
        return binding_sentences(self._explained()) or ["The answer reaches none of the limits."]

    def _lines(self) -> Fact | None:
        """The lines of the answer that the question mentions."""
        if self._result.best is None or not self._result.feasible:
            return self._missing()
        if isinstance(self._specification, GeneralModel):
            return self._variables(self._specification, np.asarray(self._result.best.solution, float))
        shown = lines(self._specification, self._result)
        members = [
            (line, name)
            for line in shown
            if isinstance(line.value, str)
            for name in line.value.replace(" → ", ", ").split(", ")
        ]
        missing = self._not_there({line.what for line in shown})
        if missing is not None and not self._question.mentioned(members):
            return missing
        found = self._question.mentioned([*((line, line.what) for line in shown), *members])
        places = frozenset[int]().union(*(f.places for f in found))
        titles = self._question.mentioned((line, _title(line.what)) for line in shown)
        return _of_lines([f.thing for f in found], places.union(*(f.places for f in titles)))

    def _not_there(self, there: set[str]) -> Fact | None:
        """That something is not in the answer, by its name."""
        names = [name for name in _things(self._specification) if name not in there]
        found = self._question.mentioned((name, name) for name in names)
        if not found:
            return None
        places = frozenset[int]().union(*(f.places for f in found))
        return Fact(tuple(f"{capital(f.thing)} is not in the answer." for f in found), places)

    def _missing(self) -> Fact | None:
        """That there is no answer, where the question mentions a variable."""
        if not isinstance(self._specification, GeneralModel):
            return None
        found = self._question.mentioned((v, v.name) for v in self._specification.variables)
        if not found:
            return None
        places = frozenset[int]().union(*(f.places for f in found))
        return Fact(tuple(answer_sentences(self._explained())), places)

    def _variables(self, model: GeneralModel, values: np.ndarray) -> Fact | None:
        """Single variables by name; of a variable over sets those of the elements that are mentioned."""
        families = self._question.mentioned((v, v.name) for v in model.variables)
        if not families:
            return None
        found, places = [], set[int]()
        for family in families:
            own = [c for c, _ in columns(model) if c.variable is family.thing]
            elements = dict.fromkeys(e for c in own for e in c.index)
            mentioned = self._question.mentioned((e, e) for e in elements)
            wanted = {f.thing for f in mentioned}
            places |= family.places.union(*(f.places for f in mentioned))
            for c in own:
                if wanted <= set(c.index):
                    x = float(values[c.place])
                    value = x if c.variable.domain == "real" else round(x)
                    found.append(Line(what=c.label, value=value, unit=c.unit))
        return _of_lines(found, frozenset(places))

    def _usage(self) -> Fact | None:
        """How much of a constraint is used."""
        model, best = self._specification, self._result.best
        if not isinstance(model, GeneralModel) or best is None or not self._result.feasible:
            return None
        found = self._question.mentioned((c, c.name) for c in model.constraints)
        if not found:
            return None
        chosen: list[Any] = [f.thing for f in found]
        told = tuple(
            f"{capital(text)}."
            for constraint, text in used(model, best.solution)
            if any(constraint is c for c in chosen)
        )
        return Fact(told, frozenset[int]().union(*(f.places for f in found)))

    def _given(self) -> list[Fact]:
        """Numbers of the specification itself, other than sides of constraints, whose use says more."""
        pairs = [(k, name) for k in knobs(self._specification) if not k.relation for name in k.names]
        facts = []
        for found in self._question.mentioned(pairs):
            knob = found.thing
            values = [amount(float(v), knob.unit) for v in knob.values if v is not None]
            text = f"is {', '.join(values)}" if values else "has no number"
            facts.append(Fact((f"{capital(knob.label)} {text}, as it was given.",), found.places))
        return facts


def _of_lines(chosen: list[Line], places: frozenset[int]) -> Fact | None:
    if not chosen:
        return None
    return Fact(tuple(f"{capital(line_text(line))}." for line in chosen), places, tuple(chosen))


def _title(what: str) -> str:
    """ "route" of "route 1"."""
    return what.rstrip(" 0123456789")


def _things(specification: Specification) -> list[str]:
    """The names of what an answer may choose."""
    if isinstance(specification, Investment):
        return list(specification.assets) or [f"asset {k + 1}" for k in range(len(specification.returns))]
    if isinstance(specification, Packing):
        return [item.name for item in specification.items]
    if isinstance(specification, Independent):
        return [node.name for node in specification.nodes]
    return [f.name for f in specification.facilities] if isinstance(specification, Facilities) else []
