"""TSPLIB 95, and what CVRPLIB, VRPLIB and LKH-3 add to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from qualms.formats.distances import (
    DISTANCES,
    EXACT,
    LARGEST,
    MOST,
    ROUNDED,
    by_rows,
    check_windows,
    coordinate,
    euclid,
    geographic,
    scaled,
)
from qualms.formats.lines import Lines
from qualms.problems.problem import Problem
from qualms.problems.routing import Routing

_TYPES = {"TSP", "VRP", "ATSP", "CVRP", "ACVRP", "DCVRP", "VRPTW", "CVRPTW"}
_WINDOWED = {"VRPTW", "CVRPTW"}
_PLANE = tuple(f"{rule}_{d}D" for d in (2, 3) for rule in (*ROUNDED, "EXACT"))
_IGNORED = {"NAME", "COMMENT", "TYPE", "EDGE_DATA_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"}
_KEYS = {
    "DIMENSION",
    "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT",
    "CAPACITY",
    "VEHICLES",
    "SERVICE_TIME",
    "DISTANCE",
}
_SECTIONS = {
    "NODE_COORD_SECTION",
    "EDGE_WEIGHT_SECTION",
    "DEMAND_SECTION",
    "DEPOT_SECTION",
    "DISPLAY_DATA_SECTION",
    "TIME_WINDOW_SECTION",
    "SERVICE_TIME_SECTION",
}


def tsplib(lines: Lines, settings: dict[str, Any]) -> Problem:
    """TSPLIB 95 and what CVRPLIB, VRPLIB and LKH-3 add: demands, depots, windows, service times, the longest
    route (DISTANCE).

    Distances are rounded as TSPLIB says; EXACT_2D and EXACT_3D are kept to millionths. The setting
    `distances` takes another rule than the file names. A fleet limit is VEHICLES, or the number k of a name
    that ends in "-kNN": in the sets A, B, E, F, M, P of CVRPLIB and in QOBLIB it is the number of vehicles;
    in set X (names that begin with "X-n") it is only a lower bound and no limit. A route may take DISTANCE at
    most, its services among that. Nodes keep the file's numbers; where the first node is the depot, customers
    are numbered as in CVRPLIB's solution files, from 1.
    """
    kind = _type(lines)
    keys, sections = _parted(lines)
    for key in ("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT"):
        if key in keys:
            keys[key] = keys[key][0], keys[key][1].upper()
    for need in ("DIMENSION", "EDGE_WEIGHT_TYPE"):
        if need not in keys:
            raise lines.error(lines.rows[-1][0], f"no {need} is given")
    n = lines.integer(*keys["DIMENSION"], 2, MOST, "DIMENSION")
    demand = _per_node(lines, sections, "DEMAND_SECTION", n, 1)
    depot = _depot(lines, sections, n)
    capacity = lines.integer(*keys["CAPACITY"], 1, 2**60, "CAPACITY") if "CAPACITY" in keys else None
    _check_parts(lines, keys, sections, kind, demand, capacity, depot)
    times = _times(lines, keys, sections, n, depot)
    distance, coordinates, scale = _distances(
        lines, keys, sections, n, settings.pop("distances", None), times.scale
    )
    order = np.concatenate([[depot], np.delete(np.arange(n), depot)])
    windows, service, longest = times.scaled(scale)
    single = demand is None and windows is None and longest is None
    return Routing(
        distance[np.ix_(order, order)], demand[order, 0] if demand is not None else np.zeros(n, np.int64),
        capacity, _vehicles(lines, keys, single, "vehicles" in settings),
        windows[order] if windows is not None else None, service[order] if service is not None else None,
        coordinates[order] if coordinates is not None else None, scale,
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


def _check_parts(
    lines: Lines,
    keys: Keys,
    sections: Sections,
    kind: str,
    demand: np.ndarray | None,
    capacity: int | None,
    depot: int,
) -> None:
    end = lines.rows[-1][0]
    if (demand is None) != (capacity is None):
        raise lines.error(end, "demands and CAPACITY must be given together, and one of them is missing")
    if kind.endswith(("CVRP", "VRPTW")) and demand is None:
        raise lines.error(end, f"TYPE {kind} needs DEMAND_SECTION")
    if kind in _WINDOWED and "TIME_WINDOW_SECTION" not in sections:
        raise lines.error(end, f"TYPE {kind} needs TIME_WINDOW_SECTION")
    if kind == "DCVRP" and "DISTANCE" not in keys:
        raise lines.error(end, "TYPE DCVRP needs DISTANCE, the length of the longest route")
    if "DISTANCE" in keys and "TIME_WINDOW_SECTION" in sections:
        raise lines.error(
            keys["DISTANCE"][0], "DISTANCE, the longest route, beside time windows is not solved here"
        )
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
    windows, service = (
        _words(lines, sections, "TIME_WINDOW_SECTION", n, 2),
        _words(lines, sections, "SERVICE_TIME_SECTION", n, 1),
    )
    if "SERVICE_TIME" in keys:
        if service is not None:
            raise lines.error(
                keys["SERVICE_TIME"][0],
                "SERVICE_TIME beside SERVICE_TIME_SECTION: only one of them can be given",
            )
        service = [
            (keys["SERVICE_TIME"][0], keys["SERVICE_TIME"][1] if k != depot else "0") for k in range(n)
        ]
    longest = [keys["DISTANCE"]] if "DISTANCE" in keys else None
    if service is not None and windows is None and longest is None:
        if any(lines.real(k, w, 0, "service time") for k, w in service):
            lines.notes.append(
                "service times were not used: without time windows or DISTANCE they change nothing"
            )
        service = None
    given = [*(windows or []), *(service or []), *(longest or [])]
    values, scale = scaled(lines, given, "time")
    if windows is not None:
        check_windows(lines, [k for k, _ in windows[::2]], values[: 2 * n].reshape(n, 2))
    a, b = 2 * n * (windows is not None), n * (service is not None)
    return _Times(
        scale, values[:a].reshape(n, 2) if windows is not None else None,
        values[a : a + b] if service is not None else None, int(values[-1]) if longest is not None else None,
    )  # fmt: skip


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
                raise lines.error(k, f"{head} is given a second time")
            current = head
            sections[head] = (k, [])
        elif head in _IGNORED | _KEYS:
            if head in keys and head != "COMMENT":
                raise lines.error(k, f"{head} is given a second time")
            keys[head] = (k, text[len(head) :].strip(" :=\t"))
            current = None
        elif current:
            sections[current][1].append((k, row))
        else:
            raise lines.error(k, f"{text[:30]!r} is not a key or section that can be read")
    return keys, sections


def _distances(
    lines: Lines, keys: Keys, sections: Sections, n: int, chosen: str | None, scale: int
) -> tuple[np.ndarray, np.ndarray | None, int]:
    """(n, n) int64 distances in parts of a unit, coordinates for pictures, and how many parts a unit has: at
    least `scale`.
    """
    line, rule = keys["EDGE_WEIGHT_TYPE"]
    places = _coordinates(lines, sections, "NODE_COORD_SECTION", n, 3 if rule.endswith("_3D") else 2)
    shown = (
        places[:, :2] if places is not None else _coordinates(lines, sections, "DISPLAY_DATA_SECTION", n, 2)
    )
    if chosen is not None:
        if rule not in DISTANCES:
            raise lines.error(
                line, f"the setting distances chooses among {', '.join(DISTANCES)}, and this file has {rule}"
            )
        if chosen != rule:
            lines.notes.append(
                f"distances were computed by {chosen}, as the setting says, where the file names {rule}"
            )
        rule = chosen
    if rule == "EXPLICIT":
        d, parts = _explicit(lines, keys, sections, n)
    elif places is None:
        raise lines.error(line, f"EDGE_WEIGHT_TYPE {rule} needs NODE_COORD_SECTION")
    elif rule == "GEO":
        d, parts = geographic(places), 1
    elif rule == "ATT":
        d, parts = by_rows(places, lambda away: np.ceil(np.sqrt((away**2).sum(-1) / 10))), 1
    elif rule in _PLANE:
        d, parts = _in_the_plane(lines, keys, places, rule, chosen, "TIME_WINDOW_SECTION" in sections)
    else:
        raise lines.error(
            line, f"EDGE_WEIGHT_TYPE {rule!r}; {', '.join(_PLANE)}, ATT, GEO and EXPLICIT are read"
        )
    whole = max(scale, parts)  # both are powers of ten
    if float(d.max(initial=0)) * (whole // parts) > LARGEST:
        raise lines.error(line, f"distances up to {d.max() / parts:g} in {whole}ths of a unit are too large")
    return d * (whole // parts), shown, whole


def _coordinates(lines: Lines, sections: Sections, name: str, n: int, width: int) -> np.ndarray | None:
    """(n, width) by node; None without the section."""
    if name not in sections:
        return None
    found = np.empty((n, width))
    for k, row in _rows(lines, sections, name, n):
        if len(row) != 1 + width:
            raise lines.error(k, f"{len(row)} words, where a node and {width} coordinates are expected")
        found[lines.integer(k, row[0], 1, n, "node") - 1] = [coordinate(lines, k, w) for w in row[1:]]
    return found


def _in_the_plane(
    lines: Lines, keys: Keys, places: np.ndarray, rule: str, chosen: str | None, timed: bool
) -> tuple[np.ndarray, int]:
    """Distances between coordinates, and the parts of a unit that they are counted in."""
    if not rule.startswith("EXACT"):
        if rule == "EUC_2D" and chosen is None and "CAPACITY" in keys and not timed:
            lines.notes.append(
                "EUC_2D distances were rounded to integers, as TSPLIB defines them; published costs of "
                "CVRPLIB's sets CMT, Golden, Li and Tai are of distances that "
                "are not rounded: --set distances=EXACT_2D"
            )
        return by_rows(places, ROUNDED[rule.split("_", maxsplit=1)[0]]), 1
    parts = EXACT
    span = float(np.ptp(places, axis=0).sum())
    while parts > 1 and span * parts > LARGEST / 1000:
        parts //= 10
    lines.notes.append(f"{rule} distances were rounded to 1/{parts:,} of a unit")
    return by_rows(places, lambda away: np.rint(euclid(away) * parts)), parts


def _explicit(lines: Lines, keys: Keys, sections: Sections, n: int) -> tuple[np.ndarray, int]:
    """Distances as they stand, and the parts of a unit that their decimals make."""
    if "EDGE_WEIGHT_FORMAT" not in keys or "EDGE_WEIGHT_SECTION" not in sections:
        raise lines.error(
            keys["EDGE_WEIGHT_TYPE"][0], "EXPLICIT needs EDGE_WEIGHT_FORMAT and EDGE_WEIGHT_SECTION"
        )
    line, form = keys["EDGE_WEIGHT_FORMAT"]
    at = {
        "FULL_MATRIX": np.divmod(np.arange(n * n), n),
        "UPPER_ROW": np.triu_indices(n, 1),
        "UPPER_DIAG_ROW": np.triu_indices(n),
        "LOWER_ROW": np.tril_indices(n, -1),
        "LOWER_DIAG_ROW": np.tril_indices(n),
        "UPPER_COL": np.tril_indices(n, -1),
        "LOWER_COL": np.triu_indices(n, 1),
        "UPPER_DIAG_COL": np.tril_indices(n),
        "LOWER_DIAG_COL": np.triu_indices(n),
    }
    if form not in at:
        raise lines.error(line, f"EDGE_WEIGHT_FORMAT {form!r}; {', '.join(at)} are read")
    first, rows = sections["EDGE_WEIGHT_SECTION"]
    words = [(k, w) for k, row in rows for w in row]
    i, j = at[form]
    if len(words) != len(i):
        short = ": cut short?" if len(words) < len(i) else ""
        raise lines.error(
            words[-1][0] if words else first,
            f"{len(words)} distances, but {form} of {n} nodes has {len(i)}{short}",
        )
    values, parts = scaled(lines, words, "distance")
    d = np.zeros((n, n), np.int64)
    d[i, j] = values
    if form != "FULL_MATRIX":
        d[j, i] = d[i, j]
    np.fill_diagonal(d, 0)
    return d, parts


def _rows(lines: Lines, sections: Sections, name: str, n: int) -> list[tuple[int, list[str]]]:
    first, rows = sections[name]
    if len(rows) != n:
        raise lines.error(
            rows[-1][0] if rows else first,
            f"{name} has {len(rows)} rows for {n} nodes" + (": cut short?" if len(rows) < n else ""),
        )
    nodes = [lines.integer(k, row[0], 1, n, "node") for k, row in rows]
    if len(set(nodes)) != n:
        double = next(k for at, (k, row) in enumerate(rows) if nodes[at] in nodes[:at])
        raise lines.error(double, f"a node occurs twice in {name}")
    return rows


def _words(lines: Lines, sections: Sections, name: str, n: int, width: int) -> list[tuple[int, str]] | None:
    """(line, word) of `width` numbers for each node in order of nodes, node after node; None without the
    section.
    """
    if name not in sections:
        return None
    found: list[list[tuple[int, str]]] = [[]] * n
    for k, row in _rows(lines, sections, name, n):
        if len(row) != 1 + width:
            raise lines.error(k, f"{len(row)} words, where a node and {width} numbers are expected")
        found[lines.integer(k, row[0], 1, n, "node") - 1] = [(k, w) for w in row[1:]]
    return [word for node in found for word in node]


def _per_node(lines: Lines, sections: Sections, name: str, n: int, width: int) -> np.ndarray | None:
    """(n, width) integers of at least 0."""
    words = _words(lines, sections, name, n, width)
    return (
        np.array([lines.integer(k, w, 0, 2**60) for k, w in words], np.int64).reshape(n, width)
        if words is not None
        else None
    )


def _depot(lines: Lines, sections: Sections, n: int) -> int:
    if "DEPOT_SECTION" not in sections:
        return 0
    words = [(k, w) for k, row in sections["DEPOT_SECTION"][1] for w in row]
    depots = [(k, w) for k, w in words if w != "-1"]
    if len(depots) != 1:
        raise lines.error(sections["DEPOT_SECTION"][0], f"{len(depots)} depots, and only one can be read")
    return lines.integer(*depots[0], 1, n, "depot") - 1


_NO_LIMIT = r"(X|XL|XML\w*|Loggi|ORTEC)-n"  # sets of CVRPLIB in whose names k is the least number of vehicles


def _vehicles(lines: Lines, keys: Keys, single: bool, chosen: bool) -> int | None:
    if single:
        return 1
    if "VEHICLES" in keys:
        return lines.integer(*keys["VEHICLES"], 1, 10**6, "VEHICLES")
    source, name = ("the name", keys["NAME"][1]) if "NAME" in keys else ("the file's name", lines.path.stem)
    first = re.sub(r"\.\w+$", "", name.split()[0]) if name.split() else ""
    told = re.search(r"-k(\d+)(?:-|$)", first)
    if not told:
        return None
    if re.match(_NO_LIMIT, first, re.IGNORECASE):
        if not chosen:
            lines.notes.append(
                f"the number of vehicles is not limited; the {told.group(1)} of {source} {name.strip()!r} "
                "is a lower bound in that set"
            )
        return None
    if not chosen:
        lines.notes.append(
            f"at most {int(told.group(1))} vehicles, from {source} {name.strip()!r}; --set vehicles=… "
            "takes another number"
        )
    return int(told.group(1))
