"""An answer drawn: routes, a graph, a Gantt chart, a frontier, a table of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from qualms.report.pictures.axes import legend
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Cell, Row, by, column, number
from qualms.report.pictures.theme import FAINT, GRID, INK, MARKS, PAGE, SERIES


@dataclass(frozen=True)
class _Form:
    """How one form of `qualms.solve.picture` becomes rows, and how they are drawn."""

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: Callable[[Mapping[str, Any]], list[tuple[Cell, ...]]]
    draw: Callable[[Axes, Sequence[Row]], None]
    height: float = 4.6


def drawn(shown: Mapping[str, Any], source: str) -> Picture:
    """What `qualms.solve.picture.picture` has of an answer.

    Parameters
    ----------
    shown : Mapping[str, Any]
        {"form": "routes" | "graph" | "gantt" | "frontier" | "matrix", …}.
    source : str
        The end of the caption: whose answer it is, and from which records.
    """
    form = _FORMS[shown["form"]]
    more = {"title": str(shown["title"])} if shown["form"] == "matrix" else {}
    rows = form.rows(shown)
    return Picture(
        shown["form"], form.title, f"{form.caption} {source}", form.columns, tuple(rows),
        partial(form.draw, **more), form.height,
    )  # fmt: skip


def _routes(shown: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    points = shown["points"]
    return [
        (number, place, stop, *map(float, points[stop]))
        for number, route in enumerate(shown["routes"], 1)
        for place, stop in enumerate([0, *route, 0])
    ] or [(None, 0, 0, *map(float, points[0]))]


def _draw_routes(axes: Axes, rows: Sequence[Row]) -> None:
    for place, own in enumerate(by(rows, "route").values()):
        dashes = ("-", "--", ":")[place // len(SERIES) % 3]
        colour = SERIES[place % len(SERIES)].light
        axes.plot(column(own, "x"), column(own, "y"), color=colour, linestyle=dashes, linewidth=1.2)
    stops = [row for row in rows if row["stop"] != 0]
    axes.plot(column(stops, "x"), column(stops, "y"), ".", color=INK.light, markersize=4, zorder=3)
    depot = [row for row in rows if row["stop"] == 0][:1]
    axes.plot(column(depot, "x"), column(depot, "y"), "s", color=INK.light, markersize=7, zorder=4)
    axes.set_aspect("equal")
    axes.axis("off")


def _graph(shown: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Nodes with their places, then edges; of a cut, those that cross it are marked."""
    edges, groups = np.array(shown["edges"], int).reshape(-1, 2), shown["groups"]
    places = _spectral(shown["nodes"], edges)
    nodes: list[tuple[Cell, ...]] = [
        ("node", k, None, int(groups[k]), float(x), float(y), None) for k, (x, y) in enumerate(places)
    ]
    for i, j in edges.tolist():
        crossing = "yes" if shown["cut"] and groups[i] != groups[j] else "no"
        nodes.append(("edge", i, j, None, None, None, crossing))
    return nodes


def _draw_graph(axes: Axes, rows: Sequence[Row]) -> None:
    nodes = [row for row in rows if row["what"] == "node"]
    place = {row["node"]: (number(row["x"]), number(row["y"])) for row in nodes}
    for crossing, colour, width in (("no", GRID, 0.6), ("yes", FAINT, 1.1)):
        lines = [
            (place[row["node"]], place[row["other node"]])
            for row in rows
            if row["what"] == "edge" and row["crosses the cut"] == crossing
        ]
        axes.add_collection(LineCollection(lines, colors=colour.light, linewidths=width))
    for k, own in enumerate(by(sorted(nodes, key=lambda row: number(row["group"])), "group").values()):
        axes.plot(
            column(own, "x"), column(own, "y"), MARKS[k // len(SERIES) % len(MARKS)],
            color=SERIES[k % len(SERIES)].light, markersize=5, zorder=3,
        )  # fmt: skip
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


def _draw_gantt(axes: Axes, rows: Sequence[Row]) -> None:
    whole = max(column(rows, "end"))
    for row in rows:
        machine, job, start, end = (number(row[name]) for name in ("machine", "job", "start", "end"))
        colour = SERIES[int(job) % len(SERIES)].light
        axes.barh([machine], end - start, left=start, color=colour, edgecolor=PAGE.light, linewidth=0.6)
        if end - start >= 0.03 * whole:  # else too short for its number
            axes.annotate(
                f"{job:.0f}", (start + (end - start) / 2, machine), ha="center", va="center", fontsize=8,
                color=PAGE.light,
            )  # fmt: skip
    axes.set(xlabel="time (in the instance's unit)", ylabel="machine")
    axes.set_xlim(left=0)
    for axis in (axes.xaxis, axes.yaxis):  # machines are numbered, durations whole
        axis.set_major_locator(MaxNLocator(integer=True))


def _frontier(shown: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    named = (("asset", shown["assets"]), ("frontier", sorted(shown["points"])), ("answer", [shown["answer"]]))
    return [(what, float(risk), float(gain)) for what, points in named for risk, gain in points]


def _draw_frontier(axes: Axes, rows: Sequence[Row]) -> None:
    looks: dict[str, tuple[str, dict[str, Any]]] = {
        "asset": ("assets", {"marker": ".", "linestyle": "none", "color": FAINT.light, "alpha": 0.6}),
        "frontier": ("frontier without cardinality and lots", {"color": SERIES[0].light}),
        "answer": ("the answer", {"marker": "D", "linestyle": "none", "color": SERIES[1].light, "zorder": 3}),
    }
    for what, (label, look) in looks.items():
        own = [row for row in rows if row["what"] == what]
        if own:
            axes.plot(column(own, "risk"), column(own, "return"), label=label, **look)
    axes.set(xlabel="standard deviation of the return (per period)", ylabel="expected return (per period)")
    axes.set_xlim(left=0)
    legend(axes)


def _matrix(shown: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    return [(i, j, float(v)) for i, line in enumerate(shown["values"]) for j, v in enumerate(line)]


def _draw_matrix(axes: Axes, rows: Sequence[Row], title: str = "") -> None:
    size = len(by(rows, "from place"))
    image = axes.imshow(np.array(column(rows, "value")).reshape(size, -1), cmap="cividis")
    bar = axes.figure.colorbar(image, ax=axes, label=title)
    assert bar.solids is not None
    bar.solids.set_rasterized(True)  # 256 colours that are no colour of the page
    axes.set(xlabel="to place", ylabel="from place")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))


_FORMS = {
    "routes": _Form("Routes", "The routes of the best answer; the square is the depot.",
                    ("route", "place", "stop", "x", "y"), _routes, _draw_routes),
    "graph": _Form("Graph", "Colours and marks are groups; the edges that cross a cut are drawn stronger.",
                   ("what", "node", "other node", "group", "x", "y", "crosses the cut"), _graph, _draw_graph),
    "gantt": _Form("Schedule", "Machines against time; colours and numbers are jobs.",
                   ("machine", "job", "start", "end"), lambda shown: [tuple(b) for b in shown["bars"]],
                   _draw_gantt, 3.6),
    "frontier": _Form("Risk and return", "Single assets, the answer, and the frontier of "
                      "portfolios without limits on lots and the number of assets.",
                      ("what", "risk", "return"), _frontier, _draw_frontier, 3.8),
    "matrix": _Form("Flow", "Flow between neighbouring places.", ("from place", "to place", "value"), _matrix,
                    _draw_matrix),
}  # fmt: skip
