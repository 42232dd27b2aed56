"""Tables and figures of the noise study from its committed records.

python experiments/nisq_qsl/summary.py     # reads results/*.jsonl; writes shots.png, noise.png, training.png
and summary.json, prints the tables
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from qualms.records import Record, interval, read_records

HERE = Path(__file__).parent
Key = tuple[str, str, int | None, str, float]


def load(prefix: str) -> dict[Key, dict[int, Record]]:
    """{(method, device, shots, mitigation, scale): {adapter's seed: record}} of files PREFIX-SEED.jsonl."""
    out: dict[Key, dict[int, Record]] = {}
    for path in sorted((HERE / "results").glob(f"{prefix}-[0-9].jsonl")):
        for record in read_records(path):
            c = record.payload.condition
            out.setdefault((record.method, c.device, c.shots, c.mitigation, c.scale), {})[
                int(path.stem[-1])
            ] = record
    return out


def nll(found: dict[Key, dict[int, Record]], key: Key) -> dict[int, float]:
    return {seed: r.value("nll") for seed, r in found.get(key, {}).items()}


def rise(found: dict[Key, dict[int, Record]], key: Key, other: Key) -> Any:
    """Interval over adapters of the loss at `key` minus that at `other`; None if they share none."""
    a, b = nll(found, key), nll(found, other)
    seeds = sorted(a.keys() & b.keys())
    return interval([a[s] - b[s] for s in seeds]) if seeds else None


def words(found: Any) -> str:
    if found is None:
        return "–"
    return f"{found.mean:+.3f}" + (f" [{found.low:+.3f}, {found.high:+.3f}]" if found.count > 1 else "")


def table_shots(
    found: dict[Key, dict[int, Record]], devices: list[str], shots: list[int | None]
) -> list[str]:
    lines = [
        "| device | mitigation | " + " | ".join("∞ shots" if s is None else f"{s:,}" for s in shots) + " |",
        "|---|---|" + "---:|" * len(shots),
    ]
    for device in ["ideal", *devices]:
        for mitigation in ("none",) if device == "ideal" else ("none", "readout", "zne+readout"):
            cells = [
                words(rise(found, ("qsl", device, s, mitigation, 1.0), ("qsl", "ideal", None, "none", 1.0)))
                for s in shots
            ]
            lines.append(f"| {device} | {mitigation} | " + " | ".join(cells) + " |")
    return lines


def table_twins(found: dict[Key, dict[int, Record]], devices: list[str]) -> list[str]:
    lines = ["| where | against no-entangler | against LoRA of equal parameters (exact) |", "|---|---:|---:|"]
    for device in ["ideal", *devices]:
        key = ("qsl", device, None, "none", 1.0)
        lora = rise(found, key, ("qsl/lora-equal", "ideal", None, "none", 1.0))
        lines.append(
            f"| {device} | {words(rise(found, key, ('qsl/no-entangler', *key[1:])))} | {words(lora)} |"
        )
    return lines


def table_training(arms: dict[str, dict[Key, dict[int, Record]]]) -> list[str]:
    places = [("ideal", None), ("ideal", 1000), ("fake_sherbrooke", None), ("fake_sherbrooke", 1000)]
    head = [f"{d}, {'∞' if s is None else s} shots" for d, s in places]
    lines = ["| trained | method | " + " | ".join(head) + " |", "|---|---|" + "---:|" * len(places)]
    for name, found in arms.items():
        for method in ("qsl", "qsl/no-entangler"):
            cells = []
            for device, shots in places:
                values = [
                    v for s, v in sorted(nll(found, (method, device, shots, "none", 1.0)).items()) if s < 2
                ]
                cells.append("–" if not values else " ".join(f"{v:.3f}" for v in values))
            lines.append(f"| {name} | {method} | " + " | ".join(cells) + " |")
    return lines


def picture_shots(found: dict[Key, dict[int, Record]], devices: list[str], shots: list[int]) -> None:
    figure, axes = plt.subplots(figsize=(7.5, 4.4))
    palette = plt.get_cmap("tab10")
    for k, device in enumerate(["ideal", *devices]):
        for mitigation, dash in (("none", "-"), ("readout", "--"), ("zne+readout", ":")):
            points = [
                (s, rise(found, ("qsl", device, s, mitigation, 1.0), ("qsl", "ideal", None, "none", 1.0)))
                for s in shots
            ]
            points = [(s, r) for s, r in points if r is not None]
            if points:
                x = [s for s, _ in points]
                axes.plot(
                    x,
                    [r.mean for _, r in points],
                    dash,
                    color=palette(k),
                    marker="o",
                    markersize=3,
                    label=f"{device}, {mitigation}",
                )
                if points[0][1].count > 1 and mitigation == "none":
                    axes.fill_between(
                        x,
                        [r.low for _, r in points],
                        [r.high for _, r in points],
                        color=palette(k),
                        alpha=0.12,
                        linewidth=0,
                    )
    axes.axhline(0, color="0.5", linewidth=0.8)
    axes.set(xscale="log", xlabel="shots a circuit", ylabel="rise of the NLL over exact (nats a token)")
    axes.legend(fontsize=7, frameon=False, ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "shots.png", dpi=130, bbox_inches="tight")


def picture_noise(
    scales: dict[Key, dict[int, Record]], found: dict[Key, dict[int, Record]], devices: list[str]
) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for method, dash in (("qsl", "-"), ("qsl/no-entangler", "--")):
        steps = sorted({k[4] for k in scales if k[1] != "ideal"})
        line = [(0.0, 0.0)] + [
            (
                s,
                rise(
                    scales, (method, "fake_sherbrooke", None, "none", s), (method, "ideal", None, "none", 1.0)
                ).mean,
            )
            for s in steps
        ]
        left.plot(*zip(*line, strict=True), dash, marker="o", markersize=3, label=method)
        points = []
        for device in devices:
            runs = found[method, device, None, "none", 1.0]
            record = next(iter(runs.values()))
            x = record.payload.two_qubit_gates * record.payload.calibration.two_qubit_error
            points.append(
                (
                    x,
                    rise(
                        found, (method, device, None, "none", 1.0), (method, "ideal", None, "none", 1.0)
                    ).mean,
                    device,
                )
            )
        points.sort()
        right.plot(
            [p[0] for p in points], [p[1] for p in points], dash, marker="o", markersize=3, label=method
        )
        for x, y, device in points:
            right.annotate(device, (x, y), fontsize=7, xytext=(4, 4), textcoords="offset points")
    left.set(
        xlabel="noise, in units of fake_sherbrooke's", ylabel="rise of the NLL over exact (nats a token)"
    )
    right.set(xlabel="two-qubit gates after transpiling × their median error", xscale="log")
    for axes in (left, right):
        axes.legend(fontsize=7, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "noise.png", dpi=130, bbox_inches="tight")


def main() -> None:
    found, scales = load("noise"), load("scales")
    arms = {"exact": found, "1,000 shots": load("shots"), "fake_sherbrooke, 1,000 shots": load("device")}
    devices = [d for d in dict.fromkeys(k[1] for k in found) if d != "ideal"]
    shots = sorted({k[2] for k in found if k[2] is not None})
    tables = {
        "Rise of the loss over exact, nats a token, by shots": table_shots(found, devices, [*shots, None]),
        "The sublayer against its twins, infinitely many shots": table_twins(found, devices),
        "Training under shots and noise: loss of each adapter (seeds 0 and 1)": table_training(arms),
    }
    for title, lines in tables.items():
        print(f"\n**{title}**\n\n" + "\n".join(lines))
    picture_shots(found, devices, shots)
    picture_noise(scales, found, devices)
    (HERE / "summary.json").write_text(
        json.dumps(tables, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
