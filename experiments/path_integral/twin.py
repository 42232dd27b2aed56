"""Path-integral annealing beside its thermal twin: as many sweeps over as many spins, with and without the
transverse field.

python experiments/path_integral/twin.py     # under a minute on one core; writes twin.json

Three families of spin glasses, twenty instances each, four rounds of path-integral annealing and as many
sweeps for the twin; one seed an instance. Energies are a spin's; a difference below zero is in favour of the
transverse field.
"""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np

from qualms.problems.numbers import Decimals
from qualms.records.provenance import machine, versions
from qualms.records.stats import paired
from qualms.solve import Ising, Limits, solve

HERE = Path(__file__).parent
INSTANCES, ROUNDS = 20, 4
FAMILIES = {
    "square lattice on a torus, 16 × 16, bonds ±1": lambda seed: nx.grid_2d_graph(16, 16, periodic=True),
    "cubic lattice on a torus, 6 × 6 × 6, bonds ±1": lambda seed: nx.grid_graph([6, 6, 6], periodic=True),
    "random regular graph of degree 3, 256 spins, bonds ±1": lambda seed: nx.random_regular_graph(
        3, 256, seed=seed
    ),
}


def instance(graph: nx.Graph, seed: int) -> Ising:
    graph = nx.convert_node_labels_to_integers(graph, ordering="sorted")
    i, j = np.sort(np.array(graph.edges), axis=1).T
    bonds = np.random.default_rng(seed).choice([-1, 1], len(i))
    n = graph.number_of_nodes()
    return Ising(n, i, j, Decimals.of(bonds), Decimals.of(np.zeros(n, int)), name=f"{seed}")


def compared(make) -> dict:
    energies: dict[str, dict[int, float]] = {}
    efforts = set()
    for seed in range(INSTANCES):
        problem = instance(make(seed), seed)
        for arm in solve(problem, Limits(3600, rounds=ROUNDS), ["path-integral:threads=1"], seed).arms:
            energies.setdefault(arm.solver, {})[seed] = float(arm.best.objective) / problem.size
            if arm.effort:
                efforts.add((arm.effort.amount, arm.effort.unit))
    (effort,) = efforts  # the same for both arms and every instance
    quantum, thermal = energies["path-integral"], energies["path-integral/thermal"]
    apart = paired(quantum, thermal)
    return {
        "energies": energies, "sweeps": effort[0], "mean_difference": apart.mean,
        "interval": [apart.low, apart.high], "lower": sum(quantum[s] < thermal[s] for s in quantum),
        "equal": sum(quantum[s] == thermal[s] for s in quantum),
        "higher": sum(quantum[s] > thermal[s] for s in quantum),
    }  # fmt: skip


def main() -> None:
    found = {}
    for name, make in FAMILIES.items():
        found[name] = row = compared(make)
        print(
            (
                f"{name}: {row['mean_difference']:+.4f} a spin, 95 % interval {row['interval'][0]:+.4f} to "
                f"{row['interval'][1]:+.4f}; lower on {row['lower']}, equal on {row['equal']}, higher on "
                f"{row['higher']} of {INSTANCES}"
            ),
            flush=True,
        )
    record = {"families": found, "rounds": ROUNDS, "versions": versions(), "machine": machine()}
    (HERE / "twin.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
