"""All runs by what their data were and what computed: the four quadrants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from qualms.records import Record
from qualms.records.kinds import PAYLOADS
from qualms.records.quadrant import COMPUTE, DATA
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, column, number
from qualms.report.pictures.theme import FAINT, GRID, SERIES

_SLOT = 0.38  # inches for a bar with its label
KINDS = tuple(PAYLOADS)  # each has its colour, whatever is there


def quadrants(records: Iterable[Record]) -> Picture:
    """How many runs of each kind there are in each quadrant.

    Parameters
    ----------
    records : Iterable[Record]
        One for each run.

    Returns
    -------
    Picture
        Of two columns, classical and quantum data, and of a row for each sort of computation.
    """
    runs: Counter[tuple[str, str, str]] = Counter()
    twins: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        cell = record.quadrant.data, record.quadrant.compute, record.kind
        runs[cell] += 1
        twins[cell] += record.twin_of is not None
    total = runs.total()
    cells = [(data, compute, kind) for data in DATA for compute in COMPUTE for kind in KINDS]
    rows = [(*cell, runs[cell], twins[cell]) for cell in cells if runs[cell]]
    caption = (
        "Runs by the data they worked on and by what computed them; the length of a bar is their number, on "
        "a scale of square roots. A simulator is never counted as hardware. "
        f"From {total:,} record{'s' if total != 1 else ''}, each of one run."
    )
    return Picture(
        "quadrants", "Four quadrants", caption, ("data", "compute", "kind", "runs", "of which twins"),
        tuple(rows), _draw, 0.4 + _SLOT * sum(_slots(rows)),
    )  # fmt: skip


def _slots(rows: Sequence[tuple[str, str, str, int, int]]) -> list[int]:
    """How many bars there is room for in the cells of each sort of computation."""
    counts = Counter((data, compute) for data, compute, *_ in rows)
    return [max(1, *(counts[data, compute] for data in DATA)) for compute in COMPUTE]


def _draw(axes: Axes, rows: Sequence[Row]) -> None:
    """Cells are one wide, and one high for each bar; a bar is at most nine tenths of its cell's width."""
    most = max(column(rows, "runs"), default=1.0)
    room = _slots([(str(r["data"]), str(r["compute"]), "", 0, 0) for r in rows])
    for k, data in enumerate(DATA):
        axes.text(k + 0.5, -0.1, f"{data} data", ha="center", va="bottom", fontsize=9)
    top = 0
    for compute, slots in zip(COMPUTE, room, strict=True):
        axes.text(-0.03, top + slots / 2, compute.replace(" ", "\n"), ha="right", va="center", fontsize=9)
        for k, data in enumerate(DATA):
            axes.add_patch(Rectangle((k, top), 1, slots, fill=False, edgecolor=GRID.light, linewidth=0.8))
            own = [row for row in rows if (row["data"], row["compute"]) == (data, compute)]
            if not own:
                axes.text(k + 0.5, top + slots / 2, "no run", ha="center", va="center", fontsize=9,
                          color=FAINT.light)  # fmt: skip
            for place, row in enumerate(own):
                colour = SERIES[KINDS.index(str(row["kind"])) % len(SERIES)].light
                width = 0.9 * (number(row["runs"]) / most) ** 0.5
                axes.add_patch(
                    Rectangle((k + 0.05, top + place + 0.58), width, 0.24, color=colour, linewidth=0)
                )
                axes.text(k + 0.05, top + place + 0.52, _label(row), fontsize=9, va="bottom")
        top += slots
    axes.set(xlim=(0, len(DATA)), ylim=(top, 0))
    axes.axis("off")


def _label(row: Row) -> str:
    twins = int(number(row["of which twins"]))
    return f"{row['kind']}: {row['runs']:,}" + (
        f" ({twins:,} {'twin' if twins == 1 else 'twins'})" if twins else ""
    )
