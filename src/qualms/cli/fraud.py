"""`qualms fraud`: detectors of rare events on a table of yours, in the order of time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, paths, show
from qualms.cli.learn import Decimal, Drop, Missing, Store, Table, Workers, heard
from qualms.errors import QualmsError


def command(
    data: Table,
    target: Annotated[
        str | None, typer.Option("--target", help="The column that says which are frauds.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option("--positive", help="Its value for frauds; default: the rarer one.")
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option("--time-column", help="The column of times; it orders rows, and is no feature."),
    ] = None,
    amount: Annotated[
        str | None, typer.Option("--amount", help="The column of amounts: what a missed fraud costs.")
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", help="COLUMN=VALUE or COLUMN!=VALUE: read only such rows.")
    ] = None,
    drop: Drop = None,
    missing: Missing = "error",
    decimal: Decimal = None,
    challengers: Annotated[
        str | None,
        typer.Option("--challengers", help="Learners, comma between; none for the baselines alone."),
    ] = None,
    budget: Annotated[int, typer.Option("--budget", help="Rows that a challenger may fit on.")] = 300,
    prevalence: Annotated[
        float | None,
        typer.Option(
            "--prevalence", help="True share of frauds, if the file's is another: rows are weighted."
        ),
    ] = None,
    fit: Annotated[float, typer.Option("--fit", help="Share of rows to fit on, the first ones.")] = 0.5,
    choose: Annotated[
        float, typer.Option("--choose", help="Share of rows to choose thresholds on, the next ones.")
    ] = 0.2,
    review_cost: Annotated[float, typer.Option("--review-cost", help="Of one transaction.")] = 5.0,
    missed_cost: Annotated[
        float | None,
        typer.Option("--missed-cost", help="Of a missed fraud; default: its amount, or 100 without one."),
    ] = None,
    reviews: Annotated[
        float, typer.Option("--reviews", help="Share of the transactions that people can review, for recall.")
    ] = 0.005,
    qubits: Annotated[int, typer.Option("--qubits", help="Most qubits of a challenger.")] = 8,
    chunk: Annotated[int, typer.Option("--chunk", help="Transactions scored at a time.")] = 500,
    resamples: Annotated[int, typer.Option("--resamples", help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of sample, methods and bootstrap.")] = 0,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--time", help="Seconds after which none is begun; one that takes far too long is ended."
        ),
    ] = None,
    workers: Workers = 1,
    executor: Annotated[
        str, typer.Option("--executor", help="Where they run: processes, ray, ray:HOST:PORT.")
    ] = "processes",
    store: Store = Path("qualms-fraud"),
    report: Annotated[
        Path | None, paths.option("--report", help="Where the page goes; default report.html in the folder.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and print what would run.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Compare gradient boosting and an isolation forest with quantum challengers and their twins on a stream.

    Fitted on the past, measured on what came later: area under precision and recall, cost, latency, drift,
    calibration. Challengers get a budgeted sample, the baselines all rows. Ends with status 2 if a detector
    failed.
    """
    from qualms.learn.fraud import FraudDesign, detect, plan
    from qualms.learn.table import read_learning_table
    from qualms.records import read_records
    from qualms.records.files import check_writable
    from qualms.records.store import RECORDS
    from qualms.report import learning, page

    if missed_cost is None and amount is None:
        missed_cost = 100.0
    design = FraudDesign(
        fit, choose, budget, prevalence, review_cost, missed_cost, reviews, chunk, qubits, resamples, seed
    )
    if seconds is not None:
        options.within("--time", seconds, 1.0)
    options.within("--workers", workers, 1)
    show.check_run_folder(store, "report.html")
    if report is not None:
        check_writable(report, "--report", inputs=[data])
    if (store / RECORDS).exists():
        read_records(store)
    kept = [name for name in (time_column, amount) if name is not None]
    table = read_learning_table(
        data, target, task="classification", keep=kept, where=where, missing=missing,
        decimal=decimal,
        drop=[*options.words("--drop", drop or ""), *([time_column] if time_column else [])],
    )  # fmt: skip
    names = None if challengers is None else options.words("--challengers", challengers)
    names = [] if names == ["none"] else names
    detection = plan(table, design, names, time_column=time_column, amount=amount, positive=positive)
    if not as_json:
        for note in detection.notes:
            print(f"note: {note}", file=sys.stderr)
    if dry_run:
        told = {
            "data": detection.name, "rows": table.rows, "features": table.features,
            "detectors": [job.detector.name for job in detection.jobs], **design.to_dict(),
        }  # fmt: skip
        print(show.dumped(told) if as_json else "\n".join(f"{k:14} {v}" for k, v in told.items()))
        return
    with heard(len(detection.jobs), as_json) as listener:
        done = detect(detection, store, listener, workers=workers, executor=executor, seconds=seconds)
    count = f"{len(done.failures)} of {len(detection.jobs)} detectors; the others are kept"
    failures = [QualmsError(f"{text} ({count})") for text in done.failures[:1]]
    where_to = report or store / "report.html"
    written, unwritten = show.written(lambda: page.write(done.records, where_to))
    show.outcome(done.records, learning, {"records": store / RECORDS, "report": written}, as_json)
    show.end(*failures, unwritten)
