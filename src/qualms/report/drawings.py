"""An answer drawn, and the way to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator

from qualms.report.figures import axes_of, svg

CAPTIONS = {
    "routes": "Routes; the square is the depot.",
    "graph": "The graph; colours are groups, and of a cut the crossing edges are dark.",
    "gantt": "Machines against time; colours are jobs.",
    "frontier": (
        "Risk and return: single assets, the answer, and the frontier of portfolios without limits on "
        "lots and the number of assets."
    ),
    "matrix": "Flow between neighbouring places.",
}


def progress(answer: dict[str, Any]) -> str | None:
    """Each solver's best against its own seconds."""
    arms = [a for a in answer["arms"] if a["incumbents"]]
    if not arms:
        return None
    axes = axes_of(7.2, 3.6)
    for arm in arms:
        times, values = zip(*arm["incumbents"], strict=True)
        axes.step(
            [*times, max(arm["seconds"], times[-1])],
            [*values, values[-1]],
            where="post",
            label=arm["solver"],
            linewidth=1.4,
        )
    if shows_bound(answer):
        axes.axhline(answer["bound"], color="0.4", linestyle=":", linewidth=1, label="bound")
    axes.set(
        xlabel="time since the solver began (s)",
        ylabel=f"objective ({'lower' if answer['sense'] == 'min' else 'higher'} is better)",
    )
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:.3g}"))
    axes.legend(fontsize=7, frameon=False)
    return svg(axes.figure)


def shows_bound(answer: dict[str, Any]) -> bool:
    """Whether the bound is near enough to be drawn beside the objectives."""
    return (
        answer["bound"] is not None
        and answer["feasible"]
        and answer["gap"] is not None
        and answer["gap"] < 0.5
    )


def drawn(shown: dict[str, Any]) -> str:
    """`qualms.solve.picture.picture` as SVG."""
    axes = axes_of(7.2, 5.4 if shown["form"] != "gantt" else 4.2)
    {"routes": _routes, "graph": _graph, "gantt": _gantt, "frontier": _frontier, "matrix": _matrix}[
        shown["form"]
    ](axes, shown)
    return svg(axes.figure)


def _routes(axes: Axes, shown: dict[str, Any]) -> None:
    points, palette = np.array(shown["points"]), colormaps["tab20"]
    for k, route in enumerate(shown["routes"]):
        stops = points[[0, *route, 0]]
        axes.plot(stops[:, 0], stops[:, 1], color=palette(k % 20), linewidth=1.1)
    axes.scatter(points[1:, 0], points[1:, 1], s=10, color="0.25", zorder=3)
    axes.scatter(points[:1, 0], points[:1, 1], s=45, color="0.1", marker="s", zorder=4)
    axes.set_aspect("equal")
    axes.axis("off")


def _graph(axes: Axes, shown: dict[str, Any]) -> None:
    edges, groups = np.array(shown["edges"], int).reshape(-1, 2), np.array(shown["groups"])
    places = _spectral(shown["nodes"], edges)
    crossing = groups[edges[:, 0]] != groups[edges[:, 1]] if shown["cut"] else np.zeros(len(edges), bool)
    for mask, colour in ((~crossing, "0.85"), (crossing, "0.35")):
        axes.add_collection(LineCollection(list(places[edges[mask]]), colors=colour, linewidths=0.5))
    axes.scatter(places[:, 0], places[:, 1], c=groups, cmap="tab20", s=22, zorder=3)
    axes.axis("off")


def _spectral(n: int, edges: np.ndarray) -> np.ndarray:
    """Places by the two smoothest ways to spread nodes over the edges; nodes on one place are moved apart a
    little.
    """
    laplacian = np.zeros((n, n))
    np.add.at(laplacian, (edges[:, 0], edges[:, 1]), -1.0)
    laplacian += laplacian.T
    np.fill_diagonal(laplacian, -laplacian.sum(1))
    scale = 1 / np.sqrt(np.maximum(np.diag(laplacian), 1))
    _, vectors = np.linalg.eigh(scale[:, None] * laplacian * scale[None])
    places = vectors[:, 1:3] if n > 2 else np.stack([np.arange(n), np.zeros(n)], 1).astype(float)
    angle = 2.399963 * np.arange(n)
    return places + 0.02 * np.ptp(places) * np.stack([np.cos(angle), np.sin(angle)], 1)


def _gantt(axes: Axes, shown: dict[str, Any]) -> None:
    palette = colormaps["tab20"]
    for machine, job, start, end in shown["bars"]:
        axes.barh(machine, end - start, left=start, color=palette(job % 20), edgecolor="white", linewidth=0.4)
    axes.set(xlabel="time (in the instance's unit)", ylabel="machine")
    axes.set_xlim(left=0)
    for axis in (axes.xaxis, axes.yaxis):  # machines are numbered, durations whole
        axis.set_major_locator(MaxNLocator(integer=True))


def _frontier(axes: Axes, shown: dict[str, Any]) -> None:
    assets = np.array(shown["assets"])
    axes.scatter(assets[:, 0], assets[:, 1], s=8, color="0.75", label="assets")
    if shown["points"]:
        points = np.array(sorted(shown["points"]))
        axes.plot(
            points[:, 0],
            points[:, 1],
            color="tab:blue",
            linewidth=1.4,
            label="frontier without cardinality and lots",
        )
    axes.scatter(*[[v] for v in shown["answer"]], color="tab:red", marker="D", zorder=3, label="the answer")
    axes.set(xlabel="standard deviation of the return (per period)", ylabel="expected return (per period)")
    axes.set_xlim(left=0)
    axes.legend(fontsize=7, frameon=False)


def _matrix(axes: Axes, shown: dict[str, Any]) -> None:
    image = axes.imshow(np.array(shown["values"], float), cmap="Blues")
    axes.figure.colorbar(image, ax=axes, label=shown["title"])
    axes.set(xlabel="to place", ylabel="from place")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
