"""Spectral gaps of the quantum-enhanced Markov chain and of its classical twins, on random spin glasses.

python experiments/learn/mcmc/gaps.py            # resumes; some minutes on one core; writes gaps.jsonl
python experiments/learn/mcmc/gaps.py --figure   # from gaps.jsonl: summary.json and the picture of the page

Sherrington-Kirkpatrick instances with normal couplings and fields of variance 1, 4 to 9 spins, four temperatures,
the kind of instances that Layden et al. (2023) study. Gaps are exact. The slope k is that of the mean gap, fitted as 2^(−kn); its
interval comes from drawing instances again within each size (2,000 times).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from qualms.learn.mcmc import proposals, quantum_enhanced_mcmc, sherrington_kirkpatrick
from qualms.learn.mcmc.chains import CHAINS, spectral_gap
from qualms.records.provenance import LEARNERS, machine, versions
from qualms.records.stats import interval

HERE = Path(__file__).parent
RUNS = HERE / "gaps.jsonl"
PICTURE = HERE.parents[2] / "docs/images/learn/mcmc-gaps.png"
SIZES, INSTANCES, TEMPERATURES = range(4, 10), 40, (0.3, 1.0, 3.0, 10.0)
RESAMPLED = 2000


def lines() -> list[dict]:
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def run() -> None:
    """Every instance once; a line holds all temperatures, which share the quantum proposal."""
    done = {(row["n"], row["seed"]) for row in lines()}
    with RUNS.open("a") as out:
        for n in SIZES:
            for seed in range(INSTANCES):
                if (n, seed) in done:
                    continue
                model = sherrington_kirkpatrick(n, 1000 * n + seed)
                quantum = proposals.quantum(model)
                found = [quantum_enhanced_mcmc(model, temperature=T, quantum=quantum) for T in TEMPERATURES]
                chains = [
                    {
                        k: v
                        for k, v in f.to_dict().items()
                        if k in ("temperature", "gaps", "acceptance", "bound")
                    }
                    for f in found
                ]
                out.write(json.dumps({"n": n, "seed": seed, "chains": chains}) + "\n")
                out.flush()
            print(f"{n} spins: done", flush=True)


def slope(gaps: np.ndarray) -> float:
    """k of mean gap ∝ 2^(−kn); gaps (sizes, instances)."""
    return float(-np.polyfit(list(SIZES), np.log2(gaps.mean(axis=1)), 1)[0])


def middles(low: float, high: float, count: int) -> np.ndarray:
    return low + (high - low) * (np.arange(count) + 0.5) / count


def finer_average() -> dict:
    """How much the gap changes when strengths and times are averaged over four times as finely in each."""
    changes = []
    for seed in range(10):
        model = sherrington_kirkpatrick(6, 6000 + seed)
        fine = proposals.quantum(model, middles(*proposals.GAMMAS, 32), middles(*proposals.TIMES, 48))
        coarse = proposals.quantum(model)
        changes.append(
            spectral_gap(coarse, model.energies, 1.0) / spectral_gap(fine, model.energies, 1.0) - 1
        )
    return {
        "spins": 6,
        "temperature": 1.0,
        "relative_change_mean": float(np.mean(changes)),
        "relative_change_most": float(np.abs(changes).max()),
    }


def table() -> dict[float, dict[str, np.ndarray]]:
    """Gaps (sizes, instances) by temperature and chain; and the bound."""
    rows = {(row["n"], row["seed"]): row["chains"] for row in lines()}
    found: dict[float, dict[str, np.ndarray]] = {}
    for k, T in enumerate(TEMPERATURES):
        found[T] = {
            c: np.array([[rows[n, s][k]["gaps"][c] for s in range(INSTANCES)] for n in SIZES]) for c in CHAINS
        }
        found[T]["bound"] = np.array([[rows[n, s][k]["bound"] for s in range(INSTANCES)] for n in SIZES])
    return found


def summary(gaps: dict[float, dict[str, np.ndarray]]) -> dict:
    rng = np.random.default_rng(0)
    out: dict = {"command": "python experiments/learn/mcmc/gaps.py --figure", "instances": INSTANCES, "sizes": list(SIZES),
                 "versions": versions(LEARNERS), "machine": machine(), "finer_average": finer_average(), "temperatures": {}}  # fmt: skip
    for T, chains in gaps.items():
        told: dict = {
            "slopes": {},
            "mean_gaps": {c: v.mean(axis=1).round(6).tolist() for c, v in chains.items()},
        }
        for name, values in chains.items():
            drawn = []
            for _ in range(RESAMPLED):
                pick = rng.integers(0, INSTANCES, values.shape)
                drawn.append(slope(np.take_along_axis(values, pick, axis=1)))
            low, high = np.percentile(drawn, [2.5, 97.5])
            told["slopes"][name] = {
                "k": round(slope(values), 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
            }
        told["against"] = {}
        for name in CHAINS:
            if name == "quantum":
                continue
            # paired: both chains have the same instance. Gaps below 1e-12 are rounding
            apart = interval(np.log2(chains["quantum"][-1] / np.maximum(chains[name][-1], 1e-12)))
            told["against"][name] = {"spins": SIZES[-1], "median_ratio": float(np.median(chains["quantum"][-1] / np.maximum(chains[name][-1], 1e-12))),
                                     "log2_ratio_mean": apart.mean, "low": apart.low, "high": apart.high,
                                     "larger_in": int((chains["quantum"][-1] > chains[name][-1]).sum())}  # fmt: skip
        best = np.max([chains[c][-1] for c in CHAINS if c != "quantum"], axis=0)
        told["larger_than_every_twin_in"] = int((chains["quantum"][-1] > best).sum())
        out["temperatures"][str(T)] = told
    return out


def figure(gaps: dict[float, dict[str, np.ndarray]], told: dict) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    colours = {
        "quantum": "#6929c4",
        "local": "#1192e8",
        "uniform": "#005d5d",
        "distance": "#fa4d56",
        "acceptance": "#b28600",
        "bound": "#8d8d8d",
    }
    words = {
        "quantum": "quantum circuit",
        "local": "one flip",
        "uniform": "uniform",
        "distance": "same distance",
        "acceptance": "same acceptance",
        "bound": "bound, any unital proposal",
    }
    shown, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    n, T = np.array(list(SIZES)), 1.0
    for name, values in gaps[T].items():
        mean, k = values.mean(axis=1), told["temperatures"][str(T)]["slopes"][name]
        fit = np.polyfit(n, np.log2(mean), 1)
        drawn = np.random.default_rng(1).integers(0, INSTANCES, (RESAMPLED, INSTANCES))
        low, high = np.percentile(values[:, drawn].mean(axis=2), [2.5, 97.5], axis=1)
        left.errorbar(n, mean, [mean - low, high - mean], fmt="o", ms=4, color=colours[name], capsize=2)
        left.plot(n, 2 ** np.polyval(fit, n), color=colours[name], lw=1.2, ls=":" if name == "bound" else "-",
                  label=f"{words[name]}: k = {k['k']:.2f} ({k['low']:.2f} … {k['high']:.2f})")  # fmt: skip
    left.set(
        yscale="log", xlabel="spins n", ylabel="mean spectral gap", title="Temperature 1, fits of 2^(−kn)"
    )
    left.legend(fontsize=7.5, frameon=False)
    for name in gaps[T]:
        means = [gaps[t][name][-1].mean() for t in TEMPERATURES]
        right.plot(
            TEMPERATURES,
            means,
            marker="o",
            ms=4,
            lw=1.2,
            color=colours[name],
            ls=":" if name == "bound" else "-",
        )
    right.set(xscale="log", yscale="log", xlabel="temperature", title=f"{SIZES[-1]} spins", ylim=(1e-5, 1.5))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shown.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--figure", action="store_true")
    if parser.parse_args().figure:
        found = table()
        told = summary(found)
        (HERE / "summary.json").write_text(json.dumps(told, indent=1) + "\n")
        figure(found, told)
        sys.exit()
    run()
