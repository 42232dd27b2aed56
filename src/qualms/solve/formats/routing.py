"""Tours: TSPLIB, CVRPLIB and VRPLIB, Solomon's time windows, tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from qualms.solve.formats.lines import Lines
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.routing import Routing

_MOST = 12_000  # nodes: a table of distances of 1.2 GB
_NEAR: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "EUC_2D": lambda d: np.floor(np.hypot(d[..., 0], d[..., 1]) + 0.5),
    "CEIL_2D": lambda d: np.ceil(np.hypot(d[..., 0], d[..., 1])),
    "MAN_2D": lambda d: np.floor(np.abs(d).sum(-1) + 0.5),
    "MAX_2D": lambda d: np.floor(np.abs(d).max(-1) + 0.5),
}
_IGNORED = {"NAME", "COMMENT", "TYPE", "EDGE_DATA_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"}
_KEYS = {"DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "CAPACITY", "VEHICLES", "SERVICE_TIME"}
_SECTIONS = {"NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DEMAND_SECTION", "DEPOT_SECTION", "DISPLAY_DATA_SECTION", "TIME_WINDOW_SECTION",
             "SERVICE_TIME_SECTION"}  # fmt: skip


def tsplib(lines: Lines) -> Problem:
    """TSPLIB 95 and what CVRPLIB and VRPLIB add: demands, depots, windows, service times.

    Distances are rounded as TSPLIB says. A fleet limit is VEHICLES, or the number k of a name that ends in "-kNN": in the sets A, B, E, F, M, P
    of CVRPLIB and in QOBLIB it is the number of vehicles; in set X (names that begin with "X-n") it is only a lower bound and no limit.
    """
    keys, sections = _parted(lines)
    for need in ("DIMENSION", "EDGE_WEIGHT_TYPE"):
        if need not in keys:
            raise lines.error(lines.rows[-1][0], f"no {need} is given")
    n = lines.whole(*keys["DIMENSION"], 2, _MOST, "DIMENSION")
    distance, coordinates = _distances(lines, keys, sections, n)
    demand = _per_node(lines, sections, "DEMAND_SECTION", n, 1)
    depot = _depot(lines, sections, n)
    kind = lines_type(lines, keys)
    capacity = lines.whole(*keys["CAPACITY"], 1, 2**60, "CAPACITY") if "CAPACITY" in keys else None
    if (demand is None) != (capacity is None):
        raise lines.error(lines.rows[-1][0], "demands and CAPACITY go together; one of them is missing")
    if kind in ("CVRP", "VRPTW") and demand is None:
        raise lines.error(lines.rows[-1][0], f"TYPE {kind} without DEMAND_SECTION")
    if kind == "VRPTW" and "TIME_WINDOW_SECTION" not in sections:
        raise lines.error(lines.rows[-1][0], "TYPE VRPTW without TIME_WINDOW_SECTION")
    if demand is not None and demand[depot, 0]:
        raise lines.error(sections["DEMAND_SECTION"][0], "the depot has a demand")
    order = np.concatenate([[depot], np.delete(np.arange(n), depot)])
    windows = _per_node(lines, sections, "TIME_WINDOW_SECTION", n, 2)
    service = _service(lines, keys, sections, n)
    return Routing(
        distance[np.ix_(order, order)], demand[order, 0] if demand is not None else np.zeros(n, np.int64), capacity,
        _vehicles(lines, keys, demand is None and windows is None), windows[order] if windows is not None else None,
        service[order] if service is not None else None, coordinates[order] if coordinates is not None else None,
        name=" ".join(keys["NAME"][1].split()) if "NAME" in keys else lines.path.stem,
    )  # fmt: skip


def lines_type(lines: Lines, keys: dict[str, tuple[int, str]]) -> str:
    found = keys["TYPE"][1].split()[0] if "TYPE" in keys and keys["TYPE"][1] else ""
    if found not in ("", "TSP", "CVRP", "VRPTW", "ATSP"):
        raise lines.error(keys["TYPE"][0], f"TYPE {found!r}; TSP, ATSP, CVRP and VRPTW are read")
    return found


Keys = dict[str, tuple[int, str]]
Sections = dict[str, tuple[int, list[tuple[int, list[str]]]]]


def _parted(lines: Lines) -> tuple[Keys, Sections]:
    keys: Keys = {}
    sections: Sections = {}
    current = None
    ended = False
    for k, row in lines:
        text = " ".join(row)
        head = re.split(r"[\s:]", text, maxsplit=1)[0].upper()
        if ended:
            raise lines.error(k, f"{text[:30]!r} after EOF")
        if head == "EOF":
            ended = True
        elif head in _SECTIONS:
            if head in sections:
                raise lines.error(k, f"a second {head}")
            current = head
            sections[head] = (k, [])
        elif head in _IGNORED | _KEYS:
            if head in keys and head != "COMMENT":
                raise lines.error(k, f"a second {head}")
            keys[head] = (k, text[len(head) :].strip(" :\t"))
            current = None
        elif current:
            sections[current][1].append((k, row))
        else:
            raise lines.error(k, f"{text[:30]!r} is no key or section that is read")
    return keys, sections


def _distances(lines: Lines, keys: Keys, sections: Sections, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    line, kind = keys["EDGE_WEIGHT_TYPE"]
    coordinates = None
    if "NODE_COORD_SECTION" in sections:
        rows = _rows(lines, sections, "NODE_COORD_SECTION", n)
        coordinates = np.empty((n, 2))
        for k, row in rows:
            if len(row) != 3:
                raise lines.error(k, f"{len(row)} words where a node and two coordinates belong")
            coordinates[lines.whole(k, row[0], 1, n, "node") - 1] = [lines.real(k, w, what="coordinate") for w in row[1:]]
    elif "DISPLAY_DATA_SECTION" in sections:
        shown = _rows(lines, sections, "DISPLAY_DATA_SECTION", n)
        coordinates = np.array([[lines.real(k, w) for w in row[1:3]] for k, row in shown])
    if kind == "EXPLICIT":
        return _explicit(lines, keys, sections, n), coordinates
    if coordinates is None or "NODE_COORD_SECTION" not in sections:
        raise lines.error(line, f"EDGE_WEIGHT_TYPE {kind} without NODE_COORD_SECTION")
    if kind == "GEO":
        return _geographic(coordinates), coordinates
    if kind == "ATT":
        return _by_rows(coordinates, lambda away: np.ceil(np.sqrt((away**2).sum(-1) / 10))), coordinates
    if kind not in _NEAR:
        raise lines.error(line, f"EDGE_WEIGHT_TYPE {kind!r}; {', '.join(_NEAR)}, ATT, GEO and EXPLICIT are read")
    return _by_rows(coordinates, _NEAR[kind]), coordinates


def _by_rows(places: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(n, n) int64, a row at a time: differences of all pairs at once would be several times as much."""
    d = np.empty((len(places), len(places)), np.int64)
    for k, place in enumerate(places):
        d[k] = measure(places - place)
    return d


