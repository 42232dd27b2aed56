"""Born machines and quantum Boltzmann machines beside their classical twins.

python experiments/learn/generative/measure.py [PART …]     # parts: bars, sixteen, boltzmann, thousand

Appends one line a fit to results.jsonl, and skips what is there: a run that was stopped goes on. "sixteen" and
"boltzmann" need `../shared/data/generative` (Recio-Armengol et al. 2025). One thread; about half an hour in all.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from qualms.learn.generative import mmd
from qualms.learn.generative.autoregressive import AutoregressiveBits
from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
from qualms.learn.generative.born import BornMachine
from qualms.learn.generative.distribution import codes_of
from qualms.learn.generative.pairwise import PairwiseIsing
from qualms.learn.generative.restricted import RestrictedBoltzmannMachine
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
DATA = HERE.parents[2].parent / "shared" / "data" / "generative"
RESULTS = HERE / "results.jsonl"
# the sixth of the ten bandwidths of the published tables, whose values README.md of the data quotes
MIDDLE = {"ising": 1.52026, "blobs": 1.45542}
SEEDS = (0, 1, 2)
GRID = {"n_hidden": (8, 24), "alphas": (1e-4, 1e-3)}

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def bars_and_stripes(size: int) -> np.ndarray:
    patterns = set()
    for k in range(1 << size):
        line = [(k >> i) & 1 for i in range(size)]
        patterns |= {tuple(np.repeat(line, size)), tuple(np.tile(line, size))}
    return np.array(sorted(patterns))


def timed(model: Any, X: np.ndarray) -> tuple[Any, dict[str, Any]]:
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(X)
    return model, {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "findings": {k: v for k, v in model.findings_.items() if k != "bandwidths"},
    }


# Bars and stripes ---------------------------------------------------------------------------------------------


def bars() -> Iterator[Job]:
    """KL divergence from the uniform distribution over the patterns to the model, exact."""

    def job(make: Callable[[], Any], X: np.ndarray) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            model, found = timed(make(), X)
            return {"kl": float(-model.score_samples(X).mean() - np.log(len(np.unique(X, axis=0)))), **found}

        return run

    for size, layers, starts in ((2, (1, 2, 3), 10), (3, (4, 6, 8, 10), 10)):
        X = bars_and_stripes(size)
        for n_layers in layers:
            for entangler in ("linear", "full"):
                key = {"part": "bars", "data": f"bars and stripes {size}×{size}", "method": "born layered",
                       "layers": n_layers, "entangler": entangler, "starts": starts, "seed": 0}  # fmt: skip
                yield (
                    key,
                    job(
                        lambda n=n_layers, e=entangler, s=starts: BornMachine(
                            n_layers=n, entangler=e, n_init=s, max_iter=1000, random_state=0
                        ),
                        X,
                    ),
                )
        # many copies, so that the twins, which are tuned or regularised by rows, see the whole distribution
        rows = np.tile(X, (40, 1))
        for name, make in {
            "bit-flip": lambda: BitFlipCircuit(
                loss="likelihood", max_weight=3, n_init=10, max_iter=1000, random_state=0
            ),
            "rbm": lambda: RestrictedBoltzmannMachine(
                n_hidden=(8, 24), alphas=(1e-6, 1e-4), max_iter=1000, random_state=0
            ),
            "pairwise-ising": lambda: PairwiseIsing(alpha=1e-8, max_iter=1000),
            "autoregressive": lambda: AutoregressiveBits(C=1e4),
            "autoregressive degree 2": lambda: AutoregressiveBits(C=1e4, degree=2),
        }.items():
            key = {"part": "bars", "data": f"bars and stripes {size}×{size}", "method": name, "seed": 0}
            yield key, job(make, rows)


# Sixteen bits -------------------------------------------------------------------------------------------------


def sixteen() -> Iterator[Job]:
    """MMD² at the middle bandwidth, unbiased over all test rows, and the mean test log-likelihood."""
    for name, sigma in MIDDLE.items():
        with np.load(DATA / f"{name}_16.npz") as file:
            train, test = file["train"].astype(int), file["test"].astype(int)
        symmetric = name == "ising"

        def measured(model: Any, train=train, test=test, sigma=sigma) -> dict[str, Any]:
            model, found = timed(model, train)
            return {
                "mmd2": model.mmd(test, sigma),
                "train_mmd2": model.mmd(train, sigma),
                "log_likelihood": float(model.score_samples(test).mean()),
                **found,
            }

        def floor(train=train, test=test, sigma=sigma) -> dict[str, Any]:
            first, second = (
                torch.from_numpy(np.bincount(codes_of(rows), minlength=1 << 16)) for rows in (train, test)
            )
            return {"mmd2": mmd.to_sample(first.double() / first.sum(), second, sigma)}

        key = {"part": "sixteen", "data": name, "sigma": sigma}
        yield {**key, "method": "the training rows themselves"}, floor
        for twin, make in {
            "pairwise-ising": lambda seed: PairwiseIsing(),
            "autoregressive": lambda seed: AutoregressiveBits(),
            "autoregressive degree 2": lambda seed: AutoregressiveBits(C=0.1, degree=2),
        }.items():
            yield {**key, "method": twin}, lambda make=make, measured=measured: measured(make(0))
        if symmetric:
            # the circuits are told that a pattern and its inverse are equally likely; so are these, by the rows
            both = np.vstack([train, 1 - train])
            for twin, make in {
                "pairwise-ising, rows and inverses": lambda: PairwiseIsing(),
                "autoregressive, rows and inverses": lambda: AutoregressiveBits(),
            }.items():
                yield (
                    {**key, "method": twin},
                    lambda make=make, measured=measured, both=both: measured(make(), train=both),
                )
        for seed in SEEDS:
            for weight in (2, 4, 6):
                shared = {
                    "max_weight": weight,
                    "symmetric": symmetric,
                    "bandwidths": (sigma,),
                    "random_state": seed,
                }
                job = {**key, "seed": seed, "max_weight": weight}
                yield (
                    {**job, "method": "born iqp"},
                    lambda s=shared, measured=measured: measured(BornMachine(circuit="iqp", loss="mmd", **s)),
                )
                yield (
                    {**job, "method": "bit-flip"},
                    lambda s=shared, measured=measured: measured(BitFlipCircuit(loss="mmd", **s)),
                )
            yield (
                {**key, "seed": seed, "method": "rbm"},
                lambda s=seed, measured=measured: measured(
                    RestrictedBoltzmannMachine(**GRID, random_state=s)
                ),
            )


# Boltzmann machines -------------------------------------------------------------------------------------------


def boltzmann() -> Iterator[Job]:
    """The first n columns of both sets; 1,000 rows to train on. Mean log-likelihood of the test rows."""
    for name in MIDDLE:
        with np.load(DATA / f"{name}_16.npz") as file:
            train, test = file["train"].astype(int), file["test"].astype(int)
        for n in (6, 8):
            for seed in SEEDS:
                chosen = np.random.default_rng(seed).choice(len(train), 1000, replace=False)
                for method, make in {
                    "qbm likelihood": lambda s: QuantumBoltzmannMachine(),
                    "qbm relative entropy": lambda s: QuantumBoltzmannMachine("relative_entropy"),
                    "boltzmann": lambda s: PairwiseIsing(),
                    "rbm": lambda s: RestrictedBoltzmannMachine(**GRID, random_state=s),
                }.items():

                    def run(
                        make=make, seed=seed, n=n, chosen=chosen, train=train, test=test
                    ) -> dict[str, Any]:
                        model, found = timed(make(seed), train[chosen, :n])
                        return {
                            "log_likelihood": model.score(test[:, :n]),
                            "train_log_likelihood": model.score(train[chosen, :n]),
                            **found,
                        }

                    yield {"part": "boltzmann", "data": name, "bits": n, "seed": seed, "method": method}, run


# A thousand qubits --------------------------------------------------------------------------------------------


def blocks(rows: int, seed: int, n: int = 1000) -> np.ndarray:
    """Ten blocks of bits; each bit equals its block's hidden one with probability 0.9."""
    rng = np.random.default_rng(seed)
    hidden = rng.integers(0, 2, (rows, 10))
    return np.repeat(hidden, n // 10, axis=1) ^ (rng.random((rows, n)) < 0.1)


def thousand() -> Iterator[Job]:
    """MMD² by expectations of products of Z on fresh rows, with the standard error of the draws."""
    train, test = blocks(2000, 0), blocks(4000, 1)
    sigma = float(np.sqrt(1000 / 4))  # products of about two Z on average
    shared = {
        "bandwidths": (sigma,),
        "random_state": 0,
        "init_scale": 0.05,
        "n_operators": 128,
        "n_draws": 8,
    }

    def by_expectations(model: Any) -> dict[str, Any]:
        model, found = timed(model, train)
        value, error = model.mmd_by_expectations(test, sigma, n_operators=2048, n_draws=64)
        return {"mmd2": value, "standard_error": error, **found}

    def by_samples(model: Any) -> dict[str, Any]:
        model, found = timed(model, train)
        rows = torch.from_numpy(model.sample(4000, random_state=0).astype(np.float32))
        ground, generator, parts = (
            torch.from_numpy(test.astype(np.float32)),
            torch.Generator().manual_seed(0),
            [],
        )
        for _ in range(16):
            operators = mmd.draw_operators(sigma, 1000, 256, generator)
            x, y = mmd.data_expectations(rows, operators), mmd.data_expectations(ground, operators)
            m, k = len(rows), len(ground)
            parts.append((x**2 * m - 1) / (m - 1) + (y**2 * k - 1) / (k - 1) - 2 * x * y)
        values = torch.cat(parts)
        return {
            "mmd2": float(values.mean()),
            "standard_error": float(values.std() / len(values) ** 0.5),
            **found,
        }

    key = {"part": "thousand", "data": "ten blocks, 1,000 bits", "sigma": sigma}
    yield {**key, "method": "autoregressive"}, lambda: by_samples(AutoregressiveBits(C=0.01))
    yield {**key, "method": "autoregressive", "C": 0.001}, lambda: by_samples(AutoregressiveBits(C=0.001))
    for method, make in {
        "born iqp": lambda **settings: BornMachine(circuit="iqp", **settings),
        "bit-flip": lambda **settings: BitFlipCircuit(**settings),
    }.items():
        for weight, steps, rate in ((1, 100, 0.02), (2, 1, 0.0), (2, 100, 5.0), (2, 100, 0.1)):
            yield (
                {
                    **key,
                    "method": method,
                    "max_weight": weight,
                    "steps": steps if rate else 0,
                    "learning_rate": rate,
                },
                lambda make=make, w=weight, n=steps, r=rate: by_expectations(
                    make(max_weight=w, max_iter=n, learning_rate=r, **shared)
                ),
            )


PARTS = {"bars": bars, "sixteen": sixteen, "boltzmann": boltzmann, "thousand": thousand}


def main() -> None:
    torch.set_num_threads(1)
    done = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    known = {json.dumps(row["key"], sort_keys=True) for row in done}
    for part in sys.argv[1:] or PARTS:
        for key, run in PARTS[part]():
            if json.dumps(key, sort_keys=True) in known:
                continue
            found = run()
            print(key, {k: v for k, v in found.items() if k != "findings"}, flush=True)
            row = {"key": key, **found, "versions": versions(LEARNERS), "machine": machine()}
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
