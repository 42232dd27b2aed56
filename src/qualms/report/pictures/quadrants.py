"""All runs by what their data were and what computed: the four quadrants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from qualms.records import Record
from qualms.records.quadrant import COMPUTE, DATA
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, column, number
from qualms.report.pictures.theme import FAINT, GRID, SERIES

_SLOT = 0.38  # inches for a bar with its label
KINDS = ("fine-tuning", "noise", "solving", "asking", "learning")  # each has its colour, whatever is there


@dataclass(frozen=True)
class Placed:
    """What is counted of a run: a record's own fields.

    Attributes
    ----------
    data, compute : str
        Its quadrant.
    kind : str
    is_twin : bool
        Whether it is the classical control of something quantum.
    """

    data: str
    compute: str
    kind: str
    is_twin: bool


def placed(records: Iterable[Record]) -> Iterable[Placed]:
    """Of whole records."""
    return (Placed(r.quadrant.data, r.quadrant.compute, r.kind, r.twin_of is not None) for r in records)


def quadrants(runs: Iterable[Placed] | Mapping[Placed, int], source: str = "") -> Picture:
    """How many runs of each kind there are in each quadrant.

    Parameters
    ----------
    runs : Iterable of Placed, or Mapping of Placed to int
        One for each run, or how many runs of each sort there are.
    source : str, default ""
        The end of the caption, where it is not simply the number of records.

    Returns
    -------
    Picture
        Of two columns, classical and quantum data, and of a row for each sort of computation.
    """
    counts = Counter(runs)
    total = sum(counts.values())
    kinds = [*KINDS, *sorted({p.kind for p in counts} - set(KINDS))]
    rows = []
    for data in DATA:
        for compute in COMPUTE:
            for kind in kinds:
                own = {
                    p: n for p, n in counts.items() if (p.data, p.compute, p.kind) == (data, compute, kind)
                }
                if own:
                    twins = sum(n for p, n in own.items() if p.is_twin)
                    rows.append((data, compute, kind, sum(own.values()), twins))
    caption = (
        "Runs by the data they worked on and by what computed them; the length of a bar is their number, on "
        "a scale of square roots. A simulator is never counted as hardware. "
        + (source or f"From {total:,} record{'s' if total != 1 else ''}, each of one run.")
    )
    return Picture(
        "quadrants", "Four quadrants", caption, ("data", "compute", "kind", "runs", "of which twins"),
        tuple(rows), partial(_draw, kinds=kinds), 0.4 + _SLOT * sum(_slots(rows)),
    )  # fmt: skip


def _slots(rows: Sequence[tuple[str, str, str, int, int]]) -> list[int]:
    """How many bars there is room for in the cells of each sort of computation."""
    counts = Counter((data, compute) for data, compute, *_ in rows)
    return [max(1, *(counts[data, compute] for data in DATA)) for compute in COMPUTE]


def _draw(axes: Axes, rows: Sequence[Row], kinds: Sequence[str]) -> None:
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
                colour = SERIES[kinds.index(str(row["kind"])) % len(SERIES)].light
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