def _geographic(degrees: np.ndarray) -> np.ndarray:
    """TSPLIB 95, section 2.4, with its own π and radius."""
    whole = np.trunc(degrees)
    radians = 3.141592 * (whole + 5 * (degrees - whole) / 3) / 180
    lat, lon = radians[:, 0], radians[:, 1]
    q1 = np.cos(lon[:, None] - lon[None])
    q2, q3 = np.cos(lat[:, None] - lat[None]), np.cos(lat[:, None] + lat[None])
    d = (6378.388 * np.arccos(np.clip(0.5 * ((1 + q1) * q2 - (1 - q1) * q3), -1, 1)) + 1).astype(np.int64)
    np.fill_diagonal(d, 0)
    return d


def _explicit(lines: Lines, keys: Keys, sections: Sections, n: int) -> np.ndarray:
    if "EDGE_WEIGHT_FORMAT" not in keys or "EDGE_WEIGHT_SECTION" not in sections:
        raise lines.error(keys["EDGE_WEIGHT_TYPE"][0], "EXPLICIT needs EDGE_WEIGHT_FORMAT and EDGE_WEIGHT_SECTION")
    line, form = keys["EDGE_WEIGHT_FORMAT"]
    at = {"FULL_MATRIX": np.divmod(np.arange(n * n), n), "UPPER_ROW": np.triu_indices(n, 1), "UPPER_DIAG_ROW": np.triu_indices(n),
          "LOWER_ROW": np.tril_indices(n, -1), "LOWER_DIAG_ROW": np.tril_indices(n),
          "UPPER_COL": np.tril_indices(n, -1), "LOWER_COL": np.triu_indices(n, 1),
          "UPPER_DIAG_COL": np.tril_indices(n), "LOWER_DIAG_COL": np.triu_indices(n)}  # fmt: skip
    if form not in at:
        raise lines.error(line, f"EDGE_WEIGHT_FORMAT {form!r}; {', '.join(at)} are read")
    if form == "LOWER_ROW" and "Eilon" in keys.get("COMMENT", (0, ""))[1]:
        form = "UPPER_ROW"  # those files of set E hold the triangle by columns, whatever they say
    first, rows = sections["EDGE_WEIGHT_SECTION"]
    words = [(k, w) for k, row in rows for w in row]
    i, j = at[form]
    if len(words) != len(i):
        short = ": cut short?" if len(words) < len(i) else ""
        raise lines.error(words[-1][0] if words else first, f"{len(words)} distances, but {form} of {n} nodes has {len(i)}{short}")
    d = np.zeros((n, n), np.int64)
    d[i, j] = [lines.whole(k, w, 0, 2**40, "distance") for k, w in words]
    if form != "FULL_MATRIX":
        d[j, i] = d[i, j]
    np.fill_diagonal(d, 0)
    return d


