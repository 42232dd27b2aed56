"""How an agent tells a problem: in words, with a table, or as a typed specification."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args

from pydantic import Field

from qualms.errors import ConfigError
from qualms.orchestrator.intake import Understood, intake, understood
from qualms.orchestrator.other_jobs import OtherJob
from qualms.problems.problem import Problem
from qualms.service.agents.access import Access
from qualms.service.jobs.requests import check_text
from qualms.service.jobs.uploads import find, keep
from qualms.specification.specification import Specification, parse, schema, to_problem

SCHEMA = "qualms://specification/schema"  # where the whole JSON Schema is

_MOST_TEXT = 300  # characters of what a kind is for


def kinds() -> str:
    """A line for every kind of the typed specification: its fields, those that may be left out in brackets.

    The whole JSON Schema has some 35,000 characters, more than a list of tools should cost an agent.
    """
    lines = []
    for member in get_args(Specification):
        fields = member.model_fields
        told = [
            name if field.is_required() else f"[{name}]"
            for name, field in fields.items()
            if name not in ("kind", "name", "assumptions")
        ]
        does = " ".join((member.__doc__ or "").split("\n\n")[0].split())[:_MOST_TEXT]
        lines.append(f'- "{fields["kind"].default}": {does} Fields: {", ".join(told)}.')
    return "\n".join(lines)


# texts are plain strings, empty where they are not given: the SDK reads JSON inside any other type, and a
# problem or a table that is told as JSON would be no text any more
Text = Annotated[
    str,
    Field(
        description="The problem in plain English, with all its numbers; or “labs:40”. Never a file's name."
    ),
]
Table = Annotated[
    str, Field(description="The content of a table (CSV with a header) that the text speaks of.")
]
Typed = Annotated[
    dict[str, Any] | None,
    Field(
        description='The problem as data instead of words: {"kind": …, …}. Names are your own and come back '
        f"in the answer. The JSON Schema is the resource {SCHEMA}. Kinds:\n{kinds()}"
    ),
]


def schema_text() -> str:
    """The JSON Schema of the typed specification."""
    return json.dumps(schema())


def problem_of(
    text: str, table: str, specification: Mapping[str, Any] | None, access: Access
) -> dict[str, Any]:
    """The part of a request that tells the problem. A table is kept as an uploaded file.

    Raises
    ------
    ConfigError
        Unless it is told in one way, and for a text that is longer than the limits allow.
    """
    if bool(text) == (specification is not None) or (table and not text):
        raise ConfigError("tell the problem as `text`, as `text` with `table`, or as `specification`")
    if specification is not None:
        return {"specification": specification}
    check_text(text, access.settings)  # here too, because a quote reads the problem in this process
    if not table:
        return {"text": text}
    content = table.encode("utf-8", "replace")
    upload = keep(access.settings.store, "table.csv", content, access.settings.limits)
    return {"text": text, "upload": upload}


def asked(
    access: Access,
    text: str,
    table: str,
    specification: Mapping[str, Any] | None,
    seconds: float,
    gap: float,
    seed: int,
    solvers: Sequence[str],
) -> dict[str, Any]:
    """The request of kind "solve" that the arguments of the tool `solve` make. Errors as `problem_of`."""
    problem = problem_of(text, table, specification, access)
    return {**problem, "seconds": seconds, "gap": gap, "seed": seed, "solvers": list(solvers)}


def read(told: Mapping[str, Any], access: Access) -> Problem:
    """The problem of `problem_of`, read here: for a quote, whose circuit has to be known.

    Raises
    ------
    ConfigError
        For what is not understood, and for a job that is no optimization.
    """
    upload = told.get("upload")
    if told.get("specification") is not None:
        found = understood(parse(json.dumps(told["specification"])), "specification")
    else:
        table = None if upload is None else find(access.settings.store, upload)
        found = intake(str(told["text"]), table, files=False)  # type: ignore[assignment]
    if not isinstance(found, Understood):
        told_back = found.questions if hasattr(found, "questions") else (found.reason,)
        raise ConfigError(" ".join(told_back))
    if isinstance(found.specification, OtherJob):
        raise ConfigError(
            f"a problem of kind {found.specification.kind!r} is no optimization, and not for a device"
        )
    return to_problem(found.specification)
