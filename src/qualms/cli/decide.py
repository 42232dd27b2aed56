"""`qualms decide`: is quantum worth it for a problem, and which solvers should race."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualms.cli import options, paths, show
from qualms.cli.budget import Cores, Gap, share
from qualms.cli.solve import settings_of
from qualms.data.numbers import finite
from qualms.formats import KINDS
from qualms.report.sheet import Sheet
from qualms.solve import read_problem

if TYPE_CHECKING:
    from qualms.orchestrator.decide import Decision
    from qualms.orchestrator.decision.predict import Span

_SHOWN = 6  # predictions that are printed


def command(
    file: Annotated[
        str, paths.name_argument(help="The instance, in the format of its field (see docs/solving.md).")
    ],
    seconds: Annotated[float, typer.Option("--time", help="Seconds of the race that is planned.")] = 10.0,
    dollars: Annotated[float, typer.Option("--budget", help="US dollars for devices that cost money.")] = 0.0,
    gap: Gap = None,
    cores: Cores = None,
    value_per_unit: Annotated[
        float | None,
        typer.Option(
            "--value-per-unit", help="US dollars that an improvement of the objective by 1 is worth."
        ),
    ] = None,
    queue: Annotated[
        float | None, typer.Option("--queue", help="Seconds of waiting for a device, where you know it.")
    ] = None,
    solver: Annotated[
        list[str] | None, typer.Option("--solver", help="Solvers that race whatever is decided.")
    ] = None,
    store: Annotated[
        Path | None, paths.option("--store", help="A folder with records of your own runs, to learn from.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=f"What the file holds, where it does not say: {', '.join(KINDS)}."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE of the problem or its file, as of solve.")
    ] = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="Show every simulator and device for the problem's circuit.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Look at a problem for a short time, and say whether quantum is worth it and which solvers should race.

    Nothing is raced, and no device is contacted.
    """
    from qualms.orchestrator.budget import Budget
    from qualms.orchestrator.decide import decide

    budget = Budget(seconds, cores, dollars, 0.0 if gap is None else share(gap, "--gap"))
    for option, value in (("--value-per-unit", value_per_unit), ("--queue", queue)):
        if value is not None:
            options.within(option, value, 0.0)
    with show.warned() as warnings:
        problem = read_problem(file, kind, **settings_of(settings))
        found = decide(
            problem, budget, store=store, seed=seed, asked=tuple(solver or ()), value_per_unit=value_per_unit,
            queue_seconds=queue,
        )  # fmt: skip
    if as_json:
        told = {"problem": problem.name, **found.to_dict(), "warnings": warnings}
        print(json.dumps(finite(told), allow_nan=False))
        return
    _show(found, devices)
    for text in warnings:
        show.say(show.console(), f"warning: {text}")


def _show(found: Decision, devices: bool) -> None:
    to = show.console()
    for sentence in found.sentences():
        show.say(to, sentence)
    rows = [
        [
            gate.name, "yes" if gate.passed else "no", _number(gate.number), _number(gate.threshold),
            gate.sentence,
        ]
        for gate in found.gates
    ]  # fmt: skip
    to.print(Sheet(["gate", "passed", "number", "threshold", "what it says"], rows, text=["what it says"]))
    if found.predictions:
        header = ["solver", "gap", "90 %", "seconds to it", "90 %", "runs"]
        told = [
            [p.arm, _percent(p.gap.middle), _range(p.gap, _percent), _seconds(p.seconds.middle),
             _range(p.seconds, _seconds), str(p.runs)]
            for p in found.predictions[:_SHOWN]
        ]  # fmt: skip
        to.print(Sheet(header, told))
    used = [
        [f"{q.data} data × {q.compute} compute", ", ".join(q.arms) or "–", q.why] for q in found.quadrants
    ]
    to.print(Sheet(["quadrant", "races", "why"], used, text=["races", "why"]))
    if devices:
        to.print(_devices(found))


def _devices(found: Decision) -> Sheet:
    rows = []
    for place in found.places:
        less = "" if place.routed else "≤ "
        rows.append(
            [
                place.name, str(place.quadrant), "yes" if place.fits else "no",
                "unknown" if place.fidelity is None else f"{less}{place.fidelity:.2g}",
                "unknown" if place.shots is None else f"{place.shots:,}",
                "unknown" if place.dollars is None else f"${place.dollars:,.2f}",
                "unknown" if place.queue_seconds is None else f"{place.queue_seconds:,.0f} s", place.why,
            ]
        )  # fmt: skip
    header = ["place", "quadrant", "fits", "fidelity", "shots", "price", "queue", "why"]
    return Sheet(header, rows, text=["quadrant", "why"])


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _percent(value: float) -> str:
    return f"{value:.2%}" if value < 1 else "none"


def _seconds(value: float) -> str:
    return f"{value:.2g}" if value != float("inf") else "longer"


def _range(span: Span, shown: object) -> str:
    assert callable(shown)
    return f"{shown(span.low)} to {shown(span.high)}"
