"""New answers as they come: a picture in a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qualms.solve.check import Checked
from qualms.solve.result import Arm
from qualms.solve.solve import Listener

if TYPE_CHECKING:
    from rich.text import Text

_WIDTH, _HEIGHT = 72, 12
_COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")


@contextmanager
def heard(seconds: float, quiet: bool = False) -> Iterator[Listener]:
    """A listener for `solve`."""
    if quiet:
        yield lambda arm, found: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), refresh_per_second=8, transient=True) as live:
            plot = _Plot(seconds)

            def draw(arm: Arm, found: Checked) -> None:
                plot.add(arm, found)
                live.update(plot.drawn())

            yield draw
    else:
        began = time.monotonic()

        def line(arm: Arm, found: Checked) -> None:
            broken = f"  breaks {len(found.violations)} constraints" if found.violations else ""
            print(f"{time.monotonic() - began:8.2f} s  {arm.solver:18} {float(found.objective):.10g}{broken}", file=sys.stderr, flush=True)

        yield line


class _Plot:
    """Feasible answers against time, a colour an arm."""

    def __init__(self, seconds: float) -> None:
        self._began, self._seconds = time.monotonic(), max(seconds, 1e-3)
        self._points: list[tuple[float, float, int]] = []
        self._arms: list[str] = []
        self._last = ""

    def add(self, arm: Arm, found: Checked) -> None:
        if arm.solver not in self._arms:
            self._arms.append(arm.solver)
        now = time.monotonic() - self._began
        self._last = f"{now:.1f} s  {arm.solver}  {float(found.objective):.10g}" + (f"  breaks {len(found.violations)}" if found.violations else "")
        if found.feasible:
            self._points.append((now, float(found.objective), self._arms.index(arm.solver)))

    def drawn(self) -> Text:
        """The last answers fill the height: early ones far away are cut off at the edge."""
        from rich.text import Text

        text = Text(self._last + "\n")
        if not self._points:
            return text
        values = [v for _, v, _ in self._points][-200:]
        low, high = min(values[-60:]), max(values[-60:])
        spread = (high - low) or 1.0
        grid: dict[tuple[int, int], int] = {}
        for at, value, arm in self._points:
            column = min(_WIDTH - 1, int(at / self._seconds * _WIDTH))
            row = min(_HEIGHT - 1, max(0, round((high - value) / spread * (_HEIGHT - 1))))
            grid[row, column] = arm
        for row in range(_HEIGHT):
            label = f"{high:12.6g} " if row == 0 else f"{low:12.6g} " if row == _HEIGHT - 1 else " " * 13
            text.append(label + "│")
            for column in range(_WIDTH):
                arm_at = grid.get((row, column))
                text.append("●" if arm_at is not None else " ", style=_COLOURS[arm_at % len(_COLOURS)] if arm_at is not None else "")
            text.append("\n")
        text.append(" " * 13 + "└" + "─" * _WIDTH + f"\n{'':14}0 s{'':{_WIDTH - 10}}{self._seconds:g} s\n")
        for k, name in enumerate(self._arms):
            text.append(f"{'':14}● {name}\n", style=_COLOURS[k % len(_COLOURS)])
        return text
