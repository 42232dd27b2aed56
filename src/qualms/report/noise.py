"""A noise study's table, sentences and pictures, from its records alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes

from qualms.records import Record, interval, paired
from qualms.report import data
from qualms.report.figures import axes_of, keep_possible, svg
from qualms.report.pages import render_template
from qualms.report.sheet import Sheet

CLOSE = 0.05  # nats per token: what counts as "as good as exact" in sentences


def groups(records: Sequence[Record]) -> dict[tuple[str, str, int | None, str, float], dict[int, Record]]:
    """{(method, device, shots, mitigation, scale): {seed: record}}, in order of appearance."""
    out: dict[tuple[str, str, int | None, str, float], dict[int, Record]] = {}
    for r in records:
        c = r.payload.condition
        out.setdefault((r.method, c.device, c.shots, c.mitigation, c.scale), {})[r.seed] = r
    return out


def exact(records: Sequence[Record], method: str) -> float:
    """The method's loss without shots and noise; NaN if it was not measured."""
    found = groups(records).get((method, "ideal", None, "none", 1.0), {})
    return next((r.value("nll") for r in found.values()), math.nan)


HEADER = (
    "method",
    "device",
    "shots",
    "mitigation",
    "NLL",
    "rise",
    "circuits",
    "2-qubit gates",
    "device s",
    "device $",
)


