"""`qualms noise`: a trained adapter under shots, device noise and mitigation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from qualms.cli import options, paths, show
from qualms.cli.progress import bars, is_live
from qualms.execution.event import Event, Listener, unheard


def command(
    adapter: Annotated[
        Path,
        paths.argument(help="Folder of a quantum sublayer adapter; its twins in the same study come along."),
    ],
    data: Annotated[str, paths.name_option("--data", help="Data set; its test split is used.")] = "trails",
    devices: Annotated[
        str,
        typer.Option(
            "--devices", help="Devices with a calibration here, comma between: see `qualms devices`."
        ),
    ] = "fake_sherbrooke",
    shots: Annotated[
        str, typer.Option("--shots", help="Shots a circuit, comma between; infinitely many are always there.")
    ] = "100,1000,10000",
    mitigation: Annotated[
        str,
        typer.Option("--mitigation", help="none, readout, zne, zne+readout, zne+twirling; comma between."),
    ] = "none,readout",
    scales: Annotated[
        str, typer.Option("--scales", help="Factors on the devices' noise, comma between.")
    ] = "1",
    seeds: Annotated[str, typer.Option("--seeds", help="Seeds of the shots, comma between.")] = "0",
    twin: Annotated[
        list[Path] | None,
        paths.option("--twin", help="A classical twin's adapter folder; may be given again."),
    ] = None,
    base: Annotated[
        str | None, paths.name_option("--base", help="Base model, if not the one the adapter names.")
    ] = None,
    examples: Annotated[int, typer.Option("--examples", help="How many test examples, at least 2.")] = 40,
    max_cost: Annotated[
        float,
        typer.Option("--max-cost", help="Dollars that each real device (ibm:NAME, braket:NAME) may cost."),
    ] = 0.0,
    out: Annotated[
        Path,
        paths.option(
            "--out", help="Folder for records and the page; the same command goes on where it stopped."
        ),
    ] = Path("qualms-noise"),
    as_json: options.Json = False,
) -> None:
    """Measure an adapter's loss exact, with finite shots, under device noise, with and without mitigation,
    its twins beside.

    Devices such as fake_sherbrooke are noise models made of published calibrations, and run on this machine.
    ibm:NAME and braket:NAME go through the vendor's SDK: local modes (ibm:fake_sherbrooke, braket:braket_sv)
    cost nothing, real devices nothing beyond --max-cost.
    """
    from qualms.backends.conditions import LARGEST_SCALE, MOST_SHOTS, conditions
    from qualms.report import noise as report
    from qualms.report import page
    from qualms.study.noise import study_noise

    options.within("--examples", examples, 2)
    options.within("--max-cost", max_cost, 0.0)
    plan = conditions(
        options.words("--devices", devices), options.integers("--shots", shots, 1, MOST_SHOTS),
        options.words("--mitigation", mitigation), options.floats("--scales", scales, 0, LARGEST_SCALE),
        options.integers("--seeds", seeds),
    )  # fmt: skip
    show.check_run_folder(out, "noise.html")
    with _heard(as_json) as listener:
        records, unsaved = show.finished(
            lambda: study_noise(adapter, data, out, plan, twin or [], base, examples, listener, max_cost)
        )
    written, unwritten = show.written(lambda: page.write(records, out / "noise.html"))
    show.outcome(records, report, {"records": out / "records.jsonl", "report": written}, as_json)
    show.end(unsaved, unwritten)


@contextmanager
def _heard(quiet: bool) -> Iterator[Listener]:
    """A listener for `study_noise`: a bar in a terminal, a line for each condition elsewhere."""
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    if quiet:
        yield unheard
    elif is_live(console):
        with bars(console) as progress:
            bar = progress.add_task("starting", total=None, note="")

            def show_step(event: Event) -> None:
                if event.kind in ("started", "step"):
                    what = f"{event.job}: {event.note or 'loading'}"
                    progress.update(bar, description=what, completed=event.step, total=event.steps)

            yield show_step
    else:
        yield _line


def _line(event: Event) -> None:
    if event.kind == "step":
        print(f"{event.step} of {event.steps}  {event.job}: {event.note}", file=sys.stderr, flush=True)
