"""Options that several subcommands share, how they become a recipe, and the checks of numbers before any
work.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from qualms.cli import paths
from qualms.data.numbers import hint, integer, real
from qualms.errors import ConfigError
from qualms.study.method_names import split_names
from qualms.study.recipe import Recipe, checked, load_recipe, nest, parse_override

LARGEST_SEED = 2**32 - 1

RecipeFile = Annotated[
    Path | None, paths.option("--recipe", help="YAML recipe; options given here go before it.")
]
Model = Annotated[
    str | None,
    paths.name_option("--model", help="'base' (ships), 'minilm' (extra encoder), a folder or a hub id."),
]
Data = Annotated[
    str | None,
    paths.name_option(
        "--data", help="'trails' (ships), a folder with train/dev/test files, a file, or a hub name."
    ),
]
TaskKind = Annotated[str | None, typer.Option("--task", help="'generate' or 'classify'.")]
Steps = Annotated[int | None, typer.Option("--steps", help="Training steps, the same for every method.")]
BatchSize = Annotated[int | None, typer.Option("--batch-size")]
InputField = Annotated[
    str | None,
    typer.Option("--input-field", help="Column of the input; found by itself for the usual names."),
]
OutputField = Annotated[str | None, typer.Option("--output-field", help="Column of the output or label.")]
SkipBadRows = Annotated[
    bool, typer.Option("--skip-bad-rows", help="Leave broken rows out and list them instead of stopping.")
]
ReportTo = Annotated[
    str | None,
    typer.Option(
        "--report-to",
        help="Programs that also get the training curves, with commas: trackio, mlflow, tensorboard, wandb.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Any recipe key: -s search.steps=40 -s options.lora.r=4."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def build_recipe(
    path: Path | None, settings: list[str] | None, names: dict[str, str] | None = None, **given: Any
) -> Recipe:
    """The recipe file, then the named options, then --set, each over the one before.

    Parameters
    ----------
    path : Path | None
        Path of the recipe file.
    settings : list[str] | None
        Texts of --set.
    names : dict[str, str], optional
        What options are called in messages where it is not ``--key``: {"learning_rates": "--lr"}.
    given : Any
        Named options by key; those that are None or False were not given.

    Raises
    ------
    ConfigError
        One line, ``--option VALUE: what is allowed``.
    """
    overrides: dict[str, Any] = {k: v for k, v in given.items() if v is not None and v is not False}
    options = {key: (names or {}).get(key, f"--{key.replace('_', '-')}") for key in overrides}
    pairs = _settings(settings, options)
    if overrides.get("task") == "classify" and path is None:
        overrides.setdefault("model", "minilm")
    base = load_recipe(path, overrides, _called(options, path))
    return (
        checked(
            nest(pairs, base.model_dump()), _called({**options, **{k: f"--set {k}" for k in pairs}}, path)
        )
        if pairs
        else base
    )


def _settings(texts: list[str] | None, options: dict[str, str]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for key, value in map(parse_override, texts or []):
        if key in pairs:
            raise ConfigError(f"--set {key}: given twice")
        if key.partition(".")[0] in options:
            raise ConfigError(
                f"--set {key}: also given by {options[key.partition('.')[0]]}; give one of them"
            )
        pairs[key] = value
    return pairs


def _called(options: dict[str, str], path: Path | None) -> Callable[[str], str]:
    """What a recipe's key is called in messages: as the user gave it, or else the file that it stands in."""

    def name(key: str) -> str:
        given = next(
            (
                option
                for k, option in options.items()
                if key == k or key.startswith(f"{k}.") or k.startswith(f"{key}.")
            ),
            None,
        )
        return given if given is not None else f"{path}: {key}" if path else key

    return name


# Numbers ----------------------------------------------------------------------------------------------------


def words(option: str, text: str) -> list[str]:
    """What stands between commas; those within brackets, as in ``lora[r=1,lora_alpha=2]``, part nothing.

    Raises
    ------
    ConfigError
        The same word twice.
    """
    found = split_names(text)
    twice = next((word for k, word in enumerate(found) if word in found[:k]), None)
    if twice is not None:
        raise ConfigError(f"{option} {text}: {twice} occurs twice")
    return found


def names(option: str, text: str | None) -> list[str] | None:
    """What stands between commas, or None where the option was not given."""
    return None if text is None else words(option, text)


def integers(option: str, text: str, least: int = 0, most: int = LARGEST_SEED) -> list[int]:
    """Whole numbers between commas, each once and within bounds."""
    return [int(value) for value in _numbers(option, text, integer, "integers", least, most)]


def floats(option: str, text: str, least: float, most: float) -> list[float]:
    """Numbers between commas, each once and within bounds."""
    return [float(value) for value in _numbers(option, text, real, "numbers", least, most)]


def _numbers(
    option: str, text: str, read: Callable[[str], float | None], kind: str, least: float, most: float
) -> list[float]:
    allowed = f"{kind} from {least:,} to {most:,} with commas between"
    found: list[float] = []
    for word in words(option, text):
        value = read(word)
        if value is None or not least <= value <= most:
            raise ConfigError(f"{option} {text}: {allowed}, not {word!r}{hint(word)}")
        if value in found:
            raise ConfigError(f"{option} {text}: {word} occurs twice")
        found.append(value)
    if not found:
        raise ConfigError(f"{option} {text!r}: {allowed}; there is none")
    return found


def within(option: str, value: float, least: float, most: float = math.inf) -> None:
    """Raises ConfigError for a number that is out of bounds or none."""
    if not (least <= value <= most and math.isfinite(value)):
        allowed = (
            f"a finite number of at least {least:,}"
            if math.isinf(most)
            else f"must be from {least:,} to {most:,}"
        )
        raise ConfigError(
            f"{option} {value:g}: {allowed}" if isinstance(value, float) else f"{option} {value}: {allowed}"
        )
