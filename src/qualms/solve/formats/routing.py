"""Tours: TSPLIB, CVRPLIB and VRPLIB, Solomon's time windows, tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from qualms.solve.formats.lines import Lines
from qualms.solve.formats.table import Table
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.routing import Routing

_MOST = 12_000  # nodes: a table of distances of 1.2 GB
_EXACT = 1_000_000  # parts of a unit to which distances that are not rounded are kept
_LARGEST = 2**53  # of a distance in parts of a unit
_FARTHEST = 1e9  # of a coordinate
_TYPES = {"TSP", "VRP", "ATSP", "CVRP", "ACVRP", "DCVRP", "VRPTW", "CVRPTW"}
_WINDOWED = {"VRPTW", "CVRPTW"}
_ROUNDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "EUC": lambda d: np.floor(_euclid(d) + 0.5),
    "CEIL": lambda d: np.ceil(_euclid(d)),
    "FLOOR": lambda d: np.floor(_euclid(d)),
    "MAN": lambda d: np.floor(np.abs(d).sum(-1) + 0.5),
    "MAX": lambda d: np.floor(np.abs(d).max(-1) + 0.5),
}
DISTANCES = ("EUC_2D", "CEIL_2D", "FLOOR_2D", "EXACT_2D")  # of which a user may choose another than the file names
_PLANE = tuple(f"{rule}_{d}D" for d in (2, 3) for rule in (*_ROUNDED, "EXACT"))
_IGNORED = {"NAME", "COMMENT", "TYPE", "EDGE_DATA_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"}
_KEYS = {"DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "CAPACITY", "VEHICLES", "SERVICE_TIME", "DISTANCE"}
_SECTIONS = {"NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DEMAND_SECTION", "DEPOT_SECTION", "DISPLAY_DATA_SECTION", "TIME_WINDOW_SECTION",
             "SERVICE_TIME_SECTION"}  # fmt: skip


def _euclid(away: np.ndarray) -> np.ndarray:
    """A column at a time, so that the result does not depend on the order in which numpy sums."""
    return np.hypot(away[..., 0], away[..., 1]) if away.shape[-1] == 2 else np.sqrt((away**2).sum(-1))


def tsplib(lines: Lines, settings: dict[str, Any]) -> Problem:
    """TSPLIB 95 and what CVRPLIB, VRPLIB and LKH-3 add: demands, depots, windows, service times, the longest route (DISTANCE).

    Distances are rounded as TSPLIB says; EXACT_2D and EXACT_3D are kept to millionths. The setting `distances` takes another rule than the file
    names. A fleet limit is VEHICLES, or the number k of a name that ends in "-kNN": in the sets A, B, E, F, M, P of CVRPLIB and in QOBLIB it is
    the number of vehicles; in set X (names that begin with "X-n") it is only a lower bound and no limit. A route may take DISTANCE at most, its
    services among that. Nodes keep the file's numbers; where the first node is the depot, customers are numbered as in CVRPLIB's solution files,
    from 1.
    """
    kind = _type(lines)
    keys, sections = _parted(lines)
    for key in ("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT"):
        if key in keys:
            keys[key] = keys[key][0], keys[key][1].upper()
    for need in ("DIMENSION", "EDGE_WEIGHT_TYPE"):
        if need not in keys:
            raise lines.error(lines.rows[-1][0], f"no {need} is given")
    n = lines.whole(*keys["DIMENSION"], 2, _MOST, "DIMENSION")
    demand = _per_node(lines, sections, "DEMAND_SECTION", n, 1)
    depot = _depot(lines, sections, n)
    capacity = lines.whole(*keys["CAPACITY"], 1, 2**60, "CAPACITY") if "CAPACITY" in keys else None
    _check_parts(lines, keys, sections, kind, demand, capacity, depot)
    times = _times(lines, keys, sections, n, depot)
    distance, coordinates, scale = _distances(lines, keys, sections, n, settings.pop("distances", None), times.scale)
    order = np.concatenate([[depot], np.delete(np.arange(n), depot)])
    windows, service, longest = times.scaled(scale)
    single = demand is None and windows is None and longest is None
    return Routing(
        distance[np.ix_(order, order)], demand[order, 0] if demand is not None else np.zeros(n, np.int64), capacity,
        _vehicles(lines, keys, single, "vehicles" in settings), windows[order] if windows is not None else None,
        service[order] if service is not None else None, coordinates[order] if coordinates is not None else None, scale,
        name=" ".join(keys["NAME"][1].split()) if "NAME" in keys else lines.path.stem, longest=longest,
        labels=(order + 1).tolist() if single or depot else (),
    )  # fmt: skip


def _type(lines: Lines) -> str:
    """The problem's type, looked at before anything else: other types have sections of their own."""
    for k, row in lines:
        told = re.match(r"TYPE\s*:?\s*(\S*)", " ".join(row), re.IGNORECASE)
        if told:
            found = told.group(1).upper()
            if found not in {"", *_TYPES}:
                raise lines.error(k, f"TYPE {found!r} is not solved here; {', '.join(sorted(_TYPES))} are")
            return found
    return ""


