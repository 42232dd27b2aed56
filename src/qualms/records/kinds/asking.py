"""The payload of a question that was answered: what was asked, how it was read, decided and explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Asking:
    """One question, from its words to the explanation of its answer.

    Attributes
    ----------
    question : str
        The words of the user; empty where the question came as a file or as data.
    paraphrase : list of str
        The specification in sentences, as the user saw it.
    specification : Mapping[str, Any]
        Its JSON, from which everything can be built again.
    problem, problem_kind, sense : str
        The instance's name, what it is, and "min" or "max".
    problem_hash : str
        Hash of the problem's data; the name does not count.
    limits : Mapping[str, Any]
        Seconds for everything together, and rounds of each solver, if they were limited.
    decision : Mapping[str, Any]
        Which solvers were chosen, and why.
    status : str
        As `Result.status`.
    answer : list of Mapping
        The lines of the answer: {"what", "value", "unit"}.
    solution : Any
        The best answer in the problem's own numbers, or None.
    explanation : Mapping[str, Any]
        As `Explanation.to_dict`, with its sentences.
    notes : list of str
        What was assumed.
    read_by : str
        Who read the words: the grammar, or a language model by its name; empty in records that do not say it.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    question: str
    paraphrase: list[str]
    specification: Mapping[str, Any]
    problem: str
    problem_kind: str
    sense: str
    problem_hash: str
    limits: Mapping[str, Any]
    decision: Mapping[str, Any]
    status: str
    answer: list[Mapping[str, Any]]
    solution: Any
    explanation: Mapping[str, Any]
    notes: list[str]
    read_by: str = ""
