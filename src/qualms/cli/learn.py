"""`qualms learn`: learners beside their twins and serious classical methods, on a table of yours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from qualms.cli import options, paths, show
from qualms.cli.progress import bars, is_live
from qualms.errors import ConfigError, QualmsError
from qualms.execution.event import Event, Listener, unheard

if TYPE_CHECKING:
    from qualms.learn.comparison import Comparison

Table = Annotated[
    Path, paths.argument(help="A .csv or .tsv with a header, also .gz; or an .npz with the arrays X and y.")
]
Drop = Annotated[str | None, typer.Option("--drop", help="Columns that are no features, comma between.")]
Missing = Annotated[
    str, typer.Option("--missing", help="Missing values: error, or impute by the training rows' median.")
]
Decimal = Annotated[
    str | None, typer.Option("--decimal", help="The decimal mark, . or ,; found out by default.")
]
Qubits = Annotated[int, typer.Option("--qubits", help="Most qubits of a circuit.")]
Reduce = Annotated[
    str | None, typer.Option("--reduce", help="What to do with more features than qubits: pca.")
]
Workers = Annotated[int, typer.Option("--workers", help="Runs at a time, one thread each.")]
Store = Annotated[
    Path, paths.option("--store", help="Folder for records and page; the same command goes on there.")
]


def command(
    data: Table,
    target: Annotated[str | None, typer.Option("--target", help="The column to predict.")] = None,
    task: Annotated[
        str | None, typer.Option("--task", help="classification or regression; found out by default.")
    ] = None,
    learners: Annotated[
        str | None,
        typer.Option(
            "--learners",
            help="Learners, comma between; none for classical methods; default: all for the task.",
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", help="Folds to measure on.")] = 5,
    inner: Annotated[int, typer.Option("--inner", help="Folds inside, to choose settings on.")] = 3,
    seeds: Annotated[
        str, typer.Option("--seeds", help="Seeds of shuffles and methods, comma between.")
    ] = "0",
    settings: Annotated[
        int, typer.Option("--settings", help="Settings that each method may try in a fold.")
    ] = 6,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric", help="Judge: accuracy, balanced_accuracy, auc, average_precision; r2, rmse, mae."
        ),
    ] = None,
    drop: Drop = None,
    missing: Missing = "error",
    decimal: Decimal = None,
    rows: Annotated[int | None, typer.Option("--rows", help="Take a random sample of so many rows.")] = None,
    qubits: Qubits = 12,
    reduce: Reduce = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--time", help="Seconds after which no run is begun; one that takes far too long is ended."
        ),
    ] = None,
    workers: Workers = 1,
    executor: Annotated[
        str, typer.Option("--executor", help="Where runs are made: processes, ray, ray:HOST:PORT.")
    ] = "processes",
    store: Store = Path("qualms-learn"),
    report: Annotated[
        Path | None, paths.option("--report", help="Where the page goes; default report.html in the folder.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and print what would run.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Compare learners, their twins and serious classical methods by nested cross-validation.

    Settings are chosen on folds inside, with as many tries for each method, and measured on rows that no
    choice has seen. Ends with status 2 if a run failed; the others are shown all the same.
    """
    from qualms.learn.comparison import Design, compare, plan
    from qualms.learn.table import read_learning_table
    from qualms.records import read_records
    from qualms.records.files import check_writable
    from qualms.records.store import RECORDS
    from qualms.report import learning, page

    design = Design(folds, inner, tuple(options.integers("--seeds", seeds)), settings, metric, qubits, reduce)
    if seconds is not None:
        options.within("--time", seconds, 1.0)
    options.within("--workers", workers, 1)
    show.check_run_folder(store, "report.html")
    where = report or store / "report.html"
    if report is not None:
        check_writable(report, "--report", inputs=[data])
    if (store / RECORDS).exists():
        read_records(store)  # a damaged file, or one of a newer version, is told before the work
    names = None
    if learners is not None:
        names = [] if learners == "none" else options.words("--learners", learners)
        if not names and learners != "none":
            raise ConfigError(f"--learners {learners}: no learner is named; write none for classical methods")
    table = read_learning_table(
        data, target, task=task, drop=options.words("--drop", drop or ""), missing=missing, decimal=decimal
    )
    if rows is not None:
        options.within("--rows", rows, 2)
        table = table.sampled(rows, design.seeds[0])
    comparison = plan(table, design, names)
    if not as_json:
        for note in comparison.table.notes:
            print(f"note: {note}", file=sys.stderr)
    if dry_run:
        _show_plan(comparison, as_json)
        return
    with heard(len(comparison.jobs), as_json) as listener:
        done = compare(comparison, store, listener, workers=workers, executor=executor, seconds=seconds)
    failures = [QualmsError(f"{text} ({len(texts)} of {len(comparison.jobs)} runs; the others are kept)")
                for texts in (done.failures, done.unsaved) for text in texts[:1]]  # fmt: skip
    if not done.records:
        show.end(*failures)
    written, unwritten = show.written(lambda: page.write(done.records, where))
    show.outcome(done.records, learning, {"records": store / RECORDS, "report": written}, as_json)
    show.end(*failures, unwritten)


def _show_plan(comparison: Comparison, as_json: bool) -> None:
    table = comparison.table
    what = {
        "data": table.name, "task": table.task, "target": table.target, "rows": table.rows,
        "features": table.features, "notes": table.notes, "task_id": comparison.task_id,
        "methods": [c.name for c in comparison.candidates], **comparison.design.to_dict(),
        "runs": len(comparison.jobs),
        "fits": sum(len(j.tried) * j.design.inner * (len(j.tried) > 1) + 1 for j in comparison.jobs),
    }  # fmt: skip
    if as_json:
        print(show.dumped(what))
        return
    what.pop("notes")  # printed already
    for key, value in what.items():
        print(f"{key:10} {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}")


@contextmanager
def heard(runs: int | None, quiet: bool) -> Iterator[Listener]:
    """A listener: one bar for all runs in a terminal, a line for each elsewhere.

    `runs` is how many there will be, None where that is not known.
    """
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    done = 0

    def line(event: Event) -> None:
        nonlocal done
        if event.kind in ("done", "failed", "died"):
            done += 1
            print(
                f"{done} of {runs or '?'}  {event.kind:7} {event.job:48} {event.note}",
                file=sys.stderr,
                flush=True,
            )
        elif event.kind == "skipped":
            done += 1

    try:
        if quiet:
            yield unheard
        elif is_live(console):
            with bars(console) as progress:
                bar = progress.add_task("starting", total=runs, note="")

                def move(event: Event) -> None:
                    if event.kind == "started":
                        progress.update(bar, description=event.job)
                    elif event.kind in ("done", "failed", "died", "skipped"):
                        progress.advance(bar)
                        if event.kind != "skipped":
                            progress.console.print(f"{event.kind:7} {event.job:48} {event.note}")

                yield move
        else:
            yield line
    except KeyboardInterrupt:
        print("qualms: interrupted; what was finished is kept, the same command goes on", file=sys.stderr)
        raise
