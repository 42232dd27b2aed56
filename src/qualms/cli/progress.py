"""Live progress of a study in the terminal; plain lines where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from qualms.study import Event, Study
    from qualms.study.compare import Listener


@contextmanager
def watch(study: Study, quiet: bool = False) -> Iterator[Listener]:
    """A listener that shows one bar for all training steps, with the time left, and one for each run under way."""
    try:
        if quiet:
            yield lambda _: None
        elif sys.stderr.isatty():
            with _bars() as progress:
                yield _Bars(progress, study)
        else:
            yield _Lines()
    except KeyboardInterrupt:
        print("qualms: interrupted; what was finished is kept, the same command goes on", file=sys.stderr)
        raise


def _bars() -> Progress:
    columns = (
        TextColumn("{task.description:32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


class _Bars:
    def __init__(self, progress: Progress, study: Study) -> None:
        recipe = study.recipe
        searched = sum(m not in study.rates for m in study.methods) * len(recipe.search.factors) * recipe.search.steps
        self._progress, self._steps = progress, recipe.steps
        self._all = progress.add_task("all training steps", total=searched + len(study.methods) * len(recipe.seeds) * recipe.steps, note="")
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
        elif event.kind in ("done", "failed"):
            if event.job in self._open:
                self._progress.remove_task(self._open.pop(event.job))
            self._progress.console.print(f"{event.kind:7} {event.job:36} {event.note}", highlight=False)


class _Lines:
    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, event: Event) -> None:
        if event.kind != "step":
            print(f"{time.monotonic() - self._began:7.1f} s  {event.kind:7} {event.job:36} {event.note}", file=sys.stderr, flush=True)
