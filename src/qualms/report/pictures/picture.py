"""A picture: numbers, what they show, and how they are drawn; as SVG in a page, and as files."""

from __future__ import annotations

import csv
import io
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import matplotlib
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from qualms.report.pictures import vector
from qualms.report.pictures.rows import Cell, Row
from qualms.report.pictures.theme import SETTINGS

WIDTH = 4.4  # inches; so narrow that its words are still read where a telephone shows it
_DPI = 200
_PAD = 0.15  # inches: a reader's font may be wider than the one that was measured
_LONGEST = 64  # characters of a text in a picture
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t")

_settings = threading.Lock()  # matplotlib's settings are global, and two threads may draw at once


@contextmanager
def drawing() -> Iterator[None]:
    """Our settings in place of the user's; no pyplot, and no backend is chosen."""
    with _settings, rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, SETTINGS))
        yield


@dataclass(frozen=True)
class Picture:
    """What is drawn, and the numbers that it is drawn from and nothing else.

    Attributes
    ----------
    name : str
        Of its files, without an ending: small letters, figures and hyphens.
    title : str
        A few words.
    caption : str
        What it shows, from which records, with how many runs and what interval.
    columns : tuple of str
        Names of the numbers, with units.
    rows : tuple of tuple
        The numbers, a row for each thing drawn. What is not finite is None.
    draw : Callable
        Draws rows, as mappings by column, into empty axes.
    height : float, default 2.9
        Inches of the axes; every picture is of one width.
    """

    name: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    draw: Callable[[Axes, Sequence[Row]], None] = field(repr=False, compare=False)
    height: float = 2.9

    def __post_init__(self) -> None:
        rows = tuple(tuple(map(_known, row)) for row in self.rows)
        assert all(len(row) == len(self.columns) for row in rows)
        object.__setattr__(self, "rows", rows)
        for name in ("title", "caption"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def figure(self) -> Figure:
        """The drawing, as matplotlib has it."""
        with drawing():
            return self._figure()

    def _figure(self) -> Figure:
        figure = Figure(figsize=(WIDTH, self.height))
        self.draw(figure.subplots(), [dict(zip(self.columns, row, strict=True)) for row in self.rows])
        for text in figure.findobj(Text):
            text.set_text(_legible(text.get_text()))
        return figure

    def _saved(self, form: str, **options: Any) -> bytes:
        with io.BytesIO() as buffer, drawing():
            self._figure().savefig(buffer, format=form, bbox_inches="tight", pad_inches=_PAD, **options)
            return buffer.getvalue()

    def svg(self) -> str:
        """For a page: an element that follows the page's colours, with a text alternative."""
        return vector.for_page(self._saved("svg", metadata={"Date": None}), f"{self.title}. {self.caption}")

    def svg_file(self) -> str:
        """For a file: a whole document in the colours of a light page."""
        return vector.for_file(self._saved("svg", metadata={"Date": None}), self.title, self.caption)

    def png(self) -> bytes:
        """In the colours of a light page, at 200 dots an inch."""
        return self._saved("png", dpi=_DPI, metadata={"Software": None})

    def csv(self) -> str:
        """The numbers, unrounded, a line a row below the columns' names; what is not known is empty. A text
        that a spreadsheet would compute begins with an apostrophe.
        """
        with io.StringIO() as buffer:
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerow(self.columns)
            writer.writerows([inert(cell) for cell in row] for row in self.rows)
            return buffer.getvalue()

    def write(self, folder: Path, prefix: str = "") -> list[Path]:
        """Write PNG, SVG and CSV into a folder that is there.

        Returns
        -------
        list[Path]
            The three files.
        """
        files = {".png": self.png(), ".svg": self.svg_file().encode(), ".csv": self.csv().encode()}
        for ending, content in files.items():
            (folder / f"{prefix}{self.name}{ending}").write_bytes(content)
        return [folder / f"{prefix}{self.name}{ending}" for ending in files]


def printable(text: str) -> str:
    """A text without the characters that no document may hold."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _legible(text: str) -> str:
    """A user's text as it can be drawn: no characters that no document may hold, and its ends if it is so
    long that the picture would be of one name.
    """
    text = printable(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2 - 1]}…{text[-_LONGEST // 2 :]}"


def _known(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def inert(cell: Cell) -> Cell:
    """A cell of a CSV file: a text that a spreadsheet would compute begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
