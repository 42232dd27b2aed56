"""Pictures as inline SVG."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any

from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.ticker import MaxNLocator

from qualms.records import Record, interval
from qualms.report.tables import by_method, smoothed, values

_PAD = 0.3  # inches: a reader's font may be wider than the one that was measured
_MARKS = "osD^vP*XhH<>d8p"


_settings = threading.Lock()  # matplotlib's settings are global, and two threads may draw at once


def axes_of(width: float, height: float) -> Axes:
    """Empty axes on a figure of their own, of so many inches.

    No pyplot: nothing global is kept, and the user's backend stays as it is.
    """
    axes = Figure(figsize=(width, height)).subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def svg(figure: FigureBase) -> str:
    """The whole figure as an SVG element, the same text for the same figure."""
    assert isinstance(figure, Figure)
    with io.StringIO() as buffer, _settings, rc_context({"svg.hashsalt": "qualms", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=_PAD, metadata={"Date": None})
        text = buffer.getvalue()
    return text[text.index("<svg") :]


def keep_possible(axes: Axes, low: float, high: float | None = None) -> None:
    """Let the vertical axis show no value that cannot be, such as a loss below 0 or an accuracy above 1, as
    margins and intervals would have it.
    """
    bottom, top = axes.get_ylim()
    axes.set_ylim(max(bottom, low), top if high is None else min(top, high))


def _styles(groups: dict[str, dict[int, Record]]) -> dict[str, dict[str, Any]]:
    """Colour by family, dashes and hollow marks for twins, so that a twin is seen to belong to its method."""
    twin_of = {m: next(iter(runs.values())).twin_of for m, runs in groups.items()}
    heads = [m for m in groups if twin_of[m] not in groups]
    palette = colormaps["tab10"]
    dashes = dict.fromkeys(heads, 0)
    out: dict[str, dict[str, Any]] = {}
    for i, method in enumerate(groups):
        of = twin_of[method]
        head = of if of is not None and of in groups else method
        colour = palette(heads.index(head) % 10)
        out[method] = {
            "color": colour,
            "linestyle": ("-", "--", ":", "-.", (0, (1, 3)))[min(dashes[head], 4)] if of else "-",
            "marker": _MARKS[i % len(_MARKS)],
            "face": "none" if of else colour,
        }
        dashes[head] += 1
    return out


def loss_curves(records: Sequence[Record]) -> str:
    """Smoothed training loss against steps, mean over seeds."""
    groups = by_method(records)
    styles = _styles(groups)
    axes = axes_of(7.2, 4.2)
    for method, runs in groups.items():
        curves = [dict(smoothed(r)) for r in runs.values() if r.payload.curve]
        if not curves:
            continue
        steps = sorted(set.intersection(*(set(c) for c in curves)))
        means = [sum(c[s] for c in curves) / len(curves) for s in steps]
        axes.plot(
            steps,
            means,
            label=method,
            color=styles[method]["color"],
            linestyle=styles[method]["linestyle"],
            linewidth=1.4,
        )
    axes.set(xlabel="training step", ylabel="training loss (nats per token or label)")
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    keep_possible(axes, 0)
    axes.legend(fontsize=7, frameon=False)
    return svg(axes.figure)


def pareto(records: Sequence[Record], metric: str, label: str, lower_is_better: bool) -> str:
    """Quality against trained parameters, with intervals over seeds; the line joins the methods that no other
    beats in both.

    Losses are at least 0; what is better when higher (accuracy, ROUGE) lies between 0 and 1.
    """
    groups = by_method(records)
    styles = _styles(groups)
    axes = axes_of(7.2, 4.2)
    points = []
    for method, runs in groups.items():
        found = values(runs, metric)
        size = next(iter(runs.values())).payload.parameters["trained"]
        if not found or not size:
            continue
        got = interval(list(found.values()))
        error = [[got.mean - got.low], [got.high - got.mean]] if got.count > 1 else None
        style = styles[method]
        axes.errorbar(
            [size],
            [got.mean],
            yerr=error,
            fmt=style["marker"],
            color=style["color"],
            markersize=6,
            capsize=2,
            linewidth=0.8,
            label=method,
            markerfacecolor=style["face"],
        )
        points.append((size, got.mean))
    front, best = [], None
    for size, value in sorted(points, key=lambda p: (p[0], p[1] if lower_is_better else -p[1])):
        if best is None or (value < best if lower_is_better else value > best):
            best = value
            front.append((size, value))
    axes.plot(*zip(*front, strict=True), color="0.6", linewidth=0.8, zorder=0) if front else None
    axes.set_xscale("log")
    axes.set(xlabel="trained parameters (number)", ylabel=label)
    keep_possible(axes, 0, None if lower_is_better else 1)
    axes.legend(fontsize=7, frameon=False, ncols=2)
    return svg(axes.figure)
