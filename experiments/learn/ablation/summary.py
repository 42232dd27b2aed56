"""What results.jsonl says, beside the published table: `python experiments/learn/ablation/summary.py`.

Writes summary.json: mean test accuracy over seeds of each set and model, and for each pair of an entangled circuit and
its twin the difference, with its standard error over seeds, here and as published; and the mean differences over the
sets of each kind, with 95 % intervals over sets.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from models import MODELS

HERE = Path(__file__).parent
SEEDS = 5
COMMON = ("SVC", "MLP", "re-uploading", "re-uploading/separable", "iqp", "iqp/separable")
KINDS = ("hidden_manifold", "hyperplanes", "linearly_separable", "two_curves")
PUBLISHED = HERE.parents[2] / ".." / "shared/data/tabular/qml_benchmarks/published_accuracy.csv"


def published() -> dict[tuple[str, str], float]:
    if not PUBLISHED.exists():
        return {}
    with PUBLISHED.open() as file:
        return {(r["dataset"], r["model"]): float(r["test_acc_mean"]) for r in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    options = parser.parse_args()
    found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for line in options.results.read_text().splitlines():
        row = json.loads(line)
        found[row["data"], row["model"]][row["seed"]] = row["test_accuracy"]
    theirs = published()
    sets = sorted({data for data, _ in found})
    print(f"{'set':36s}" + "".join(f"{name[:14]:>16s}" for name in MODELS))
    for data in sets:
        means = [np.mean(list(found[data, n].values())) if found.get((data, n)) else np.nan for n in MODELS]
        print(f"{data:36s}" + "".join(f"{mean:16.3f}" for mean in means))
    pairs = []
    for twin, model in MODELS.items():
        if not model.twin_of:
            continue
        for data in sets:
            ours, control = found[data, model.twin_of], found[data, twin]
            seeds = sorted(ours.keys() & control.keys())
            if not seeds:
                continue
            gaps = np.array([ours[s] - control[s] for s in seeds])
            other = MODELS[model.twin_of].published
            known = other and (data, other) in theirs and (data, model.published) in theirs
            pairs.append(
                {
                    "data": data,
                    "entangled": model.twin_of,
                    "difference": round(float(gaps.mean()), 4),
                    "standard_error": round(float(gaps.std(ddof=1) / np.sqrt(len(gaps))), 4)
                    if len(gaps) > 1
                    else None,
                    "seeds": len(seeds),
                    "published_difference": round(theirs[data, other] - theirs[data, model.published], 4)
                    if known
                    else None,
                }
            )
    for pair in pairs:
        print(pair)
    means = {
        f"{data} | {name}": {"mean": round(float(np.mean(list(v.values()))), 4), "seeds": len(v)}
        for (data, name), v in sorted(found.items())
        if v
    }
    groups = grouped([p for p in pairs if p["seeds"] == SEEDS])
    for group in groups:
        print(group)
    together = in_common({key: v for key, v in found.items() if len(v) == SEEDS})
    print(together)
    content = {"accuracy": means, "pairs": pairs, "groups": groups, "in_common": together}
    (HERE / "summary.json").write_text(json.dumps(content, indent=1) + "\n")


def grouped(pairs: list[dict]) -> list[dict]:
    """Mean differences over the sets of each kind, with 95 % intervals over sets, here and as published."""
    groups: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for pair in pairs:
        kind = next(k for k in KINDS if pair["data"].startswith(k))
        groups[pair["entangled"], kind].append(pair)
        groups[pair["entangled"], "all"].append(pair)
    return [
        {
            "entangled": model,
            "sets_of": kind,
            "here": spread([p["difference"] for p in members]),
            "published": spread(
                [p["published_difference"] for p in members if p["published_difference"] is not None]
            ),
        }
        for (model, kind), members in sorted(groups.items())
    ]


def in_common(found: dict[tuple[str, str], dict[int, float]]) -> dict:
    """Mean accuracies on the sets where all of COMMON ran, and two differences over these sets."""
    sets = sorted(d for d in {d for d, _ in found} if all((d, name) in found for name in COMMON))
    mean = {name: np.array([np.mean(list(found[d, name].values())) for d in sets]) for name in COMMON}
    differences = (("SVC", "re-uploading"), ("iqp", "re-uploading/separable"))
    return {
        "sets": sets,
        "accuracy": {name: round(float(v.mean()), 4) for name, v in mean.items()},
        "differences": {f"{a} - {b}": spread(list(mean[a] - mean[b])) for a, b in differences},
    }


def spread(values: list[float]) -> dict:
    if not values:
        return {"sets": 0}
    half = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    mean = float(np.mean(values))
    found = {"sets": len(values), "mean": round(mean, 4)}
    return (
        found
        if np.isnan(half)
        else {**found, "low": round(float(mean - half), 4), "high": round(float(mean + half), 4)}
    )


if __name__ == "__main__":
    main()
