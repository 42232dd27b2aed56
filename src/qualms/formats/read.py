"""Which format a file is in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qualms.data.numbers import integer
from qualms.errors import ConfigError, DataError
from qualms.formats import assignment, graphs, portfolio, qoblib, routing, scheduling, tsplib
from qualms.formats.lines import Lines, unused_comments
from qualms.formats.models import lp, mps
from qualms.formats.settings import fields_of, read_settings
from qualms.formats.table import read_table
from qualms.problems.labs import LABS
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem

KINDS = (
    "maxcut", "qubo", "ising", "independent set", "colouring", "partition", "labs", "knapsack", "assignment",
    "quadratic assignment", "tsp", "cvrp", "vrptw", "vrp", "job shop", "portfolio", "facility location",
    "capacitated facility location", "mixed integer",
)  # fmt: skip
Settings = dict[str, Any]
_NOTES = 20  # that are told one by one


def read_problem(path: str | Path, kind: str | None = None, **settings: Any) -> Problem:
    """A problem from a file of its field; "labs:40" is a sequence of 40 elements and needs no file.

    Parameters
    ----------
    path : str | Path
        The instance. Told by suffix: .lp (CPLEX's format, also .gz), .mps (free or fixed, also .gz),
        .ommx (OMMX), .bqm and .cqm (dimod), .csv, .tsv and .xlsx. Else by content: rudy, Gset and Biq Mac's
        graphs (kind "maxcut"; "qubo" for files with a diagonal, .sparse and .qubo, where off-diagonal
        entries count twice); "p qubo …" (COO, where they count once) and dimod's COO; "p edge n m" and "p
        col n m" (DIMACS: "independent set", "colouring" or "maxcut"); QAPLIB; OR-Library's assignment,
        portfolio, facility and job-shop files; Billionnet and Soutif's knapsacks; QOBLIB's market splits,
        and its portfolios, which are folders; a count and numbers ("partition"); JSPLIB and Taillard's
        job shops; TSPLIB, CVRPLIB, VRPLIB, LKH-3; Solomon. A table with columns x and y is routing, one
        whose first column has dates a portfolio.
    kind : str, optional
        Where the file alone does not say, see `KINDS`.
    settings : Any
        Settings of the problem, and of files that could be read in two ways; see `SETTINGS`.

    Returns
    -------
    Problem
        Whose `notes` say what was assumed, rounded, left out or not used.

    Raises
    ------
    DataError
        A file that is malformed or cut short, with the line, or one with two readings, with the setting
        that chooses.
    ConfigError
        An unknown kind, or a setting that is unknown or does not belong to what the file holds.
    """
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"kind {kind!r} is unknown; there are {', '.join(KINDS)}")
    left: Settings = dict(read_settings(settings))
    try:
        found = _set(_read(path, kind, left), left)
    except (ConfigError, DataError) as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from None
    found = dataclasses.replace(found, notes=_brief(found.notes)) if len(found.notes) > _NOTES else found  # type: ignore[type-var]
    wanted = "facility location" if kind == "capacitated facility location" else kind
    if wanted is not None and found.kind != wanted:
        raise ConfigError(f"{path} holds a problem of kind {found.kind!r}, not {kind!r}")
    return found


def _set(problem: Problem, settings: Settings) -> Problem:
    allowed = fields_of(problem)
    unknown = [s for s in settings if s not in allowed]
    if unknown:
        raise ConfigError(
            f"a problem of kind {problem.kind!r} has no setting {unknown[0]!r}; it takes "
            f"{', '.join(allowed) or 'none'}"
        )
    if isinstance(problem, Portfolio) and "held" in settings:
        if "turnover" not in settings:
            raise ConfigError(
                f"held={settings['held']} alone changes nothing; --set turnover=… "
                "limits how far from it the weights may be"
            )
        settings = {**settings, "held": portfolio.holdings(Path(settings["held"]), problem)}
    return dataclasses.replace(problem, **settings) if settings else problem  # type: ignore[type-var]


def _noted(problem: Problem, notes: Sequence[str]) -> Problem:
    return dataclasses.replace(problem, notes=(*problem.notes, *notes)) if notes else problem  # type: ignore[type-var]


def _read(path: str | Path, kind: str | None, settings: Settings) -> Problem:
    """Settings that a reader uses are taken out."""
    told = re.fullmatch(r"labs:(.*)", str(path))
    if told:
        count = integer(told.group(1)) if told.group(1).isdecimal() else None
        if count is None or not 2 <= count <= 10_000:
            raise ConfigError(f"{path}: 'labs:' must be followed by the number of elements, from 2 to 10,000")
        return LABS(count)
    if "://" in str(path):
        raise DataError(f"{path}: addresses on the network cannot be read; download the file first")
    path = Path(path)
    if path.is_dir():
        if not (path / "stock_prices.txt.gz").exists():
            raise DataError(
                f"{path} is a folder; give a file, or a portfolio of QOBLIB, "
                "which is a folder with stock_prices.txt.gz"
            )
        return qoblib.portfolio(path, settings)
    suffixes = [s.lower() for s in path.suffixes if s.lower() != ".gz"]
    reader = _BY_SUFFIX.get(suffixes[-1]) if suffixes else None
    if reader is not None:
        return reader(path, settings)
    if suffixes and suffixes[-1] in _WORKBOOKS:
        raise DataError(f"{path}: of workbooks only .xlsx is read; save it as that, or the sheet as .csv")
    lines = Lines(path)
    return _noted(_text(lines, kind, settings), lines.notes)


def _ommx(path: Path, settings: Settings) -> Problem:
    from qualms.formats import ommx

    return ommx.read_model(path)


def _dimod(path: Path, settings: Settings) -> Problem:
    from qualms.formats import dimod

    return dimod.read_model(path)


def _table(path: Path, settings: Settings) -> Problem:
    found = read_table(path, settings.pop("decimal", None))
    header = [name.lower() for name in found.header]
    if "x" in header and "y" in header:
        return _noted(routing.table(found, settings), found.notes)
    if portfolio.is_prices(found):
        return _noted(portfolio.table(found, settings), found.notes)
    raise found.error(
        found.line,
        (
            "a table has columns x and y (routes), or dates in its first column "
            "and a column for each asset (portfolio)"
        ),
    )


_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".ods")
_BY_SUFFIX: dict[str, Callable[[Path, Settings], Problem]] = {
    ".lp": lambda path, settings: lp.read_model(path, settings.pop("constants", None)),
    ".mps": lambda path, settings: mps.read_model(path, settings.pop("sense", None)),
    ".ommx": _ommx,
    ".bqm": _dimod,
    ".cqm": _dimod,
    ".csv": _table,
    ".tsv": _table,
    ".xlsx": _table,
}


def _text(lines: Lines, kind: str | None, settings: Settings) -> Problem:
    """By the first line whose format can be told from its words; else by counts of numbers."""
    vartype = graphs.vartype(lines)
    lines.notes += unused_comments(
        [(k, text) for k, text in lines.comments if vartype is None or k != vartype[0]]
    )
    if vartype is not None or kind == "ising":
        return graphs.dimod_coo(lines, spins=vartype is None or vartype[1] == "SPIN")
    head = lines.rows[0][1]
    for begins, reader in _BY_WORDS:
        if begins(lines):
            return reader(lines, kind, settings)
    return _single(lines, kind) if len(head) == 1 else _double(lines, kind)


def _brief(notes: tuple[str, ...]) -> tuple[str, ...]:
    return (
        notes
        if len(notes) <= _NOTES
        else (*notes[:_NOTES], f"and {len(notes) - _NOTES} more notes of the same kinds")
    )


_BY_WORDS: tuple[tuple[Callable[[Lines], bool], Callable[[Lines, str | None, Settings], Problem]], ...] = (
    (
        lambda lines: [w.upper() for w in lines.rows[0][1][:2]] == ["P", "QUBO"],
        lambda lines, kind, settings: graphs.coo(lines),
    ),
    (
        lambda lines: lines.rows[0][1][0].upper() == "P",
        lambda lines, kind, settings: graphs.dimacs(lines, kind),
    ),
    (
        lambda lines: any(
            re.match(r"(DIMENSION|EDGE_WEIGHT_TYPE)\b", row[0].upper()) for _, row in lines.rows[:40]
        ),
        lambda lines, kind, settings: tsplib.tsplib(lines, settings),
    ),
    (
        lambda lines: any(row == ["VEHICLE"] for _, row in lines.rows[:8]),
        lambda lines, kind, settings: routing.solomon(lines, settings),
    ),
    (
        lambda lines: any(row[0] == "instance" and len(row) > 1 for _, row in lines.rows[:200]),
        lambda lines, kind, settings: scheduling.orlib_jobshops(lines, settings),
    ),
    (
        lambda lines: [w.lower() for w in lines.rows[0][1][:3]] == ["nb", "of", "jobs,"],
        lambda lines, kind, settings: scheduling.taillard_jobshops(lines, settings),
    ),
)


def _single(lines: Lines, kind: str | None) -> Problem:
    """Files that begin with a number alone, or with a name."""
    first = lines.rows[0][1][0]
    count = integer(first)
    if count is None or count < 0:
        if len(lines.rows) > 1 and len(lines.rows[1][1]) == 1:
            return assignment.knapsack(lines)
        raise lines.error(lines.rows[0][0], f"{first!r}: no known format begins like this")
    n, words = count, len(lines.words())
    sizes = {
        "quadratic assignment": 1 + 2 * n * n, "assignment": 1 + n * n, "partition": 1 + n,
        "portfolio": 1 + 2 * n + 3 * n * (n + 1) // 2,
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
    raise lines.error(
        lines.rows[-1][0],
        (
            f"{words - 1} numbers after the first, {n}: expected {expected}; the file may be cut short, or "
            "--kind may say what it holds"
        ),
    )


def _double(lines: Lines, kind: str | None) -> Problem:
    """Files that begin with two numbers or more."""
    (line, head), rows = lines.rows[0], lines.rows[1:]
    ragged = len({len(row) for _, row in rows}) > 1
    if kind in (None, "job shop") and (
        lines.path.suffix == ".fjs" or ((ragged or len(head) == 3) and scheduling.is_flexible(lines.rows))
    ):
        raise lines.error(
            line,
            (
                "a flexible job shop, whose operations choose among machines; only job shops with one "
                "machine an operation are solved"
            ),
        )
    sizes = [integer(w) for w in head]
    if None in sizes:
        raise lines.error(line, f"{' '.join(head)[:40]!r}: no known format begins like this")
    a, b = sizes[0] or 0, sizes[1] or 0
    width = len(rows[0][1]) if rows else 0
    even = len({len(row) for _, row in rows}) == 1
    shop = len(rows) == a and b > 1 and even and width == 2 * b
    halves = len(rows) == 2 * a and even and width == b
    facility = not shop and len(lines.words()) == 2 + 2 * a + b * (1 + a) and (len(rows) != b or width > 3)
    # of nodes, in a list of edges whose first line has no counts; OR-Library's customers have lines of other
    # widths
    pairs = even and width == 2
    if kind in ("maxcut", "qubo"):
        return graphs.rudy(lines, kind)
    if halves and (kind == "job shop" or (kind is None and width > 3)):
        return scheduling.two_tables(lines, lines.rows, lines.path.stem)
    if kind == "job shop" or (kind is None and (shop or (width == 2 * b and width > 3)) and not facility):
        return scheduling.jobshop(lines)
    if kind in ("facility location", "capacitated facility location") or (
        kind is None and facility and not pairs
    ):
        return scheduling.facilities(lines, kind == "capacitated facility location")
    if kind == "mixed integer" or (kind is None and width == b + 1 and width > 3 and len(rows) <= a + 1):
        return assignment.market_split(lines)
    return graphs.rudy(lines, kind)
