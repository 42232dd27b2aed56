"""The union of all members, its JSON, and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from qualms.data.mistakes import mistakes
from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Problem
from qualms.specification.base import hidden
from qualms.specification.binary import Heaps, IsingForm, QuadraticBinary, Sequence
from qualms.specification.choice import Facilities, Matching, Packing, Placement
from qualms.specification.conversion import of_problem
from qualms.specification.general import GeneralModel, of_model
from qualms.specification.graphs import Colouring, Cut, Independent
from qualms.specification.investments import Investment
from qualms.specification.other_jobs import Classification, LinearSystem, Sampling
from qualms.specification.routes import Routes
from qualms.specification.schedules import Schedule

Specification = (
    Cut | Independent | Colouring | QuadraticBinary | IsingForm | Sequence | Heaps | Packing | Matching
    | Placement | Facilities | Routes | Schedule | Investment | GeneralModel | Classification | Sampling
    | LinearSystem
)  # fmt: skip
_UNION: TypeAdapter[Any] = TypeAdapter(Annotated[Specification, Field(discriminator="kind")])
_LARGEST = 64 * 2**20  # characters of JSON


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that the page, the HTTP API and the agents' tools share."""
    return _UNION.json_schema()


def parse(text: str | bytes) -> Specification:
    """A specification from its JSON.

    Raises
    ------
    ConfigError
        For what is no specification. The message names the places of up to three mistakes.
    """
    check_json(text)
    try:
        return _UNION.validate_json(text)
    except ValidationError as error:
        told = mistakes(error.errors(include_url=False, include_input=False), "the text")
        raise ConfigError(f"no valid specification: {told}") from None


def check_json(text: str | bytes, what: str = "specification", prose: Collection[str] = ()) -> None:
    """Look for what would be read without a word: a key that is given twice, of which the last one would
    count, and texts with characters that a terminal obeys or hides.

    Parameters
    ----------
    text : str or bytes
        The JSON. What is none passes: who reads it says where.
    what : str
        What it should be, for the message.
    prose : collection of str
        Keys whose texts may have any characters and several lines, because only a reader of words gets them.

    Raises
    ------
    ConfigError
        It has one of these, or more than 64 Mi characters.
    """
    if len(text) > _LARGEST:
        raise ConfigError(f"no valid {what}: {len(text):,} characters; {_LARGEST:,} are the most")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ConfigError(f"no valid {what}: the key {key!r} is given twice in one place")
            texts = value if isinstance(value, list) else [value]
            if hidden(key) or (key not in prose and any(isinstance(t, str) and hidden(t) for t in texts)):
                shown = repr(key) if hidden(key) else key
                raise ConfigError(f"no valid {what}: {shown} has hidden or control characters")
            found[key] = value
        return found

    try:
        json.loads(text, object_pairs_hook=once)
    except ConfigError:
        raise
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or an integer of thousands of digits
        return  # pydantic says where


def read(path: Path) -> Specification:
    """A specification from a file. Raises DataError with the file's name for what is none."""
    try:
        return parse(read_text(path).text)
    except ConfigError as error:
        raise DataError(f"{path}: {error}") from None


def to_problem(specification: Specification) -> Problem:
    """The problem that solvers take.

    Raises
    ------
    ConfigError
        For a specification that contradicts itself, or for a job that is no optimization.
    """
    if isinstance(specification, Classification | Sampling | LinearSystem):
        raise ConfigError(
            f"a job of kind {specification.kind!r} is no optimization problem, and solvers do not take it"
        )
    return specification.build()


@of_problem.register
def _(problem: MixedInteger) -> Any:
    return of_model(problem)
