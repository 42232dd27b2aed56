"""`qualms compare`: every method beside every other and its twin, on one task."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualms.cli import options, paths, show
from qualms.cli.front import draw_front, refuse_options_of_training
from qualms.study import distributed

if TYPE_CHECKING:
    from qualms.study import Study
    from qualms.study.recipe import Recipe


def command(
    context: typer.Context,
    recipe: options.RecipeFile = None,
    out: Annotated[
        Path | None,
        paths.option(
            "--out",
            help="Folder for records, models and the report, default qualms-run; the same command goes on "
            "there. With --front: for the picture, default the first folder of records.",
        ),
    ] = None,
    model: options.Model = None,
    data: options.Data = None,
    task: options.TaskKind = None,
    methods: Annotated[
        str | None,
        typer.Option("--methods", help="Comma-separated: full,lora,prefix,qsl,qsl:mergeable,ia3,…"),
    ] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", help="Comma-separated seeds.")] = None,
    steps: options.Steps = None,
    batch_size: options.BatchSize = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Runs at a time, one thread each.")] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            "--executor", help="Where they run: processes, ray, or ray:HOST:PORT of a cluster (extra ray)."
        ),
    ] = None,
    input_field: options.InputField = None,
    output_field: options.OutputField = None,
    skip_bad_rows: options.SkipBadRows = False,
    report_to: options.ReportTo = None,
    setting: options.Set = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, print what would run, train nothing.")
    ] = False,
    front: Annotated[
        list[Path] | None,
        paths.option(
            "--front",
            help="Train nothing: draw quality against trained numbers and bytes from the records of this "
            "folder, or of the folders in it. May be given several times.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Fine-tune one model by every method and seed; print a table, write records and a report.

    Learning rates are searched for every method alike unless the recipe gives them. A quantum method always
    brings its classical twins.
    """
    distributed.refuse("compare")
    if front:
        refuse_options_of_training(context)
        draw_front(front, out, as_json)
        return
    out = out or Path("qualms-run")
    made = options.build_recipe(
        recipe, setting, model=model, data=data, task=task,
        methods=None if methods is None else options.words("--methods", methods),
        seeds=None if seeds is None else options.integers("--seeds", seeds), steps=steps,
        batch_size=batch_size, workers=workers, executor=executor, input_field=input_field,
        output_field=output_field, skip_bad_rows=skip_bad_rows,
        report_to=options.names("--report-to", report_to),
    )  # fmt: skip
    show.check_run_folder(out, "report.html")
    if not as_json:  # torch and transformers take seconds to import, and the model is read after them
        print(_prepared(made, out), file=sys.stderr, flush=True)
    from qualms.cli.progress import watch
    from qualms.report import fine_tuning, page
    from qualms.study import compare, plan

    study = plan(made)
    show.notes(study.splits, quiet=as_json)
    if dry_run:
        _show_plan(study, as_json)
        return
    with watch(study, quiet=as_json) as listener:
        records, missing = show.finished(lambda: compare(study, out, listener))
    report, unwritten = show.written(lambda: page.write(records, out / "report.html"))
    paths = {"records": out / "records.jsonl", "report": report}
    show.outcome(records, fine_tuning, paths, as_json, (missing, unwritten))
    show.end(missing, unwritten)


def _prepared(recipe: Recipe, out: Path) -> str:
    seeds = ", ".join(map(str, recipe.seeds))
    return (
        f"preparing a comparison in {out}: {', '.join(recipe.methods)}, with the twins of quantum ones; "
        f"seeds {seeds}; model {recipe.model}, data {recipe.data}"
    )


def _show_plan(study: Study, as_json: bool) -> None:
    recipe = study.recipe
    search = [m.name for m in study.methods if m not in study.rates]
    what = {
        "task": recipe.task, "model": recipe.model, "data": study.splits.name, "task_id": study.task_id,
        "examples": {s: len(getattr(study.splits, s)) for s in ("train", "validation", "test", "skipped")},
        "notes": list(study.splits.notes), "methods": [m.name for m in study.methods], "seeds": recipe.seeds,
        "steps": recipe.steps, "learning_rates": {m.name: rate for m, rate in study.rates.items()},
        "searched": search, "runs": len(study.methods) * len(recipe.seeds),
        "search_runs": len(search) * len(recipe.search.factors),
    }  # fmt: skip
    if as_json:
        print(show.dumped(what))
        return
    what.pop("notes")  # printed already
    for key, value in what.items():
        print(f"{key:15} {', '.join(map(str, value)) if isinstance(value, list) else value}")
