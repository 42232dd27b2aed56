"""Tables, tests and figures of the study from its committed results.

python experiments/superposition/summary.py     # writes summary.json, curves.png; prints the tables of the
README
"""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from scipy import stats

from arms import ARMS, ATTENTION, FORMS
from qualms.records import interval, read_records
from study import EPOCHS, best_rate, score

HERE = Path(__file__).parent
Row = dict[str, Any]
MEASURES = {
    "final test accuracy": lambda h: h[-1]["test_accuracy"],
    "best test accuracy": lambda h: max(e["test_accuracy"] for e in h),
    "final training loss": lambda h: h[-1]["train_loss"],
    "best validation loss": lambda h: min(e["validation_loss"] for e in h),
    "seconds an epoch": lambda h: h[-1]["seconds"] / len(h),
    "epochs to 90 %": lambda h: next((k for k, e in enumerate(h, 1) if e["test_accuracy"] >= 0.9), None),
    "seconds to 90 %": lambda h: next((e["seconds"] for e in h if e["test_accuracy"] >= 0.9), None),
}


def load(name: str) -> list[Row]:
    path = HERE / "results" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def measured(rows: list[Row], arm: str, measure: str, rate: float | None = None) -> dict[int, float]:
    """{seed: value} of an arm's paired runs at its best rate, or another; runs that never reach 90 % are left
    out of the counts to it.
    """
    rate = rate or best_rate(rows, rows[0]["task"], arm)
    found = {
        r["seed"]: MEASURES[measure](r["history"])
        for r in rows
        if r["arm"] == arm and not r["search"] and r["lr"] == rate
    }
    return {s: v for s, v in sorted(found.items()) if v is not None}


def holm(values: list[float]) -> list[float]:
    """p-values adjusted for their number (Holm 1979)."""
    order, worst, out = np.argsort(values), 0.0, [1.0] * len(values)
    for rank, k in enumerate(order):
        worst = max(worst, min(1.0, (len(values) - rank) * values[k]))
        out[k] = worst
    return out


def differences(rows: list[Row], arms: list[str], measure: str, equal_rate: bool = False) -> dict[str, Row]:
    """Paired differences to AdamW over seeds: interval, p of a paired t-test, Holm's p over the arms.

    AdamW at its own best rate, or at the arm's.
    """
    out: dict[str, Row] = {}
    for arm in arms:
        base = measured(rows, "adamw", measure, best_rate(rows, rows[0]["task"], arm) if equal_rate else None)
        own = measured(rows, arm, measure)
        apart = [own[s] - base[s] for s in own if s in base]
        if arm == "adamw" or len(apart) < 2:
            continue
        found = interval(apart)
        p = 1.0 if not any(apart) else float(stats.ttest_1samp(apart, 0).pvalue)
        out[arm] = {"mean": found.mean, "low": found.low, "high": found.high, "seeds": found.count, "p": p}
    for arm, p in zip(out, holm([o["p"] for o in out.values()]), strict=True):
        out[arm]["p_holm"] = p
    return out


def spread(values: dict[int, float], digits: int = 4, scale: float = 1.0) -> str:
    if not values:
        return "–"
    found = interval([scale * v for v in values.values()])
    return f"{found.mean:.{digits}f}" + (
        f" ± {found.mean - found.low:.{digits}f}" if math.isfinite(found.low) else ""
    )


