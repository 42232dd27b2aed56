"""What may be asked for: one schema for the page, the HTTP API and the agents.

Nothing here names a file of the server, a back end, a device or a sum of money, and unknown fields are
refused: what a request does not have, no text inside it can bring in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from qualms.data.mistakes import mistakes
from qualms.errors import ConfigError
from qualms.service.jobs.job import Job
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.recipes import check_recipe
from qualms.service.jobs.uploads import find
from qualms.service.settings import Settings
from qualms.service.spending.quote import JOB_KEYS
from qualms.solve.solvers import SOLVERS
from qualms.specification.specification import Specification, check_json

_UPLOAD = r"^[0-9a-f]{32}$"
_ID = r"^[0-9a-f]{8,64}$"
_PROSE = ("text", "prompt", "separator")  # fields whose words may have several lines
_TITLE = 80  # characters
_KEY = re.compile(r"[\x21-\x7e]{1,200}")

Upload = Annotated[str, Field(pattern=_UPLOAD, description="The id of an uploaded file.")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Problem(_Request):
    """What is to be solved, told in one way: as a typed specification, in words, in words about an uploaded
    table, or as an uploaded file.
    """

    specification: Annotated[Specification, Field(discriminator="kind")] | None = None
    text: str | None = Field(default=None, min_length=1, description='Plain words, or "labs:40".')
    upload: Upload | None = None
    decimal: Literal[".", ","] | None = Field(default=None, description="The table's decimal mark.")


class Read(_Problem):
    """Say how a problem is understood, and solve nothing."""

    kind: Literal["read"] = "read"


class Solve(_Problem):
    """Read, decide, race, check and explain, as `qualms ask` does.

    Attributes
    ----------
    seconds : float
        For solving.
    gap : float
        The race ends when the answer is proven to be this close to the optimum, relative to its size.
    seed : int
    solvers : tuple of str
        Names of those that race; empty for those that suit the problem.
    """

    kind: Literal["solve"] = "solve"
    seconds: float = Field(default=10.0, gt=0)
    gap: float = Field(default=0.0, ge=0, le=1)
    seed: Seed = 0
    solvers: tuple[str, ...] = Field(default=(), max_length=30)


class Learn(_Request):
    """Compare learners, their twins and classical methods on an uploaded table, as `qualms learn` does.

    Attributes
    ----------
    upload : str
        The table.
    target : str
        The column to be told.
    learners : tuple of str or None
        None for all that suit; empty for classical methods alone.
    seconds : float
        After which no run is begun.
    """

    kind: Literal["learn"] = "learn"
    upload: Upload
    target: str = Field(min_length=1, max_length=200)
    task: Literal["classification", "regression"] | None = None
    learners: tuple[str, ...] | None = Field(default=None, max_length=50)
    drop: tuple[str, ...] = Field(default=(), max_length=1000)
    folds: int = Field(default=3, ge=2, le=20)
    settings: int = Field(default=2, ge=1, le=50)
    qubits: int = Field(default=8, ge=1, le=12)
    seed: Seed = 0
    seconds: float = Field(default=120.0, gt=0)


class Compare(_Request):
    """Fine-tune a model by several methods, beside their twins, as `qualms compare` does.

    Attributes
    ----------
    recipe : dict
        As `qualms compare` reads it from a file. Its model is one that comes with the package or one that the
        service's settings allow; its data is "trails" or an uploaded file.
    upload : str or None
        The data, in the recipe's place.
    """

    kind: Literal["compare"] = "compare"
    recipe: dict[str, Any] = Field(default_factory=dict)
    upload: Upload | None = None


class Generate(_Request):
    """Let tuned models of the store, and their base, go on from one prompt.

    Attributes
    ----------
    records : tuple of str
        Ids of fine-tuning records whose models are there.
    prompt : str
    tokens : int
        New tokens of each.
    """

    kind: Literal["generate"] = "generate"
    records: tuple[Annotated[str, Field(pattern=_ID)], ...] = Field(min_length=1, max_length=12)
    prompt: str = Field(min_length=1, max_length=4000)
    tokens: int = Field(default=80, ge=1, le=500)


Request = Annotated[Solve | Read | Learn | Compare | Generate, Field(discriminator="kind")]
REQUESTS: TypeAdapter[Any] = TypeAdapter(Request)


def submit_checked(
    queue: Queue,
    kind: str,
    request: Mapping[str, Any] | str | bytes,
    key: str | None,
    settings: Settings,
    quote: str | None = None,
) -> Job:
    """Validate a request, hold it against the limits, and add it to the queue.

    Parameters
    ----------
    queue : Queue
    kind : str
        "solve", "read", "learn", "compare" or "generate"; empty where the request says it.
    request : Mapping, str or bytes
        Plain data, or its JSON.
    key : str, optional
        An idempotency key: visible ASCII, at most 200 characters.
    settings : Settings
    quote : str, optional
        The id of a quote that was consented to (`qualms.service.spending`), for a problem that is also to be
        run on the quote's device. No request holds one: who calls this has looked at the consent.

    Raises
    ------
    ConfigError
        For what is no request, or asks for more than the limits.
    MissingError
        For an upload that is not there.
    KeyConflictError, QueueFullError
        See `Queue.submit`.
    """
    if key is not None and not _KEY.fullmatch(key):
        raise ConfigError("an idempotency key has 1 to 200 visible characters of ASCII, without spaces")
    if key is not None and quote is None and key.startswith(JOB_KEYS):
        raise ConfigError(
            f"an idempotency key must not begin with {JOB_KEYS!r}, which jobs with a quote have; choose "
            "another key"
        )
    found = checked(request, kind, settings)
    if quote is not None and not isinstance(found, Solve):
        raise ConfigError(f"a job of kind {found.kind!r} does not run on devices; only solving does")
    plain = json.loads(found.model_dump_json())
    if quote is not None:
        plain["quote"] = quote
    return queue.submit(found.kind, plain, key, title(found, settings.store))


def checked(request: Mapping[str, Any] | str | bytes, kind: str, settings: Settings) -> Any:
    """A request that may be submitted: validated, and held against the limits. Arguments and errors as those
    of `submit_checked`, which does the same before it adds the request to the queue.
    """
    found = parse(request, kind)
    _check(found, settings)
    return found


def check_text(text: str, settings: Settings) -> None:
    """Raises ConfigError for a text that is longer than the limits allow."""
    if len(text) > settings.limits.text:
        raise ConfigError(
            f"text: {len(text):,} characters, and {settings.limits.text:,} are the most; give a large "
            "problem as a specification or a file, or its numbers in a table"
        )


def parse(request: Mapping[str, Any] | str | bytes, kind: str = "") -> Any:
    """A request from plain data or JSON. Raises ConfigError with the places of up to three mistakes."""
    try:
        text = request if isinstance(request, str | bytes) else json.dumps(dict(request), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"no valid request: it is no JSON: {error}") from None
    check_json(text, "request", _PROSE)
    try:
        if kind and not isinstance(request, str | bytes):
            text = json.dumps({**request, "kind": kind})
        return REQUESTS.validate_json(text)
    except ValidationError as error:
        told = mistakes(error.errors(include_url=False, include_input=False), "the request")
        raise ConfigError(f"no valid request: {told}") from None


def title(found: Any, store: Path) -> str:
    """A checked request in a line, for lists. A file is called what its sender called it."""
    if isinstance(found, Solve | Read):
        if found.text is not None:
            told = " ".join(found.text.split())
        elif found.specification is not None:
            told = f"{found.specification.kind}: {found.specification.name}"
        else:
            assert found.upload is not None  # it was checked that the problem is told in some way
            told = find(store, found.upload).name
    elif isinstance(found, Learn):
        told = f"learn {found.target}"
    elif isinstance(found, Compare):
        told = f"compare {', '.join(map(str, found.recipe.get('methods', ['the usual methods'])))}"
    else:
        told = " ".join(found.prompt.split())
    return told if len(told) <= _TITLE else told[: _TITLE - 1] + "…"


def _check(found: Any, settings: Settings) -> None:
    """Raises ConfigError for what the schema alone cannot say, and for more than the limits."""
    limits = settings.limits
    if (seconds := getattr(found, "seconds", 0.0)) > limits.seconds:
        raise ConfigError(f"seconds: {seconds:g} are asked for, and {limits.seconds:g} are the most")
    if isinstance(found, Solve | Read):
        _check_problem(found, settings)
    elif isinstance(found, Compare):
        check_recipe(found.recipe, found.upload is not None, settings.models)
    if (upload := getattr(found, "upload", None)) is not None:
        find(settings.store, upload)
    unknown = [name for name in getattr(found, "solvers", ()) if name not in SOLVERS]
    if unknown:
        raise ConfigError(f"solvers: unknown solver {unknown[0]!r}; there are {', '.join(SOLVERS)}")


def _check_problem(found: Solve | Read, settings: Settings) -> None:
    told = [name for name in ("specification", "text", "upload") if getattr(found, name) is not None]
    if told not in (["specification"], ["text"], ["upload"], ["text", "upload"]):
        raise ConfigError(
            "a problem is told as `specification`, as `text`, as `upload`, or as `text` about an `upload`; "
            f"this request has {' and '.join(told) or 'none of them'}"
        )
    if found.text is not None:
        check_text(found.text, settings)
    if getattr(found.specification, "kind", None) == "classification":
        raise ConfigError(
            "specification: a classification names a file, which no request may; upload the table and ask "
            'for a job of kind "learn"'
        )
