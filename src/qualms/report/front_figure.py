"""The fronts of several studies in one figure: a row a study, quality against trained numbers and bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from qualms.errors import RunFolderError
from qualms.records import Record
from qualms.records.files import write_whole
from qualms.report.front import COSTS, Point, front, points, short_name
from qualms.report.pictures import vector
from qualms.report.pictures.axes import logarithmic, possible
from qualms.report.pictures.picture import drawing, inert, printable
from qualms.report.pictures.theme import FAINT, INK, SERIES
from qualms.report.tables import JUDGED, by_method, values

_LABELS = {"trained numbers": "trained numbers", "bytes": "bytes of the adapter's file"}
_OURS, *_COLOURS = (colour.light for colour in SERIES)
_MARKS = "os^vPX<>hdp*"
_FORMS: Mapping[str, dict[str, Any]] = {
    "png": {"dpi": 160, "metadata": {"Software": None}},
    "svg": {"metadata": {"Date": None}},
}
_DESCRIPTION = (
    "Test loss against trained numbers and against bytes, a row of two panels a study, with 95 % intervals "
    "over seeds; the grey steps join the methods that no other beats in both. Names that would stand on "
    "others are left out; front.csv has all methods with their numbers."
)
_COLUMNS = (
    "study", "task_id", "method", "twin of", "quadrant", "seeds", "learning rate", "trained numbers",
    "numbers of a new head", "bytes", "bytes of the file", "test NLL (nats)", "low", "high",
    "validation NLL (nats)", "on the front of numbers", "on the front of bytes",
)  # fmt: skip
_MORE = ("accuracy", "rougeL", "bleu", "bertscore", "conditionality")


@dataclass(frozen=True)
class StudyFront:
    """One study's records and the points that they make.

    Attributes
    ----------
    records : list[Record]
        Of one task.
    points : list[Point]
        See `qualms.report.front.points`.
    """

    records: list[Record]
    points: list[Point]

    @classmethod
    def of(cls, records: Sequence[Record]) -> StudyFront:
        return cls(list(records), points(records))

    @property
    def title(self) -> str:
        """The base model and the data, and what no adapter and the training of all weights reach there."""
        first, groups = self.records[0].payload, by_method(self.records)
        parts = [f"{first.title}, {first.training.steps} steps of {first.training.batch_size}"]
        for name, words in (("untuned", "untuned"), ("full", "all weights trained")):
            if name in groups and (found := values(groups[name], JUDGED)):
                parts.append(f"{words} {sum(found.values()) / len(found):.2f}")
        return "; ".join(parts)


def draw(studies: Sequence[StudyFront]) -> Figure:
    """The figure: test NLL with 95 % intervals over seeds, logarithmic sizes, the front as grey steps."""
    styles = _styles([p for study in studies for p in study.points])
    figure = Figure(figsize=(12, 3.7 * len(studies) + 1.6), layout="constrained")
    grid = figure.subplots(len(studies), 2, squeeze=False)
    for study, pair in zip(studies, grid, strict=True):
        for axes, (unit, cost) in zip(pair, COSTS.items(), strict=True):
            _panel(axes, study.points, _LABELS[unit], cost, styles)
        pair[0].set_title(study.title, fontsize=9, loc="left")
    figure.legend(
        handles=[_key(family, style) for family, style in styles.items()],
        loc="outside lower center", ncols=7, fontsize=7, frameon=False,
    )  # fmt: skip
    for text in figure.findobj(Text):  # names of data and methods are the users' texts
        text.set_text(printable(text.get_text()))
    _without_overlaps(figure)
    return figure


def _without_overlaps(figure: Figure) -> None:
    """Take out names that would stand on others. Where methods are near each other, the best one keeps its
    name.
    """
    figure.draw_without_rendering()  # places everything
    for axes in figure.axes:
        placed: list[Any] = []
        for name in sorted(axes.texts, key=lambda text: text.xy[1]):  # type: ignore[attr-defined]
            box = name.get_window_extent()
            if any(box.overlaps(other) for other in placed):
                name.remove()
            else:
                placed.append(box)


def family(point: Point) -> str:
    """What a point is called in the legend: its method without settings; twins by what they replace."""
    if point.twin_of is not None:
        return f"twin: {point.method.removeprefix(f'{point.twin_of}/')}"
    return point.method.partition("[")[0]


def _styles(found: Sequence[Point]) -> dict[str, dict[str, Any]]:
    """This package's adapters are blue, their twins blue and hollow, rivals have all other colours."""
    out: dict[str, dict[str, Any]] = {}
    ours = rivals = twins = 0
    for point in sorted(found, key=lambda p: (p.twin_of is not None, not p.is_ours)):
        name = family(point)
        if name in out:
            continue
        if point.is_ours:
            out[name] = {"marker": "Ds8P"[ours % 4], "color": _OURS, "face": _OURS, "size": 7}
            ours += 1
        elif point.twin_of is not None:
            out[name] = {"marker": _MARKS[twins % len(_MARKS)], "color": _OURS, "face": "none", "size": 5}
            twins += 1
        else:
            colour = _COLOURS[rivals % len(_COLOURS)]
            out[name] = {"marker": _MARKS[rivals % len(_MARKS)], "color": colour, "face": colour, "size": 5}
            rivals += 1
    return out


