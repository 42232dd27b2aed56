"""A study as data: one YAML recipe, checked before anything runs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from qualms.data.mistakes import words
from qualms.data.numbers import plain
from qualms.data.yaml_text import parse_yaml, read_yaml
from qualms.errors import ConfigError
from qualms.execution import check_executor
from qualms.study.reporting import check_trackers

_LARGEST_SEED = 2**32 - 1  # what numpy takes


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("the same value twice")
    return values


def _no_truth(value: Any) -> Any:
    """pydantic reads true as 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
Real = Annotated[float, BeforeValidator(_no_truth), Field(allow_inf_nan=False)]
Rate = Annotated[Real, Field(gt=0, le=1e15)]  # that a large one diverges is the run's to tell
Seed = Annotated[Whole, Field(ge=0, le=_LARGEST_SEED)]


class Search(BaseModel):
    """How each method's learning rate is found: short runs on a grid around its default, extended where the
    best is at an end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    factors: Annotated[list[Rate], Field(min_length=1), AfterValidator(_distinct)] = [0.3, 1.0, 3.0]
    steps: Annotated[Whole, Field(ge=1, le=10_000_000)] = 80
    extend: Annotated[Whole, Field(ge=0, le=20)] = 2


class Recipe(BaseModel):
    """Everything that determines a study.

    Attributes
    ----------
    task : Literal['generate', 'classify']
        "generate" (input → text) or "classify" (text → label).
    model : str
        "base" (the small model that ships), "minilm" (a real small encoder, extra `encoder`), a folder,
        or a hub id.
    data : str
        "trails" (the task that ships), a folder with splits, a file, or a hub name.
    methods : list[str]
        See `qualms.study.methods`. Quantum ones bring their twins along. One method may stand here several
        times with settings in brackets: "lora[r=1]", "lora[r=2]".
    twins : list[str] or None
        Which twins a quantum method brings; None for all but those that are made on request, see
        `with_twins`.
    seeds : list[Seed]
        One run of every method for each.
    steps, batch_size : Whole
        The budget, the same for all methods.
    learning_rates : dict[str, Rate]
        Rates known already, from an earlier search; methods without one are searched.
    head_rate : Rate, optional
        Learning rate of a new head (a classifier), the same for every method. Without it the head has each
        method's own rate, and a method with a high one has a better head, which says little of its adapter.
    options : dict[str, dict[str, Any]]
        Settings of single methods, by name: {"lora": {"r": 8}}. They are for all forms of a method; settings
        in a name's brackets go before them.
    optim_options : dict[str, Any]
        Settings of methods trained `@superpositional`: arguments of `SuperpositionalAdamW`, and
        lam_schedule.
    max_length : Whole
        Tokens of input and output together; longer examples are cut and counted.
    max_new_tokens : Whole
        Largest number of new tokens of generated texts.
    validation_examples, test_examples : Whole
        How many of the splits are used.
    workers : Whole
        How many runs at a time, each with one thread.
    executor : str
        Where they run: "processes" of this machine, "ray", or "ray:ADDRESS", see
        `qualms.execution.make_executor`. Neither of the two changes a result.
    report_to : list[str]
        Programs that also get the training curves: trackio, mlflow, tensorboard, wandb. No result depends on
        it, and searches for learning rates are not reported.

    Raises
    ------
    ConfigError
        A key that there is not, or a value that is not allowed, with what is.

    Notes
    -----
    Numbers may be numpy's. A study is a value: `model_copy(update=…)` makes another one, checked as every
    recipe is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    task: Literal["generate", "classify"] = "generate"
    model: str = "base"
    data: str = "trails"
    input_field: str | None = None
    output_field: str | None = None
    skip_bad_rows: bool = False
    separator: str = " =>"
    methods: Annotated[list[str], Field(min_length=1), AfterValidator(_distinct)] = [
        "full",
        "lora",
        "prefix",
        "qsl",
        "qsl:mergeable",
    ]
    twins: Annotated[list[str], AfterValidator(_distinct)] | None = None
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(_distinct)] = [0, 1, 2]
    steps: Annotated[Whole, Field(ge=1, le=10_000_000)] = 300
    batch_size: Annotated[Whole, Field(ge=1, le=1_000_000)] = 8
    warmup_steps: Annotated[Whole, Field(ge=0, le=10_000_000)] = 10
    weight_decay: Annotated[Real, Field(ge=0, le=1000)] = 0.0
    learning_rates: dict[str, Rate] = {}
    head_rate: Rate | None = None
    search: Search = Search()
    options: dict[str, dict[str, Any]] = {}
    optim_options: dict[str, Any] = {}
    max_length: Annotated[Whole, Field(ge=8, le=1_000_000)] = 256
    max_new_tokens: Annotated[Whole, Field(ge=1, le=100_000)] = 80
    validation_examples: Annotated[Whole, Field(ge=2)] = 200
    test_examples: Annotated[Whole, Field(ge=1)] = 200
    samples: Annotated[Whole, Field(ge=0)] = 5
    workers: Annotated[Whole, Field(ge=1, le=256)] = 2
    executor: Annotated[str, AfterValidator(check_executor)] = "processes"
    report_to: Annotated[list[str], AfterValidator(_distinct), AfterValidator(check_trackers)] = []

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**plain(values))
        except ValidationError as error:
            raise ConfigError(_told(error, str)) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Recipe:
        """Another recipe, checked; pydantic's own `model_copy` takes whatever it is given."""
        return checked({**self.model_dump(), **(update or {})})

    def budget(self) -> dict[str, Any]:
        """The fields that decide whether two runs may be compared: not the methods, the seeds or where and
        how many at a time they run.
        """
        return self.told_without(
            {
                "methods",
                "twins",
                "seeds",
                "learning_rates",
                "search",
                "options",
                "optim_options",
                "workers",
                "executor",
                "report_to",
                "samples",
            }
        )

    def told_without(self, fields: set[str]) -> dict[str, Any]:
        """All other fields, for a hash. One that came later and is not set stands for what was always done,
        and is left out, so that studies from before it go on.
        """
        return self.model_dump(exclude=fields | ({"head_rate"} if self.head_rate is None else set()))


