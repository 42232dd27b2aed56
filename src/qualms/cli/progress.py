"""Live progress of a study in the terminal; plain lines where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

if TYPE_CHECKING:
    from qualms.execution import Event, Listener
    from qualms.study import Study

_ROOM = 80  # columns of a terminal from which on bars and notes fit beside the names


def is_live(console: Console) -> bool:
    """Whether it is a terminal in which something that was printed can be printed over."""
    return console.file.isatty() and console.is_terminal and not console.is_dumb_terminal


@contextmanager
def watch(study: Study, quiet: bool = False) -> Iterator[Listener]:
    """A listener that shows one bar for all training steps, with the time left, and one for each run under
    way.
    """
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    try:
        if quiet:
            yield lambda _: None
        elif is_live(console):
            with bars(console) as progress:
                yield _Bars(progress, study)
        else:
            yield _Lines()
    except KeyboardInterrupt:
        print("qualms: interrupted; what was finished is kept, the same command goes on", file=sys.stderr)
        raise


def bars(console: Console) -> Progress:
    """A line a task: its name, how far it is, the time left; where there is room, a bar and its note (field
    "note") too.
    """
    name = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, overflow="fold"))
    columns: list[ProgressColumn] = [name, MofNCompleteColumn(), TimeRemainingColumn(compact=True)]
    if console.width >= _ROOM:
        columns = [
            name,
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        ]
        columns.append(TextColumn("{task.fields[note]}", markup=False))
    return Progress(*columns, console=console, transient=True, expand=True)


class _Bars:
    def __init__(self, progress: Progress, study: Study) -> None:
        recipe = study.recipe
        searched = (
            sum(m not in study.rates for m in study.methods)
            * len(recipe.search.factors)
            * recipe.search.steps
        )
        self._progress, self._steps = progress, recipe.steps
        self._all = progress.add_task(
            "all training steps",
            total=searched + len(study.methods) * len(recipe.seeds) * recipe.steps,
            note="",
        )
        self._open: dict[str, TaskID] = {}
        self._seen: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        if event.kind == "skipped":
            self._progress.advance(self._all, self._steps)
        elif event.kind == "started":
            self._open[event.job] = self._progress.add_task(event.job, total=event.steps, note="")
        elif event.kind == "step" and event.job in self._open:
            self._progress.update(self._open[event.job], completed=event.step, note=event.note)
            self._progress.advance(self._all, event.step - self._seen.get(event.job, 0))
            self._seen[event.job] = event.step
        elif event.kind in ("done", "failed", "died"):
            if event.job in self._open:
                self._progress.remove_task(self._open.pop(event.job))
            self._progress.console.print(f"{event.kind:7} {event.job:36} {event.note}")


class _Lines:
    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, event: Event) -> None:
        if event.kind != "step":
            print(
                f"{time.monotonic() - self._began:7.1f} s  {event.kind:7} {event.job:36} {event.note}",
                file=sys.stderr,
                flush=True,
            )
