"""`qualms noise`: a trained adapter under shots, device noise and mitigation."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from qualms.cli import options


def command(
    adapter: Annotated[Path, typer.Argument(help="Folder of a quantum sublayer adapter; its twins in the same study come along.")],
    data: Annotated[str, typer.Option("--data", help="Data set; its test split is used.")] = "trails",
    devices: Annotated[
        str, typer.Option("--devices", help="Devices with a calibration here, comma between: see `qualms devices`.")
    ] = "fake_sherbrooke",
    shots: Annotated[str, typer.Option("--shots", help="Shots a circuit, comma between; infinitely many are always there.")] = "100,1000,10000",
    mitigation: Annotated[str, typer.Option("--mitigation", help="none, readout, zne, zne+readout, zne+twirling; comma between.")] = "none,readout",
    scales: Annotated[str, typer.Option("--scales", help="Factors on the devices' noise, comma between.")] = "1",
    seeds: Annotated[str, typer.Option("--seeds", help="Seeds of the shots, comma between.")] = "0",
    twin: Annotated[list[Path] | None, typer.Option("--twin", help="A classical twin's adapter folder; may be given again.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="Base model, if not the one the adapter names.")] = None,
    examples: Annotated[int, typer.Option("--examples", min=2)] = 40,
    max_cost: Annotated[float, typer.Option("--max-cost", min=0, help="Dollars that each real device (ibm:NAME, braket:NAME) may cost.")] = 0.0,
    out: Annotated[Path, typer.Option("--out", help="Folder for records and the page; the same command goes on where it stopped.")] = Path(
        "qualms-noise"
    ),
    as_json: options.Json = False,
) -> None:
    """Measure an adapter's loss exact, with finite shots, under device noise, with and without mitigation, its twins beside.

    Devices such as fake_sherbrooke are noise models made of published calibrations, and run on this machine. ibm:NAME and braket:NAME go through the
    vendor's SDK: local modes (ibm:fake_sherbrooke, braket:braket_sv) cost nothing, real devices nothing beyond --max-cost.
    """
    from qualms.report import noise as report
    from qualms.study.noise import settings, study_noise

    plan = settings(words(devices), integers("--shots", shots), words(mitigation), floats("--scales", scales), integers("--seeds", seeds))
    with _progress(as_json) as progress:
        bar = progress.add_task("starting", total=None)
        records = study_noise(
            adapter,
            data,
            out,
            plan,
            twin or [],
            base,
            examples,
            lambda what, k, n: progress.update(bar, description=what[:60], completed=k, total=n),
            max_cost,
        )
    page = report.write(records, out / "noise.html")
    if as_json:
        found = {"rows": [dict(zip(report.HEADER, row, strict=True)) for row in report.rows(records)], "verdict": report.sentences(records)}
        print(json.dumps({**found, "report": str(page), "records": str(out / "records.jsonl")}, ensure_ascii=False, indent=1))
        return
    table = Table(*report.HEADER)
    for row in report.rows(records):
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 170)
    console.print(table)
    for sentence in report.sentences(records):
        console.print(sentence, highlight=False)
    console.print(f"report   {page}", highlight=False, soft_wrap=True)


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description:60}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty())


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def integers(option: str, text: str) -> list[int]:
    try:
        return [int(word) for word in words(text)]
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: whole numbers with commas between") from None


def floats(option: str, text: str) -> list[float]:
    try:
        return [float(word) for word in words(text)]
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: numbers with commas between") from None
