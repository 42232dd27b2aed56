"""What the bandwidth does to a quantum kernel, beside its twins, and pictures of kernels.

python experiments/learn/kernels/run.py             # resumes; appends to bandwidth.jsonl; minutes on one core
python experiments/learn/kernels/run.py --figures   # docs/images/learn/kernels-*.png, and summary.json

Three sets: two moons (200 rows, 2 features), scikit-learn's breast cancer data on four principal directions (400
rows), and a product of signs among four features (200 rows). Half of the rows are for training, five seeds. For
each bandwidth, C is chosen by five-fold cross-validation on the training rows, for the quantum kernels and the
RBF kernel alike; the rows with bandwidth "auto" choose the bandwidth in the same way.
"""

from __future__ import annotations

import argparse
import io
import json
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.datasets import load_breast_cancer, make_moons
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from qualms.learn import QuantumKernelClassifier
from qualms.learn.kernel.exact import exact_kernel
from qualms.learn.kernel.feature_maps import feature_map
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
ROWS, SUMMARY = HERE / "bandwidth.jsonl", HERE / "summary.json"
IMAGES = HERE.parents[2] / "docs" / "images" / "learn"
BANDWIDTHS = [2.0**k for k in range(-7, 3)]
COMMAND = "python experiments/learn/kernels/run.py"
SEEDS = range(5)
KERNELS = {
    "zz": {"feature_map": "zz"},
    "zz, separable": {"feature_map": "zz", "entangling": False},
    "iqp": {"feature_map": "iqp"},
    "pauli": {"feature_map": "pauli"},
    "angle": {"feature_map": "angle"},
    "amplitude": {"feature_map": "amplitude"},
    "zz, projected": {"feature_map": "zz", "kernel": "projected"},
    "zz, Hamming": {"feature_map": "zz", "kernel": "hamming"},
    "RBF": {"kernel": "rbf"},
}


def data(name: str, seed: int) -> tuple[np.ndarray, ...]:
    """Training rows and test rows, then their labels."""
    rng = np.random.default_rng(seed)
    if name == "moons":
        X, y = make_moons(200, noise=0.25, random_state=seed)
    elif name == "breast cancer":
        X, y = load_breast_cancer(return_X_y=True)
        some = rng.permutation(len(X))[:400]
        X, y = PCA(4, random_state=0).fit_transform(StandardScaler().fit_transform(X))[some], y[some]
    else:
        X = rng.normal(size=(200, 4))
        y = (X[:, 0] * X[:, 1] > 0).astype(int)
    return tuple(train_test_split(X, y, test_size=0.5, random_state=seed, stratify=y))


def fit(name: str, kernel: str, bandwidth: float | str, seed: int) -> dict:
    X, new, y, truth = data(name, seed)
    model = QuantumKernelClassifier(**KERNELS[kernel], bandwidth=bandwidth, random_state=seed).fit(X, y)
    near = model.findings_["nearest_rbf"]
    return {
        "set": name,
        "kernel": kernel,
        "bandwidth": bandwidth,
        "seed": seed,
        "chosen": model.bandwidth_,
        "C": model.C_,
        "accuracy": round(float(model.score(new, truth)), 6),
        "target_alignment": round(model.findings_["target_alignment"], 6),
        "rbf_alignment": round(near["alignment"], 6),
        "rbf_gamma": float(f"{near['gamma']:.6g}"),
        "seconds": round(model.account_.seconds, 4),
    }


def rows() -> list[dict]:
    found = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()] if ROWS.exists() else []
    return [row for row in found if "set" in row]


def collect() -> None:
    known = {(row["set"], row["kernel"], row["bandwidth"], row["seed"]) for row in rows()}
    if not ROWS.exists():
        about = {"versions": versions(LEARNERS), "machine": machine(), "command": COMMAND}
        ROWS.write_text(json.dumps({"about": about}) + "\n", "utf-8")
    for name in ("moons", "breast cancer", "product"):
        for kernel in KERNELS:
            for bandwidth in ["auto", *BANDWIDTHS]:
                for seed in SEEDS:
                    if (name, kernel, bandwidth, seed) in known:
                        continue
                    row = fit(name, kernel, bandwidth, seed)
                    with ROWS.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")


