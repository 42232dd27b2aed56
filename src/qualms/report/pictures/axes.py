"""Axes: legends below them, where they hide nothing; limits that leave out what cannot be; plain numbers on
logarithmic ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation

_CHARACTERS = 62  # of the legend's font, across a picture


def legend(axes: Axes) -> None:
    """What lines and marks mean, in as many columns as fit beside each other."""
    _, labels = axes.get_legend_handles_labels()
    if not labels:
        return
    figure = axes.figure.get_figure(root=True)
    assert figure is not None
    below = axes.transAxes + ScaledTranslation(-30 / 72, -38 / 72, figure.dpi_scale_trans)
    columns = max(1, min(len(labels), _CHARACTERS // (max(map(len, labels)) + 8)))
    axes.legend(
        ncols=columns, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, borderaxespad=0,
        handlelength=2.4, columnspacing=1.2,
    )  # fmt: skip


def possible(axes: Axes, low: float, high: float | None = None) -> None:
    """Let the vertical axis show no value that cannot be, such as a loss below 0 or an accuracy above 1, as
    margins and intervals would have it.
    """
    bottom, top = axes.get_ylim()
    axes.set_ylim(max(bottom, low), top if high is None else min(top, high))


def logarithmic(axes: Axes, values: Sequence[float]) -> None:
    """A logarithmic horizontal axis for these values, with numbers as people write them: 500, 20k, 1M."""
    if not values:  # an empty picture has no decades
        return
    decades = math.log10(max(values) / min(values))
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 1.5 else (1,), numticks=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _short(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e4 else f"{value:g}"