def _check_parts(lines: Lines, keys: Keys, sections: Sections, kind: str, demand: np.ndarray | None, capacity: int | None, depot: int) -> None:
    end = lines.rows[-1][0]
    if (demand is None) != (capacity is None):
        raise lines.error(end, "demands and CAPACITY go together; one of them is missing")
    if kind.endswith(("CVRP", "VRPTW")) and demand is None:
        raise lines.error(end, f"TYPE {kind} without DEMAND_SECTION")
    if kind in _WINDOWED and "TIME_WINDOW_SECTION" not in sections:
        raise lines.error(end, f"TYPE {kind} without TIME_WINDOW_SECTION")
    if kind == "DCVRP" and "DISTANCE" not in keys:
        raise lines.error(end, "TYPE DCVRP without DISTANCE, the longest route")
    if "DISTANCE" in keys and "TIME_WINDOW_SECTION" in sections:
        raise lines.error(keys["DISTANCE"][0], "DISTANCE, the longest route, beside time windows is not solved here")
    if demand is not None and demand[depot, 0]:
        raise lines.error(sections["DEMAND_SECTION"][0], "the depot has a demand")


@dataclass(frozen=True)
class _Times:
    """Windows (n, 2), services (n) and the longest route in parts of a unit, `scale` of them to one."""

    scale: int
    windows: np.ndarray | None
    service: np.ndarray | None
    longest: int | None

    def scaled(self, scale: int) -> tuple[np.ndarray | None, np.ndarray | None, int | None]:
        """In other parts of a unit, which those here are a multiple of."""
        times = scale // self.scale
        return (
            self.windows * times if self.windows is not None else None,
            self.service * times if self.service is not None else None,
            self.longest * times if self.longest is not None else None,
        )


def _times(lines: Lines, keys: Keys, sections: Sections, n: int, depot: int) -> _Times:
    """Everything that is a time, exactly: decimals make the unit smaller."""
    windows, service = _words(lines, sections, "TIME_WINDOW_SECTION", n, 2), _words(lines, sections, "SERVICE_TIME_SECTION", n, 1)
    if "SERVICE_TIME" in keys:
        if service is not None:
            raise lines.error(keys["SERVICE_TIME"][0], "SERVICE_TIME beside SERVICE_TIME_SECTION: which one counts?")
        service = [(keys["SERVICE_TIME"][0], keys["SERVICE_TIME"][1] if k != depot else "0") for k in range(n)]
    longest = [keys["DISTANCE"]] if "DISTANCE" in keys else None
    if service is not None and windows is None and longest is None:
        if any(lines.real(k, w, 0, "service time") for k, w in service):
            lines.notes.append("service times were not used: without time windows or DISTANCE they change nothing")
        service = None
    given = [*(windows or []), *(service or []), *(longest or [])]
    values, scale = _scaled(lines, given, "time")
    a, b = 2 * n * (windows is not None), n * (service is not None)
    return _Times(
        scale, values[:a].reshape(n, 2) if windows is not None else None, values[a : a + b] if service is not None else None,
        int(values[-1]) if longest is not None else None,
    )  # fmt: skip