def table(name: str, rows: list[Row], arms: list[str]) -> Row:
    accuracy, loss = (
        differences(rows, arms, "final test accuracy"),
        differences(rows, arms, "final training loss"),
    )
    epochs, equal = (
        differences(rows, arms, "epochs to 90 %"),
        differences(rows, arms, "final test accuracy", equal_rate=True),
    )
    print(
        f"\n**{name}**, {EPOCHS[name]} epochs, {len(measured(rows, arms[0], 'final test accuracy'))} seeds\n"
    )
    print(
        "| arm | rate | test accuracy, % | − AdamW, points | Holm's p | − AdamW at this rate | best, % | "
        "epochs to 90 % | final training loss | − AdamW | best validation loss |"
    )
    print("|---|" + "---:|" * 10)
    for arm in arms:
        d, dl, de = accuracy.get(arm), loss.get(arm), equal.get(arm)
        cells = [
            arm, f"{best_rate(rows, name, arm):g}",
            spread(measured(rows, arm, "final test accuracy"), 2, 100),
            f"{100 * d['mean']:+.2f} [{100 * d['low']:+.2f}, {100 * d['high']:+.2f}]" if d else "",
            f"{d['p_holm']:.2f}" if d else "",
            f"{100 * de['mean']:+.2f} [{100 * de['low']:+.2f}, {100 * de['high']:+.2f}]" if de else "",
            spread(measured(rows, arm, "best test accuracy"), 2, 100),
            spread(measured(rows, arm, "epochs to 90 %"), 1),
            spread(measured(rows, arm, "final training loss")), f"{dl['mean']:+.5f}" if dl else "",
            spread(measured(rows, arm, "best validation loss")),
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |")
    return {
        "accuracy": accuracy,
        "accuracy at equal rates": equal,
        "final training loss": loss,
        "epochs to 90 %": epochs,
    }


def rates(name: str, rows: list[Row]) -> Row:
    """What the rate alone does to AdamW, in the search."""
    found: dict[float, list[float]] = {}
    for r in rows:
        if r["search"] and r["arm"] == "adamw":
            found.setdefault(r["lr"], []).append(
                statistics.fmean(h["validation_accuracy"] for h in r["history"][-3:])
            )
    print(
        f"\nAdamW by learning rate ({name}, validation accuracy, search): "
        + ", ".join(f"{lr:g}: {100 * statistics.fmean(v):.1f} %" for lr, v in sorted(found.items()))
    )
    top = max(found)
    others = {
        arm: statistics.fmean(score(r) for r in rows if r["search"] and (r["arm"], r["lr"]) == (arm, top))
        for arm in {r["arm"] for r in rows} & {*ARMS}
    }
    print(
        f"At {top:g} the arms' validation accuracies lie between {100 * min(others.values()):.1f} and "
        f"{100 * max(others.values()):.1f} %"
    )
    return {str(lr): statistics.fmean(v) for lr, v in found.items()}


def gsm8k() -> Row:
    path = HERE / "results" / "gsm8k.jsonl"
    if not path.exists():
        return {}
    by: dict[str, dict[int, Any]] = {}
    for record in read_records(path):
        by.setdefault(record.method, {})[record.seed] = record
    out: Row = {}
    print(
        "\n**GSM8K**, the shipped base\n\n| method | rate | test NLL | − its λ=0 twin | p | mean training "
        "loss | − its λ=0 twin |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for method, runs in by.items():
        twin = method.partition("/")[0] + "/lambda-zero"
        nll = {s: r.value("test_nll") for s, r in runs.items()}
        train = {s: statistics.fmean(p["loss"] for p in r.payload.curve) for s, r in runs.items()}
        cells = [method, f"{next(iter(runs.values())).payload.training.learning_rate:g}", spread(nll, 3)]
        if twin in by and twin != method:
            for own, name in ((nll, "nll"), (train, "train")):
                base = {
                    s: r.value("test_nll")
                    if name == "nll"
                    else statistics.fmean(p["loss"] for p in r.payload.curve)
                    for s, r in by[twin].items()
                }
                d = [own[s] - base[s] for s in own if s in base]
                i = interval(d)
                p = float(stats.ttest_1samp(d, 0).pvalue) if any(d) and len(d) > 1 else 1.0
                out.setdefault(method, {})[name] = {"mean": i.mean, "low": i.low, "high": i.high, "p": p}
            n, t = out[method]["nll"], out[method]["train"]
            cells += [
                f"{n['mean']:+.4f} [{n['low']:+.4f}, {n['high']:+.4f}]",
                f"{n['p']:.2f}",
                spread(train, 3),
                f"{t['mean']:+.4f} [{t['low']:+.4f}, {t['high']:+.4f}]",
            ]
        else:
            cells += ["", "", spread(train, 3), ""]
        print("| " + " | ".join(cells) + " |")
    return out


def picture(rows: list[Row]) -> None:
    figure, axis = plt.subplots(figsize=(7, 3.8), constrained_layout=True)
    for arm in (
        "adamw",
        "sine tensor 0.5",
        "sine all 2",
        "circuit tensor 0.5",
        "random all 0.5",
        "flipped all 0.5",
    ):
        runs = [
            [h["test_accuracy"] for h in r["history"]] for r in rows if r["arm"] == arm and not r["search"]
        ]
        if runs:
            axis.plot(
                range(1, len(runs[0]) + 1),
                np.mean(runs, 0),
                label=arm,
                lw=4 if arm == "adamw" else 1.2,
                alpha=0.35 if arm == "adamw" else 1,
            )
    axis.set(
        xlabel="epoch",
        ylabel="test accuracy",
        title="the synthetic task, mean of ten seeds, each arm at its own best rate",
    )
    axis.legend(fontsize=8)
    figure.savefig(HERE / "curves.png", dpi=110)
    plt.close(figure)


def main() -> None:
    out: Row = {}
    for name in ("counts", "sst2", "banking77"):
        rows = load(name)
        seeded = [
            a for a in (*ARMS, *ATTENTION, *FORMS) if any(r["arm"] == a and not r["search"] for r in rows)
        ]
        arms = [a for a in seeded if a in ARMS]
        if not arms:
            continue
        out[name] = {"rates": rates(name, rows), "arms": table(name, rows, arms)}
        for title, group in (("forms", FORMS), ("attention", ATTENTION)):
            if others := [a for a in seeded if a in group]:
                print(f"\n{title}:")
                out[name][title] = table(name, rows, ["adamw", *others])
        if name == "counts":
            picture(rows)
    out["gsm8k"] = gsm8k()
    (HERE / "summary.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
