"""Routes in Solomon's format and in tables."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from qualms.formats.distances import EXACT, FARTHEST, MOST, by_rows, check_windows, coordinate, euclid, scaled
from qualms.formats.lines import Lines
from qualms.formats.table import Table
from qualms.problems.problem import Problem
from qualms.problems.routing import Routing


def solomon(lines: Lines, settings: dict[str, Any]) -> Problem:
    """Solomon's and Gehring and Homberger's: VEHICLE, NUMBER CAPACITY, CUSTOMER and a table.

    Distances are Euclid's, cut to one decimal as the DIMACS challenge of 2021 does; with the setting
    distances=EXACT_2D they are kept to millionths.
    """
    at = {
        row[0].upper(): place
        for place, (_, row) in enumerate(lines.rows)
        if row[0].upper() in ("VEHICLE", "CUSTOMER")
    }
    if set(at) != {"VEHICLE", "CUSTOMER"} or at["VEHICLE"] + 2 >= len(lines.rows):
        raise lines.error(
            lines.rows[0][0], "a file in Solomon's format has the headings VEHICLE and CUSTOMER"
        )
    line, words = lines.rows[at["VEHICLE"] + 2]
    if len(words) != 2:
        raise lines.error(line, "the number of vehicles and their capacity are expected here")
    vehicles, capacity = (lines.integer(line, w, 1, 2**40) for w in words)
    rows = lines.rows[at["CUSTOMER"] + 1 :]
    rows = rows[1:] if rows and rows[0][1][0].upper() == "CUST" else rows
    if not rows:
        raise lines.error(lines.rows[-1][0], "no customers")
    for place, (k, row) in enumerate(rows):
        if len(row) != 7:
            raise lines.error(
                k, f"{len(row)} words, where number, x, y, demand, ready, due and service are expected"
            )
        if lines.integer(k, row[0], what="customer") != place:
            raise lines.error(k, f"customer {row[0]} where {place} is expected")
    if len(rows) > MOST:
        raise lines.error(rows[MOST][0], f"more than {MOST:,} nodes")
    places = np.array([[coordinate(lines, k, w) for w in row[1:3]] for k, row in rows])
    demand = np.array([lines.integer(k, row[3], 0, 2**40, "demand") for k, row in rows], np.int64)
    times, scale = scaled(lines, [(k, w) for k, row in rows for w in row[4:]], "time")
    exact = settings.pop("distances", None)
    if exact not in (None, "EXACT_2D"):
        raise lines.error(
            line,
            (
                f"distances={exact}: files of Solomon's format have distances "
                "that are cut to one decimal, or EXACT_2D"
            ),
        )
    parts = max(scale, EXACT if exact else 10)
    if exact:
        d = by_rows(places, lambda away: np.rint(euclid(away) * parts))
        lines.notes.append(f"distances were rounded to 1/{parts:,} of a unit, as the setting says")
    else:
        d = by_rows(places, lambda away: np.floor(10 * euclid(away) + 1e-9)) * (parts // 10)
        lines.notes.append(
            "distances were cut to one decimal, as the DIMACS challenge of 2021 does; --set "
            "distances=EXACT_2D keeps them"
        )
    times = times.reshape(-1, 3) * (parts // scale)
    check_windows(lines, [k for k, _ in rows], times[:, :2])
    name = lines.rows[0][1][0] if at["VEHICLE"] > 0 else lines.path.stem
    return Routing(d, demand, capacity, vehicles, times[:, :2], times[:, 2], places, parts, name)


_COLUMNS = ("x", "y", "demand", "open", "close", "service")
_NAMES = ("name", "id", "customer", "node")
_PARTS = 1000  # of the unit of the coordinates


def table(found: Table, settings: dict[str, Any]) -> Problem:
    """A table with columns x, y and perhaps name, demand, open, close, service; the depot comes first.

    Distances are straight lines between coordinates, rounded to thousandths of their unit. Demands are
    integers; windows and services are in the unit of the coordinates. Nodes are called by the column name,
    id, customer or node, or by an index column without a name.
    """
    header = [c.lower() for c in found.header]
    named = next((c for c in _NAMES if c in header), "" if header[0] == "" else None)
    double = next((c for k, c in enumerate(header) if c in header[:k]), None)
    if double is not None:
        raise found.error(found.line, f"two columns are called {double!r}")
    other = [c for c in header if c not in _COLUMNS and c != named]
    if other:
        hint = (
            "; coordinates in degrees have to be projected to x and y first"
            if other[0][:3] in ("lat", "lon", "lng")
            else ""
        )
        raise found.error(
            found.line, f"column {other[0]!r} is not read; {', '.join((*_NAMES[:1], *_COLUMNS))} are{hint}"
        )
    if ("open" in header) != ("close" in header):
        raise found.error(found.line, "the columns open and close must be given together")
    columns = {c: found.numbers(header.index(c), c) for c in header if c in _COLUMNS}
    for c, values in columns.items():
        least = -FARTHEST if c in "xy" else 0
        for (k, row), v in zip(found.rows, values, strict=True):
            if not least <= v <= FARTHEST:
                raise found.error(
                    k, f"{c} {row[header.index(c)]!r} is not between {least:g} and {FARTHEST:g}"
                )
    demand = _demand(found, header, columns)
    if demand[0]:
        raise found.error(found.rows[0][0], f"the depot, which comes first, has a demand of {demand[0]}")
    capacity = settings.pop("capacity", None)
    if ("demand" in columns) != (capacity is not None):
        raise found.error(
            found.line,
            "a column of demands and the setting capacity must be given together (--set capacity=…)",
        )
    if not 2 <= len(found.rows) <= MOST:
        raise found.error(
            found.line,
            (
                f"{len(found.rows)} places; a depot and at least one customer, "
                f"and at most {MOST:,} in all, are expected"
            ),
        )
    place = np.stack([np.array(columns[c], float) for c in "xy"], 1)
    d = by_rows(place, lambda away: np.rint(_PARTS * euclid(away)))
    found.notes.append(
        f"distances are straight lines between the coordinates, rounded to 1/{_PARTS:,} of their unit"
    )
    windows = (
        np.stack([_thousandths(found, columns[c], c) for c in ("open", "close")], 1)
        if "open" in columns
        else None
    )
    if windows is not None:
        check_windows(found, [k for k, _ in found.rows], windows)
    service = _thousandths(found, columns["service"], "service") if "service" in columns else None
    labels = (
        [row[header.index(named)] or str(k) for k, (_, row) in enumerate(found.rows)]
        if named is not None
        else []
    )
    seen: set[str] = set()
    for (k, _), name in zip(found.rows, labels, strict=False):
        if name in seen:
            raise found.error(
                k, f"{name!r} occurs twice in column {found.header[header.index(str(named))]!r}"
            )
        seen.add(name)
    vehicles = 1 if capacity is None and windows is None else None
    return Routing(
        d,
        demand,
        int(capacity) if capacity is not None else None,
        vehicles,
        windows,
        service,
        place,
        _PARTS,
        found.path.stem,
        labels=labels,
    )


def _demand(found: Table, header: list[str], columns: dict[str, list[Fraction]]) -> np.ndarray:
    values = columns.get("demand", [Fraction(0)] * len(found.rows))
    for (k, row), v in zip(found.rows, values, strict=True):
        if v.denominator != 1:
            raise found.error(
                k,
                (
                    f"demand {row[header.index('demand')]!r} is not an integer; "
                    "scale the demands and the capacity"
                ),
            )
    return np.array([int(v) for v in values], np.int64)


def _thousandths(found: Table, values: list[Fraction], what: str) -> np.ndarray:
    if any((v * _PARTS).denominator != 1 for v in values):
        found.notes.append(f"column {what} was rounded to 1/{_PARTS:,}")
    return np.array([round(v * _PARTS) for v in values], np.int64)
