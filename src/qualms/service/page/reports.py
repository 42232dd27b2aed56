"""Sections of the report, drawn from chosen records and kept as long as these are the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from qualms.errors import QualmsError, one_line
from qualms.execution import Tell
from qualms.service.index.index import Index
from qualms.service.page.drawing import Drawing


@dataclass(frozen=True)
class Shown:
    """A section as HTML.

    Attributes
    ----------
    kind, task_id, title, body : str
        `body` is HTML that the report's templates have escaped.
    count : int
        Records in it.
    problem : str
        Why there is no body; empty where there is one.
    """

    kind: str
    task_id: str
    title: str
    body: str
    count: int
    problem: str = ""


class Reports:
    """Makes sections from the records of an index.

    Parameters
    ----------
    store : Path
        The folder of the records.
    drawing : Drawing
        Where they are drawn.
    """

    def __init__(self, store: Path, drawing: Drawing) -> None:
        self._store, self._drawing = store, drawing

    def of(self, keys: Sequence[str], level: int = 2) -> list[Shown]:
        """A section for each kind and task among the records with these keys; headings inside are of `level`.

        Records that are no longer in their files are left out.
        """
        name = (level, tuple(keys))
        shown: list[Shown] = self._drawing.of(name, None, sections_of, self._store, tuple(keys), level)
        if sum(part.count for part in shown) < len(keys):  # they may be there again the next time
            self._drawing.forget(name)
        return shown


def sections_of(store: Path, keys: Sequence[str], level: int, tell: Tell) -> list[Shown]:
    """Read records, and make a section for each kind and task; of the first tasks with everything in it."""
    # here, because it brings matplotlib, and lists do without
    from qualms.report.page import MOST_SECTIONS, sections

    with closing(Index(store)) as index:
        records = index.records(keys)
    shown = []
    for number, part in enumerate(sections(records), 1):
        body, problem = "", ""
        try:
            if number <= MOST_SECTIONS:
                body = part.body(level)
            else:
                problem = f"Only the first {MOST_SECTIONS} tasks are shown with their reports; choose fewer."
        except QualmsError as error:  # records that make no sense end no page
            problem = one_line(error)
        shown.append(Shown(part.kind, part.task_id, part.title, body, len(part.records), problem))
    return shown
