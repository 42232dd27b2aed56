"""Routes of records: list, look at, download."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from qualms.errors import MissingError
from qualms.service.api.jobs import Limit, problems
from qualms.service.api.views import EntriesView, EntryView
from qualms.service.index.entry import key_of
from qualms.service.index.query import Filters, Sort
from qualms.service.served import Service
from qualms.service.web import APIRouter, Depends, InPath, Query, Response, StreamingResponse

_KEY = re.compile(r"[0-9a-f]{20}")
_LINES = "application/jsonl"
Word = Annotated[str, Query(max_length=200)]
Column = Literal["created", "kind", "title", "method", "seed", "value", "seconds", "compute"]


def _filters(
    kind: Word = "",
    data: Word = "",
    compute: Word = "",
    method: Word = "",
    task: Annotated[str, Query(max_length=200, description="A task's key.")] = "",
    twins: Literal["", "twin", "quantum", "other"] = "",
    text: Word = "",
) -> Filters:
    return Filters(kind, data, compute, method, task, twins, text)


def routes(service: Service) -> APIRouter:
    """`/records`."""
    router = APIRouter(tags=["records"])

    @router.get("/records", response_model=EntriesView, responses=problems(422, 503))
    def listed(
        filters: Annotated[Filters, Depends(_filters)],
        sort: Column = "created",
        order: Literal["ascending", "descending"] = "descending",
        after: Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")] = None,
        limit: Limit = 50,
    ) -> EntriesView:
        """Records of the store, those of every kind together."""
        found = service.index.find(filters, Sort(sort, order == "descending"), after, limit)
        broken, _ = service.index.broken(0)
        return EntriesView(
            records=[EntryView(**_view(asdict(entry))) for entry in found.entries],
            total=found.total,
            broken=broken,
            next=found.after,
        )

    @router.get(
        "/records.jsonl",
        response_class=Response,
        responses={200: {"content": {_LINES: {"schema": {"type": "string"}}}}, **problems(422, 503)},
    )
    def download(filters: Annotated[Filters, Depends(_filters)]) -> Response:
        """Whole records, one JSON object a line."""

        def lines() -> Iterator[str]:
            for record in service.index.chosen(filters, Sort()):
                yield record.to_json() + "\n"

        headers = {"Content-Disposition": 'attachment; filename="records.jsonl"', "Cache-Control": "no-store"}
        return StreamingResponse(lines(), media_type=_LINES, headers=headers)

    @router.get(
        "/records/{record}",
        response_class=Response,
        responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}},
                   **problems(404, 422, 503)},
    )  # fmt: skip
    def one(record: Annotated[str, InPath(max_length=200, description="Its key, or its id.")]) -> Response:
        """A record, whole."""
        found = service.index.records([record if _KEY.fullmatch(record) else key_of(record)])
        if not found:
            raise MissingError("there is no such record in the store")
        return Response(
            found[0].to_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return router


def _view(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in EntryView.model_fields}
