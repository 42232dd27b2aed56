"""A noise study's pictures: the loss against shots, against errors and against the noise level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from qualms.records import Record, interval, paired
from qualms.report.noise.table import exact, groups
from qualms.report.pictures.axes import legend, logarithmic, possible
from qualms.report.pictures.cost import cost
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.origin import ends, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, by, column, number
from qualms.report.pictures.theme import FAINT, SERIES, Look, looks

_LOSS = "NLL per token (nats)"
_DASHES = {"none": "-", "readout": "--", "zne": ":", "zne+readout": "-.", "zne+twirling": (0, (1, 3))}
_MARKS = {"none": "o", "readout": "s", "zne": "^", "zne+readout": "D", "zne+twirling": "v"}
_ERRORS = "expected two-qubit errors per circuit (gates × error of each)"
_SCALE = "noise (1: as the device was measured)"


def pictures(records: Sequence[Record]) -> list[Picture]:
    """Every picture that the records can fill."""
    found = groups(records)
    scaled = len({k[4] for k in found}) > 1
    out: list[Picture | None] = []
    if any(k[2] is not None for k in found):
        out.append(against_shots(records))
    if len({k[1] for k in found}) > 1 or scaled:
        out.append(against_noise(records, "errors"))
    if scaled:
        out.append(against_noise(records))
    styles = looks({r.method: r.twin_of for r in records})
    out.append(forest(_differences(records), Quantity("NLL", "nats", "lower"), records, styles))
    runs = {label: list(own.values()) for label, own in _by_condition(records).items()}
    looked = {label: styles[own[0].method] for label, own in runs.items()}
    out.append(cost(runs, "measuring, on the machine that simulated", styles=looked))
    return [picture for picture in out if picture is not None]


def _label(device: str, shots: int | None, mitigation: str, scale: float) -> str:
    noise = device + ("" if scale == 1 else f" × {scale:g}")
    more = "" if mitigation == "none" else f", {mitigation}"
    return f"{noise}, {'∞' if shots is None else f'{shots:,}'} shots{more}"


def _by_condition(records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    return {
        f"{method}: {_label(device, shots, mitigation, scale)}": runs
        for (method, device, shots, mitigation, scale), runs in groups(records).items()
    }


def _differences(records: Sequence[Record]) -> list[Difference]:
    """Of each method and each of its twins, wherever both were measured alike."""
    found = groups(records)
    twins = {r.method: r.twin_of for r in records if r.twin_of is not None}
    out = []
    for (method, device, shots, mitigation, scale), runs in found.items():
        for twin in (twin for twin, of in twins.items() if of == method):
            beside = found.get((twin, device, shots, mitigation, scale), {})
            value = paired(_losses(runs), _losses(beside))
            if value is not None:
                where = _label(device, shots, mitigation, scale)
                out.append(Difference(method, twin, "twin", value, where))
    return out


def _losses(runs: Mapping[int, Record]) -> dict[int, float]:
    return {seed: r.value("nll") for seed, r in runs.items()}


def against_shots(records: Sequence[Record]) -> Picture:
    """Loss against shots: a colour a device, dashes for mitigation, grey lines for exact values."""
    found = groups(records)
    heads = list(dict.fromkeys(r.method for r in records if r.twin_of is None))
    rows: list[tuple[Any, ...]] = []
    counts = []
    for (method, device, shots, mitigation, scale), runs in found.items():
        if method in heads and shots is not None and scale == 1.0:
            mean, low, high, count = ends(interval(list(_losses(runs).values())))
            rows.append((method, device, mitigation, shots, mean, low, high, count))
            counts.append(count)
    rows.sort(key=lambda row: row[:4])
    for method in dict.fromkeys(r.method for r in records):
        rows.append((method, "exact", "none", None, exact(records, method), None, None, 1))
    caption = (
        "The loss against the number of measurements of each circuit. A colour a device, dashes for "
        "mitigation; grey lines are the exactly computed losses, dashed for twins. "
        + origin(records, counts, "seed of the shots", "bands are")
    )
    return Picture(
        "quality-against-shots", "Quality against shots", caption,
        ("method", "device", "mitigation", "shots", _LOSS, "low", "high", "n"), tuple(rows),
        partial(_draw_shots, heads=heads),
    )  # fmt: skip


def _draw_shots(axes: Axes, rows: Sequence[Row], heads: Sequence[str]) -> None:
    curves = [row for row in rows if row["shots"] is not None]
    devices = list(by(curves, "device"))
    for method, of_method in by(curves, "method").items():
        for device, of_device in by(of_method, "device").items():
            colour = SERIES[devices.index(device) % len(SERIES)].light
            for mitigation, own in by(of_device, "mitigation").items():
                label = f"{device}, {mitigation}" if len(heads) == 1 else f"{method}, {device}, {mitigation}"
                look = Look(colour, _DASHES.get(mitigation, "-"), _MARKS.get(mitigation, "o"), colour)
                _curve(axes, own, "shots", look, label)
                low, high = column(own, "low"), column(own, "high")
                axes.fill_between(column(own, "shots"), low, high, color=colour, alpha=0.15, linewidth=0)
    for row in (row for row in rows if row["device"] == "exact"):
        head, value = row["method"] in heads, number(row[_LOSS])
        axes.axhline(value, color=FAINT.light, linewidth=0.9, linestyle="-" if head else "--")
        axes.annotate(
            f"{row['method']}, exact", (0.99 if head else 0.01, value), xycoords=axes.get_yaxis_transform(),
            ha="right" if head else "left", va="bottom", fontsize=8,
        )  # fmt: skip
    logarithmic(axes, column(curves, "shots"))
    _finish(axes, "shots per circuit")


def _curve(axes: Axes, rows: Sequence[Row], x: str, look: Look, label: str) -> None:
    style = {**look.point, **look.line, "label": label, "markersize": 4}
    axes.plot(column(rows, x), column(rows, _LOSS), **style)


def against_noise(records: Sequence[Record], axis: str = "scale") -> Picture:
    """Loss at infinitely many shots against the noise: its scale, or the circuit's two-qubit gates times
    their error.
    """
    label = _ERRORS if axis == "errors" else _SCALE
    twin_of = {r.method: r.twin_of for r in records}
    rows: list[tuple[Any, ...]] = []
    for (method, device, shots, mitigation, scale), runs in groups(records).items():
        if shots is not None or mitigation != "none":
            continue
        record = next(iter(runs.values()))
        measured = record.payload.calibration
        error = measured.two_qubit_error or 0.0 if measured else 0.0
        errors = (record.payload.two_qubit_gates or 0) * error
        x = errors if axis == "errors" else scale if device != "ideal" else 0.0
        rows.append((method, twin_of[method], device, x, record.value("nll")))
    rows.sort(key=lambda row: (row[0], row[3]))
    what = (
        "The loss with infinitely many shots against the errors to be expected in a circuit."
        if axis == "errors"
        else "The loss with infinitely many shots when the device's noise is scaled."
    )
    caption = f"{what} Dashed lines are twins. " + origin(records, [1] * len(rows), "exact computation")
    name = "gate errors" if axis == "errors" else "the noise level"
    return Picture(
        f"quality-against-{'errors' if axis == 'errors' else 'noise'}", f"Quality against {name}", caption,
        ("method", "twin of", "device", label, _LOSS), tuple(rows),
        partial(_draw_noise, label=label, styles=looks(twin_of)),
    )  # fmt: skip


def _draw_noise(axes: Axes, rows: Sequence[Row], label: str, styles: Mapping[str, Look]) -> None:
    for method, own in by(rows, "method").items():
        _curve(axes, own, label, styles[method], method)
    axes.set_xlim(left=0)
    _finish(axes, label)


def _finish(axes: Axes, label: str) -> None:
    axes.set(xlabel=label, ylabel=_LOSS)
    possible(axes, 0)
    legend(axes)
