"""Sections of the report, made from chosen records and kept as long as these are the same."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from qualms.errors import QualmsError, one_line
from qualms.records import Record

_KEPT = 64  # finished sections

log = logging.getLogger("qualms.service")


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
    """Makes sections, one at a time, and keeps the last ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, tuple[str, ...]], list[Shown]] = OrderedDict()
        self._one = threading.Lock()

    def of(self, records: Sequence[Record], level: int = 2) -> list[Shown]:
        """A section for each kind and task among the records; headings inside are of `level`."""
        name = (level, tuple(record.id for record in records))
        with self._one:
            if name not in self._kept:
                self._kept[name] = _made(records, level)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(name)
            return self._kept[name]


def _made(records: Sequence[Record], level: int) -> list[Shown]:
    # here, because it brings matplotlib, and lists do without
    from qualms.report.page import sections

    shown = []
    for part in sections(records):
        try:
            body, problem = part.report.body(part.records, level), ""
        except QualmsError as error:
            body, problem = "", one_line(error)
        except Exception as error:  # a record that fits the schema and makes no sense ends no page
            log.exception("the report of task %r failed", part.task_id)
            body, problem = "", f"this report could not be made: {type(error).__name__}: {one_line(error)}"
        shown.append(Shown(part.kind, part.task_id, part.title, body, len(part.records), problem))
    return shown
