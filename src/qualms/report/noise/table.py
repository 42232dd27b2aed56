"""A noise study's table, and its records by condition."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qualms.records import Record, interval
from qualms.report.sheet import Sheet


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
    found = groups(records)
    base = {method: exact(records, method) for method in dict.fromkeys(key[0] for key in found)}
    for (method, device, shots, mitigation, scale), runs in found.items():
        got = interval([r.value("nll") for r in runs.values()])
        cost = next(iter(runs.values())).payload
        spread = f" [{got.low:.3f}, {got.high:.3f}]" if got.count > 1 else ""
        out.append((
            method, device + ("" if scale == 1 else f" × {scale:g}"), "∞" if shots is None else f"{shots:,}",
            mitigation, f"{got.mean:.3f}{spread}", f"{got.mean - base[method]:+.3f}",
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