def _rows(lines: Lines, sections: Sections, name: str, n: int) -> list[tuple[int, list[str]]]:
    first, rows = sections[name]
    if len(rows) != n:
        raise lines.error(rows[-1][0] if rows else first, f"{name} has {len(rows)} rows for {n} nodes" + (": cut short?" if len(rows) < n else ""))
    nodes = [lines.whole(k, row[0], 1, n, "node") for k, row in rows]
    if len(set(nodes)) != n:
        double = next(k for at, (k, row) in enumerate(rows) if nodes[at] in nodes[:at])
        raise lines.error(double, f"a node stands twice in {name}")
    return rows


def _per_node(lines: Lines, sections: Sections, name: str, n: int, width: int) -> np.ndarray | None:
    if name not in sections:
        return None
    found = np.zeros((n, width), np.int64)
    for k, row in _rows(lines, sections, name, n):
        if len(row) != 1 + width:
            raise lines.error(k, f"{len(row)} words where a node and {width} numbers belong")
        found[int(row[0]) - 1] = [lines.whole(k, w, 0, 2**60) for w in row[1:]]
    return found


def _depot(lines: Lines, sections: Sections, n: int) -> int:
    if "DEPOT_SECTION" not in sections:
        return 0
    words = [(k, w) for k, row in sections["DEPOT_SECTION"][1] for w in row]
    depots = [(k, w) for k, w in words if w != "-1"]
    if len(depots) != 1:
        raise lines.error(sections["DEPOT_SECTION"][0], f"{len(depots)} depots; one is what is read")
    return lines.whole(*depots[0], 1, n, "depot") - 1


def _service(lines: Lines, keys: Keys, sections: Sections, n: int) -> np.ndarray | None:
    if "SERVICE_TIME" in keys:
        service = np.full(n, lines.whole(*keys["SERVICE_TIME"], 0, 2**40, "SERVICE_TIME"))
        service[_depot(lines, sections, n)] = 0
        return service
    found = _per_node(lines, sections, "SERVICE_TIME_SECTION", n, 1)
    return found[:, 0] if found is not None else None


def _vehicles(lines: Lines, keys: Keys, single: bool) -> int | None:
    if single:
        return 1
    if "VEHICLES" in keys:
        return lines.whole(*keys["VEHICLES"], 1, 10**6, "VEHICLES")
    name = keys["NAME"][1] if "NAME" in keys else lines.path.stem
    told = re.search(r"-k(\d+)(?:-|$)", name.strip())
    return int(told.group(1)) if told and not name.strip().startswith("X-n") else None


