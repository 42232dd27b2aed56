"""Which format a file is in."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import math
import re
from pathlib import Path
from typing import Any

from qualms.errors import ConfigError, DataError
from qualms.solve.formats import assignment, graphs, portfolio, routing, scheduling
from qualms.solve.formats.lines import Lines
from qualms.solve.problems.labs import LABS
from qualms.solve.problems.portfolio import Portfolio
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.routing import Routing

KINDS = (
    "maxcut", "qubo", "ising", "independent set", "colouring", "partition", "labs", "knapsack", "assignment", "quadratic assignment", "tsp", "cvrp",
    "vrptw", "vrp", "job shop", "portfolio", "facility location", "capacitated facility location", "mixed integer",
)  # fmt: skip
_SETTINGS = {
    Portfolio: ("risk", "most", "smallest", "largest", "lot", "turnover", "least_return"),
    Routing: ("vehicles", "capacity"),
}
_WHOLE = ("most", "vehicles", "capacity")


def read_problem(path: str | Path, kind: str | None = None, **settings: Any) -> Problem:
    """A problem from a file of its field; "labs:40" is a sequence of 40 elements and needs no file.

    Parameters
    ----------
    path : the instance. Told by suffix: .mps, .lp (also .gz: HiGHS), .ommx (OMMX), .bqm and .cqm (dimod), .csv. Else by content:
        rudy, Gset and Biq Mac's graphs (kind "maxcut"; "qubo" for files with a diagonal, .sparse and .qubo, where off-diagonal entries count twice);
        "p qubo …" (COO, where they count once); "p edge n m" and "p col n m" (DIMACS: "independent set", "colouring" or "maxcut"); QAPLIB;
        OR-Library's assignment, portfolio and facility files; Billionnet and Soutif's knapsacks; QOBLIB's market splits, and its portfolios, which
        are folders; a count and numbers ("partition"); JSPLIB; TSPLIB, CVRPLIB, VRPLIB; Solomon. A table (.csv) with columns x and y is routing, one
        whose first column is date or day a portfolio.
    kind : where the file alone does not say, see `KINDS`.
    settings : of the problem: risk, most, smallest, largest, lot, turnover, least_return of a portfolio; vehicles, capacity of routes.

    Raises
    ------
    DataError : a file that is malformed or cut short, with the line. ConfigError : an unknown kind or setting.
    """
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"kind {kind!r} is unknown; there are {', '.join(KINDS)}")
    left = {key: _number(key, value) for key, value in settings.items()}
    found = _set(_read(path, kind, left), left)
    wanted = "facility location" if kind == "capacitated facility location" else kind
    if wanted is not None and found.kind != wanted:
        raise ConfigError(f"{path} holds a problem of kind {found.kind!r}, not {kind!r}")
    return found


def _set(problem: Problem, settings: dict[str, Any]) -> Problem:
    allowed = _SETTINGS.get(type(problem), ())
    unknown = [s for s in settings if s not in allowed]
    if unknown:
        raise ConfigError(f"a problem of kind {problem.kind!r} has no setting {unknown[0]!r}; it takes {', '.join(allowed) or 'none'}")
    return dataclasses.replace(problem, **settings) if settings else problem  # type: ignore[type-var]


def _number(key: str, value: Any) -> float | int:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{key}={value!r} is not a number") from None
    if not math.isfinite(number):
        raise ConfigError(f"{key}={value!r} is not a finite number")
    if key in _WHOLE:
        if number != int(number) or number < 1:
            raise ConfigError(f"{key}={value!r} is not a whole number of at least 1")
        return int(number)
    return number


def _read(path: str | Path, kind: str | None, settings: dict[str, Any]) -> Problem:
    told = re.fullmatch(r"labs:(\d+)", str(path))
    if told:
        if not 2 <= int(told.group(1)) <= 10_000:
            raise ConfigError(f"{path}: sequences of 2 to 10,000 elements")
        return LABS(int(told.group(1)))
    path = Path(path)
    if path.is_dir():
        if not (path / "stock_prices.txt.gz").exists():
            raise DataError(f"{path}: a folder without stock_prices.txt.gz, which a portfolio of QOBLIB has")
        return portfolio.qoblib(path, settings)
    suffixes = [s.lower() for s in path.suffixes]
    if ".mps" in suffixes or ".lp" in suffixes:
        return _foreign("qualms.solve.solvers.highs", "read_model", path)
    if suffixes[-1:] == [".csv"]:
        return _table(path, settings)
    engine = {".ommx": "qualms.solve.formats.ommx", ".bqm": "qualms.solve.dimod", ".cqm": "qualms.solve.dimod"}.get("".join(suffixes[-1:]))
    return _foreign(engine, "read_model", path) if engine else _text(Lines(path), kind)


def _foreign(module: str, function: str, path: Path) -> Problem:
    """Read by a room that imports a library of others."""
    return getattr(importlib.import_module(module), function)(path)


def _table(path: Path, settings: dict[str, Any]) -> Problem:
    lines = Lines(path, ("#",))
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except csv.Error as error:
        raise DataError(f"{path}: {error}") from None
    kept = [(k, [w.strip() for w in row]) for k, row in enumerate(rows, 1) if any(w.strip() for w in row) and not row[0].startswith("#")]
    lines.rows = kept
    if not kept:
        raise DataError(f"{path}: a table without a header")
    header, body = [w.lower() for w in kept[0][1]], kept[1:]
    if not body:
        raise lines.error(kept[0][0], "a header and no rows")
    for k, row in body:
        if len(row) != len(header):
            raise lines.error(k, f"{len(row)} fields where the header has {len(header)}")
    if "x" in header and "y" in header:
        return routing.table(lines, header, body, settings)
    if header[0] in ("date", "day", "time"):
        return portfolio.table(lines, kept[0][1], body)
    raise lines.error(kept[0][0], "columns x and y (routes), or date and assets (portfolio), belong into a table")


def _text(lines: Lines, kind: str | None) -> Problem:
    head = [w.upper() for w in lines.rows[0][1]]
    if head[0] == "P":
        return graphs.coo(lines) if head[1:2] == ["QUBO"] else graphs.dimacs(lines, kind)
    if any(re.match(r"(DIMENSION|EDGE_WEIGHT_TYPE)\b", row[0].upper()) for _, row in lines.rows[:40]):
        return routing.tsplib(lines)
    if any(row == ["VEHICLE"] for _, row in lines.rows[:8]):
        return routing.solomon(lines)
    if len(head) == 1:
        return _single(lines, kind)
    return _double(lines, kind)


def _single(lines: Lines, kind: str | None) -> Problem:
    """Files that begin with a number alone, or with a name."""
    first = lines.rows[0][1][0]
    if not first.isdigit():
        if len(lines.rows) > 1 and len(lines.rows[1][1]) == 1:
            return assignment.knapsack(lines)
        raise lines.error(lines.rows[0][0], f"{first!r}: no format that is read begins like this")
    n, words = int(first), len(lines.words())
    sizes = {
        "quadratic assignment": 1 + 2 * n * n, "assignment": 1 + n * n, "partition": 1 + n, "portfolio": 1 + 2 * n + 3 * n * (n + 1) // 2,
    }  # fmt: skip
    readers = {
        "quadratic assignment": assignment.qaplib,
        "assignment": assignment.assignment,
        "partition": assignment.numbers,
        "portfolio": portfolio.orlib,
    }
    if kind in readers:
        return readers[kind](lines)
    fitting = [k for k, size in sizes.items() if size == words]
    if len(fitting) == 1:
        return readers[fitting[0]](lines)
    if lines.path.suffix == ".dat":
        return assignment.qaplib(lines)  # cut short: let it say where
    expected = ", ".join(f"{size - 1} for {k}" for k, size in sizes.items())
    raise lines.error(lines.rows[-1][0], f"{words - 1} numbers after the first, {n}: expected {expected}; is it cut short? --kind says what it is")


def _double(lines: Lines, kind: str | None) -> Problem:
    """Files that begin with two numbers or more."""
    head, rows = lines.rows[0][1], lines.rows[1:]
    if not all(w.isdigit() for w in head):
        raise lines.error(lines.rows[0][0], f"{' '.join(head)[:40]!r}: no format that is read begins like this")
    a, b = int(head[0]), int(head[1])
    width = len(rows[0][1]) if rows else 0
    shop = len(rows) == a and b > 1 and all(len(row) == 2 * b for _, row in rows)
    facility = not shop and len(lines.words()) == 2 + 2 * a + b * (1 + a) and (len(rows) != b or width > 3)
    if kind in ("maxcut", "qubo"):
        return graphs.rudy(lines, kind)
    if kind == "job shop" or (kind is None and (shop or (width == 2 * b and width > 3)) and not facility):
        return scheduling.jobshop(lines)
    if kind in ("facility location", "capacitated facility location") or (kind is None and facility):
        return scheduling.facilities(lines, kind == "capacitated facility location")
    if kind == "mixed integer" or (kind is None and width == b + 1 and width > 3 and len(rows) <= a + 1):
        return assignment.market_split(lines)
    return graphs.rudy(lines, kind)
