"""Options that several subcommands share, and how they become a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qualms.study.recipe import Recipe, load_recipe, nest, parse_override

RecipeFile = Annotated[Path | None, typer.Option("--recipe", help="YAML recipe; options given here go before it.")]
Model = Annotated[str | None, typer.Option("--model", help="'base' (ships), 'minilm' (extra encoder), a folder or a hub id.")]
Data = Annotated[str | None, typer.Option("--data", help="'trails' (ships), a folder with train/dev/test files, a file, or a hub name.")]
TaskKind = Annotated[str | None, typer.Option("--task", help="'generate' or 'classify'.")]
Steps = Annotated[int | None, typer.Option("--steps", help="Training steps, the same for every method.")]
BatchSize = Annotated[int | None, typer.Option("--batch-size")]
InputField = Annotated[str | None, typer.Option("--input-field", help="Column of the input; found by itself for the usual names.")]
OutputField = Annotated[str | None, typer.Option("--output-field", help="Column of the output or label.")]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Leave broken rows out and list them instead of stopping.")]
Set = Annotated[list[str] | None, typer.Option("--set", "-s", help="Any recipe key: -s search.steps=40 -s options.lora.r=4.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def build_recipe(path: Path | None, settings: list[str] | None, **given: Any) -> Recipe:
    """The recipe file, then the named options, then --set, each over the one before. `given` values that are None were not given."""
    overrides: dict[str, Any] = {k: v for k, v in given.items() if v is not None and v is not False}
    if overrides.get("task") == "classify":
        overrides.setdefault("model", "minilm") if path is None else None
    base = load_recipe(path, overrides)
    pairs = dict(parse_override(text) for text in settings or [])
    return load_recipe(None, nest(pairs, base.model_dump())) if pairs else base
