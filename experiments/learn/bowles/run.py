"""A part of Bowles' protocol: a grid search on the training rows, then five seeds on the test rows.

python experiments/learn/bowles/run.py                     # resumes; appends to runs.jsonl
python experiments/learn/bowles/run.py --models SVC IQPKernel --sets linearly_separable_2d
python experiments/learn/bowles/run.py --table             # from runs.jsonl: table.json, and what it says

The data sets, each of 240 training and 60 test rows, and the published accuracies are those of Bowles, Ahmed and
Schuld, "Better than classical? The subtle art of benchmarking quantum machine learning models" (2024), in
../shared/data/tabular/qml_benchmarks. As there, hyper-parameters are chosen once for each set by five-fold
cross-validation on the training rows, and the chosen ones are then fitted with five seeds. `MODELS` is a table
of models by name: anything on scikit-learn's contract can be a row of it.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from qualms.learn import QuantumKernelClassifier
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
RUNS, TABLE = HERE / "runs.jsonl", HERE / "table.json"
DATA = HERE.parents[3] / "shared" / "data" / "tabular" / "qml_benchmarks"
COMMAND = "python experiments/learn/bowles/run.py"
SEEDS = range(5)
PENALTIES = [0.1, 1.0, 10.0, 100.0]
MOST_FEATURES = 10  # a set with more needs more qubits than a laptop simulates in seconds


@dataclass(frozen=True)
class Model:
    """One row of the table.

    Attributes
    ----------
    make : Callable
        The estimator for a seed.
    grid : dict
        Of the search; empty for an estimator that tunes itself in its fit.
    published : str
        The model of the paper that it stands for; empty for none.
    """

    make: Callable[[int], Any]
    grid: dict[str, list] = field(default_factory=dict)
    published: str = ""


def _kernel(**settings: Any) -> Callable[[int], Any]:
    return lambda seed: QuantumKernelClassifier(random_state=seed, **settings)


# The paper scales features to [−π/2, π/2] before the IQP map, which is near to a quarter of our angles 2x of
# standardised features; the rows "tuned" choose the bandwidth on the training rows.
MODELS: dict[str, Model] = {
    "SVC": Model(
        lambda _: make_pipeline(StandardScaler(), SVC()),
        {"svc__gamma": [0.001, 0.01, 0.1, 1.0], "svc__C": PENALTIES},
        "SVC",
    ),
    "MLP": Model(
        lambda seed: make_pipeline(StandardScaler(), MLPClassifier(max_iter=500, random_state=seed)),
        {
            "mlpclassifier__hidden_layer_sizes": [(100,), (10, 10, 10, 10)],
            "mlpclassifier__alpha": [0.01, 0.1],
            "mlpclassifier__learning_rate_init": [0.001, 0.01],
        },
        "MLPClassifier",
    ),
    "IQPKernel": Model(
        _kernel(feature_map="iqp", bandwidth=0.25),
        {"repeats": [1, 5, 10], "C": PENALTIES},
        "IQPKernelClassifier",
    ),
    "IQPKernel, separable": Model(
        _kernel(feature_map="iqp", bandwidth=0.25, entangling=False), {"repeats": [1, 5, 10], "C": PENALTIES}
    ),
    "AngleKernel": Model(
        _kernel(feature_map="angle", bandwidth=0.5),
        {"repeats": [1, 3, 5], "C": PENALTIES},
        "SeparableKernelClassifier",
    ),
    "ProjectedKernel": Model(
        _kernel(feature_map="iqp", kernel="projected"),
        {"repeats": [1, 3], "bandwidth": [0.02, 0.1, 0.25], "C": PENALTIES},
        "ProjectedQuantumKernel",
    ),
    "IQPKernel, tuned": Model(_kernel(feature_map="iqp")),
    "IQPKernel, tuned, separable": Model(_kernel(feature_map="iqp", entangling=False)),
    "ZZKernel, tuned": Model(_kernel(feature_map="zz")),
    "RBF, tuned": Model(_kernel(kernel="rbf")),
}

# what the table compares: ours, and the published pair where there is one
PAIRS = [
    ("IQPKernel", "SVC"),
    ("AngleKernel", "SVC"),
    ("ProjectedKernel", "SVC"),
    ("IQPKernel", "AngleKernel"),
    ("MLP", "SVC"),
    ("IQPKernel", "IQPKernel, separable"),
    ("IQPKernel, tuned", "IQPKernel, tuned, separable"),
    ("IQPKernel, tuned", "RBF, tuned"),
    ("ZZKernel, tuned", "RBF, tuned"),
    ("RBF, tuned", "SVC"),
]


def family(name: str) -> str:
    """What a set is made from, and whether its features or its difficulty grow."""
    return name.rsplit("-", 1)[0] if "-" in name else name.rsplit("_", 1)[0]


def sets() -> list[str]:
    """Names of the sets with few enough features, the families in turn."""
    with np.load(DATA / "datasets.npz") as held:
        names = sorted({key.split(":")[0] for key in held.files})
        small = [name for name in names if held[f"{name}:X_train"].shape[1] <= MOST_FEATURES]
    groups = defaultdict(list)
    for name in small:
        groups[family(name)].append(name)
    turns = max(map(len, groups.values()))
    return [group[k] for k in range(turns) for group in groups.values() if k < len(group)]


def read(name: str) -> tuple[np.ndarray, ...]:
    with np.load(DATA / "datasets.npz") as held:
        return tuple(held[f"{name}:{part}"] for part in ("X_train", "y_train", "X_test", "y_test"))


def done() -> list[dict]:
    if not RUNS.exists():
        return []
    rows = [json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]
    return [row for row in rows if "set" in row]


def choose(model: Model, X: np.ndarray, y: np.ndarray) -> tuple[dict, float | None]:
    """The best settings of the grid, and their accuracy in five folds."""
    if not model.grid:
        return {}, None
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(model.make(0), model.grid, cv=folds, refit=False).fit(X, y)
    return search.best_params_, float(search.best_score_)


def run(name: str, title: str) -> list[dict]:
    """Five rows: one model on one set."""
    X, y, new, truth = read(name)
    model, started = MODELS[title], time.perf_counter()
    params, score = choose(model, X, y)
    searched = time.perf_counter() - started
    rows = []
    for seed in SEEDS:
        started = time.perf_counter()
        fitted = model.make(seed).set_params(**params).fit(X, y)
        rows.append(
            {
                "set": name,
                "model": title,
                "seed": seed,
                "features": X.shape[1],
                "test_accuracy": float(fitted.score(new, truth)),
                "train_accuracy": float(fitted.score(X, y)),
                "params": params,
                "cv_accuracy": score,
                "search_seconds": round(searched, 3),
                "fit_seconds": round(time.perf_counter() - started, 3),
                "nearest_rbf": getattr(fitted, "findings_", {}).get("nearest_rbf"),
                "bandwidth": getattr(fitted, "bandwidth_", None),
            }
        )
    return rows


def collect(names: list[str], titles: list[str]) -> None:
    known = {(row["set"], row["model"]) for row in done()}
    if not RUNS.exists():
        about = {"about": {"versions": versions(LEARNERS), "machine": machine(), "command": COMMAND}}
        RUNS.write_text(json.dumps(about) + "\n", "utf-8")
    for name in names:
        for title in titles:
            if (name, title) in known:
                continue
            rows = run(name, title)
            with RUNS.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            mean = np.mean([row["test_accuracy"] for row in rows])
            print(f"{name:<40} {title:<30} {mean:.3f}", flush=True)


def published() -> dict[tuple[str, str], float]:
    """Accuracy by set and model of the paper."""
    with (DATA / "published_accuracy.csv").open(encoding="utf-8") as file:
        return {(row["dataset"], row["model"]): float(row["test_acc_mean"]) for row in csv.DictReader(file)}


def table() -> None:
    """Mean accuracies and paired differences, ours beside the published ones on the same sets."""
    means = defaultdict(list)
    for row in done():
        means[row["set"], row["model"]].append(row["test_accuracy"])
    ours = {key: float(np.mean(values)) for key, values in means.items()}
    theirs, names = published(), sorted({name for name, _ in ours})
    accuracy = {}
    for title, model in MODELS.items():
        mine = [ours[name, title] for name in names if (name, title) in ours]
        both = [n for n in names if (n, title) in ours and (n, model.published) in theirs]
        paper = [theirs[name, model.published] for name in both]
        accuracy[title] = {
            "sets": len(mine),
            "accuracy": float(np.mean(mine)) if mine else None,
            "published": float(np.mean(paper)) if paper else None,
        }
    pairs = []
    for first, second in PAIRS:
        common = [name for name in names if (name, first) in ours and (name, second) in ours]
        if len(common) < 2:
            continue
        a, b = MODELS[first].published, MODELS[second].published
        both = [name for name in common if (name, a) in theirs and (name, b) in theirs]
        row = {
            "first": first,
            "second": second,
            **_difference([ours[n, first] - ours[n, second] for n in common]),
        }
        if len(both) > 1:
            row["published"] = _difference([theirs[n, a] - theirs[n, b] for n in both])
        pairs.append(row)
    TABLE.write_text(
        json.dumps({"sets": names, "accuracy": accuracy, "pairs": pairs}, indent=1) + "\n", "utf-8"
    )
    for title, row in accuracy.items():
        if row["sets"]:
            paper = "" if row["published"] is None else f"   published {row['published']:.3f}"
            print(f"{title:<32} {row['sets']:>3} sets  {row['accuracy']:.3f}{paper}")
    for row in pairs:
        paper = row.get("published")
        told = (
            ""
            if paper is None
            else f"   published {paper['mean']:+.3f} [{paper['low']:+.3f}, {paper['high']:+.3f}]"
        )
        print(
            f"{row['first']} − {row['second']}: {row['mean']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]{told}"
        )


def _difference(values: list[float]) -> dict[str, float]:
    """Mean of differences over the sets, with a 95 % interval from 10,000 bootstrap samples."""
    drawn = np.random.default_rng(0).choice(values, (10_000, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"sets": len(values), "mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--table", action="store_true", help="from runs.jsonl")
    options.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    options.add_argument("--sets", nargs="*", help="default: all with at most ten features")
    options.add_argument("--most", type=int, default=26, help="at most so many sets")
    chosen = options.parse_args()
    warnings.simplefilter("ignore")
    if chosen.table:
        table()
        return
    collect(chosen.sets or sets()[: chosen.most], chosen.models)


if __name__ == "__main__":
    main()
