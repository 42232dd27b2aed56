"""Learned distributions beside data and twins.

python experiments/learn/generative/pictures.py     # a minute; needs ../shared/data/generative and results.jsonl

Writes docs/images/learn/generative-covariances.png (covariances of 16 bits, of the data and of what four models
learned from 5,000 rows) and docs/images/learn/generative-bars.png (probabilities of the patterns of 3 × 3 bars and
stripes).
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import torch

mpl.use("Agg")
import matplotlib.pyplot as plt

from measure import DATA, GRID, HERE, MIDDLE, bars_and_stripes
from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
from qualms.learn.generative.born import BornMachine
from qualms.learn.generative.distribution import bits_of, codes_of
from qualms.learn.generative.pairwise import PairwiseIsing
from qualms.learn.generative.restricted import RestrictedBoltzmannMachine

IMAGES = HERE.parents[2] / "docs" / "images" / "learn"


def covariance(p: np.ndarray) -> np.ndarray:
    """Of bits as ±1, (n, n) with an empty diagonal, from all 2ⁿ probabilities."""
    n = len(p).bit_length() - 1
    spins = 2.0 * bits_of(np.arange(len(p)), n) - 1
    mean = p @ spins
    found = (spins * p[:, None]).T @ spins - np.outer(mean, mean)
    np.fill_diagonal(found, 0)
    return found


def covariances() -> None:
    figure, axes = plt.subplots(2, 5, figsize=(10, 4.3), layout="constrained")
    for row, (name, weight) in zip(axes, (("ising", 4), ("blobs", 6)), strict=True):
        with np.load(DATA / f"{name}_16.npz") as file:
            train, test = file["train"].astype(int), file["test"].astype(int)
        sigma, symmetric = MIDDLE[name], name == "ising"
        shared = {"max_weight": weight, "symmetric": symmetric, "bandwidths": (sigma,), "random_state": 0}
        models = {
            f"IQP, gates to {weight} bits": BornMachine(circuit="iqp", **shared),
            f"bit flips, to {weight} bits": BitFlipCircuit(**shared),
            "RBM, tuned": RestrictedBoltzmannMachine(**GRID, random_state=0),
            "pairwise Ising": PairwiseIsing(),
        }
        data = np.bincount(codes_of(test), minlength=1 << 16) / len(test)
        shown = {f"{name}_16, test rows": covariance(data)}
        for title, model in models.items():
            model.fit(train)
            found = f"{title}\nMMD² {model.mmd(test, sigma):.1e}"
            shown[found] = covariance(model.probabilities())
        limit = max(np.abs(c).max() for c in shown.values())
        for axis, (title, matrix) in zip(row, shown.items(), strict=True):
            image = axis.imshow(matrix, cmap="RdBu", vmin=-limit, vmax=limit)
            axis.set_title(title, fontsize=8)
            axis.set_xticks([])
            axis.set_yticks([])
        figure.colorbar(image, ax=row, shrink=0.8).ax.tick_params(labelsize=7)
    figure.savefig(IMAGES / "generative-covariances.png", dpi=110)


def bars() -> None:
    X = bars_and_stripes(3)
    models = {
        "Born machine, 10 layers": BornMachine(
            n_layers=10, entangler="linear", n_init=10, max_iter=1000, random_state=0
        ).fit(X),
        "pairwise Ising": PairwiseIsing(alpha=1e-8, max_iter=1000).fit(X),
        "RBM, tuned": RestrictedBoltzmannMachine(
            n_hidden=(8, 24), alphas=(1e-6, 1e-4), max_iter=1000, random_state=0
        ).fit(np.tile(X, (40, 1))),
    }
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.4), layout="constrained", sharey=True)
    other = np.setdiff1d(np.arange(512), codes_of(X))
    for axis, (title, model) in zip(axes, models.items(), strict=True):
        p = model.probabilities()
        axis.bar(np.arange(len(X)), p[codes_of(X)], color="#2a6f97")
        axis.bar([len(X)], [p[other].sum()], color="#bc4749")
        axis.axhline(1 / len(X), color="black", linewidth=0.8, linestyle="--")
        axis.set_title(title, fontsize=9)
        axis.set_xticks([*range(len(X)), len(X)], [""] * len(X) + ["all other\npatterns"], fontsize=7)
    axes[0].set_ylabel("probability", fontsize=8)
    figure.savefig(IMAGES / "generative-bars.png", dpi=110)


def main() -> None:
    torch.set_num_threads(1)
    IMAGES.mkdir(parents=True, exist_ok=True)
    bars()
    covariances()


if __name__ == "__main__":
    main()
