"""The list of all records, and one record."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from qualms.data.numbers import finite, plain
from qualms.records import Metric, Record
from qualms.service.index.entry import Entry
from qualms.service.index.query import Filters, Sort
from qualms.service.page.asked import address, files_of, filters_of, sort_of
from qualms.service.page.reports import Reports
from qualms.service.page.site import Site
from qualms.service.page.words import flat
from qualms.service.web import APIRouter, HTTPException, Request, Response

_ROWS = 50  # of a list
_METHODS = 200  # that are offered for completion
_BESIDE = 40  # records beside one
_GONE = "There is no such record, or it is no longer in its file."
_TITLES = {  # of the columns, in the order in which they stand
    "method": "method", "seed": "seed", "value": "result", "title": "task", "kind": "kind",
    "seconds": "time", "compute": "compute", "created": "when (UTC)",
}  # fmt: skip


def routes(site: Site, reports: Reports) -> APIRouter:
    """`/records` and `/records/{key}`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/records")
    def listed(request: Request) -> Response:
        filters, sort = filters_of(request), sort_of(request)
        found = site.index.find(filters, sort, request.query_params.get("after") or None, _ROWS)
        return site.show(
            request, "records", found=found, filters=filters, sort=sort, rows=_ROWS,
            columns=[(told, c, _sorted(filters, sort, c)) for c, told in _TITLES.items()],
            more=address("/records", filters, sort, after=found.after) if found.after else None,
            first=address("/records", filters, sort), paged="after" in request.query_params,
            kinds=site.index.counts("kind"), computes=site.index.counts("compute"),
            methods=site.index.counts("method")[:_METHODS],
            downloads=files_of(filters, sort), news=_news(site, filters, site.index.state()[0]),
        )  # fmt: skip

    @router.get("/news/records")
    def news(request: Request) -> Response:
        """How many records came since a list was shown; the rest of the list stays as it is."""
        filters, since = filters_of(request), request.query_params.get("since", "0")
        row = int(since) if since.isdecimal() and len(since) < 18 else 0
        return site.show(request, "news", news=_news(site, filters, row))

    @router.get("/records/{key}")
    def one(request: Request, key: str) -> Response:
        record, entry = _whole(site, key)
        beside = _twins(site, entry)
        together = _same_seed(entry, beside)
        return site.show(
            request, "record", record=record, entry=entry, beside=beside[:_BESIDE],
            together=len(together), places=site.index.places(key), facts=_facts(record), parts=_parts(record),
            line=_shown(record), metrics=_leading_first(record, entry),
        )  # fmt: skip

    @router.get("/records/{key}/report")
    def report(request: Request, key: str) -> Response:
        """What the report shows of a record and its twins: with pictures, which take a moment."""
        _, entry = _whole(site, key)
        together = [e.key for e in _same_seed(entry, _twins(site, entry))]
        shown = reports.of([key, *together], 3)
        if not shown:  # they went while the report waited
            raise HTTPException(404, _GONE)
        return site.show(request, "record_report", entry=entry, shown=shown[0])

    @router.get("/records/{key}/record.json")
    def download(key: str) -> Response:
        record, _ = _whole(site, key)
        name = {"Content-Disposition": f'attachment; filename="record-{key}.json"'}
        return Response(record.to_json() + "\n", media_type="application/json", headers=name)

    return router


def _news(site: Site, filters: Filters, since: int) -> dict[str, Any]:
    """What a list shows about records that came after the row `since`."""
    return {
        "count": site.index.added(filters, since),
        "address": address("/news/records", filters, since=since),
        "list": address("/records", filters),
    }


def _whole(site: Site, key: str) -> tuple[Record, Entry]:
    entries, records = site.index.entries([key]), site.index.records([key])
    if not entries or not records:
        raise HTTPException(404, _GONE)
    return records[0], entries[0]


def _sorted(filters: Filters, sort: Sort, column: str) -> str:
    """The address of the same list sorted by a column; the other way round where it is already."""
    descending = not sort.descending if sort.column == column else column in ("created", "value", "seconds")
    return address("/records", filters, Sort(column, descending))


def _leading_first(record: Record, entry: Entry) -> list[tuple[str, Metric]]:
    """The number that lists show for the run, and then the others."""
    return sorted(record.metrics.items(), key=lambda named: named[0] != entry.metric)


def _twins(site: Site, entry: Entry) -> list[Entry]:
    """Of a quantum run its twins, of a twin the quantum run and the other twins; the same seed first."""
    quantum = entry.twin_of or entry.method
    beside = [
        e for e in site.index.of_task(entry.task_key)
        if e.key != entry.key and quantum in (e.method, e.twin_of)
    ]  # fmt: skip
    return sorted(beside, key=lambda e: (e.seed != entry.seed, e.method, e.seed))


def _same_seed(entry: Entry, beside: list[Entry]) -> list[Entry]:
    return [e for e in beside if e.seed == entry.seed and e.method != entry.method][:_BESIDE]


def _facts(record: Record) -> list[tuple[str, str]]:
    memory = record.cost.memory_bytes
    return [
        ("id", record.id),
        ("kind", record.kind),
        ("task", record.task_id),
        ("seed", str(record.seed)),
        ("quadrant", str(record.quadrant)),
        ("twin", f"of {record.twin_of}: {record.twin_is}" if record.twin_of else "this run is not a twin"),
        ("money spent", f"{record.cost.dollars:.2f} US dollars"),
        ("shots", f"{record.cost.shots:,}"),
        ("peak memory", "not measured" if memory is None else f"{memory / 2**20:,.0f} MiB"),
        ("made", record.provenance.created_at),
        ("machine", ", ".join(f"{k} {v}" for k, v in record.provenance.machine.items())),
        ("versions", ", ".join(f"{k} {v}" for k, v in record.provenance.versions.items() if v)),
    ]


def _parts(record: Record) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """The payload by its fields: those that are shown in a line, and those with parts of their own."""
    fields = plain(asdict(record.payload))
    there = [(k.replace("_", " "), v) for k, v in fields.items() if v not in (None, "", [], {})]
    return [f for f in there if flat(f[1])], [f for f in there if not flat(f[1])]


def _shown(record: Record) -> str:
    return json.dumps(finite(plain(asdict(record))), ensure_ascii=False, indent=1, sort_keys=True)