def _scaled(lines: Lines, words: list[tuple[int, str]], what: str) -> tuple[np.ndarray, int]:
    """Numbers from 0 to 2^40 as int64 in parts of a unit, and how many parts their decimals need."""
    for k, word in words:
        if lines.real(k, word, 0, what) > 2**40:
            raise lines.error(k, f"{what} {word} is too large")
    found = Decimals.of([w for _, w in words])
    if found.scale > _EXACT:
        raise lines.error(words[0][0], f"a {what} with more than six decimals; round them to six")
    return found.values.astype(np.int64), found.scale


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
            keys[head] = (k, text[len(head) :].strip(" :=\t"))
            current = None
        elif current:
            sections[current][1].append((k, row))
        else:
            raise lines.error(k, f"{text[:30]!r} is no key or section that is read")
    return keys, sections


def _distances(lines: Lines, keys: Keys, sections: Sections, n: int, chosen: str | None, scale: int) -> tuple[np.ndarray, np.ndarray | None, int]:
    """(n, n) int64 distances in parts of a unit, coordinates for pictures, and how many parts a unit has: at least `scale`."""
    line, rule = keys["EDGE_WEIGHT_TYPE"]
    places = _coordinates(lines, sections, "NODE_COORD_SECTION", n, 3 if rule.endswith("_3D") else 2)
    shown = places[:, :2] if places is not None else _coordinates(lines, sections, "DISPLAY_DATA_SECTION", n, 2)
    if chosen is not None:
        if rule not in DISTANCES:
            raise lines.error(line, f"the setting distances chooses among {', '.join(DISTANCES)}, and this file has {rule}")
        if chosen != rule:
            lines.notes.append(f"distances were computed by {chosen}, as the setting says, where the file names {rule}")
        rule = chosen
    if rule == "EXPLICIT":
        d, parts = _explicit(lines, keys, sections, n)
    elif places is None:
        raise lines.error(line, f"EDGE_WEIGHT_TYPE {rule} without NODE_COORD_SECTION")
    elif rule == "GEO":
        d, parts = _geographic(places), 1
    elif rule == "ATT":
        d, parts = _by_rows(places, lambda away: np.ceil(np.sqrt((away**2).sum(-1) / 10))), 1
    elif rule in _PLANE:
        d, parts = _in_the_plane(lines, keys, places, rule, chosen, "TIME_WINDOW_SECTION" in sections)
    else:
        raise lines.error(line, f"EDGE_WEIGHT_TYPE {rule!r}; {', '.join(_PLANE)}, ATT, GEO and EXPLICIT are read")
    whole = max(scale, parts)  # both are powers of ten
    if float(d.max(initial=0)) * (whole // parts) > _LARGEST:
        raise lines.error(line, f"distances up to {d.max() / parts:g} in {whole}ths of a unit are too large")
    return d * (whole // parts), shown, whole


def _coordinates(lines: Lines, sections: Sections, name: str, n: int, width: int) -> np.ndarray | None:
    """(n, width) by node; None without the section."""
    if name not in sections:
        return None
    found = np.empty((n, width))
    for k, row in _rows(lines, sections, name, n):
        if len(row) != 1 + width:
            raise lines.error(k, f"{len(row)} words where a node and {width} coordinates belong")
        found[lines.whole(k, row[0], 1, n, "node") - 1] = [_coordinate(lines, k, w) for w in row[1:]]
    return found


def _coordinate(lines: Lines, line: int, word: str) -> float:
    found = lines.real(line, word, what="coordinate")
    if abs(found) > _FARTHEST:
        raise lines.error(line, f"coordinate {word} is farther out than {_FARTHEST:g}")
    return found


def _in_the_plane(lines: Lines, keys: Keys, places: np.ndarray, rule: str, chosen: str | None, timed: bool) -> tuple[np.ndarray, int]:
    """Distances between coordinates, and the parts of a unit that they are counted in."""
    if not rule.startswith("EXACT"):
        if rule == "EUC_2D" and chosen is None and "CAPACITY" in keys and not timed:
            lines.notes.append(
                "EUC_2D distances were rounded to integers, as TSPLIB defines them; published costs of CVRPLIB's sets CMT, Golden, Li and Tai "
                "are of distances that are not rounded: --set distances=EXACT_2D"
            )
        return _by_rows(places, _ROUNDED[rule.split("_", maxsplit=1)[0]]), 1
    parts = _EXACT
    span = float(np.ptp(places, axis=0).sum())
    while parts > 1 and span * parts > _LARGEST / 1000:
        parts //= 10
    lines.notes.append(f"{rule} distances were rounded to 1/{parts:,} of a unit")
    return _by_rows(places, lambda away: np.rint(_euclid(away) * parts)), parts


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


def _explicit(lines: Lines, keys: Keys, sections: Sections, n: int) -> tuple[np.ndarray, int]:
    """Distances as they stand, and the parts of a unit that their decimals make."""
    if "EDGE_WEIGHT_FORMAT" not in keys or "EDGE_WEIGHT_SECTION" not in sections:
        raise lines.error(keys["EDGE_WEIGHT_TYPE"][0], "EXPLICIT needs EDGE_WEIGHT_FORMAT and EDGE_WEIGHT_SECTION")
    line, form = keys["EDGE_WEIGHT_FORMAT"]
    at = {"FULL_MATRIX": np.divmod(np.arange(n * n), n), "UPPER_ROW": np.triu_indices(n, 1), "UPPER_DIAG_ROW": np.triu_indices(n),
          "LOWER_ROW": np.tril_indices(n, -1), "LOWER_DIAG_ROW": np.tril_indices(n),
          "UPPER_COL": np.tril_indices(n, -1), "LOWER_COL": np.triu_indices(n, 1),
          "UPPER_DIAG_COL": np.tril_indices(n), "LOWER_DIAG_COL": np.triu_indices(n)}  # fmt: skip
    if form not in at:
        raise lines.error(line, f"EDGE_WEIGHT_FORMAT {form!r}; {', '.join(at)} are read")
    first, rows = sections["EDGE_WEIGHT_SECTION"]
    words = [(k, w) for k, row in rows for w in row]
    i, j = at[form]
    if len(words) != len(i):
        short = ": cut short?" if len(words) < len(i) else ""
        raise lines.error(words[-1][0] if words else first, f"{len(words)} distances, but {form} of {n} nodes has {len(i)}{short}")
    values, parts = _scaled(lines, words, "distance")
    d = np.zeros((n, n), np.int64)
    d[i, j] = values
    if form != "FULL_MATRIX":
        d[j, i] = d[i, j]
    np.fill_diagonal(d, 0)
    return d, parts


def _rows(lines: Lines, sections: Sections, name: str, n: int) -> list[tuple[int, list[str]]]:
    first, rows = sections[name]
    if len(rows) != n:
        raise lines.error(rows[-1][0] if rows else first, f"{name} has {len(rows)} rows for {n} nodes" + (": cut short?" if len(rows) < n else ""))
    nodes = [lines.whole(k, row[0], 1, n, "node") for k, row in rows]
    if len(set(nodes)) != n:
        double = next(k for at, (k, row) in enumerate(rows) if nodes[at] in nodes[:at])
        raise lines.error(double, f"a node stands twice in {name}")
    return rows


def _words(lines: Lines, sections: Sections, name: str, n: int, width: int) -> list[tuple[int, str]] | None:
    """(line, word) of `width` numbers for each node in order of nodes, node after node; None without the section."""
    if name not in sections:
        return None
    found: list[list[tuple[int, str]]] = [[]] * n
    for k, row in _rows(lines, sections, name, n):
        if len(row) != 1 + width:
            raise lines.error(k, f"{len(row)} words where a node and {width} numbers belong")
        found[lines.whole(k, row[0], 1, n, "node") - 1] = [(k, w) for w in row[1:]]
    return [word for node in found for word in node]


def _per_node(lines: Lines, sections: Sections, name: str, n: int, width: int) -> np.ndarray | None:
    """(n, width) integers of at least 0."""
    words = _words(lines, sections, name, n, width)
    return np.array([lines.whole(k, w, 0, 2**60) for k, w in words], np.int64).reshape(n, width) if words is not None else None


def _depot(lines: Lines, sections: Sections, n: int) -> int:
    if "DEPOT_SECTION" not in sections:
        return 0
    words = [(k, w) for k, row in sections["DEPOT_SECTION"][1] for w in row]
    depots = [(k, w) for k, w in words if w != "-1"]
    if len(depots) != 1:
        raise lines.error(sections["DEPOT_SECTION"][0], f"{len(depots)} depots; one is what is read")
    return lines.whole(*depots[0], 1, n, "depot") - 1


_NO_LIMIT = r"(X|XL|XML\w*|Loggi|ORTEC)-n"  # sets of CVRPLIB in whose names k is the least number of vehicles


def _vehicles(lines: Lines, keys: Keys, single: bool, chosen: bool) -> int | None:
    if single:
        return 1
    if "VEHICLES" in keys:
        return lines.whole(*keys["VEHICLES"], 1, 10**6, "VEHICLES")
    source, name = ("the name", keys["NAME"][1]) if "NAME" in keys else ("the file's name", lines.path.stem)
    first = re.sub(r"\.\w+$", "", name.split()[0]) if name.split() else ""
    told = re.search(r"-k(\d+)(?:-|$)", first)
    if not told:
        return None
    if re.match(_NO_LIMIT, first, re.IGNORECASE):
        if not chosen:
            lines.notes.append(
                f"the number of vehicles is not limited; the {told.group(1)} of {source} {name.strip()!r} is a lower bound in that set"
            )
        return None
    if not chosen:
        lines.notes.append(f"at most {int(told.group(1))} vehicles, from {source} {name.strip()!r}; --set vehicles=… takes another number")
    return int(told.group(1))


def solomon(lines: Lines, settings: dict[str, Any]) -> Problem:
    """Solomon's and Gehring and Homberger's: VEHICLE, NUMBER CAPACITY, CUSTOMER and a table.

    Distances are Euclid's, cut to one decimal as the DIMACS challenge of 2021 does; with the setting distances=EXACT_2D they are kept to millionths.
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
    for place, (k, row) in enumerate(rows):
        if len(row) != 7:
            raise lines.error(k, f"{len(row)} words where number, x, y, demand, ready, due and service belong")
        if lines.whole(k, row[0], what="customer") != place:
            raise lines.error(k, f"customer {row[0]} where {place} belongs")
    if len(rows) > _MOST:
        raise lines.error(rows[_MOST][0], f"more than {_MOST:,} nodes")
    places = np.array([[_coordinate(lines, k, w) for w in row[1:3]] for k, row in rows])
    demand = np.array([lines.whole(k, row[3], 0, 2**40, "demand") for k, row in rows], np.int64)
    times, scale = _scaled(lines, [(k, w) for k, row in rows for w in row[4:]], "time")
    exact = settings.pop("distances", None)
    if exact not in (None, "EXACT_2D"):
        raise lines.error(line, f"distances={exact}: files of Solomon's format have distances that are cut to one decimal, or EXACT_2D")
    parts = max(scale, _EXACT if exact else 10)
    if exact:
        d = _by_rows(places, lambda away: np.rint(_euclid(away) * parts))
        lines.notes.append(f"distances were rounded to 1/{parts:,} of a unit, as the setting says")
    else:
        d = _by_rows(places, lambda away: np.floor(10 * _euclid(away) + 1e-9)) * (parts // 10)
        lines.notes.append("distances were cut to one decimal, as the DIMACS challenge of 2021 does; --set distances=EXACT_2D keeps them")
    times = times.reshape(-1, 3) * (parts // scale)
    name = lines.rows[0][1][0] if at["VEHICLE"] > 0 else lines.path.stem
    return Routing(d, demand, capacity, vehicles, times[:, :2], times[:, 2], places, parts, name)


_COLUMNS = ("x", "y", "demand", "open", "close", "service")
_NAMES = ("name", "id", "customer", "node")
_PARTS = 1000  # of the unit of the coordinates


def table(found: Table, settings: dict[str, Any]) -> Problem:
    """A table with columns x, y and perhaps name, demand, open, close, service; the depot comes first.

    Distances are straight lines between coordinates, rounded to thousandths of their unit. Demands are integers; windows and services are in the
    unit of the coordinates. Nodes are called by the column name, id, customer or node, or by an index column without a name.
    """
    header = [c.lower() for c in found.header]
    named = next((c for c in _NAMES if c in header), "" if header[0] == "" else None)
    double = next((c for k, c in enumerate(header) if c in header[:k]), None)
    if double is not None:
        raise found.error(found.line, f"two columns are called {double!r}")
    other = [c for c in header if c not in _COLUMNS and c != named]
    if other:
        hint = "; coordinates in degrees have to be projected to x and y first" if other[0][:3] in ("lat", "lon", "lng") else ""
        raise found.error(found.line, f"column {other[0]!r} is not read; {', '.join((*_NAMES[:1], *_COLUMNS))} are{hint}")
    if ("open" in header) != ("close" in header):
        raise found.error(found.line, "columns open and close go together")
    columns = {c: found.numbers(header.index(c), c) for c in header if c in _COLUMNS}
    for c, values in columns.items():
        least = -_FARTHEST if c in "xy" else 0
        for (k, row), v in zip(found.rows, values, strict=True):
            if not least <= v <= _FARTHEST:
                raise found.error(k, f"{c} {row[header.index(c)]!r} is not between {least:g} and {_FARTHEST:g}")
    demand = _demand(found, header, columns)
    capacity = settings.pop("capacity", None)
    if ("demand" in columns) != (capacity is not None):
        raise found.error(found.line, "a column of demands and the setting capacity go together (--set capacity=…)")
    if not 2 <= len(found.rows) <= _MOST:
        raise found.error(found.line, f"{len(found.rows)} places; a depot and at least one customer, and at most {_MOST:,} in all, belong here")
    place = np.stack([np.array(columns[c], float) for c in "xy"], 1)
    d = _by_rows(place, lambda away: np.rint(_PARTS * _euclid(away)))
    found.notes.append(f"distances are straight lines between the coordinates, rounded to 1/{_PARTS:,} of their unit")
    windows = np.stack([_thousandths(found, columns[c], c) for c in ("open", "close")], 1) if "open" in columns else None
    service = _thousandths(found, columns["service"], "service") if "service" in columns else None
    labels = [row[header.index(named)] or str(k) for k, (_, row) in enumerate(found.rows)] if named is not None else []
    seen: set[str] = set()
    for (k, _), name in zip(found.rows, labels, strict=False):
        if name in seen:
            raise found.error(k, f"{name!r} stands twice in column {found.header[header.index(str(named))]!r}")
        seen.add(name)
    vehicles = 1 if capacity is None and windows is None else None
    return Routing(
        d, demand, int(capacity) if capacity is not None else None, vehicles, windows, service, place, _PARTS, found.path.stem, labels=labels
    )


def _demand(found: Table, header: list[str], columns: dict[str, list[Fraction]]) -> np.ndarray:
    values = columns.get("demand", [Fraction(0)] * len(found.rows))
    for (k, row), v in zip(found.rows, values, strict=True):
        if v.denominator != 1:
            raise found.error(k, f"demand {row[header.index('demand')]!r} is not an integer; scale the demands and the capacity")
    return np.array([int(v) for v in values], np.int64)


def _thousandths(found: Table, values: list[Fraction], what: str) -> np.ndarray:
    if any((v * _PARTS).denominator != 1 for v in values):
        found.notes.append(f"column {what} was rounded to 1/{_PARTS:,}")
    return np.array([round(v * _PARTS) for v in values], np.int64)
