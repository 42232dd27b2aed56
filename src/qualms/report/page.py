"""One page for records of any kind: a section for every kind and task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qualms.records import Record
from qualms.report import asking, fine_tuning, learning, noise, solving
from qualms.report.pages import render_template, write_page
from qualms.report.sheet import Sheet


class KindReport(Protocol):
    """What a kind's module offers; all of it is made from records of one task alone."""

    def title(self, records: Sequence[Record]) -> str: ...

    def sheet(self, records: Sequence[Record]) -> Sheet:
        """The table for a terminal."""
        ...

    def legend(self, records: Sequence[Record]) -> list[str]:
        """What the table's columns mean, a line each."""
        ...

    def sentences(self, records: Sequence[Record]) -> list[str]:
        """What the records say."""
        ...

    def found(self, records: Sequence[Record]) -> dict[str, Any]:
        """The same as data, for programs."""
        ...

    def body(self, records: Sequence[Record], level: int = 2) -> str:
        """HTML below the section's heading, whose own headings are of this level."""
        ...


REPORTS: dict[str, KindReport] = {
    "fine-tuning": fine_tuning,
    "noise": noise,
    "solving": solving,
    "asking": asking,
    "learning": learning,
}


@dataclass(frozen=True)
class Section:
    """Records that may stand in one table, and the module that shows them.

    Attributes
    ----------
    kind, task_id : str
    records : list of Record
    report : KindReport
    """

    kind: str
    task_id: str
    records: list[Record]
    report: KindReport

    @property
    def title(self) -> str:
        return self.report.title(self.records)


def sections(records: Sequence[Record]) -> list[Section]:
    """Records by kind and task, in order of appearance. The same run twice counts once.

    Parameters
    ----------
    records : Sequence[Record]
        Of any kinds.

    Returns
    -------
    list[Section]
        At least one section, if there is a record.
    """
    groups: dict[tuple[str, str], dict[str, Record]] = {}
    for record in records:
        groups.setdefault((record.kind, record.task_id), {}).setdefault(record.id, record)
    return [
        Section(kind, task, list(found.values()), REPORTS[kind]) for (kind, task), found in groups.items()
    ]


def render(records: Sequence[Record]) -> str:
    """The page as text; it needs nothing from outside itself.

    Parameters
    ----------
    records : Sequence[Record]
        At least one, of any kinds.
    """
    parts = sections(records)
    level = 2 if len(parts) == 1 else 3
    shown = [{"title": part.title, "body": part.report.body(part.records, level)} for part in parts]
    heading = (
        parts[0].title
        if len(parts) == 1
        else f"{sum(len(part.records) for part in parts)} runs of {len(parts)} tasks"
    )
    return render_template("page.html.j2", title=heading, sections=shown)


def write(records: Sequence[Record], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    return write_page(render(records), path)