def _key(name: str, style: Mapping[str, Any]) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=style["marker"], color=style["color"],
        markerfacecolor=style["face"], markersize=style["size"], label=name,
    )  # fmt: skip


def _panel(
    axes: Axes,
    found: Sequence[Point],
    label: str,
    cost: Callable[[Point], float],
    styles: Mapping[str, Mapping[str, Any]],
) -> None:
    for point in found:
        style, got = styles[family(point)], point.quality
        error = [[got.mean - got.low], [got.high - got.mean]] if got.count > 1 else None
        axes.errorbar(
            [cost(point)], [got.mean], yerr=error, fmt=style["marker"], color=style["color"],
            markerfacecolor=style["face"], markersize=style["size"], capsize=2, linewidth=0.8,
        )  # fmt: skip
    kept = front(found, cost)
    axes.step(
        [cost(p) for p in kept], [p.quality.mean for p in kept], where="post", color=FAINT.light,
        linewidth=0.9, zorder=0,
    )  # fmt: skip
    for point in {p.method: p for p in (*kept, *(p for p in found if p.is_ours))}.values():
        # ours below and rivals above, so that neighbours on the front do not write over each other
        below, colour = (-9, _OURS) if point.is_ours else (4, INK.light)
        axes.annotate(
            short_name(point.method), (cost(point), point.quality.mean), xytext=(5, below),
            textcoords="offset points", fontsize=6, color=colour,
        )  # fmt: skip
    logarithmic(axes, [cost(point) for point in found])
    axes.tick_params(labelsize=8)
    axes.set_xlabel(label + (" without the new head" if any(_head(p) for p in found) else ""), fontsize=8)
    axes.set_ylabel("test NLL (nats)", fontsize=8)
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    possible(axes, 0)


def _head(point: Point) -> int:
    return int(next(iter(point.runs.values())).payload.parameters["head"])


def table(studies: Sequence[StudyFront]) -> str:
    """The numbers behind the figure as CSV, a line a method and study, unrounded; texts are as in the CSV
    files of a report.
    """
    with io.StringIO() as buffer:
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow((*_COLUMNS, *_MORE))
        for study in studies:
            fronts = [{p.method for p in front(study.points, cost)} for cost in COSTS.values()]
            writer.writerows([inert(cell) for cell in _row(study, point, fronts)] for point in study.points)
        return buffer.getvalue()


def _row(study: StudyFront, point: Point, fronts: Sequence[set[str]]) -> list[Any]:
    first, got = next(iter(point.runs.values())), point.quality
    more = [values(point.runs, metric) for metric in _MORE]
    several = got.count > 1
    return [
        first.payload.title, first.task_id, point.method, point.twin_of, str(first.quadrant),
        " ".join(map(str, point.runs)), first.payload.training.learning_rate, point.numbers,
        _head(point), point.size, first.payload.adapter_bytes, got.mean,
        got.low if several else None, got.high if several else None, point.chosen,
        *("yes" if point.method in names else "no" for names in fronts),
        *(sum(found.values()) / len(found) if found else None for found in more),
    ]  # fmt: skip


def files(folder: Path) -> list[Path]:
    """Those that `write` writes into a folder: the picture twice, and the numbers behind it."""
    return [folder / f"front.{ending}" for ending in ("png", "svg", "csv")]


def _saved(figure: Figure, form: str, **more: Any) -> bytes:
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format=form, **more)
        return buffer.getvalue()


def write(studies: Sequence[StudyFront], folder: Path) -> Path:
    """Write `files`.

    Parameters
    ----------
    studies : Sequence[StudyFront]
        At least one.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RunFolderError
        The folder cannot be made, or a file cannot be written.
    """
    with drawing():  # names of methods are the users' texts, and no formulas
        figure = draw(studies)
        picture, document = (_saved(figure, form, **more) for form, more in _FORMS.items())
    svg = vector.for_file(document, "Quality against size", _DESCRIPTION)
    contents = (picture, svg.encode(), table(studies).encode())  # all of them before the first is written
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be made: {error.strerror or error}") from None
    for path, content in zip(files(folder), contents, strict=True):
        write_whole(path, content)
    return folder
