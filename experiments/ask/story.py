"""The pictures of docs/ask.md, from the runs that they show.

python experiments/ask/story.py    # under a minute; writes docs/images/ask-*.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from qualms.orchestrator.ask import Answer, ask
from qualms.orchestrator.race import Budget, race
from qualms.problems import MaxCut
from qualms.problems.numbers import Decimals

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WORKSHOP = (
    "A workshop makes tables and chairs. A table earns $50 and needs 2 hours, a chair earns $30 and needs 1 hour. "
    "There are 40 hours of work. At most 30 chairs can be sold. How many of each maximize the profit?"
)


def drawn(name: str, figure: Figure) -> None:
    FigureCanvasAgg(figure)
    IMAGES.mkdir(exist_ok=True)
    figure.savefig(IMAGES / name, dpi=100)


def region() -> None:
    """What the two conditions leave, where the profit is equal, and the answer."""
    found = ask(WORKSHOP, budget=Budget(10.0))
    assert isinstance(found, Answer)
    tables, chairs = found.result.best.solution
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    axis.fill([0, 20, 5, 0], [0, 0, 30, 30], color="tab:blue", alpha=0.15, label="keeps both conditions")
    x = np.linspace(0, 25, 2)
    axis.plot(x, 40 - 2 * x, color="tab:blue", label="hours: 2 tables + chairs = 40")
    axis.axhline(30, color="tab:green", label="chairs = 30")
    for profit in (400, 800, float(found.result.objective)):
        axis.plot(x, (profit - 50 * x) / 30, color="gray", linewidth=0.8, linestyle="dashed")
        axis.annotate(f"${profit:,.0f}", (0.3, profit / 30 + 0.4), fontsize=8, color="gray")
    axis.plot([tables], [chairs], "o", color="black")
    axis.annotate(f"{tables:.0f} tables, {chairs:.0f} chairs", (tables + 0.5, chairs + 0.7))
    axis.set(xlim=(0, 24), ylim=(0, 42), xlabel="tables", ylabel="chairs")
    axis.legend(fontsize=8)
    drawn("ask-region.png", figure)


def incumbents() -> None:
    """A race on a graph of 20 nodes: each arm's best answer over its own time."""
    rng = np.random.default_rng(4)
    i, j = np.triu_indices(20, 1)
    problem = MaxCut(20, i, j, Decimals.of(rng.integers(-9, 10, len(i))), name="twenty nodes")
    arms = ["qaoa-fixed:depth=2,shots=100,descend=false", "annealing", "tabu"]
    found = race(problem, Budget(20.0, cores=2), arms)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    last = max(a.seconds for a in found.arms)
    for arm in found.arms:
        if arm.incumbents:
            t, v = zip(*arm.incumbents, strict=True)
            style = "solid" if not arm.twin_of else "dashed"
            axis.step(
                [*t, last], [*map(float, v), float(v[-1])], where="post", linestyle=style, label=arm.solver
            )
    if found.bound is not None:
        axis.axhline(
            float(found.bound.value), color="black", linewidth=0.8, label=f"bound ({found.bound.how})"
        )
    axis.set(xscale="log", xlabel="seconds of the arm", ylabel="weight of the cut")
    axis.legend(fontsize=7)
    drawn("ask-race.png", figure)
    print(
        found.status,
        found.objective,
        found.bound,
        [(a.solver, a.best and float(a.best.objective), a.reason) for a in found.arms],
    )


if __name__ == "__main__":
    region()
    incumbents()
