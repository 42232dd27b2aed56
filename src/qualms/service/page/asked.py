"""Filters, order and cursor from an address."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from qualms.service.index.query import Filters, Sort
from qualms.service.web import Request

_LONGEST = 300  # characters of one filter
MOST_CHOSEN = 200  # records in one comparison


def filters_of(request: Request) -> Filters:
    """The filters in an address; what is longer than any name is cut."""
    return Filters(
        **{f.name: request.query_params.get(f.name, "").strip()[:_LONGEST] for f in fields(Filters)}
    )


def sort_of(request: Request) -> Sort:
    """The order in an address. Raises ConfigError for a column that there is not."""
    column = request.query_params.get("sort", "created") or "created"
    return Sort(column, request.query_params.get("order", "descending") != "ascending")


def address(path: str, filters: Filters, sort: Sort | None = None, **more: Any) -> str:
    """An address with filters, order and more."""
    query: dict[str, Any] = filters.query()
    if sort is not None and sort != Sort():
        query |= {"sort": sort.column, "order": "descending" if sort.descending else "ascending"}
    query |= {name: value for name, value in more.items() if value}
    return f"{path}?{urlencode(query)}" if query else path


def files_of(filters: Filters, sort: Sort | None = None) -> list[tuple[str, str]]:
    """(form, address) of each file that a list can be downloaded as."""
    return [(form, address(f"/download/records.{form}", filters, sort)) for form in ("jsonl", "csv")]
