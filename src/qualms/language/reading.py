"""What reading a text can end in: a model, a question, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from qualms.specification.specification import Specification


@dataclass(frozen=True)
class Accepted:
    """Everything was understood.

    Attributes
    ----------
    model : Specification
        The problem: of the grammar a `GeneralModel`, of a language model any member that can be solved. Its
        `assumptions` say what was read one way where another was possible.
    """

    model: Specification


@dataclass(frozen=True)
class Question:
    """The text is a problem, but something is missing or can be read in two ways.

    Attributes
    ----------
    questions : tuple of str
        Each names exactly one thing that the user has to tell.
    """

    questions: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """The text is not a problem that the grammar can read.

    Attributes
    ----------
    reason : str
        One sentence.
    """

    reason: str


Reading = Accepted | Question | Refusal


class Unclear(Exception):
    """Something that only the user can tell. It never leaves this package.

    Parameters
    ----------
    question : str
        What to ask.
    progress : int
        How far the reading had come; of several attempts, the one that came furthest asks.
    two_ways : bool
        Whether it may be meant exactly, or as at least; then both readings are looked at.
    """

    def __init__(self, question: str, progress: int = 0, two_ways: bool = False) -> None:
        super().__init__(question)
        self.two_ways = two_ways
        self.question = question
        self.progress = progress
