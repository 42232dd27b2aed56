"""The picture of a race in docs/ask.md, and the run that it shows.

python experiments/ask/race.py           # about a minute on two cores; writes race.json and docs/images/ask-race.png
python experiments/ask/race.py --draw    # the picture again, from race.json
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
RUN = HERE / "race.json"
IMAGE = HERE.parents[1] / "docs" / "images" / "ask-race.png"
SEED, NUMBERS, SECONDS, CORES = 3, 18, 60.0, 2
SOLVERS = ["annealing", "tabu", "qaoa"]
COLOURS = {"annealing": "tab:blue", "tabu": "tab:green", "qaoa": "tab:red"}


def run(seconds: float) -> None:
    """Divide eighteen numbers of six digits into two groups of sums as equal as possible."""
    import numpy as np

    from qualms.orchestrator.budget import Budget
    from qualms.orchestrator.race import race
    from qualms.problems import NumberPartition
    from qualms.problems.numbers import Decimals
    from qualms.records.provenance import machine, versions

    numbers = np.random.default_rng(SEED).integers(100_000, 1_000_000, NUMBERS)
    problem = NumberPartition(Decimals.of(numbers), name="eighteen numbers")
    result = race(problem, Budget(seconds, CORES), SOLVERS, SEED)
    told = {
        "command": " ".join(sys.argv), "seed": SEED, "numbers": numbers.tolist(), "seconds": seconds,
        "cores": CORES, "load": os.getloadavg()[0], "machine": machine(), "versions": versions(),
        "result": result.to_dict(),
    }  # fmt: skip
    RUN.write_text(json.dumps(told, indent=1) + "\n")


def draw() -> None:
    """The best difference of each arm over the seconds of its own; placebos dashed, what a race gave as a dot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    result = json.loads(RUN.read_text())["result"]
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    greys = iter(("0.2", "0.45", "0.65"))
    for arm in result["arms"]:
        if not arm["incumbents"] or arm["solver"] == "random":
            continue
        seconds, values = map(list, zip(*arm["incumbents"], strict=True))
        twin = arm["twin_of"] is not None
        colour = next(greys) if twin else COLOURS.get(arm["solver"], "tab:brown")
        axis.step(
            [max(1e-3, s) for s in (*seconds, max(arm["seconds"], seconds[-1]))],
            [max(0.5, v) for v in (*values, values[-1])],
            where="post",
            marker="." if len(seconds) > 1 else "s",
            markersize=4,
            color=colour,
            linestyle="dashed" if twin else "solid",
            label=f"{arm['solver']} ({arm['quadrant']['compute']})",
        )
        for at, _, value in arm["offers"]:
            axis.plot([at], [max(0.5, value)], "o", color=colour, markersize=4)
    axis.set(
        xscale="log", yscale="log", xlabel="seconds since the solver began",
        ylabel="difference of the sums",
    )  # fmt: skip
    axis.legend(fontsize=8)
    figure.savefig(IMAGE, dpi=100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    told = parser.parse_args()
    if not told.draw:
        run(told.seconds)
    draw()
