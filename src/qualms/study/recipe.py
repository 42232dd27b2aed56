"""A study as data: one YAML recipe, checked before anything runs."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from qualms.errors import ConfigError

_MOST_BYTES = 1_000_000


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("the same value twice")
    return values


class Search(BaseModel):
    """How each method's learning rate is found: short runs on a grid around its default, extended where the best is at an end."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    factors: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1), AfterValidator(_distinct)] = [0.3, 1.0, 3.0]
    steps: Annotated[int, Field(ge=1)] = 80
    extend: Annotated[int, Field(ge=0)] = 2


class Recipe(BaseModel):
    """Everything that determines a study.

    Attributes
    ----------
    task : "generate" (input → text) or "classify" (text → label).
    model : "base" (the small model that ships), "minilm" (a real small encoder, extra `encoder`), a folder, or a hub id.
    data : "trails" (the task that ships), a folder with splits, a file, or a hub name.
    methods : see `qualms.study.methods`. Quantum ones bring their twins along.
    twins : which twins a quantum method brings.
    seeds : one run of every method for each.
    steps, batch_size : the budget, the same for all methods.
    learning_rates : rates known already, from an earlier search; methods without one are searched.
    options : settings of single methods, by name: {"lora": {"r": 8}}.
    optim_options : settings of methods trained `@superpositional`: arguments of `SuperpositionalAdamW`, and lam_schedule.
    max_length : tokens of input and output together; longer examples are cut and counted.
    max_new_tokens : of generated texts.
    validation_examples, test_examples : how many of the splits are used.
    workers : processes, each with one thread.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    task: Literal["generate", "classify"] = "generate"
    model: str = "base"
    data: str = "trails"
    input_field: str | None = None
    output_field: str | None = None
    skip_bad_rows: bool = False
    separator: str = " =>"
    methods: list[str] = ["full", "lora", "prefix", "qsl", "qsl:mergeable"]
    twins: list[str] = ["frozen-angles", "no-entangler", "random-orthogonal", "lora-equal"]
    seeds: Annotated[list[int], Field(min_length=1), AfterValidator(_distinct)] = [0, 1, 2]
    steps: Annotated[int, Field(ge=1)] = 300
    batch_size: Annotated[int, Field(ge=1)] = 8
    warmup_steps: Annotated[int, Field(ge=0)] = 10
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    learning_rates: dict[str, Annotated[float, Field(gt=0)]] = {}
    search: Search = Search()
    options: dict[str, dict[str, Any]] = {}
    optim_options: dict[str, Any] = {}
    max_length: Annotated[int, Field(ge=8)] = 256
    max_new_tokens: Annotated[int, Field(ge=1)] = 80
    validation_examples: Annotated[int, Field(ge=2)] = 200
    test_examples: Annotated[int, Field(ge=1)] = 200
    samples: Annotated[int, Field(ge=0)] = 5
    workers: Annotated[int, Field(ge=1)] = 2

    def budget(self) -> dict[str, Any]:
        """The fields that decide whether two runs may be compared: not the methods, the seeds or the number of processes."""
        return self.model_dump(exclude={"methods", "twins", "seeds", "learning_rates", "search", "options", "optim_options", "workers", "samples"})


def load_recipe(path: Path | None, overrides: dict[str, Any]) -> Recipe:
    """A recipe from a YAML file, or the default, with overrides on top.

    Raises
    ------
    ConfigError : unknown key (with the nearest known one), wrong type, unreadable file.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = _read_yaml(path)
    values.update(overrides)
    try:
        return Recipe(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        origin = f"{path}: " if path else ""
        if first["type"] == "extra_forbidden":
            close = difflib.get_close_matches(where, Recipe.model_fields, n=1)
            raise ConfigError(f"{origin}unknown key {where!r}" + (f"; did you mean {close[0]!r}?" if close else "")) from None
        raise ConfigError(f"{origin}{where}: {first['msg']} (got {first['input']!r})") from None


def parse_override(text: str) -> tuple[str, Any]:
    """ "key=value" with the value read as YAML; dots go into nested keys ("search.steps=40")."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise ConfigError(f"override {text!r} is not of the form key=value")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"override {text!r}: the value is not YAML") from None


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


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"{path}: a recipe of more than {_MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise ConfigError(f"{path}: YAML aliases are not allowed in a recipe")
        loaded = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path}: a recipe is a mapping of keys to values")
    return loaded
