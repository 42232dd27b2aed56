"""The picture of docs/ask.md, from the run that it shows.

python experiments/ask/story.py    # some seconds; writes docs/images/ask-region.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from qualms.orchestrator.ask import Answer, ask
from qualms.orchestrator.budget import Budget

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


if __name__ == "__main__":
    region()
