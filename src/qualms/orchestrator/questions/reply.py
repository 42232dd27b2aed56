"""What comes back for a question about an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qualms.solve.conflict import Conflict
from qualms.specification.base import Line
from qualms.specification.specification import Specification


@dataclass(frozen=True)
class WhyAnswer:
    """An answer to a question, or a question back.

    Attributes
    ----------
    question : str
        As it was asked.
    kind : str
        "infeasible", "retrieve", "sensitivity", "what if", "why not", or "question back".
    understood : str
        What was taken to be asked, in one sentence; empty for a question back.
    told : tuple of str
        The answer in sentences, or the question back.
    choices : tuple of str
        What a question back lets choose from.
    status : str or None
        Of the changed problem, where it was solved.
    before, after : number or None
        The objective before and after the change.
    difference : number or None
        After less before.
    answer : tuple of Line
        Of the changed problem, or what was retrieved.
    conflict : Conflict or None
        Where the change leaves no answer, or there was none.
    specification : Specification or None
        The changed one, to go on with.
    """

    question: str
    kind: str
    understood: str
    told: tuple[str, ...]
    choices: tuple[str, ...] = ()
    status: str | None = None
    before: int | float | None = None
    after: int | float | None = None
    difference: int | float | None = None
    answer: tuple[Line, ...] = ()
    conflict: Conflict | None = None
    specification: Specification | None = field(default=None, repr=False)

    @property
    def answered(self) -> bool:
        """Whether this is an answer and no question back."""
        return self.kind != "question back"

    def sentences(self) -> list[str]:
        """What was understood, then the answer."""
        return [*([self.understood] if self.understood else []), *self.told]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it, with all digits."""
        return {
            "question": self.question,
            "kind": self.kind,
            "answered": self.answered,
            "understood": self.understood,
            "told": list(self.told),
            "choices": list(self.choices),
            "status": self.status,
            "before": self.before,
            "after": self.after,
            "difference": self.difference,
            "answer": [line.model_dump() for line in self.answer],
            "conflict": None if self.conflict is None else self.conflict.to_dict(),
            "specification": None
            if self.specification is None
            else self.specification.model_dump(mode="json"),
        }
