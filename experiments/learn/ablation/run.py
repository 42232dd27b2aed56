"""Entangled against separable circuits on the data sets of Bowles, Ahmed and Schuld (2024).

    python experiments/learn/ablation/run.py                      # the first sets
    python experiments/learn/ablation/run.py --sets all           # every set with at most 12 features
    python experiments/learn/ablation/run.py --sets linearly_separable_4d --models iqp iqp/separable

Needs `../shared/data/tabular/qml_benchmarks`. For each set and model: a grid search with three folds on the training
rows, then five fits with five seeds, measured on the test rows. Every fit is one line of results.jsonl; lines
that are there are not computed again.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from models import MODELS
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
DATA = HERE.parents[2] / ".." / "shared" / "data" / "tabular" / "qml_benchmarks" / "datasets.npz"
FIRST = (
    "linearly_separable_4d",
    "two_curves-5degree-0.1offset-4d",
    "hidden_manifold-6manifold-5d",
    "hyperplanes-10d-from3d-5n",
    "two_curves-10d-5degree",
)
SEEDS = (0, 1, 2, 3, 4)
MOST_FEATURES = 12


def sets_of(file: Any, asked: list[str]) -> list[str]:
    names = sorted({key.rpartition(":")[0] for key in file.files})
    if asked == ["all"]:
        return [n for n in names if file[f"{n}:X_train"].shape[1] <= MOST_FEATURES]
    unknown = [n for n in asked if n not in names]
    if unknown:
        raise SystemExit(f"no such set: {', '.join(unknown)}; there are {', '.join(names)}")
    return asked


def searched(name: str, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """The best settings of the grid, by three folds of the training rows."""
    model = MODELS[name]
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    search = GridSearchCV(model.make(X.shape[1], 0), model.grid, cv=folds, refit=False)
    return dict(search.fit(X, y).best_params_)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=list(FIRST), help="names, or all")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--results", type=Path, default=HERE / "results.jsonl")
    options = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"{DATA} is not there; put the data set's archive in this place")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    if options.results.exists():
        rows = [json.loads(line) for line in options.results.read_text().splitlines()]
    done = {(r["data"], r["model"]): set() for r in rows}
    for row in rows:
        done[row["data"], row["model"]].add(row["seed"])
    about = {"versions": versions(LEARNERS), "machine": machine()}
    with np.load(DATA) as file:
        for data in sets_of(file, options.sets):
            parts = [file[f"{data}:{part}"] for part in ("X_train", "y_train", "X_test", "y_test")]
            for name in options.models:
                missing = [s for s in SEEDS if s not in done.get((data, name), set())]
                if missing:
                    measure(options.results, data, name, missing, parts, about)


def measure(
    path: Path, data: str, name: str, seeds: list[int], parts: list[np.ndarray], about: dict[str, Any]
) -> None:
    """Append a line for each seed."""
    X, y, X_test, y_test = parts
    began = time.perf_counter()
    settings = searched(name, X, y)
    for seed in seeds:
        learner = clone(MODELS[name].make(X.shape[1], seed)).set_params(**settings)
        start = time.perf_counter()
        learner.fit(X, y)
        row = {
            "data": data,
            "model": name,
            "seed": seed,
            "test_accuracy": float(learner.score(X_test, y_test)),
            "train_accuracy": float(learner.score(X, y)),
            "settings": settings,
            "fit_seconds": round(time.perf_counter() - start, 3),
            "findings": getattr(learner, "findings_", {}),
            **about,
        }
        with path.open("a") as out:
            out.write(json.dumps(row) + "\n")
    print(f"{data:36s} {name:30s} {time.perf_counter() - began:7.1f} s", flush=True)


if __name__ == "__main__":
    main()
