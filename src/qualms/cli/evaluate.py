"""`qualms evaluate`: a tuned model on a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options


def command(
    adapter: Annotated[Path, typer.Argument(help="Folder of an adapter or a tuned model.")],
    data: Annotated[str, typer.Option("--data", help="Data set; its test split is used.")] = "trails",
    base: Annotated[str | None, typer.Option("--base", help="Base model, if not the one the adapter names.")] = None,
    examples: Annotated[int, typer.Option("--examples", min=2)] = 200,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", min=1)] = 80,
    input_field: options.InputField = None,
    output_field: options.OutputField = None,
    skip_bad_rows: options.SkipBadRows = False,
    as_json: options.Json = False,
) -> None:
    """Measure a tuned model on the test split: loss, whether it reads its input, text quality or accuracy."""
    from qualms.study.data import load_splits
    from qualms.study.encoding import Encoder
    from qualms.study.evaluation import evaluate
    from qualms.study.examples import take
    from qualms.study.tuned import load_tuned

    tuned = load_tuned(adapter, base)
    splits = load_splits(data, tuned.task, input_field, output_field, skip_bad_rows)
    encoder = Encoder(tuned.tokenizer, tuned.separator, tuned.max_length, tuned.labels)
    found, _ = evaluate(tuned.model, encoder, take(splits.test, examples), tuned.task, max_new_tokens)
    if as_json:
        print(
            json.dumps({"data": splits.name, "examples": min(examples, len(splits.test)), "skipped": len(splits.skipped), "metrics": found}, indent=1)
        )
        return
    for name, value in found.items():
        print(f"{name:15} {value:.4f}")