def solomon(lines: Lines) -> Problem:
    """Solomon's and Gehring and Homberger's: VEHICLE, NUMBER CAPACITY, CUSTOMER and a table.

    Distances are Euclid's, cut to a decimal as the DIMACS challenge of 2021 has it: whole tenths.
    """
    at = {row[0].upper(): place for place, (_, row) in enumerate(lines.rows) if row[0].upper() in ("VEHICLE", "CUSTOMER")}
    if set(at) != {"VEHICLE", "CUSTOMER"} or at["VEHICLE"] + 2 >= len(lines.rows):
        raise lines.error(lines.rows[0][0], "VEHICLE and CUSTOMER belong into a file of Solomon's format")
    line, words = lines.rows[at["VEHICLE"] + 2]
    if len(words) != 2:
        raise lines.error(line, "the number of vehicles and their capacity belong here")
    vehicles, capacity = (lines.whole(line, w, 1, 2**40) for w in words)
    rows = lines.rows[at["CUSTOMER"] + 1 :]
    rows = rows[1:] if rows and rows[0][1][0].upper() == "CUST" else rows
    if not rows:
        raise lines.error(lines.rows[-1][0], "no customers")
    table = np.empty((len(rows), 7))
    for place, (k, row) in enumerate(rows):
        if len(row) != 7:
            raise lines.error(k, f"{len(row)} words where number, x, y, demand, ready, due and service belong")
        table[place] = [lines.real(k, w) for w in row]
        if table[place, 0] != place:
            raise lines.error(k, f"customer {row[0]} where {place} belongs")
        if table[place, 3] < 0 or table[place, 3] != int(table[place, 3]):
            raise lines.error(k, f"demand {row[3]} is no whole number of at least 0")
    d = _by_rows(table[:, 1:3], lambda away: np.floor(10 * np.hypot(away[..., 0], away[..., 1]) + 1e-9))
    whole = np.rint(10 * table[:, 4:7]).astype(np.int64)
    name = lines.rows[0][1][0] if at["VEHICLE"] > 0 else lines.path.stem
    return Routing(d, table[:, 3].astype(np.int64), capacity, vehicles, whole[:, :2], whole[:, 2], table[:, 1:3], 10, name)


_COLUMNS = ("x", "y", "demand", "open", "close", "service")


def table(lines: Lines, header: list[str], rows: list[tuple[int, list[str]]], settings: dict[str, Any]) -> Problem:
    """A table with columns x, y and perhaps name, demand, open, close, service; the depot comes first. Distances are Euclid's in thousandths.

    Demands, windows and services are whole numbers in the unit of the coordinates.
    """
    known = [c for c in header if c in _COLUMNS]
    other = [c for c in header if c not in _COLUMNS and c not in ("name", "id", "customer", "node")]
    if other:
        raise lines.error(lines.rows[0][0], f"column {other[0]!r}; name, {', '.join(_COLUMNS)} are read")
    if ("open" in known) != ("close" in known):
        raise lines.error(lines.rows[0][0], "columns open and close go together")
    columns = {c: np.array([lines.real(k, row[header.index(c)], 0 if c in _COLUMNS[2:] else -np.inf, c) for k, row in rows]) for c in known}
    whole = [c for c in known if c == "demand" and (columns[c] != np.rint(columns[c])).any()]
    if whole:
        raise lines.error(rows[0][0], "demands are whole numbers; scale them")
    capacity = settings.pop("capacity", None)
    if ("demand" in known) != (capacity is not None):
        raise lines.error(lines.rows[0][0], "a column of demands and the setting capacity go together (--set capacity=…)")
    place = np.stack([columns["x"], columns["y"]], 1)
    d = _by_rows(place, lambda away: np.rint(1000 * np.hypot(away[..., 0], away[..., 1])))
    windows = np.rint(1000 * np.stack([columns["open"], columns["close"]], 1)).astype(np.int64) if "open" in known else None
    demand = columns["demand"].astype(np.int64) if "demand" in known else np.zeros(len(place), np.int64)
    service = np.rint(1000 * columns["service"]).astype(np.int64) if "service" in known else None
    vehicles = 1 if capacity is None and windows is None else None
    return Routing(d, demand, int(capacity) if capacity is not None else None, vehicles, windows, service, place, 1000, lines.path.stem)
