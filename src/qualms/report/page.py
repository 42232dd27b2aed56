"""One page for records of any kind: a section for every kind and task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qualms.records import Record
from qualms.records.files import new_folder
from qualms.report import asking, fine_tuning, learning, noise, solving
from qualms.report.pages import render_template, write_page
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.quadrants import quadrants
from qualms.report.report_errors import report_errors
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

    def pictures(self, records: Sequence[Record]) -> list[Picture]:
        """Every picture that the records can fill."""
        ...

    def body(self, records: Sequence[Record], level: int = 2) -> str:
        """HTML below the section's heading, whose own headings are of this level."""
        ...


_WEIGHT = "WEIGHT"  # where the page tells its size, which is known when all else is there
MOST_SECTIONS = 20  # of a page, so that it stays small; the other tasks are named

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
        with self.report_errors():
            return self.report.title(self.records)

    def report_errors(self) -> AbstractContextManager[None]:
        """For everything that is made of these records, whose contents a report may be unable to use."""
        return report_errors(f"the records of kind {self.kind} and task {self.task_id!r}")

    def body(self, level: int) -> str:
        """HTML below the heading. Raises DataError for records that no report can use."""
        with self.report_errors():
            return self.report.body(self.records, level)


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
        At least one, of any kinds. The first `MOST_SECTIONS` tasks get a section each, the others a row.

    Raises
    ------
    DataError
        Of records that fit the schema, and whose contents no report can use.
    """
    parts = sections(records)
    level = 2 if len(parts) == 1 else 3
    shown = [{"title": part.title, "body": part.body(level)} for part in parts[:MOST_SECTIONS]]
    several = len(parts) > 1
    runs = sum(len(part.records) for part in parts)
    text = render_template(
        "page.html.j2", title=f"{runs:,} runs of {len(parts):,} tasks" if several else parts[0].title,
        sections=shown, others=parts[MOST_SECTIONS:], overview=overview(records) if several else None,
        weight=_WEIGHT,
    )  # fmt: skip
    above, _, below = text.rpartition(_WEIGHT)  # in the footer, which is below all texts of users
    return f"{above}{math.ceil(len(text.encode()) / 1000):,}{below}"


def overview(records: Sequence[Record]) -> Picture:
    """All runs in their quadrants, each run once."""
    return quadrants({record.id: record for record in records}.values())


def write_pictures(records: Sequence[Record], folder: Path) -> Path:
    """Write every picture of the page as PNG and SVG, with the numbers behind it as CSV.

    Parameters
    ----------
    records : Sequence[Record]
        As for `render`.
    folder : Path
        New or empty. Where there are several sections, names of files begin with a section's number and kind.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    RunFolderError
        It could not be written; nothing is left behind then.
    """
    parts = sections(records)
    with new_folder(folder) as filled:
        if len(parts) > 1:
            overview(records).write(filled)
        for number, part in enumerate(parts[:MOST_SECTIONS], 1):
            prefix = f"{number:02d}-{part.kind}-" if len(parts) > 1 else ""
            with part.report_errors():
                for picture in part.report.pictures(part.records):
                    picture.write(filled, prefix)
    return folder


def write(records: Sequence[Record], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    return write_page(render(records), path)
