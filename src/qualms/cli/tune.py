"""`qualms tune`: one method, one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options
from qualms.study.recipe import Recipe


def command(
    method: Annotated[str, typer.Argument(help="full, lora, prefix, qsl, qsl:mergeable, qsl/frozen-angles, ia3, …")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the record and the model.")] = Path("qualms-tune"),
    lr: Annotated[float | None, typer.Option("--lr", help="Learning rate; default is where the search of `compare` would start.")] = None,
    optim: Annotated[str, typer.Option("--optim", help="adamw or superpositional; its settings: -s optim_options.lam=0.5 …")] = "adamw",
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
    setting: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Fine-tune by one method, measure it, save it. It is not compared with anything: that is what `compare` is for."""
    base: Recipe = options.build_recipe(
        recipe, setting, model=model, data=data, task=task, steps=steps, batch_size=batch_size, input_field=input_field,
        output_field=output_field, skip_bad_rows=skip_bad_rows,
    )  # fmt: skip
    from qualms.cli.progress import watch
    from qualms.report import tables
    from qualms.study import compare, plan
    from qualms.study.methods import default_rate
    from qualms.study.optimizer import OPTIMIZERS

    if optim not in OPTIMIZERS:
        raise typer.BadParameter(f"{optim!r} is unknown; choose one of {', '.join(OPTIMIZERS)}", param_hint="--optim")
    if optim != "adamw":
        name, slash, twin = method.partition("/")
        method = f"{name}@{optim}{slash}{twin}"
    rate = lr if lr is not None else base.learning_rates.get(method) or default_rate(method, base.task)
    made = base.model_copy(update={"methods": [method], "seeds": [seed], "learning_rates": {method: rate}, "workers": 1})
    study = plan(made, add_twins=False)
    with watch(study, quiet=as_json) as listener:
        record = compare(study, out, listener)[0]
    saved = out / "runs" / record.id / "model"
    if as_json:
        print(
            json.dumps(
                {"model": str(saved), "metrics": dict(record.metrics), "parameters": dict(record.parameters), "cost": dict(record.cost)}, indent=1
            )
        )
        return
    row = tables.summary([record])[0]
    for name, value in row["metrics"].items():
        print(f"{name:15} {value['mean']:.4f}")
    print(
        f"{'parameters':15} {record.parameters['angles']:,} angles + {record.parameters['trained'] - record.parameters['angles']:,} classical\n"
        f"{'model':15} {saved}"
    )
