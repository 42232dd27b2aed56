"""Records as files: JSON lines, or a table with a row a record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from qualms.records import Record
from qualms.service.index.query import Filters, Sort
from qualms.service.page.asked import filters_of, sort_of
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, Request, Response, StreamingResponse

_CORE = (
    "id", "kind", "task_id", "title", "method", "seed", "twin_of", "twin_is", "data", "compute", "created_at",
    "seconds", "dollars", "shots", "memory_bytes",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which spreadsheets begin a formula


def routes(site: Site) -> APIRouter:
    """`/download/records.jsonl` and `.csv`, with the filters and the order of the list."""
    router = APIRouter(include_in_schema=False)

    @router.get("/download/records.jsonl")
    def lines(request: Request) -> Response:
        chosen = site.index.chosen(filters_of(request), sort_of(request))
        return _sent((record.to_json() + "\n" for record in chosen), "application/x-ndjson", "records.jsonl")

    @router.get("/download/records.csv")
    def table(request: Request) -> Response:
        return _sent(
            _rows(site, filters_of(request), sort_of(request)), "text/csv; charset=utf-8", "records.csv"
        )

    return router


def _sent(content: Iterator[str], media: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(content, media_type=media, headers=headers)


def _rows(site: Site, filters: Filters, sort: Sort) -> Iterator[str]:
    """A header and a row a record: the core, and a column for every metric that any of them has."""
    from qualms.report.page import REPORTS

    names: dict[str, None] = {}
    for record in site.index.chosen(filters, sort):
        names.update(dict.fromkeys(record.metrics))
    yield _line([*_CORE, *names])
    for record in site.index.chosen(filters, sort):
        title = REPORTS[record.kind].title([record])
        metrics = [record.metrics[name].value if name in record.metrics else None for name in names]
        yield _line([*_core(record, title), *metrics])


def _core(record: Record, title: str) -> list[object]:
    return [
        record.id, record.kind, record.task_id, title, record.method, record.seed, record.twin_of,
        record.twin_is, record.quadrant.data, record.quadrant.compute, record.provenance.created_at,
        record.cost.seconds, record.cost.dollars, record.cost.shots, record.cost.memory_bytes,
    ]  # fmt: skip


def _line(cells: list[object]) -> str:
    """A row; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in cells
    )
    return made.getvalue()
