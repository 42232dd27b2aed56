"""`qualms generate`: text from a tuned model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options
from qualms.errors import ConfigError


def command(
    adapter: Annotated[Path, typer.Argument(help="Folder of an adapter or a tuned model.")],
    inputs: Annotated[list[str] | None, typer.Argument(help="Inputs; without any, lines are read from standard input.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="Base model, if not the one the adapter names.")] = None,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1)] = 80,
    as_json: options.Json = False,
) -> None:
    """Write the output for each input, greedily."""
    from qualms.study.encoding import Encoder
    from qualms.study.evaluation import generate_texts
    from qualms.study.tuned import load_tuned

    tuned = load_tuned(adapter, base)
    if tuned.task != "generate":
        raise ConfigError(f"{adapter} is a classifier; use qualms evaluate")
    texts = inputs if inputs else [line.rstrip("\n") for line in sys.stdin if line.strip()]
    encoder = Encoder(tuned.tokenizer, tuned.separator, 10**6)
    for text, output in zip(texts, generate_texts(tuned.model, tuned.tokenizer, encoder, texts, max_new_tokens), strict=True):
        print(json.dumps({"input": text, "output": output}, ensure_ascii=False) if as_json else output)
