"""Decision surfaces and training curves of the variational classifiers, with and without entangling gates.

    python experiments/learn/variational/surfaces.py

Writes surfaces.json, and docs/images/learn/variational-surfaces.png and variational-curves.png.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_moons

from qualms.learn import VariationalClassifier
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
IMAGES = HERE.parents[2] / "docs" / "images" / "learn"
ARCHITECTURES = ("re-uploading", "hardware-efficient", "iqp")
SEEDS = (0, 1, 2, 3, 4)
SETTINGS = {
    "n_layers": 4,
    "input_scale": 1.0,
    "max_iter": 80,
    "batch_size": 50,
    "tol": -1.0,
    "n_iter_no_change": 80,
}


def four_fields(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The class is the sign of x₀ x₁, which no sum of functions of one column each can tell."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (count, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def moons(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = make_moons(count, noise=0.15, random_state=seed)
    return X, y


SETS = {"moons": moons, "four fields": four_fields}


def main() -> None:
    torch.set_num_threads(1)
    rows, fitted = [], {}
    for data, make in SETS.items():
        X, y = make(200, 0)
        X_test, y_test = make(1000, 1)
        for architecture in ARCHITECTURES:
            for entangler in ("ring", "none"):
                for seed in SEEDS:
                    learner = VariationalClassifier(
                        architecture, entangler=entangler, random_state=seed, **SETTINGS
                    ).fit(X, y)
                    fitted[data, architecture, entangler, seed] = learner
                    rows.append(
                        {
                            "data": data,
                            "architecture": architecture,
                            "entangler": entangler,
                            "seed": seed,
                            "test_accuracy": learner.score(X_test, y_test),
                            "parameters": learner.n_parameters_,
                            "loss_curve": [round(v, 4) for v in learner.loss_curve_[::5]],
                        }
                    )
    about = {"command": "python experiments/learn/variational/surfaces.py", "settings": SETTINGS}
    content = {**about, "versions": versions(LEARNERS), "machine": machine(), "rows": rows}
    (HERE / "surfaces.json").write_text(json.dumps(content, indent=None) + "\n")
    for data in SETS:
        for architecture in ARCHITECTURES:
            for entangler in ("ring", "none"):
                own = [
                    r["test_accuracy"]
                    for r in rows
                    if (r["data"], r["architecture"], r["entangler"]) == (data, architecture, entangler)
                ]
                print(
                    f"{data:12s} {architecture:20s} {entangler:5s} {np.mean(own):.3f} ± {np.std(own, ddof=1):.3f}"
                )
    surfaces(fitted, rows)
    curves(fitted)


def surfaces(fitted: dict, rows: list[dict]) -> None:
    figure, axes = plt.subplots(4, 3, figsize=(7.5, 9.6), layout="constrained")
    for top, (data, make) in enumerate(SETS.items()):
        X, y = make(200, 0)
        low, high = X.min(axis=0) - 0.3, X.max(axis=0) + 0.3
        first, second = np.meshgrid(np.linspace(low[0], high[0], 90), np.linspace(low[1], high[1], 90))
        points = np.column_stack([first.ravel(), second.ravel()])
        for column, architecture in enumerate(ARCHITECTURES):
            for below, entangler in enumerate(("ring", "none")):
                axis = axes[2 * top + below, column]
                own = [
                    r
                    for r in rows
                    if (r["data"], r["architecture"], r["entangler"]) == (data, architecture, entangler)
                ]
                mean = np.mean([r["test_accuracy"] for r in own])
                chances = fitted[data, architecture, entangler, 0].predict_proba(points)[:, 1]
                axis.contourf(first, second, chances.reshape(first.shape), np.linspace(0, 1, 11), cmap="RdBu")
                axis.scatter(*X.T, c=np.where(y, "#1f4e8c", "#a01c2c"), s=5, linewidths=0)
                kind = "CZ ring" if entangler == "ring" else "no entanglers"
                axis.set_title(f"{architecture}\n{kind}: {mean:.0%}", fontsize=9)
                axis.set_xticks([])
                axis.set_yticks([])
    figure.savefig(IMAGES / "variational-surfaces.png", dpi=75)


def curves(fitted: dict) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.2), layout="constrained", sharey=True)
    for axis, data in zip(axes, SETS, strict=True):
        for color, architecture in zip(("#1b7f5c", "#c1571a", "#5b4fa3"), ARCHITECTURES, strict=True):
            for entangler, style in (("ring", "-"), ("none", ":")):
                losses = np.array([fitted[data, architecture, entangler, s].loss_curve_ for s in SEEDS])
                label = f"{architecture}{'' if entangler == 'ring' else ', no entanglers'}"
                axis.plot(losses.mean(axis=0), style, color=color, label=label)
        axis.set_title(data, fontsize=10)
        axis.set_xlabel("passes through the rows")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("cross-entropy, mean of 5 seeds (nats)")
    axes[1].legend(fontsize=7, frameon=False)
    figure.savefig(IMAGES / "variational-curves.png", dpi=80)


if __name__ == "__main__":
    main()
