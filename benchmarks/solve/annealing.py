"""Spin updates a second of the annealing kernel beside dwave-samplers, same system, same schedule, same
number of sweeps and reads.

python benchmarks/solve/annealing.py     # about a minute; writes ../results/annealing.json

Systems: a seeded random graph of 2,000 nodes and 6,000 edges, a dense one of 200, and three of Gset where
../shared/data is there. dwave-samplers anneals one read after another on one thread; the comparison gives it
two threads by doubling its rate, which is the most they could bring. Target: at least 2 × its updates a
second at equal quality.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import save
from qualms.kernels.annealing import IsingModel, Replicas
from qualms.solve import read_problem
from qualms.solve.encodings import ising_encoding

GSET = Path(__file__).parents[3] / "shared" / "data" / "optimization" / "maxcut_gset"
READS, SWEEPS, REPEATS = 32, 1000, 5


def systems() -> dict[str, IsingModel]:
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, 2000, (2, 6200))
    keep = i != j
    dense = np.triu_indices(200, 1)
    found = {
        "random, 2,000 spins, 6,000 pairs": IsingModel.from_pairs(
            2000, i[keep][:6000], j[keep][:6000], np.ones(min(6000, keep.sum()))
        ),
        "dense, 200 spins": IsingModel.from_pairs(200, *dense, rng.choice([-1.0, 1.0], len(dense[0]))),
    }
    for name in ("G14", "G22", "G70"):
        if (GSET / f"{name}.txt").exists():
            found[name] = ising_encoding(read_problem(GSET / f"{name}.txt")).model
    return found


def ours(c: IsingModel, betas: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    replicas = Replicas(c, READS, seed, threads=2)
    began = time.perf_counter()
    replicas.sweep(betas)
    seconds = time.perf_counter() - began
    return len(replicas) * c.n * len(betas) / seconds, replicas.energies


def dwaves(c: IsingModel, betas: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    import dimod
    from dwave.samplers import SimulatedAnnealingSampler

    i, j, values = c.pairs()
    bqm = dimod.BinaryQuadraticModel.from_ising(
        dict(enumerate(c.fields)),
        dict(zip(zip(i.tolist(), j.tolist(), strict=True), values, strict=True)),
        c.offset,
    )
    began = time.perf_counter()
    found = SimulatedAnnealingSampler().sample(
        bqm,
        num_reads=READS,
        num_sweeps=len(betas),
        seed=seed,
        beta_schedule_type="custom",
        beta_schedule=betas,
        num_sweeps_per_beta=1,
    )
    seconds = time.perf_counter() - began
    return 2 * READS * c.n * len(betas) / seconds, found.record.energy


def main() -> None:
    rows: list[dict[str, Any]] = []
    for name, c in systems().items():
        field = np.sqrt(np.bincount(np.repeat(np.arange(c.n), np.diff(c.first)), c.values**2, c.n).max())
        betas = np.geomspace(1 / field, 2.3 / np.abs(c.values).min(), SWEEPS)
        measured: dict[str, list[tuple[float, np.ndarray]]] = {
            "qualms, 2 threads": [],
            "dwave-samplers, rate doubled": [],
        }
        for seed in range(REPEATS):
            measured["qualms, 2 threads"].append(ours(c, betas, seed))
            measured["dwave-samplers, rate doubled"].append(dwaves(c, betas, seed + 1))
        rates = {k: max(r for r, _ in v) for k, v in measured.items()}
        means = {k: float(np.mean([e.mean() for _, e in v])) for k, v in measured.items()}
        bests = {k: float(min(e.min() for _, e in v)) for k, v in measured.items()}
        errors = {k: float(np.std([e.mean() for _, e in v], ddof=1)) for k, v in measured.items()}
        ratio = rates["qualms, 2 threads"] / rates["dwave-samplers, rate doubled"]
        rows.append(
            {
                "system": name,
                "spins": c.n,
                "pairs": len(c.values) // 2,
                "updates_a_second": rates,
                "mean_energy": means,
                "mean_energy_sd_of_runs": errors,
                "best_energy": bests,
                "ratio": ratio,
            }
        )
        print(
            f"{name:34} "
            + "; ".join(
                f"{k} {rates[k]:.2e}/s, mean energy {means[k]:.1f} ± {errors[k]:.1f}, best {bests[k]:.0f}"
                for k in rates
            )
            + f"; × {ratio:.1f}",
            flush=True,
        )
    print(save("annealing", rows, reads=READS, sweeps=SWEEPS))


if __name__ == "__main__":
    main()