def summary() -> None:
    """Accuracies with the bandwidth that was chosen, and differences from the RBF kernel on the same seeds."""
    chosen = [row for row in rows() if row["bandwidth"] == "auto"]
    found: dict[str, dict] = {}
    for name in dict.fromkeys(row["set"] for row in chosen):
        by_kernel = {
            kernel: np.array([r["accuracy"] for r in chosen if r["set"] == name and r["kernel"] == kernel])
            for kernel in KERNELS
        }
        found[name] = {
            kernel: {
                "accuracy": round(float(values.mean()), 4),
                "minus_rbf": round(float((values - by_kernel["RBF"]).mean()), 4),
                "rbf_alignment": round(
                    float(
                        np.mean(
                            [r["rbf_alignment"] for r in chosen if r["set"] == name and r["kernel"] == kernel]
                        )
                    ),
                    4,
                ),
            }
            for kernel, values in by_kernel.items()
            if len(values) == len(SEEDS)
        }
    SUMMARY.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    for name, table in found.items():
        print(name)
        for kernel, row in table.items():
            print(
                f"  {kernel:<15} {row['accuracy']:.3f}  {row['minus_rbf']:+.3f} than RBF, nearest RBF "
                f"{row['rbf_alignment']:.3f}"
            )


def bandwidth_figure() -> None:
    every = [row for row in rows() if row["bandwidth"] != "auto"]
    names = list(dict.fromkeys(row["set"] for row in every))
    figure, axes = plt.subplots(2, len(names), figsize=(10, 5.4), sharex=True, sharey="row")
    for column, name in enumerate(names):
        for kernel in KERNELS:
            for axis, key in ((axes[0, column], "accuracy"), (axes[1, column], "rbf_alignment")):
                means = [
                    np.mean(
                        [
                            r[key]
                            for r in every
                            if (r["set"], r["kernel"], r["bandwidth"]) == (name, kernel, bandwidth)
                        ]
                    )
                    for bandwidth in BANDWIDTHS
                ]
                classical = kernel == "RBF"
                axis.plot(
                    BANDWIDTHS,
                    means,
                    label=kernel,
                    color="black" if classical else None,
                    linestyle="--" if classical else "-",
                    linewidth=2 if classical else 1.2,
                )
        axes[0, column].set_title(name)
        axes[1, column].set_xscale("log", base=2)
        axes[1, column].set_xlabel("bandwidth")
    axes[0, 0].set_ylabel("test accuracy")
    axes[1, 0].set_ylabel("alignment with\nthe nearest RBF kernel")
    axes[0, -1].legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    _write(figure, "kernels-bandwidth.png")


def _write(figure: plt.Figure, name: str) -> None:
    """A small PNG: 64 colours are enough for these pictures."""
    figure.tight_layout()
    held = io.BytesIO()
    figure.savefig(held, dpi=75)
    Image.open(held).convert("RGB").quantize(64).save(IMAGES / name, optimize=True)


def surfaces_figure() -> None:
    """Decision surfaces on the moons, and below them the kernel matrices with rows in order of class."""
    shown = ["zz", "iqp", "pauli", "angle", "amplitude", "RBF"]
    X, _, y, _ = data("moons", 0)
    order = np.lexsort((X[:, 0], y))
    side = np.linspace(X.min(axis=0) - 0.4, X.max(axis=0) + 0.4, 70)
    grid = np.stack(np.meshgrid(side[:, 0], side[:, 1]), axis=-1).reshape(-1, 2)
    figure, axes = plt.subplots(2, len(shown), figsize=(12, 4.2))
    for column, kernel in enumerate(shown):
        model = QuantumKernelClassifier(**KERNELS[kernel]).fit(X, y)
        surface = np.tanh(model.decision_function(grid)).reshape(70, 70)
        axes[0, column].contourf(side[:, 0], side[:, 1], surface, 12, cmap="RdBu", vmin=-1, vmax=1)
        axes[0, column].scatter(*X.T, c=y, cmap="RdBu", s=8, edgecolors="black", linewidths=0.3)
        axes[0, column].set_title(f"{kernel}, bandwidth {model.bandwidth_:.3g}", fontsize=9)
        Z = (X - model.centre_) / model.scale_
        settings = KERNELS[kernel]
        map_ = feature_map(settings["feature_map"], 2) if "feature_map" in settings else None
        made = exact_kernel(settings.get("kernel", "fidelity"), map_, model.bandwidth_, None, 0.5)
        axes[1, column].imshow(made.square(made.represent(Z[order])), cmap="viridis", vmin=0, vmax=1)
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    axes[0, 0].set_ylabel("decision")
    axes[1, 0].set_ylabel("kernel matrix")
    _write(figure, "kernels-surfaces.png")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--figures", action="store_true", help="from bandwidth.jsonl")
    warnings.simplefilter("ignore")
    if options.parse_args().figures:
        summary()
        IMAGES.mkdir(parents=True, exist_ok=True)
        bandwidth_figure()
        surfaces_figure()
        return
    collect()


if __name__ == "__main__":
    main()
