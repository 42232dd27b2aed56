"""`qualms tune`: one method, one run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, paths, show
from qualms.errors import ConfigError
from qualms.records import Record
from qualms.study import distributed
from qualms.study.method_names import read_name, written
from qualms.study.recipe import Recipe


def command(
    method: Annotated[
        str, typer.Argument(help="full, lora, prefix, qsl, qsl:mergeable, qsl/frozen-angles, ia3, …")
    ],
    out: Annotated[Path, paths.option("--out", help="Folder for the record and the model.")] = Path(
        "qualms-tune"
    ),
    lr: Annotated[
        float | None,
        typer.Option("--lr", help="Learning rate; default is where the search of `compare` would start."),
    ] = None,
    optim: Annotated[
        str,
        typer.Option("--optim", help="adamw or superpositional; its settings: -s optim_options.lam=0.5 …"),
    ] = "adamw",
    seed: Annotated[int, typer.Option("--seed")] = 0,
    recipe: options.RecipeFile = None,
    model: options.Model = None,
    data: options.Data = None,
    task: options.TaskKind = None,
    steps: options.Steps = None,
    batch_size: options.BatchSize = None,
    input_field: options.InputField = None,
    output_field: options.OutputField = None,
    skip_bad_rows: options.SkipBadRows = False,
    report_to: options.ReportTo = None,
    setting: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Fine-tune by one method, measure it, save it.

    It is not compared with anything: that is what `compare` is for.

    Under torchrun or accelerate launch the processes train together: each takes its part of every batch.
    """
    if not distributed.leads():
        from qualms.study.run import train_along

        train_along()
        return
    if optim != "adamw":
        name, settings, behind = read_name(method)
        method = f"{written(name, settings)}@{optim}{behind}"
    base: Recipe = options.build_recipe(
        recipe, setting, {"methods": "METHOD", "seeds": "--seed", "learning_rates": "--lr"}, model=model,
        data=data, task=task, steps=steps, batch_size=batch_size, input_field=input_field,
        output_field=output_field, skip_bad_rows=skip_bad_rows, methods=[method], seeds=[seed],
        learning_rates=None if lr is None else {method: lr},
        report_to=options.names("--report-to", report_to),
    )  # fmt: skip
    from qualms.cli.progress import watch
    from qualms.study import compare, plan
    from qualms.study.methods import parse
    from qualms.study.optimizer import OPTIMIZERS
    from qualms.study.starting_rates import default_rate

    if optim not in OPTIMIZERS:
        raise ConfigError(f"--optim {optim}: unknown; choose one of {', '.join(OPTIMIZERS)}")
    rate = base.learning_rates.get(method, default_rate(parse(method), base.task))
    show.check_run_folder(out)
    study = plan(base.model_copy(update={"learning_rates": {method: rate}, "workers": 1}), add_twins=False)
    show.notes(study.splits, quiet=as_json)
    with distributed.leading(), watch(study, quiet=as_json) as listener:
        (record,), unsaved = show.finished(lambda: compare(study, out, listener))
    _print(record, None if unsaved else out / "runs" / record.id / "model", as_json)
    show.end(unsaved)


def _print(record: Record, saved: Path | None, as_json: bool) -> None:
    from qualms.report import tables, verdict

    rate = record.payload.training.learning_rate
    remarks = [*verdict.remarks([record]), "One seed, no interval."]
    if as_json:
        found = {
            "model": None if saved is None else str(saved),
            "metrics": {name: metric.value for name, metric in record.metrics.items()},
            "parameters": dict(record.payload.parameters), "cost": tables.summary([record])[0]["cost"],
            "learning_rate": rate, "seed": record.seed, "remarks": remarks,
        }  # fmt: skip
        print(show.dumped(found))
        return
    for name, metric in record.metrics.items():
        print(f"{name:15} {metric.value:.4f}")
    angles = record.payload.parameters["angles"]
    print(
        f"{'parameters':15} {angles:,} angles + {record.payload.parameters['trained'] - angles:,} classical"
    )
    for sentence in remarks:
        print(sentence)
    if saved is not None:
        print(f"{'model':15} {saved}")
