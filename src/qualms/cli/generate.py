"""`qualms generate`: text from a tuned model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, paths
from qualms.data.text import decoded
from qualms.errors import ConfigError


def command(
    adapter: Annotated[Path, paths.argument(help="Folder of an adapter or a tuned model.")],
    inputs: Annotated[
        list[str] | None, typer.Argument(help="Inputs; without any, lines are read from standard input.")
    ] = None,
    base: Annotated[
        str | None, paths.name_option("--base", help="Base model, if not the one the adapter names.")
    ] = None,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="Of each output.")] = 80,
    as_json: options.Json = False,
) -> None:
    """Write the output for each input, greedily."""
    options.within("--max-new-tokens", max_new_tokens, 1, 100_000)
    from qualms.study.encoding import Encoder
    from qualms.study.evaluation import generate_texts
    from qualms.study.tuned import load_tuned

    tuned = load_tuned(adapter, base)
    if tuned.task != "generate":
        raise ConfigError(f"{adapter} is a classifier; use qualms evaluate")
    texts = (
        inputs
        if inputs
        else [line for line in decoded(sys.stdin.buffer.read(), "standard input").lines if line.strip()]
    )
    if not texts:
        raise ConfigError("no inputs: give some after the adapter, or lines on standard input")
    encoder = Encoder(tuned.tokenizer, tuned.separator, 10**6)
    long = sum(len(encoder.prompt(text)) >= tuned.max_length for text in texts)
    if long:
        told = (
            f"note: {long} of {len(texts)} inputs have {tuned.max_length} tokens or more, where "
            "training examples were cut; they are read whole"
        )
        print(told, file=sys.stderr)
    for text, output in zip(
        texts, generate_texts(tuned.model, tuned.tokenizer, encoder, texts, max_new_tokens), strict=True
    ):
        print(json.dumps({"input": text, "output": output}) if as_json else output)