def rows(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """One row for each condition, mean over shot seeds."""
    out: list[tuple[str, ...]] = []
    for (method, device, shots, mitigation, scale), runs in groups(records).items():
        got = interval([r.value("nll") for r in runs.values()])
        cost = next(iter(runs.values())).payload
        spread = f" [{got.low:.3f}, {got.high:.3f}]" if got.count > 1 else ""
        out.append((
            method, device + ("" if scale == 1 else f" × {scale:g}"), "∞" if shots is None else f"{shots:,}",
            mitigation, f"{got.mean:.3f}{spread}", f"{got.mean - exact(records, method):+.3f}",
            _number(cost.circuits), _number(cost.two_qubit_gates), _number(cost.device_seconds),
            _number(cost.device_dollars),
        ))  # fmt: skip
    return out


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    return Sheet(HEADER, rows(records), text=("device", "mitigation"))


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    return [
        (
            "method: NAME/TWIN is a twin of NAME, that is, its classical control: trained alike, with the "
            "quantum part replaced or switched off."
        ),
        (
            "device: ideal has no noise; DEVICE × 2 has twice the noise measured on the device. shots: "
            "measurements of each circuit; ∞ is the limit."
        ),
        (
            "mitigation: what was done against the noise; readout corrects misread bits, zne extrapolates "
            "to zero noise, twirling makes errors random."
        ),
        (
            "NLL: the loss per token in nats, with a 95 % interval over the seeds of the shots. rise: how "
            "far above the exactly computed one."
        ),
        (
            "circuits, device s, device $: circuits to run, and the device's time in seconds and price in "
            "dollars; – where unknown or not on a device."
        ),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}" if value == 0 or value >= 10 else f"{value:.2g}"


def sentences(records: Sequence[Record]) -> list[str]:
    """What the records say."""
    found = groups(records)
    heads = list(dict.fromkeys(r.method for r in records if r.twin_of is None))
    out = []
    for head in heads:
        base = exact(records, head)
        for device in dict.fromkeys(k[1] for k in found if k[0] == head):
            out += _shots(found, head, device, base)
        out += _mitigation(found, head)
        twins = [
            m
            for m in dict.fromkeys(r.method for r in records)
            if any(r.method == m and r.twin_of == head for r in records)
        ]
        out += [line for t in twins for line in _twin(found, records, head, t)]
    if len({s for runs in found.values() for s in runs}) == 1:
        out.append("One seed of the shots, no interval.")
    return out + data.sentences(records[0].payload.dataset_account)


def _shots(found: dict, head: str, device: str, base: float) -> list[str]:
    curve = {
        k[2]: interval([r.value("nll") for r in v.values()]).mean
        for k, v in found.items()
        if k[:2] == (head, device) and k[3:] == ("none", 1.0)
    }
    finite = sorted(s for s in curve if s is not None)
    known = None in curve and device != "ideal"
    limit = (
        (
            "with infinitely many shots the loss would still be "
            f"{curve[None] - base:+.3f} nats from the exact one"
        )
        if known
        else ""
    )
    if not finite:
        return [f"{head} on {device}: {limit}."] if limit else []
    enough = next((s for s in finite if curve[s] - base <= CLOSE), None)
    words = (
        f"{enough:,} shots per circuit are enough for a loss within {CLOSE} nats of the exact one"
        if enough
        else (
            f"with up to {finite[-1]:,} shots per circuit the loss stays "
            f"more than {CLOSE} nats above the exact one"
        )
    )
    return [
        f"{head} on {device}: {words} ({curve[enough or finite[-1]] - base:+.3f})"
        + (f"; {limit}" if limit else "")
        + "."
    ]


def _mitigation(found: dict, head: str) -> list[str]:
    out = []
    for key, runs in found.items():
        method, device, shots, mitigation, scale = key
        raw = found.get((head, device, shots, "none", scale))
        if method != head or mitigation == "none" or raw is None:
            continue
        change = paired(
            {s: r.value("nll") for s, r in runs.items()}, {s: r.value("nll") for s, r in raw.items()}
        )
        if change is None:
            continue
        word = "changes" if not change.excludes_zero else "lowers" if change.mean < 0 else "raises"
        if change.count < 2:
            word = "lowers" if change.mean < 0 else "raises"
        spread = (
            f" [95 %: {change.low:+.3f}, {change.high:+.3f}]"
            if change.count > 1
            else " (one run, no interval)"
        )
        factor = next(iter(runs.values())).payload.circuits / next(iter(raw.values())).payload.circuits
        where = device + ("" if scale == 1 else f" × {scale:g}")
        where = f"{where}, {'∞' if shots is None else f'{shots:,}'} shots"
        circuits = "as many circuits" if abs(factor - 1) < 0.05 else f"{factor:.3g} times as many circuits"
        effect = (
            f"{word} the loss by {abs(change.mean):.3f}"
            if word != "changes"
            else f"shows no clear change of the loss ({change.mean:+.3f})"
        )
        out.append(f"Mitigation {mitigation} on {where}: {effect} nats{spread}, with {circuits}.")
    return out


def _twin(found: dict, records: Sequence[Record], head: str, twin: str) -> list[str]:
    out = []
    alone = exact(records, twin)
    for key, runs in found.items():
        if key[0] != head:
            continue
        beside = found.get((twin, *key[1:]))
        mine = interval([r.value("nll") for r in runs.values()]).mean
        theirs = interval([r.value("nll") for r in beside.values()]).mean if beside else alone
        if key[3] == "none" and (key[1] != "ideal" or key[2] is None) and key[2] is None:
            where = f"on {key[1]}" + ("" if key[4] == 1 else f" × {key[4]:g}")
            side = "better" if mine < theirs else "worse"
            out.append(
                f"{head} against {twin}, its twin, {where} with infinitely many shots: "
                f"{mine - theirs:+.3f} nats ({side})."
            )
    return out


# Pictures ---------------------------------------------------------------------------------------------------


def against_shots(records: Sequence[Record]) -> str:
    """Loss against shots: a colour a device, dashes for mitigation, grey lines for exact values."""
    found = groups(records)
    heads = list(dict.fromkeys(r.method for r in records if r.twin_of is None))
    devices = list(dict.fromkeys(k[1] for k in found))
    palette = colormaps["tab10"]
    axes = axes_of(7.2, 4.2)
    marks = {"none": "-", "readout": "--", "zne": ":", "zne+readout": "-.", "zne+twirling": (0, (1, 3))}
    for head in heads:
        for device in devices:
            for mitigation, dash in marks.items():
                points = _points(found, head, device, mitigation)
                if not points:
                    continue
                x, y, low, high = (list(column) for column in zip(*points, strict=True))
                colour = palette(devices.index(device) % 10)
                axes.plot(
                    x,
                    y,
                    linestyle=dash,
                    color=colour,
                    marker="o",
                    markersize=3,
                    linewidth=1.2,
                    label=f"{device}, {mitigation}",
                )
                axes.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
        axes.axhline(exact(records, head), color="0.5", linewidth=0.8)
        axes.text(
            0.99,
            exact(records, head),
            f"{head}, exact",
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="bottom",
            fontsize=7,
        )
    for twin in dict.fromkeys(r.method for r in records if r.twin_of is not None):
        axes.axhline(exact(records, twin), color="0.5", linewidth=0.8, linestyle="--")
        axes.text(
            0.01,
            exact(records, twin),
            f"{twin}, exact",
            transform=axes.get_yaxis_transform(),
            ha="left",
            va="bottom",
            fontsize=7,
        )
    axes.set_xscale("log")
    return _finished(axes, "shots per circuit")


def _points(found: dict, head: str, device: str, mitigation: str) -> list[tuple[float, float, float, float]]:
    out = []
    for key, runs in found.items():
        if (
            key[0] == head
            and key[1] == device
            and key[2] is not None
            and key[3] == mitigation
            and key[4] == 1.0
        ):
            got = interval([r.value("nll") for r in runs.values()])
            low, high = (got.low, got.high) if got.count > 1 else (got.mean, got.mean)
            out.append((key[2], got.mean, low, high))
    return sorted(out)


def against_noise(records: Sequence[Record], axis: str = "scale") -> str:
    """Loss at infinitely many shots against the noise: its scale, or the circuit's two-qubit gates times
    their error.
    """
    axes = axes_of(7.2, 4.2)
    curves: dict[str, list[tuple[float, float]]] = {}
    for (method, device, shots, mitigation, scale), runs in groups(records).items():
        if shots is not None or mitigation != "none":
            continue
        record = next(iter(runs.values()))
        measured = record.payload.calibration
        error = measured.two_qubit_error or 0.0 if measured else 0.0
        x = (
            (record.payload.two_qubit_gates or 0) * error
            if axis == "errors"
            else scale
            if device != "ideal"
            else 0.0
        )
        curves.setdefault(method, []).append((x, record.value("nll")))
    for k, (method, points) in enumerate(curves.items()):
        ordered = sorted(points)
        dash = "-" if any(r.method == method and r.twin_of is None for r in records) else "--"
        axes.plot(
            *zip(*ordered, strict=True),
            dash,
            marker="o",
            markersize=3,
            linewidth=1.2,
            label=method,
            color=colormaps["tab10"](k % 10),
        )
    axes.set_xlim(left=0)
    return _finished(
        axes,
        "expected two-qubit errors per circuit (gates × error of each)"
        if axis == "errors"
        else "noise (1: as the device was measured)",
    )


def _finished(axes: Axes, label: str) -> str:
    axes.set(xlabel=label, ylabel="NLL per token (nats)")
    keep_possible(axes, 0)
    axes.legend(fontsize=7, frameon=False)
    return svg(axes.figure)


_CAPTIONS = {
    "shots": (
        "The loss against the number of measurements. A colour a device, dashes for mitigation, grey "
        "lines for exact values."
    ),
    "errors": (
        "The loss with infinitely many shots against the errors to be "
        "expected in a circuit. Dashed lines are twins."
    ),
    "scale": "The loss with infinitely many shots when the device's noise is scaled. Dashed lines are twins.",
}


def pictures(records: Sequence[Record]) -> list[tuple[str, str, str]]:
    """(title, SVG, caption) of every picture the records can fill."""
    found = groups(records)
    scaled = len({k[4] for k in found}) > 1
    out: list[tuple[str, str, str]] = []
    if any(k[2] is not None for k in found):
        out.append(("Quality against shots", against_shots(records), _CAPTIONS["shots"]))
    if len({k[1] for k in found}) > 1 or scaled:
        out.append(("Quality against two-qubit gates", against_noise(records, "errors"), _CAPTIONS["errors"]))
    if scaled:
        out.append(("Quality against the noise level", against_noise(records), _CAPTIONS["scale"]))
    return out


def title(records: Sequence[Record]) -> str:
    return "A quantum sublayer on noisy devices"


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    measured = [r.payload.calibration for r in records if r.payload.calibration is not None]
    dates = sorted({f"{c.device} {c.date}" for c in measured})
    real = sorted({r.payload.condition.device for r in records if r.quadrant.compute == "quantum hardware"})
    where = (
        f"Ran on quantum hardware: {', '.join(real)}; everything else on simulators."
        if real
        else "Everything here ran on simulators."
    )
    return render_template(
        "noise.html.j2", level=level, where=where, sentences=sentences(records), pictures=pictures(records),
        header=HEADER, rows=rows(records), legend=legend(records), dates=", ".join(dates) or "none",
    )  # fmt: skip


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data: a row for each condition, and the sentences."""
    return {
        "rows": [dict(zip(HEADER, row, strict=True)) for row in rows(records)],
        "verdict": sentences(records),
    }
