"""Pictures as inline SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from qualms.records import Record, interval
from qualms.report.tables import by_method, smoothed, values

_MARKS = "osD^vP*XhH<>d8p"


def svg(figure: Figure) -> str:
    with io.StringIO() as buffer, matplotlib.rc_context({"svg.hashsalt": "qualms", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
        plt.close(figure)
        text = buffer.getvalue()
    return text[text.index("<svg") :]


def _styles(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour by family, dashes for twins, so that a twin is seen to belong to its method."""
    heads = list(dict.fromkeys(m.partition("/")[0] for m in methods))
    palette = plt.get_cmap("tab10")
    dashes = dict.fromkeys(heads, 0)
    out: dict[str, dict[str, Any]] = {}
    for i, method in enumerate(methods):
        head = method.partition("/")[0]
        dashed = "/" in method
        out[method] = {
            "color": palette(heads.index(head) % 10),
            "linestyle": ("-", "--", ":", "-.", (0, (1, 3)))[min(dashes[head], 4)] if dashed else "-",
            "marker": _MARKS[i % len(_MARKS)],
        }
        dashes[head] += 1
    return out


def loss_curves(records: Sequence[Record]) -> str:
    """Smoothed training loss against steps, mean over seeds."""
    groups = by_method(records)
    styles = _styles(list(groups))
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    for method, runs in groups.items():
        curves = [dict(smoothed(r)) for r in runs.values() if r.curve]
        if not curves:
            continue
        steps = sorted(set.intersection(*(set(c) for c in curves)))
        means = [sum(c[s] for c in curves) / len(curves) for s in steps]
        axes.plot(steps, means, label=method, color=styles[method]["color"], linestyle=styles[method]["linestyle"], linewidth=1.4)
    axes.set(xlabel="step", ylabel="training loss")
    axes.legend(fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure)


def pareto(records: Sequence[Record], metric: str, label: str, lower_is_better: bool) -> str:
    """Quality against trained parameters, with intervals over seeds; the line joins the methods that no other beats in both."""
    groups = by_method(records)
    styles = _styles(list(groups))
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    points = []
    for method, runs in groups.items():
        found = values(runs, metric)
        size = next(iter(runs.values())).parameters["trained"]
        if not found or not size:
            continue
        got = interval(list(found.values()))
        error = [[got.mean - got.low], [got.high - got.mean]] if got.count > 1 else None
        style = styles[method]
        axes.errorbar([size], [got.mean], yerr=error, fmt=style["marker"], color=style["color"], markersize=6, capsize=2, linewidth=0.8, label=method,
                      markerfacecolor="none" if "/" in method else style["color"])  # fmt: skip
        points.append((size, got.mean))
    front, best = [], None
    for size, value in sorted(points, key=lambda p: (p[0], p[1] if lower_is_better else -p[1])):
        if best is None or (value < best if lower_is_better else value > best):
            best = value
            front.append((size, value))
    axes.plot(*zip(*front, strict=True), color="0.6", linewidth=0.8, zorder=0) if front else None
    axes.set_xscale("log")
    axes.set(xlabel="trained parameters", ylabel=label)
    axes.legend(fontsize=7, frameon=False, ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    return svg(figure)
