"""Portfolios: OR-Library, QOBLIB, tables of prices or returns."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, DataError
from qualms.solve.formats.lines import Lines
from qualms.solve.problems.mixed_integer import MixedInteger
from qualms.solve.problems.portfolio import Portfolio
from qualms.solve.problems.problem import Problem


def orlib(lines: Lines) -> Problem:
    """n, then a mean return and a standard deviation for each asset, then "i j correlation" of every pair i ≤ j."""
    words = lines.words()
    n = lines.whole(*words[0], 1, 10**5, "assets")
    pairs = n * (n + 1) // 2
    if len(words) != 1 + 2 * n + 3 * pairs:
        short = ": cut short?" if len(words) < 1 + 2 * n + 3 * pairs else ""
        raise lines.error(words[-1][0], f"{len(words)} numbers, but {n} assets have {1 + 2 * n + 3 * pairs}{short}")
    moments = np.array([lines.real(k, w) for k, w in words[1 : 1 + 2 * n]]).reshape(n, 2)
    correlation = np.full((n, n), np.nan)
    rest = words[1 + 2 * n :]
    for k in range(0, len(rest), 3):
        i, j = (lines.whole(*rest[k + c], 1, n, "asset") - 1 for c in (0, 1))
        correlation[i, j] = correlation[j, i] = lines.real(*rest[k + 2], -1.0, "correlation")
    if np.isnan(correlation).any():
        raise lines.error(rest[-1][0], "a pair of assets has no correlation")
    spread = moments[:, 1]
    return Portfolio.from_covariance(moments[:, 0], correlation * spread[:, None] * spread[None], name=lines.path.stem)


def table(lines: Lines, header: list[str], rows: list[tuple[int, list[str]]]) -> Problem:
    """A date, then a column for each asset. All above zero they are prices, whose relative changes count; else returns."""
    names = header[1:]
    if len(set(names)) != len(names):
        raise lines.error(lines.rows[0][0], "two columns have one name")
    values = np.array([[lines.real(k, w, what="price or return") for w in row[1:]] for k, row in rows])
    if (values > 0).all():
        values = values[1:] / values[:-1] - 1
    if len(values) < 2:
        raise lines.error(lines.rows[-1][0], "two returns at least are needed for a variance")
    centred = values - values.mean(0)
    factors = centred.T / np.sqrt(len(values) - 1)
    return Portfolio(values.mean(0), factors, np.zeros(len(names)), names=tuple(names), name=lines.path.stem)


_CASH, _UNIT, _DELTA, _NU, _RHO, _COPIES = 1_000_000, 100_000, 0.001, 0.0001, 0.000025, 3


def qoblib(folder: Path, settings: dict[str, Any]) -> Problem:
    """QOBLIB class 06: buying and selling units of 100,000 over days, at a cost, long and short.

    The model is QOBLIB's `bqp_u3_c10`: bits x[asset, copy, sign, day], 3 copies a sign; each day the signed units and 4 bits of cash make 10, the
    units held and 7 bits of room make `most`; risk · covariance, return, transactions, cash interest and short selling, every coefficient rounded
    to a whole number as there (halves away from zero). settings: risk (λ, default 0) and most (default 4 for 10 assets, else 20 for 50, else 50).
    """
    prices, covariance, names, days = _tables(folder)
    n = len(names)
    risk = float(settings.pop("risk", 0.0))
    most = int(settings.pop("most", {10: 4, 50: 20}.get(n, 50)))
    if risk < 0 or not 1 <= most <= 127:
        raise ConfigError(f"{folder}: risk={risk} is not negative, and most={most} between 1 and 127, which 7 bits of room hold")
    unit = _UNIT / prices[:, 0]
    p = prices * unit[:, None]
    count = n * _COPIES * 2
    asset, sign = np.repeat(np.arange(n), 2 * _COPIES), np.tile([1.0, -1.0], n * _COPIES)
    per_day = count + 4 + 7
    cost = np.zeros(per_day * days)
    parts = []
    a, b = np.triu_indices(count)
    last = days - 1
    for t in range(days):
        at = t * per_day
        x = at + np.arange(count)
        cost[at + count : at + count + 4] -= _whole(_NU * _UNIT * 2.0 ** np.arange(4))
        cost[x] += np.where(sign < 0, _whole(_RHO * p[asset, t]), 0)
        fee = _whole(_DELTA * p[asset, t])
        if t < last:
            cost[x] -= _whole(sign * (p[asset, t + 1] - p[asset, t]))
        cost[x] += fee
        if 0 < t < last:
            cost[x - per_day] += fee
            parts.append((x - per_day, x, -2 * fee))
        if risk:
            q = _whole(risk * sign[a] * sign[b] * covariance[t][asset[a], asset[b]] * p[asset[a], t] * p[asset[b], t])
            parts.append((at + a, at + b, np.where(a == b, q, 2 * q)))
    i, j, q = (np.concatenate(z) for z in zip(*parts, strict=True)) if parts else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    rows = csr_matrix(np.kron(np.eye(days), np.stack([
        np.concatenate([sign, 2.0 ** np.arange(4), np.zeros(7)]), np.concatenate([np.ones(count), np.zeros(4), 2.0 ** np.arange(7)]),
    ])))  # fmt: skip
    side = np.tile([_CASH / _UNIT, float(most)], days)
    told = [f"{names[k]}#{c + 1}{'+' if s > 0 else '-'}" for k in range(n) for c in range(_COPIES) for s in (1, -1)]
    labels = [f"{v}@{t}" for t in range(days) for v in (*told, *(f"cash{c}" for c in range(4)), *(f"room{c}" for c in range(7)))]
    bits = np.ones(per_day * days)
    used = q != 0
    return MixedInteger(
        cost, 0 * bits, bits, bits > 0, rows, side, side, i[used], j[used], q[used], name=folder.name, names=labels,
        row_names=[f"{what} of day {t}" for t in range(days) for what in ("cash", "units")],
    )  # fmt: skip


def _whole(x: np.ndarray) -> np.ndarray:
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def _tables(folder: Path) -> tuple[np.ndarray, np.ndarray, list[str], int]:
    """(asset, day) prices, (day, asset, asset) covariances, names in order of appearance, days."""
    price_rows = _split(folder / "stock_prices.txt.gz", 3)
    wanted = re.search(r"_t(\d+)", folder.name)
    every = sorted({int(r[0]) for r in price_rows})
    days = int(wanted.group(1)) if wanted else len(every)
    names = list(dict.fromkeys(r[1] for r in price_rows))
    place = {name: k for k, name in enumerate(names)}
    prices = np.full((len(names), max(every) + 1), np.nan)
    for day, name, price in price_rows:
        prices[place[name], int(day)] = float(price)
    covariance = np.full((days, len(names), len(names)), np.nan)
    for day, first, second, value in _split(folder / "covariance_matrices.txt.gz", 4):
        if int(day) < days:
            if first not in place or second not in place:
                raise DataError(f"{folder}: {first if first not in place else second} has a covariance and no price")
            covariance[int(day), place[first], place[second]] = float(value)
    if np.isnan(prices[:, :days]).any() or np.isnan(covariance).any():
        raise DataError(f"{folder}: a price or covariance of the first {days} days is missing")
    return prices[:, :days], covariance, names, days


def _split(path: Path, width: int) -> list[list[str]]:
    """Rows of words, the first and the last numbers."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [(k, line.split()) for k, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    for k, row in rows:
        if len(row) != width:
            raise DataError(f"{path}:{k}: {len(row)} words where {width} belong")
        try:
            int(row[0]), float(row[-1])
        except ValueError:
            raise DataError(f"{path}:{k}: {' '.join(row)!r} is not a day, names and a number") from None
    if not rows:
        raise DataError(f"{path}: empty")
    return [row for _, row in rows]
