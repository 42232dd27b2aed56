"""The union of all members, its JSON, and its JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Problem
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
_MOST_TOLD = 3  # of the mistakes in one JSON text


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that the command line, the HTTP interface and the agents' tool share."""
    return _UNION.json_schema()


def parse(text: str | bytes) -> Specification:
    """A specification from its JSON.

    Raises
    ------
    ConfigError
        For what is no specification. The message names the places of up to three mistakes.
    """
    try:
        return _UNION.validate_json(text)
    except ValidationError as error:
        raise ConfigError(f"no valid specification: {_mistakes(error)}") from None


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


def _mistakes(error: ValidationError) -> str:
    told = []
    for mistake in error.errors(include_url=False)[:_MOST_TOLD]:
        where = ".".join(str(part) for part in mistake["loc"]) or "the text"
        told.append(f"{where}: {mistake['msg']}")
    more = error.error_count() - len(told)
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


@of_problem.register
def _(problem: MixedInteger) -> Any:
    return of_model(problem)
