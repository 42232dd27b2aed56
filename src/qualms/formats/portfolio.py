"""Portfolios: OR-Library, QOBLIB, tables of prices or returns."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from qualms.data.numbers import real
from qualms.formats.dates import ORDERS, moment, two_readings
from qualms.formats.lines import Lines
from qualms.formats.table import MISSING, Table, read_table
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem


def orlib(lines: Lines) -> Problem:
    """n, then a mean return and a standard deviation for each asset, then "i j correlation" of every pair i ≤
    j.
    """
    words = lines.words()
    n = lines.integer(*words[0], 1, 10**5, "assets")
    pairs = n * (n + 1) // 2
    if len(words) != 1 + 2 * n + 3 * pairs:
        short = ": cut short?" if len(words) < 1 + 2 * n + 3 * pairs else ""
        raise lines.error(
            words[-1][0], f"{len(words)} numbers, but {n} assets have {1 + 2 * n + 3 * pairs}{short}"
        )
    moments = np.array([lines.real(k, w) for k, w in words[1 : 1 + 2 * n]]).reshape(n, 2)
    correlation = np.full((n, n), np.nan)
    rest = words[1 + 2 * n :]
    for k in range(0, len(rest), 3):
        i, j = (lines.integer(*rest[k + c], 1, n, "asset") - 1 for c in (0, 1))
        correlation[i, j] = correlation[j, i] = lines.real(*rest[k + 2], -1.0, "correlation")
        if i == j and correlation[i, j] != 1:
            raise lines.error(
                rest[k][0], f"a correlation of asset {i + 1} with itself of {rest[k + 2][1]}, which is 1"
            )
    if np.isnan(correlation).any():
        raise lines.error(rest[-1][0], "a pair of assets has no correlation")
    if (moments[:, 1] < 0).any():
        raise lines.error(
            words[2 + 2 * int(np.argmax(moments[:, 1] < 0))][0], "a standard deviation is negative"
        )
    spread = moments[:, 1]
    return Portfolio.from_covariance(
        moments[:, 0], correlation * spread[:, None] * spread[None], name=lines.path.stem
    )


_DATES = (
    "date",
    "dates",
    "day",
    "time",
    "datetime",
    "timestamp",
    "month",
    "week",
    "quarter",
    "year",
    "period",
)
_FIELDS = (
    "adj close", "close", "high", "low", "open", "volume", "capital gains", "dividends", "stock splits",
    "repaired?", "price", "last price", "px_last",
)  # fmt: skip
_INDEX = ("", "unnamed: 0", "index")
_LARGEST_RETURN = 1e6
_OF_ONE_ASSET = {  # columns that people and vendors of several countries give for one asset
    *_FIELDS, "vol.", "change %", "erster", "eröffnung", "hoch", "tief", "schluss", "schlusskurs", "stuecke",
    "stücke", "volumen", "ouverture", "haut", "bas", "clôture", "dernier", "시가", "고가", "저가", "종가",
    "거래량",
}  # fmt: skip


def is_prices(found: Table) -> bool:
    """Whether a table's first column, or the one after pandas' index, holds dates."""
    first = found.header[0].lower()
    return (
        first in _DATES
        or _levels(found) is not None
        or all(moment(row[0]) is not None for _, row in found.rows)
        or _indexed(found)
    )


def _indexed(found: Table) -> bool:
    return found.header[0].lower() in _INDEX and len(found.header) > 2 and found.header[1].lower() in _DATES


def table(found: Table, settings: dict[str, Any]) -> Problem:
    """A date, then a column for each asset, as people, pandas and yfinance write them.

    Prices become relative changes from each row to the next; returns stay. Rows are sorted by date. Settings:
    values ("prices" or "returns"; without it, columns that are all above zero and have no percent signs are
    prices), missing ("drop" leaves days out on which an asset has no number, "carry" repeats its last price),
    field (which of several prices of an asset, such as "Close"), dates ("day-first" or "month-first").
    """
    if _indexed(found):
        found.header, found.rows = found.header[1:], [(k, row[1:]) for k, row in found.rows]
    _choose_field(found, settings.pop("field", None))
    names = found.header[1:]
    _check_names(found, names)
    _sort(found, settings.pop("dates", None))
    missing, told = settings.pop("missing", None), settings.pop("values", None)
    numbers = _filled(found, missing)
    kind = _kind(found, numbers, told)
    if missing == "carry" and kind != "prices":
        raise found.error(
            found.line,
            (
                "missing=carry repeats the last price, and these are returns: "
                "--set missing=drop leaves such days out"
            ),
        )
    with np.errstate(over="ignore"):  # an infinite return is refused in the next line
        values = (
            numbers[1:] / numbers[:-1] - 1
            if kind == "prices"
            else numbers / 100
            if kind == "percent"
            else numbers
        )
    _check_sizes(found, names, values, kind)
    if len(values) < 2:
        raise found.error(found.rows[-1][0], "two returns at least are needed for a variance")
    centred = values - values.mean(0)
    factors = centred.T / np.sqrt(len(values) - 1)
    return Portfolio(values.mean(0), factors, np.zeros(len(names)), names=tuple(names), name=found.path.stem)


def _check_sizes(found: Table, names: list[str], values: np.ndarray, kind: str) -> None:
    """Refuse returns that nobody makes. values : (rows, assets); of prices, one row fewer than the table
    has.
    """
    beyond = np.argwhere(~(np.abs(values) <= _LARGEST_RETURN))
    if not len(beyond):
        return
    row, name = int(beyond[0, 0]), names[beyond[0, 1]]
    if kind == "prices":
        raise found.error(
            found.rows[row + 1][0],
            f"the price of {name} is more than {_LARGEST_RETURN:g} times the one before",
        )
    raise found.error(
        found.rows[row][0], f"a return of {name} is beyond {_LARGEST_RETURN:g}; are these prices?"
    )


def _check_names(found: Table, names: list[str]) -> None:
    if not names:
        raise found.error(found.line, "the table has a column of dates and no assets")
    if moment(found.header[0]) is not None:
        raise found.error(
            found.line,
            (
                f"the first line begins with the date {found.header[0]!r}; the "
                "names of the columns are expected there"
            ),
        )
    for k, name in enumerate(names):
        if name == "" or name in names[:k]:
            raise found.error(
                found.line,
                f"column {k + 2} has no name" if name == "" else f"two columns have one name, {name!r}",
            )
    if len({n.lower() for n in names} & _OF_ONE_ASSET) >= 2:
        raise found.error(
            found.line,
            (
                f"columns {', '.join(names)} are prices of one asset; a "
                "portfolio needs one column for each asset"
            ),
        )


def _kind(found: Table, numbers: np.ndarray, told: str | None) -> str:
    """ "prices", "returns", or "percent": returns of which 1 is 1 %; as the user says, or as the numbers
    allow for, with a note.
    """
    signs, above = _in_percent(found), bool((numbers > 0).all())
    if told == "prices" and (signs or not above):
        raise found.error(found.line, "values=prices, but a number is in percent or not above zero")
    if told is not None:
        return "returns" if signs and told == "percent" else told
    kind, why = (
        ("returns", "some are in percent")
        if signs
        else ("prices", "all are above zero")
        if above
        else ("returns", "some are not above zero")
    )
    if kind == "returns" and not signs and np.abs(numbers).max() > 1:
        r, c = np.argwhere(numbers <= 0)[0]
        raise found.error(
            found.rows[r][0],
            (
                f"{found.header[c + 1]} is {found.rows[r][1][c + 1]}, and prices are above zero; for "
                "returns other numbers are large: --set values=returns reads 1 as 100 %, --set "
                "values=percent reads it as 1 %"
            ),
        )
    other = "returns" if kind == "prices" else "prices"
    found.notes.append(
        f"the columns were read as {kind}, because {why}; --set values={other} reads them otherwise"
    )
    return kind


def _in_percent(found: Table) -> bool:
    """Whether the numbers are in percent; all columns or none are."""
    each = [any(row[c].endswith("%") for _, row in found.rows) for c in range(1, len(found.header))]
    if any(each) and not all(each):
        named = found.header[1 + each.index(True)], found.header[1 + each.index(False)]
        raise found.error(found.line, f"column {named[0]!r} is in percent and column {named[1]!r} is not")
    return any(each)


def _levels(found: Table) -> tuple[int, int] | None:
    """Of a table whose columns have two names each, as pandas writes them: the rows below the header that
    belong to it, and which is the field's.

    yfinance writes "Price,Close,Close", "Ticker,AAA,BBB", "Date,,".
    """
    rows = [row for _, row in found.rows[:2]]
    more = 0
    while (
        more < len(rows)
        and moment(rows[more][0]) is None
        and (more or not _all_numbers(rows[0][1:]))
        and real(rows[more][0]) is None
    ):
        more += 1
    if not more or all(
        row[0].lower() not in (*_DATES, "ticker", "tickers", "symbol", "price", "attributes", "")
        for row in rows[:more]
    ):
        return None
    names = [found.header, *(row for row in rows[:more] if any(row[1:]))]
    fields = [k for k, level in enumerate(names) if all(n.lower() in _FIELDS for n in level[1:])]
    return (more, fields[0]) if len(names) == 2 and len(fields) == 1 else None


def _all_numbers(words: list[str]) -> bool:
    return any(real(w.removesuffix("%").replace(",", "")) is not None for w in words)


def _choose_field(found: Table, field: str | None) -> None:
    """Leave one price of each asset, where a table of two names a column has several."""
    levels = _levels(found)
    if levels is None:
        if field is not None:
            raise found.error(
                found.line,
                (
                    "the setting field chooses among the prices of each asset, "
                    "and this table has one column for each"
                ),
            )
        return
    more, which = levels
    names = [found.header, next(row for _, row in found.rows[:more] if any(row[1:]))]
    fields, assets = names[which], names[1 - which]
    found.rows = found.rows[more:]
    there = list(dict.fromkeys(fields[1:]))
    chosen = (
        field
        if field is not None
        else next(
            (f for f in ("Adj Close", "Close", *(there if len(there) == 1 else ())) if f in there), None
        )
    )
    if chosen not in there:
        raise found.error(found.line, f"field {chosen!r}; the table has {', '.join(there)} (--set field=…)")
    if field is None and len(there) > 1:
        found.notes.append(
            f"the prices are those of the field {chosen!r}, of "
            f"{', '.join(there)}; --set field=… takes another"
        )
    kept = [0, *(c for c in range(1, len(fields)) if fields[c] == chosen)]
    found.header = ["date", *(assets[c] for c in kept[1:])]
    found.rows = [(k, [row[c] for c in kept]) for k, row in found.rows]


def _sort(found: Table, order: str | None) -> None:
    """Rows by rising date; a date that stands twice is refused."""
    words = [row[0] for _, row in found.rows]
    at = _moments(found, words, order)
    for a, b in pairwise(sorted(range(len(at)), key=at.__getitem__)):
        if at[a] == at[b]:
            raise found.error(
                found.rows[b][0],
                (
                    f"the date {words[b]!r} occurs twice, for the first time in line "
                    f"{found.rows[a][0]}; keep one row a date"
                ),
            )
    if at != sorted(at):
        how = "newest first" if at == sorted(at, reverse=True) else "in no order"
        found.notes.append(f"the dates stood {how}; the rows were sorted, oldest first")
        found.rows = [found.rows[k] for k in sorted(range(len(at)), key=at.__getitem__)]


def _moments(found: Table, words: list[str], order: str | None) -> list[float]:
    numbers = [real(w) for w in words]
    if None not in numbers and not all(moment(w) is not None for w in words):
        return numbers  # type: ignore[return-value]
    if order is None and two_readings(words):
        rising = [o for o in ORDERS if _monotone([moment(w, o) or 0.0 for w in words])]
        if len(rising) != 1:
            raise found.error(
                found.rows[0][0],
                f"the date {words[0]!r} has two readings: --set dates={ORDERS[0]} or --set dates={ORDERS[1]}",
            )
        order = rising[0]
        found.notes.append(
            f"dates were read {order}, because they are in order that way; --set dates=… reads them otherwise"
        )
    if order is None:
        order = next((o for o in ORDERS if all(moment(w, o) is not None for w in words)), ORDERS[0])
    at = [moment(w, order) for w in words]
    broken = next((k for k, v in enumerate(at) if v is None), None)
    if broken is not None:
        raise found.error(
            found.rows[broken][0],
            f"{words[broken]!r} is not a date that can be read; write dates like 2024-01-31",
        )
    return at  # type: ignore[return-value]


def _monotone(at: list[float]) -> bool:
    return at in (sorted(at), sorted(at, reverse=True))


def _filled(found: Table, missing: str | None) -> np.ndarray:
    """(rows, assets), without gaps. Drops rows of the table that the setting leaves out."""
    gaps = {
        (r, c) for r, (_, row) in enumerate(found.rows) for c, w in enumerate(row[1:]) if w.lower() in MISSING
    }
    if gaps and missing is None:
        r, c = min(gaps)
        raise found.error(
            found.rows[r][0],
            (
                f"{found.header[c + 1]} has no number on {found.rows[r][1][0]} ({len(gaps)} such in all): "
                "--set missing=drop leaves such days out, --set missing=carry repeats the last price"
            ),
        )
    if missing == "carry":
        for r, c in sorted(gaps):
            if r == 0:
                raise found.error(
                    found.rows[0][0],
                    f"{found.header[c + 1]} has no price on the first day, so that there is none to repeat",
                )
            found.rows[r][1][c + 1] = found.rows[r - 1][1][c + 1]
        if gaps:
            found.notes.append(f"{len(gaps)} missing prices were filled with the last one before them")
    elif gaps:
        days = {r for r, _ in gaps}
        found.rows = [row for r, row in enumerate(found.rows) if r not in days]
        found.notes.append(f"{len(days)} days were left out, because an asset has no number there")
        if not found.rows:
            raise found.error(found.line, "no day is left on which every asset has a number")
    return np.array(
        [[float(found.number(k, w, "price or return")) for w in row[1:]] for k, row in found.rows]
    )


def holdings(path: Path, problem: Portfolio) -> np.ndarray:
    """The weights that are held now, from a table with the columns asset and weight, as `--out` writes it.

    Assets that the table leaves out are not held.

    Raises
    ------
    DataError
        For another table, an asset that the portfolio does not have, or one that stands twice.
    """
    found = read_table(path)
    if [name.lower() for name in found.header] != ["asset", "weight"]:
        raise found.error(found.line, f"columns {', '.join(found.header)}, where asset and weight belong")
    place = {problem.asset(k): k for k in range(problem.size)}
    weights = np.full(problem.size, np.nan)
    for (line, (asset, _)), weight in zip(found.rows, found.numbers(1, "weight"), strict=True):
        if asset not in place:
            raise found.error(
                line, f"asset {asset!r} is none of the portfolio's, such as {problem.asset(0)!r}"
            )
        if not np.isnan(weights[place[asset]]):
            raise found.error(line, f"asset {asset!r} stands twice")
        weights[place[asset]] = float(weight)
    return np.nan_to_num(weights)
