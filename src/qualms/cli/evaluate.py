"""`qualms evaluate`: a tuned model on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, paths, show


def command(
    adapter: Annotated[Path, paths.argument(help="Folder of an adapter or a tuned model.")],
    data: Annotated[str, paths.name_option("--data", help="Data set; its test split is used.")] = "trails",
    base: Annotated[
        str | None, paths.name_option("--base", help="Base model, if not the one the adapter names.")
    ] = None,
    examples: Annotated[int, typer.Option("--examples", help="How many test examples, at least 2.")] = 200,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="Of generated texts.")] = 80,
    input_field: options.InputField = None,
    output_field: options.OutputField = None,
    skip_bad_rows: options.SkipBadRows = False,
    as_json: options.Json = False,
) -> None:
    """Measure a tuned model on the test split: loss, whether it reads its input, text quality or accuracy."""
    from qualms.data.examples import take
    from qualms.data.splits import load_splits
    from qualms.report import data as report
    from qualms.study.account import about_data, about_split
    from qualms.study.encoding import Encoder
    from qualms.study.evaluation import evaluate
    from qualms.study.tuned import load_tuned

    options.within("--examples", examples, 2)
    options.within("--max-new-tokens", max_new_tokens, 1, 100_000)
    tuned = load_tuned(adapter, base)
    splits = load_splits(data, tuned.task, input_field, output_field, skip_bad_rows)
    show.notes(splits, quiet=as_json)
    encoder = Encoder(tuned.tokenizer, tuned.separator, tuned.max_length, tuned.labels)
    used = take(splits.test, examples)
    about = about_data(splits, tuned.max_length)
    about |= about_split(
        "test", used, len(splits.test), encoder.training(used, tuned.task), tuned.task, tuned.labels
    )
    found, _ = evaluate(tuned.model, encoder, used, tuned.task, max_new_tokens)
    remarks = report.sentences(about)
    skipped = [{"file": s.file, "line": s.line, "reason": s.reason} for s in splits.skipped]
    if as_json:
        told = {
            "data": splits.name,
            "examples": len(used),
            "skipped": len(skipped),
            "skipped_rows": skipped,
            "remarks": remarks,
            "metrics": found,
        }
        print(show.dumped(told))
        return
    for name, value in found.items():
        print(f"{name:15} {value:.4f}")
    for sentence in remarks:
        print(sentence)
    for row in skipped:
        print(f"left out: {row['file']}:{row['line']}: {row['reason']}")
