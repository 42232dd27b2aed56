"""The quantum reservoir beside its classical controls on two series.

    python experiments/learn/variational/reservoir.py

- NARMA5: a nonlinear moving average of order 5, driven by uniform noise; the target is its output.
- Mackey-Glass: a chaotic delay equation (τ = 17); the target is its value six steps ahead.

1,200 rows to train on, 600 after them to measure on, ten seeds of the random parts; `input_scale` and `alpha` of each
model are chosen on the last 300 training rows, from the same grid. The number is the normalised mean squared
error: 1 is what the mean of the targets gives. Writes reservoir.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import clone

from qualms.learn import QuantumReservoirRegressor
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
SEEDS = range(10)
GRID = {"input_scale": (0.1, 0.25, 0.5, 1.0), "alpha": (1e-8, 1e-5, 1e-2)}
TRAIN, TEST = 1200, 600


def narma(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Atiya and Parlos (2000), order 5, with inputs in [0, 0.5]."""
    u = np.random.default_rng(0).uniform(0, 0.5, count)
    y = np.zeros(count)
    for t in range(4, count - 1):
        y[t + 1] = 0.3 * y[t] + 0.05 * y[t] * y[t - 4 : t + 1].sum() + 1.5 * u[t - 4] * u[t] + 0.1
    return u[:-1, None], y[1:]


def mackey_glass(count: int) -> tuple[np.ndarray, np.ndarray]:
    """dx/dt = 0.2 x(t−17) / (1 + x(t−17)¹⁰) − 0.1 x, Euler steps of 0.1, one value for each unit of time."""
    fine, delay = 10 * (count + 200), 170
    x = np.full(fine + delay, 1.2)
    for t in range(delay, fine + delay - 1):
        old = x[t - delay]
        x[t + 1] = x[t] + 0.1 * (0.2 * old / (1 + old**10) - 0.1 * x[t])
    series = x[delay:][::10][-count:]
    return series[:-6, None], series[6:]


SERIES: dict[str, Callable[[int], tuple[np.ndarray, np.ndarray]]] = {
    "NARMA5": narma,
    "Mackey-Glass, 6 ahead": mackey_glass,
}


def error(model: Any, X: np.ndarray, y: np.ndarray, start: int, stop: int) -> float:
    """Normalised mean squared error on rows start … stop, with the rows before as memory."""
    before = max(0, start - model.window + 1)
    predicted = model.predict(X[before:stop])[start - before :]
    return float(np.mean((predicted - y[start:stop]) ** 2) / np.var(y[start:stop]))


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for name, make in SERIES.items():
        X, y = make(TRAIN + TEST + 30)
        X, y = X[20:], y[20:]
        quantum = QuantumReservoirRegressor(n_qubits=6, n_layers=2, window=8)
        models = {"quantum": quantum, **{t.name: t.make(quantum) for t in quantum.twins}}
        for label, model in models.items():
            for seed in SEEDS if label != "ridge" else [0]:
                rows.append({"series": name, "model": label, "seed": seed, **measured(model, X, y, seed)})
            own = [r["error"] for r in rows if (r["series"], r["model"]) == (name, label)]
            print(
                f"{name:24s} {label:12s} median {np.median(own):.4f}  quartiles {np.quantile(own, [0.25, 0.75]).round(4)}",
                flush=True,
            )
    about = {"command": "python experiments/learn/variational/reservoir.py", "grid": GRID}
    content = {**about, "versions": versions(LEARNERS), "machine": machine(), "rows": rows}
    (HERE / "reservoir.json").write_text(json.dumps(content) + "\n")


def measured(model: Any, X: np.ndarray, y: np.ndarray, seed: int) -> dict[str, Any]:
    best, settings = np.inf, {}
    for values in product(*GRID.values()):
        tried = dict(zip(GRID, values, strict=True))
        some = clone(model).set_params(random_state=seed, **tried).fit(X[: TRAIN - 300], y[: TRAIN - 300])
        found = error(some, X, y, TRAIN - 300, TRAIN)
        if found < best:
            best, settings = found, tried
    fitted = clone(model).set_params(random_state=seed, **settings).fit(X[:TRAIN], y[:TRAIN])
    return {"error": error(fitted, X, y, TRAIN, TRAIN + TEST), "settings": settings}


if __name__ == "__main__":
    main()
