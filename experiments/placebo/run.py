"""What a quantum arm adds over each of its placebos, with as many samples and the same work after them.

python experiments/placebo/run.py            # resumes; about half an hour on one core; writes runs.jsonl
python experiments/placebo/run.py --figure   # from runs.jsonl: summary.json and placebo.png

Four families: MaxCut on weighted 3-regular graphs by QAOA itself (two layers at fixed angles, 128 samples, once
without any work after the samples and once with greedy descent), and by hybrids in which a circuit solves pieces
of a classical search: LABS by `neighbourhood`, routes by `segment-routing`, portfolios by `residual-portfolio`.
Twenty seeds a case; each seed is another instance, except for LABS. Without noise the circuits are sampled
exactly. With noise, depolarizing channels of 0.5 % follow every gate on each of its qubits, and 2 % of the bits
are read wrongly; there the sizes end at 12 spins of a circuit, which take seconds each.

The number that is compared is the objective of the best answer, as a share of the best that any arm found on the
instance, with its sign turned so that a difference above zero is in favour of the circuit.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import networkx as nx
import numpy as np

from qualms.backends import get_backend
from qualms.backends.noise import NoiseModel
from qualms.problems import LABS, MaxCut, Portfolio, Problem, Routing
from qualms.problems.numbers import Decimals
from qualms.records.provenance import machine, versions
from qualms.records.stats import paired
from qualms.solve import Limits, solve
from qualms.solve.solvers.hybrid import NeighbourhoodSolver, ResidualPortfolioSolver, SegmentRoutingSolver
from qualms.solve.solvers.qaoa import QAOASolver

HERE = Path(__file__).parent
RUNS = HERE / "runs.jsonl"
SEEDS = 20
NOISE = {"depolarizing": 0.005, "readout": 0.02}
TRAJECTORIES = 16
TWINS = {"placebo": "uniform samples", "annealed": "short annealer", "gaussian": "its own pair correlations"}


def graph(n: int, seed: int) -> Problem:
    edges = np.sort(np.array(nx.random_regular_graph(3, n, seed=seed).edges), axis=1)
    weights = np.random.default_rng(seed).integers(1, 10, len(edges))
    return MaxCut(n, *edges.T, Decimals.of(weights), name=f"cubic {n}-{seed}")


def tour(n: int, seed: int) -> Problem:
    place = np.random.default_rng(seed).integers(0, 100, (n, 2))
    distance = np.rint(np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))).astype(np.int64)
    return Routing(distance, np.zeros(n, np.int64), vehicles=1, coordinates=place, name=f"tour {n}-{seed}")


def portfolio(n: int, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    factors = rng.normal(0, 0.1, (n, 3))
    return Portfolio(
        mean=rng.normal(0.08, 0.05, n), factors=factors, specific=rng.uniform(0.001, 0.01, n), most=n // 2,
        smallest=0.05, name=f"assets {n}-{seed}",
    )  # fmt: skip


def backend(noisy: bool):
    if not noisy:
        return "statevector"
    return get_backend("trajectories", noise=NoiseModel.uniform(NOISE), trajectories=TRAJECTORIES)


FAMILIES = {
    "MaxCut, samples alone": (
        graph,
        lambda noisy: QAOASolver(2, "fixed", shots=128, descend=False, backend=backend(noisy)),
        (8, 12, 16, 20),
        (8, 12),
    ),
    "MaxCut, descent after": (
        graph,
        lambda noisy: QAOASolver(2, "fixed", shots=128, backend=backend(noisy)),
        (8, 12, 16, 20),
        (8, 12),
    ),
    "LABS, hybrid": (
        lambda n, seed: LABS(n),
        lambda noisy: NeighbourhoodSolver(size=8, backend=backend(noisy)),
        (8, 12, 16, 20),
        (8, 12),
    ),
    "routes, hybrid": (
        tour,
        lambda noisy: SegmentRoutingSolver(backend=backend(noisy)),
        (8, 12, 16, 20),
        (8,),
    ),
    "portfolios, hybrid": (
        portfolio,
        lambda noisy: ResidualPortfolioSolver(size=8, backend=backend(noisy)),
        (8, 12, 16, 20),
        (8, 12),
    ),
}


def cases() -> list[tuple[str, int, bool, int]]:
    return [
        (family, n, noisy, seed)
        for noisy in (False, True)
        for family, (*_, exact, noise) in FAMILIES.items()
        for n in (noise if noisy else exact)
        for seed in range(SEEDS)
    ]


def run_all() -> None:
    done = {(r["family"], r["n"], r["noisy"], r["seed"]) for r in read()}
    todo = [case for case in cases() if case not in done]
    with RUNS.open("a", encoding="utf-8") as out:
        for k, (family, n, noisy, seed) in enumerate(todo, 1):
            make, solver, *_ = FAMILIES[family]
            began = time.monotonic()
            result = solve(make(n, seed), Limits(3600.0, rounds=1), [solver(noisy)], seed)
            row = {
                "family": family, "n": n, "noisy": noisy, "seed": seed,
                "sense": result.problem.sense, "seconds": round(time.monotonic() - began, 3),
                "objectives": {a.solver: None if a.best is None or not a.best.feasible else float(a.best.objective)
                               for a in result.arms},
                "failed": {a.solver: a.reason for a in result.arms if a.reason},
                "effort": {a.solver: [a.effort.amount, a.effort.unit] for a in result.arms if a.effort},
            }  # fmt: skip
            out.write(json.dumps(row) + "\n")
            out.flush()
            print(
                f"{k}/{len(todo)} {family} n={n} noisy={noisy} seed={seed} {row['seconds']} s",
                file=sys.stderr,
            )


def read() -> list[dict]:
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def shares(row: dict, arm: str) -> float | None:
    """How far an arm's answer is from the best that was found, as a share of it; above zero is worse."""
    values = {name: v for name, v in row["objectives"].items() if v is not None}
    if arm not in values:
        return None
    best = min(values.values()) if row["sense"] == "min" else max(values.values())
    return abs(values[arm] - best) / max(abs(best), 1e-12)


