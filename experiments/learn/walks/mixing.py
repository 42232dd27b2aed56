"""Quantum walks beside random walks: mixing on graphs of growing size with the bound, and search.

python experiments/learn/walks/mixing.py   # a minute on one core; writes results.json and the picture of the page

Mixing time: after it the quantum walk's average over time (or the random walk itself) stays within .25 of its own limit in
total variation, from the first node. Search: the time and height of the quantum walk's first high peak, and when the random
walk with the same rates has met the marked node with probability 1/2.
"""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np

from qualms.learn import quantum_search, quantum_walk
from qualms.records.provenance import LEARNERS, machine, versions

HERE = Path(__file__).parent
PICTURE = HERE.parents[2] / "docs/images/learn/walks.png"
FAMILIES = {
    "cycle": [(n, nx.cycle_graph(n)) for n in (5, 9, 17, 33, 65)],
    "hypercube": [(1 << d, nx.hypercube_graph(d)) for d in (2, 3, 4, 5, 6)],
    "barbell": [(2 * m, nx.barbell_graph(m, 0)) for m in (3, 5, 9, 17, 33)],
}
SEARCHED = {
    "complete": [(n, nx.complete_graph(n)) for n in (16, 64, 256)],
    "hypercube": [(1 << d, nx.hypercube_graph(d)) for d in (4, 6, 8)],
    "torus, 2 dimensions": [(m * m, nx.grid_2d_graph(m, m, periodic=True)) for m in (4, 8, 16)],
    "cycle": [(n, nx.cycle_graph(n)) for n in (16, 64, 256)],
}


def mixing() -> list[dict]:
    rows = []
    for name, graphs in FAMILIES.items():
        for n, graph in graphs:
            walk = quantum_walk(graph, [1.0])
            quantum, classical = walk.mixing_time()
            rows.append({"graph": name, "nodes": n, "quantum": quantum, "classical": classical, "bound": walk.no_speed_up_bound(),
                         "classical_gap": walk.classical_gap, "cut_ratio": walk.cut_ratio,
                         "limit_from_uniform": float(0.5 * np.abs(walk.limit - 1 / n).sum()), "sentence": walk.sentence()})  # fmt: skip
    return rows


def search() -> list[dict]:
    rows = []
    for name, graphs in SEARCHED.items():
        for n, graph in graphs:
            times = np.linspace(0, 5 * np.sqrt(n), 2001)
            found = quantum_search(graph, next(iter(graph.nodes)), times)
            far = quantum_search(graph, next(iter(graph.nodes)), np.geomspace(0.01, 1e6, 4000), found.gamma)
            met = far.times[np.argmax(far.classical >= 0.5)]
            # the first peak that is nearly the highest: a search that fails is started again
            first = int(np.argmax(found.probabilities >= 0.95 * found.best_probability))
            time, chance = float(times[first]), float(found.probabilities[first])
            rows.append({"graph": name, "nodes": n, "gamma": found.gamma, "time": time, "probability": chance, "time_with_repetition": time / chance,
                         "random_walk_to_half": float(met)})  # fmt: skip
    return rows


def figure(rows: list[dict]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    walk = quantum_walk(nx.path_graph(101), [15.0], 50)
    left.plot(walk.nodes, walk.probabilities[0], color="#6929c4", label="quantum walk")
    left.plot(walk.nodes, walk.classical[0], color="#1192e8", label="random walk")
    left.set(
        xlabel="node of a path, started at 50",
        ylabel="probability at time 15",
        title="Ballistic and diffusive",
    )
    left.legend(frameon=False, fontsize=8)
    colours = {
        "cycle": "#6929c4",
        "hypercube": "#005d5d",
    }  # on the barbell the quantum walk stays where it is
    words = {
        "quantum": "quantum walk (average)",
        "classical": "random walk",
        "bound": "no quantum walk is uniform before",
    }
    for name, colour in colours.items():
        own = [r for r in rows if r["graph"] == name]
        n = [r["nodes"] for r in own]
        for key, style in (("quantum", "o-"), ("classical", "s--"), ("bound", "^:")):
            right.plot(
                n, [r[key] for r in own], style, ms=3, lw=1.2, color=colour, label=f"{name}, {words[key]}"
            )
    right.set(
        xscale="log",
        yscale="log",
        xlabel="nodes",
        ylabel="mixing time to .25",
        title="Mixing, and the bound on uniform mixing",
    )
    right.legend(frameon=False, fontsize=7)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shown.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    found = mixing()
    (HERE / "results.json").write_text(json.dumps({"command": "python experiments/learn/walks/mixing.py", "versions": versions(LEARNERS), "machine": machine(),
                                                   "mixing": found, "search": search()}, indent=1) + "\n")  # fmt: skip
    figure(found)