def checked(values: Mapping[str, Any], name: Callable[[str], str] = str) -> Recipe:
    """A recipe of these values.

    Parameters
    ----------
    values : Mapping[str, Any]
        The settings by key.
    name : Callable[[str], str], optional
        How a key is called in messages: the option it was given by, or the file it stands in.

    Raises
    ------
    ConfigError
        One line, ``NAME VALUE: what is allowed``.
    """
    try:
        return Recipe(**values)
    except ConfigError as error:
        first = error.__context__
        raise ConfigError(_told(first, name) if isinstance(first, ValidationError) else str(error)) from None


def _told(error: ValidationError, name: Callable[[str], str]) -> str:
    """The first of pydantic's errors in a line of our own."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(p) for p in first["loc"])
    if first["type"] == "extra_forbidden":
        inner = Search if where.startswith("search.") else Recipe
        close = difflib.get_close_matches(where.rpartition(".")[2], inner.model_fields, n=1)
        return f"{name(where)}: unknown key {where!r}" + (
            f"; did you mean {where.rpartition('.')[0] + '.' * ('.' in where) + close[0]!r}?" if close else ""
        )
    places = [str(p) for p in first["loc"] if not isinstance(p, int)]
    return f"{name('.'.join(places))} {_shown(first['input'])}: {words(first)}"


def _shown(value: Any) -> str:
    text = (
        value
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else json.dumps(value, ensure_ascii=False, default=str)
    )
    return text if len(text) < 60 else text[:60] + "…"


def load_recipe(
    path: Path | None, overrides: dict[str, Any], name: Callable[[str], str] | None = None
) -> Recipe:
    """A recipe from a YAML file, or the default, with overrides on top.

    Parameters
    ----------
    path : Path | None
        The file.
    overrides : dict[str, Any]
        Values by key, which go before the file's.
    name : Callable[[str], str], optional
        How a key is called in messages, see `checked`.

    Raises
    ------
    ConfigError
        Unknown key (with the nearest known one), wrong type or value, unreadable file.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = read_yaml(path, "a recipe")
    values.update(overrides)
    return checked(values, name or (lambda key: f"{path}: {key}" if path and key not in overrides else key))


def parse_override(text: str) -> tuple[str, Any]:
    """ "key=value" with the value read as YAML; dots go into nested keys ("search.steps=40")."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise ConfigError(f"--set {text!r}: it must have the form key=value")
    return key.strip(), parse_yaml(value, f"--set {text}")


def nest(pairs: dict[str, Any], into: dict[str, Any]) -> dict[str, Any]:
    """Put dotted keys into a nested mapping."""
    for dotted, value in pairs.items():
        *path, last = dotted.split(".")
        place: Any = into
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ConfigError(f"override {dotted!r}: {part!r} has no keys of its own")
        place[last] = value
    return into
