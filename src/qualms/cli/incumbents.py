"""New answers as they come: a picture in a terminal, lines elsewhere."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from qualms.cli.progress import is_live
from qualms.solve.arms import IncumbentListener
from qualms.solve.check import Checked
from qualms.solve.result import Arm

_NARROW, _LOW = 32, 8  # columns and rows of a terminal below which there is no picture but a line
_LABEL = 12  # columns of the objectives at the vertical axis
_MARKS = "ox+*#@%&"  # one a solver: told apart without colours too, and in every encoding
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


@contextmanager
def heard(seconds: float, quiet: bool = False) -> Iterator[IncumbentListener]:
    """A listener for `solve`.

    The picture has the terminal's other screen while it lasts, so that nothing scrolls and no fragment stays.
    """
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if quiet:
        yield lambda arm, found: None
    elif is_live(console):
        room = _has_room(console.width, console.height)
        plot = Plot(seconds, line_only=not room)
        with (
            _ended_in_order(),
            Live(plot, console=console, refresh_per_second=8, transient=True, screen=room),
        ):
            yield plot.add
    else:
        began = time.monotonic()

        def line(arm: Arm, found: Checked) -> None:
            broken = f"  breaks {len(found.violations)} constraints" if found.violations else ""
            print(
                f"{time.monotonic() - began:8.2f} s  {arm.solver:18} {float(found.objective):.10g}{broken}",
                file=sys.stderr,
                flush=True,
            )

        yield line


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """`kill` and `timeout` end the process as an exception, so that the terminal gets its own screen and its
    cursor back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_room(width: int, height: int) -> bool:
    return width >= _NARROW and height >= _LOW


class Plot:
    """Feasible answers against time, a mark a solver, drawn anew into the terminal as it is at that
    moment.
    """

    def __init__(self, seconds: float, line_only: bool = False) -> None:
        self._line_only = line_only
        self._began, self._seconds = time.monotonic(), max(seconds, 1e-3)
        self._points: list[tuple[float, float, int]] = []
        self._solvers: list[str] = []
        self._last = "no answer yet"
        self._adding = threading.Lock()  # the screen is redrawn by a thread of its own

    def add(self, arm: Arm, found: Checked) -> None:
        with self._adding:
            if arm.solver not in self._solvers:
                self._solvers.append(arm.solver)
            broken = f"  breaks {len(found.violations)} constraints" if found.violations else ""
            self._last = f"{float(found.objective):.10g}  {arm.solver}{broken}"
            if found.feasible:
                self._points.append(
                    (time.monotonic() - self._began, float(found.objective), self._solvers.index(arm.solver))
                )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.drawn(*console.size)

    def drawn(self, columns: int, rows: int) -> Text:
        """At most so many columns and rows; a single line where there is no room for more."""
        with self._adding:
            points, solvers, last = list(self._points), list(self._solvers), self._last
        spent = time.monotonic() - self._began
        words = (f"{spent:.0f} of {self._seconds:g} s  {last}", last, last.partition(" ")[0])
        text = Text(next((w for w in words if cell_len(w) < columns), ""), no_wrap=True, end="")
        if self._line_only or not _has_room(columns, rows) or not points:
            return text
        legend = _legend(solvers, columns - _LABEL - 2, max(1, (rows - 4) // 4))
        width, height = columns - _LABEL - 2, rows - 3 - len(legend)
        values = [v for _, v, _ in points]
        # the last answers fill the height: early ones far away lie on its edge
        low, high = min(values[-60:]), max(values[-60:])
        for row, line in enumerate(_grid(points, max(self._seconds, spent), low, high, width, height)):
            label = (
                f"{high:{_LABEL}.6g}"
                if row == 0
                else f"{low:{_LABEL}.6g}"
                if row == height - 1
                else " " * _LABEL
            )
            text.append(f"\n{label}|")
            for solver in line:
                text.append(*_mark(solver)) if solver is not None else text.append(" ")
        text.append("\n" + " " * _LABEL + "+" + "-" * width)
        end = f"{max(self._seconds, spent):.4g} s"
        text.append("\n" + " " * (_LABEL + 1) + "0 s" + end.rjust(width - 3))
        for entries in legend:
            text.append("\n" + " " * (_LABEL + 1))
            for solver, name in entries:
                if solver is not None:
                    text.append(*_mark(solver))
                text.append(f" {name}  ")
        return text


def _mark(solver: int) -> tuple[str, str]:
    return _MARKS[solver % len(_MARKS)], _COLOURS[solver % len(_COLOURS)]


def _grid(
    points: list[tuple[float, float, int]], seconds: float, low: float, high: float, width: int, height: int
) -> list[list[int | None]]:
    """Which solver's mark is in each place, of rows from the top; the latest of those that fall on one."""
    grid: list[list[int | None]] = [[None] * width for _ in range(height)]
    for at, value, solver in points:
        row = round((high - value) / ((high - low) or 1.0) * (height - 1))
        grid[min(height - 1, max(0, row))][min(width - 1, int(at / seconds * width))] = solver
    return grid


def _legend(solvers: list[str], width: int, lines: int) -> list[list[tuple[int | None, str]]]:
    """(number, name) of the solvers, so many lines of so many columns at most; the last entry says how many
    more there are.
    """
    out: list[list[tuple[int | None, str]]] = [[]]
    room = width
    for k, name in enumerate(solvers):
        needs = cell_len(name) + 4
        if needs > room and out[-1] and len(out) < lines:
            out.append([])
            room = width
        more = len(" +99 more  ") if len(out) == lines and k < len(solvers) - 1 else 0
        if needs + more > room:
            out[-1].append((None, f"+{len(solvers) - k} more"))
            break
        out[-1].append((k, name))
        room -= needs
    return out
