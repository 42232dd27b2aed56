"""HHL in an exact simulation beside conjugate gradient: fidelity by clock and condition, costs by size, regression.

python experiments/learn/linear_systems/measure.py           # some minutes on one core; writes results.json
python experiments/learn/linear_systems/measure.py --figure  # from results.json: the picture of the page

fidelity: 60 random positive definite systems of 8 unknowns for each condition number κ and number of clock qubits t,
a third each with even, geometric and random spectra. costs: one system for each size n, κ = 10, dense. regression:
scikit-learn's diabetes data, ten-fold cross-validation, `QuantumRidge` with t clock qubits and its twin.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, cross_val_score

from qualms.learn import QuantumRidge, hhl
from qualms.records.provenance import LEARNERS, machine, versions
from qualms.records.stats import interval

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PICTURE = HERE.parents[2] / "docs/images/learn/hhl.png"
CONDITIONS, CLOCKS, SYSTEMS = (2, 5, 10, 20, 50, 100), range(2, 11), 60
UNKNOWNS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)


def system(n: int, condition: float, kind: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([n, int(condition), kind, seed])
    low = 1 / condition
    values = [np.linspace(low, 1, n), np.geomspace(low, 1, n), np.r_[low, 1, rng.uniform(low, 1, n - 2)]][
        kind
    ]
    vectors = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return (vectors * values) @ vectors.T, rng.normal(size=n)


def fidelities() -> list[dict]:
    rows = []
    for condition in CONDITIONS:
        for t in CLOCKS:
            found = [hhl(*system(8, condition, k % 3, k), t) for k in range(SYSTEMS)]
            values = [f.fidelity for f in found]
            rows.append({"condition": condition, "clock_qubits": t, "clock_by_condition": 2**t / condition, "median": float(np.median(values)),
                         "least": min(values), "success_probability": float(np.median([f.success_probability for f in found])),
                         "relative_error": float(np.median([f.relative_error for f in found]))})  # fmt: skip
    return rows


def costs() -> list[dict]:
    rows = []
    for n in UNKNOWNS:
        found = hhl(*system(n, 10, 0, 0))
        rows.append({"unknowns": n, "hhl": {**found.resources.to_dict(), "relative_error": found.relative_error, "fidelity": found.fidelity},
                     "cg": {k: v for k, v in found.classical.to_dict().items() if k != "seconds"}})  # fmt: skip
    return rows


def regression() -> list[dict]:
    X, y = load_diabetes(return_X_y=True)
    folds, rows = KFold(10, shuffle=True, random_state=0), []
    exact = cross_val_score(QuantumRidge().twin("ridge"), X, y, cv=folds)
    for t in (2, 3, 4, 6, 8, 10, 12, None):
        learner = QuantumRidge(clock_qubits=t)
        scores = cross_val_score(learner, X, y, cv=folds)
        apart, told = interval(scores - exact), learner.fit(X, y).findings_
        rows.append({"clock_qubits": t, "r2": float(scores.mean()), "r2_of_twin": float(exact.mean()), "difference": apart.mean,
                     "low": apart.low, "high": apart.high, "findings": told})  # fmt: skip
    return rows


def figure(told: dict) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(CONDITIONS)))
    for condition, colour in zip(CONDITIONS, colours, strict=True):
        rows = [r for r in told["fidelity"] if r["condition"] == condition]
        left.plot(
            [r["clock_by_condition"] for r in rows],
            [r["least"] for r in rows],
            "o-",
            ms=3,
            lw=1,
            color=colour,
            label=f"κ = {condition}",
        )
    left.axvline(5, color="0.5", lw=0.8, ls="--")
    left.axhline(0.99, color="0.5", lw=0.8, ls="--")
    left.set(
        xscale="log",
        xlabel="2ᵗ / κ",
        ylabel="least fidelity of 60 systems",
        title="8 unknowns: .99 from 2ᵗ = 5 κ",
    )
    left.legend(fontsize=8, frameon=False)
    n = [r["unknowns"] for r in told["costs"]]
    right.plot(
        n,
        [r["hhl"]["gates_to_read"] for r in told["costs"]],
        "o-",
        ms=3,
        color="#6929c4",
        label="HHL: gates to load b and rotate, until x is read to 1 %",
    )
    right.plot(
        n,
        [r["hhl"]["loading_rotations"] + r["hhl"]["loading_cnots"] for r in told["costs"]],
        "o--",
        ms=3,
        color="#6929c4",
        label="HHL: gates to load b once",
    )
    right.plot(
        n,
        [r["cg"]["flops"] for r in told["costs"]],
        "s-",
        ms=3,
        color="#1192e8",
        label="conjugate gradient: operations, to 10⁻¹⁰",
    )
    right.set(xscale="log", yscale="log", xlabel="unknowns n", title="κ = 10, dense")
    right.legend(fontsize=7.5, frameon=False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shown.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--figure", action="store_true")
    if parser.parse_args().figure:
        figure(json.loads(RESULTS.read_text()))
        sys.exit()
    warnings.simplefilter("ignore")  # too few clock qubits is what is measured
    RESULTS.write_text(json.dumps({"command": "python experiments/learn/linear_systems/measure.py", "versions": versions(LEARNERS), "machine": machine(),
                                   "fidelity": fidelities(), "costs": costs(), "regression": regression()}, indent=1) + "\n")  # fmt: skip
