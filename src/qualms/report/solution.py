"""The page of one answer: the verdict, the arms, the way there, and a picture of it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from qualms.records.files import write_whole
from qualms.report.figures import svg

_CAPTIONS = {
    "routes": "Routes; the square is the depot.", "graph": "The graph; colours are groups, and of a cut the crossing edges are dark.",
    "gantt": "Machines against time; colours are jobs.", "frontier": "Risk and return: assets, the frontier without cardinality or lots, the answer.",
    "matrix": "Flow between neighbouring places.",
}  # fmt: skip


def render(answer: dict[str, Any]) -> str:
    """The page as text, of a result as `Result.to_dict` gives it with `picture` beside it."""
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        resources.files("qualms.report").joinpath("solution.html.j2").read_text(encoding="utf-8")
    )
    shown = answer.get("picture")
    return template.render(
        answer=answer, sentences=sentences(answer), progress=_progress(answer), picture=_drawn(shown) if shown else None,
        caption=_CAPTIONS[shown["form"]] if shown else "", weights=(shown or {}).get("weights", [])[:50],
    )  # fmt: skip


def write(answer: dict[str, Any], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    write_whole(path, render(answer))
    return path


def sentences(answer: dict[str, Any]) -> list[str]:
    """What was found and how good it is, and what the quantum arms added."""
    told = [_found(answer)]
    if answer["bound"] is not None:
        proof = "proven here" if answer["bound_verified"] else "taken from the solver at its word"
        gap = f"; the gap is {100 * answer['gap']:.3g} %" if answer["gap"] is not None else ""
        told.append(f"No answer can pass {answer['bound']:.10g} ({answer['bound_from']}, {proof}){gap}.")
    arms = {a["solver"]: a for a in answer["arms"]}
    for name, twin in arms.items():
        quantum = arms.get(name.removesuffix("/placebo")) if name.endswith("/placebo") else None
        if quantum and quantum["objective"] is not None and twin["objective"] is not None:
            told.append(_against_placebo(answer["sense"], quantum, twin))
    return told


def _against_placebo(sense: str, quantum: dict[str, Any], twin: dict[str, Any]) -> str:
    """Feasible before infeasible, then the objective."""
    better = (1 if sense == "min" else -1) * (twin["objective"] - quantum["objective"])
    if quantum["feasible"] != twin["feasible"]:
        verdict = "feasible, unlike" if quantum["feasible"] else "not feasible, unlike"
    elif not quantum["feasible"]:
        verdict = "no more feasible than"
    else:
        verdict = "the same as" if better == 0 else "better than" if better > 0 else "worse than"
    return (
        f"The quantum arm {quantum['solver']} ({quantum['objective']:.10g}) was {verdict} its placebo ({twin['objective']:.10g}), "
        "the same work with classical samples in the circuit's place. One run is no evidence either way."
    )


def _found(answer: dict[str, Any]) -> str:
    if answer["status"] in ("infeasible", "unbounded", "infeasible or unbounded"):
        conflict = f" These cannot hold together: {', '.join(answer['conflict'][:12])}." if answer["conflict"] else ""
        return f"There is no answer: {answer['no_answer_from']} finds the problem {answer['status']}.{conflict}"
    if answer["objective"] is None:
        return "Nothing was found."
    if not answer["feasible"]:
        return f"Nothing feasible was found; the best breaks {len(answer['violations'])} constraints, among them: {answer['violations'][0]}."
    best = "the best there is" if answer["status"] == "optimal" else "feasible"
    return f"{answer['objective']:.10g}, {best}, found by {answer['solver']} ({answer['quadrant']['compute']})."


def _progress(answer: dict[str, Any]) -> str | None:
    """Each arm's best against its own seconds."""
    arms = [a for a in answer["arms"] if a["incumbents"]]
    if not arms:
        return None
    figure, axes = plt.subplots(figsize=(7.2, 3.6))
    for arm in arms:
        times, values = zip(*arm["incumbents"], strict=True)
        axes.step([*times, max(arm["seconds"], times[-1])], [*values, values[-1]], where="post", label=arm["solver"], linewidth=1.4)
    if answer["bound"] is not None and answer["feasible"] and answer["gap"] is not None and answer["gap"] < 0.5:
        axes.axhline(answer["bound"], color="0.4", linestyle=":", linewidth=1, label="bound")
    axes.set(xlabel="seconds of the arm", ylabel="objective")
    axes.set_xscale("symlog", linthresh=0.1)
    axes.legend(fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure)


def _drawn(shown: dict[str, Any]) -> str:
    figure, axes = plt.subplots(figsize=(7.2, 5.4 if shown["form"] != "gantt" else 4.2))
    {"routes": _routes, "graph": _graph, "gantt": _gantt, "frontier": _frontier, "matrix": _matrix}[shown["form"]](axes, shown)
    return svg(figure)


def _routes(axes: Axes, shown: dict[str, Any]) -> None:
    points, palette = np.array(shown["points"]), plt.get_cmap("tab20")
    for k, route in enumerate(shown["routes"]):
        stops = points[[0, *route, 0]]
        axes.plot(stops[:, 0], stops[:, 1], color=palette(k % 20), linewidth=1.1)
    axes.scatter(points[1:, 0], points[1:, 1], s=10, color="0.25", zorder=3)
    axes.scatter(points[:1, 0], points[:1, 1], s=45, color="0.1", marker="s", zorder=4)
    axes.set_aspect("equal")
    axes.axis("off")


def _graph(axes: Axes, shown: dict[str, Any]) -> None:
    from matplotlib.collections import LineCollection

    edges, groups = np.array(shown["edges"], int).reshape(-1, 2), np.array(shown["groups"])
    places = _spectral(shown["nodes"], edges)
    crossing = groups[edges[:, 0]] != groups[edges[:, 1]] if shown["cut"] else np.zeros(len(edges), bool)
    for mask, colour in ((~crossing, "0.85"), (crossing, "0.35")):
        axes.add_collection(LineCollection(list(places[edges[mask]]), colors=colour, linewidths=0.5))
    axes.scatter(places[:, 0], places[:, 1], c=groups, cmap="tab20", s=22, zorder=3)
    axes.axis("off")


def _spectral(n: int, edges: np.ndarray) -> np.ndarray:
    """Places by the two smoothest ways to spread nodes over the edges; nodes on one place are moved apart a little."""
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
    palette = plt.get_cmap("tab20")
    for machine, job, start, end in shown["bars"]:
        axes.barh(machine, end - start, left=start, color=palette(job % 20), edgecolor="white", linewidth=0.4)
    axes.set(xlabel="time", ylabel="machine")
    axes.spines[["top", "right"]].set_visible(False)


def _frontier(axes: Axes, shown: dict[str, Any]) -> None:
    assets = np.array(shown["assets"])
    axes.scatter(assets[:, 0], assets[:, 1], s=8, color="0.75", label="assets")
    if shown["points"]:
        points = np.array(sorted(shown["points"]))
        axes.plot(points[:, 0], points[:, 1], color="tab:blue", linewidth=1.4, label="frontier without cardinality and lots")
    axes.scatter(*[[v] for v in shown["answer"]], color="tab:red", marker="D", zorder=3, label="the answer")
    axes.set(xlabel="standard deviation", ylabel="expected return")
    axes.legend(fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _matrix(axes: Axes, shown: dict[str, Any]) -> None:
    axes.imshow(np.array(shown["values"], float), cmap="Blues")
    axes.set_title(shown["title"], fontsize=9)
