"""Numbers with intervals, each below its name: differences from twins, every method, costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from qualms.report.pictures.rows import Row, number
from qualms.report.pictures.theme import FAINT, INK, PAGE, Look

_ROW, _FRAME = 0.4, 0.65  # inches


def height(rows: int) -> float:
    """Of the axes for so many rows, in inches."""
    return _FRAME + _ROW * max(1, rows)


def lay_out(axes: Axes, labels: Sequence[str], faint: Sequence[bool] = ()) -> None:
    """A row for every label, which stands above the row's line: names of any length fit a narrow screen."""
    axes.set_ylim(len(labels) - 0.6, -0.65)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    if axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(6))
    for k, label in enumerate(labels):
        colour = FAINT.light if faint and faint[k] else INK.light
        axes.annotate(
            label, (0, k - 0.15), (0, 0), axes.get_yaxis_transform(), textcoords="offset points",
            fontsize=8, color=colour, va="bottom", annotation_clip=False,
            bbox={"facecolor": PAGE.light, "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip


def whisker(axes: Axes, row: Row, place: float, look: Look, value: str, filled: bool | None = None) -> None:
    """One number with its interval.

    Parameters
    ----------
    axes : Axes
        Where it goes.
    row : Row
        With the columns of `value`, "low" and "high".
    place : float
        Height of the row.
    look : Look
        Of the method.
    value : str
        The column of the number.
    filled : bool, optional
        Whether the mark is; by default as the look has it.
    """
    face = look.face if filled is None else look.colour if filled else PAGE.light
    axes.plot([number(row["low"]), number(row["high"])], [place, place], color=look.colour, linewidth=1.3)
    axes.plot([number(row[value])], [place], **{**look.point, "markerfacecolor": face}, zorder=3)


def zero_line(axes: Axes) -> None:
    axes.axvline(0, color=FAINT.light, linewidth=1)


def every(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look], value: str) -> None:
    """A strip for each method: its runs as dots, the mean with its interval.

    Rows have the columns "method", "run", `value`, "low" and "high"; the mean's row has no run.
    """
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    lay_out(axes, methods, [styles[m].face != styles[m].colour for m in methods])
    for row in rows:
        place, look = methods.index(str(row["method"])), styles[str(row["method"])]
        if row["run"] is None:
            whisker(axes, row, place, look, value)
        else:
            axes.plot([number(row[value])], [place], ".", color=look.colour, alpha=0.45, markersize=4)
    axes.set_xlabel(value)