def summary() -> list[dict]:
    groups: dict[tuple, list[dict]] = {}
    for row in read():
        groups.setdefault((row["family"], row["n"], row["noisy"]), []).append(row)
    told = []
    for (family, n, noisy), rows in groups.items():
        names = [name for name in rows[0]["objectives"] if name not in ("random", "greedy")]
        quantum = next(name for name in names if "/" not in name)
        for twin in TWINS:
            own = {r["seed"]: shares(r, quantum) for r in rows}
            other = {r["seed"]: shares(r, f"{quantum}/{twin}") for r in rows}
            both = [s for s in own if own[s] is not None and other[s] is not None]
            apart = paired({s: other[s] for s in both}, {s: own[s] for s in both}) if len(both) > 1 else None
            told.append({
                "family": family, "n": n, "noisy": noisy, "twin": twin, "runs": len(both),
                "mean": apart.mean if apart else None, "interval": [apart.low, apart.high] if apart else None,
                "better": sum(own[s] < other[s] for s in both), "equal": sum(own[s] == other[s] for s in both),
                "worse": sum(own[s] > other[s] for s in both),
                "circuit_only_feasible": sum(own[s] is not None and other[s] is None for s in own),
                "twin_only_feasible": sum(own[s] is None and other[s] is not None for s in own),
            })  # fmt: skip
    return told


def figure(rows: list[dict]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    families = list(FAMILIES)
    made = Figure(figsize=(12, 2.3 * len(families)), layout="constrained")
    FigureCanvasAgg(made)
    axes = made.subplots(len(families), 2, squeeze=False, sharex=True)
    colours = dict(zip(TWINS, ("tab:gray", "tab:orange", "tab:blue"), strict=True))
    for line, family in enumerate(families):
        for column, noisy in enumerate((False, True)):
            axis = axes[line][column]
            axis.axhline(0, color="black", linewidth=0.8)
            for shift, twin in enumerate(TWINS):
                points = [
                    r
                    for r in rows
                    if (r["family"], r["noisy"], r["twin"]) == (family, noisy, twin) and r["interval"]
                ]
                x = [r["n"] + 0.4 * (shift - 1) for r in points]
                y = [100 * r["mean"] for r in points]
                low = [100 * (r["mean"] - r["interval"][0]) for r in points]
                high = [100 * (r["interval"][1] - r["mean"]) for r in points]
                axis.errorbar(x, y, [low, high], fmt="o", capsize=3, color=colours[twin], label=TWINS[twin])
            axis.set_title(f"{family}, {'noise' if noisy else 'no noise'}", fontsize=9)
            axis.set_ylabel("% of the best", fontsize=8)
    axes[0][0].legend(fontsize=7, title="circuit against", title_fontsize=7)
    made.supxlabel(
        "size (spins, elements, stops or assets); above zero the circuit was better; 95 % intervals, 20 seeds"
    )
    made.savefig(HERE / "placebo.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--figure", action="store_true", help="summarise what there is, and draw it")
    if not parser.parse_args().figure:
        run_all()
    rows = summary()
    told = {"seeds": SEEDS, "noise": NOISE, "trajectories": TRAJECTORIES, "machine": machine(),
            "versions": versions(), "rows": rows}  # fmt: skip
    (HERE / "summary.json").write_text(json.dumps(told, indent=1) + "\n")
    figure(rows)
    for r in rows:
        mean = (
            "–"
            if r["mean"] is None
            else f"{100 * r['mean']:+.2f} % [{100 * r['interval'][0]:+.2f}, {100 * r['interval'][1]:+.2f}]"
        )
        print(f"{r['family']:24} n={r['n']:2} {'noisy' if r['noisy'] else 'exact'} against {r['twin']:9} {mean}  "
              f"{r['better']}/{r['equal']}/{r['worse']} of {r['runs']}")  # fmt: skip


if __name__ == "__main__":
    main()
