"""QOBLIB's portfolios: a folder of prices and covariances over days becomes a quadratic model in bits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from qualms.errors import ConfigError, DataError
from qualms.formats.lines import Lines
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Problem

_CASH, _UNIT, _DELTA, _NU, _RHO, _COPIES = 1_000_000, 100_000, 0.001, 0.0001, 0.000025, 3


def portfolio(folder: Path, settings: dict[str, Any]) -> Problem:
    """QOBLIB class 06: buying and selling units of 100,000 over days, at a cost, long and short.

    The model is QOBLIB's `bqp_u3_c10`: bits x[asset, copy, sign, day], 3 copies a sign; each day the signed
    units and 4 bits of cash make 10, the units held and 7 bits of room make `most`; risk · covariance,
    return, transactions, cash interest and short selling, every coefficient rounded to an integer as there
    (halves away from zero). settings: risk (λ, default 0) and most (default 4 for 10 assets, else 20 for 50,
    else 50).
    """
    prices, covariance, names, days = _tables(folder)
    n = len(names)
    notes = (
        [f"the first {days} days, from the folder's name {folder.name!r}"]
        if re.search(r"_t(\d+)", folder.name)
        else []
    )
    notes += [
        f"{key}={value}, which was not given; --set {key}=… takes another" for key,
        value in (("risk", 0), ("most", {10: 4, 50: 20}.get(n, 50))) if key not in settings
    ]  # fmt: skip
    risk = float(settings.pop("risk", 0.0))
    most = int(settings.pop("most", {10: 4, 50: 20}.get(n, 50)))
    if risk < 0 or not 1 <= most <= 127:
        raise ConfigError(
            f"{folder}: risk={risk} is not negative, and most={most} between "
            "1 and 127, which 7 bits of room hold"
        )
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
        cost[at + count : at + count + 4] -= _rounded(_NU * _UNIT * 2.0 ** np.arange(4))
        cost[x] += np.where(sign < 0, _rounded(_RHO * p[asset, t]), 0)
        fee = _rounded(_DELTA * p[asset, t])
        if t < last:
            cost[x] -= _rounded(sign * (p[asset, t + 1] - p[asset, t]))
        cost[x] += fee
        if 0 < t < last:
            cost[x - per_day] += fee
            parts.append((x - per_day, x, -2 * fee))
        if risk:
            q = _rounded(
                risk * sign[a] * sign[b] * covariance[t][asset[a], asset[b]] * p[asset[a], t] * p[asset[b], t]
            )
            parts.append((at + a, at + b, np.where(a == b, q, 2 * q)))
    i, j, q = (
        (np.concatenate(z) for z in zip(*parts, strict=True))
        if parts
        else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    )
    told = [
        f"{names[k]}#{c + 1}{'+' if s > 0 else '-'}"
        for k in range(n)
        for c in range(_COPIES)
        for s in (1, -1)
    ]
    labels = [
        f"{v}@{t}"
        for t in range(days)
        for v in (*told, *(f"cash{c}" for c in range(4)), *(f"room{c}" for c in range(7)))
    ]
    model = ModelBuilder(folder.name, notes=notes)
    bits = model.variables(
        (days, per_day), 0.0, 1.0, integer=True, cost=cost.reshape(days, per_day), names=labels
    )
    units, cash, room = np.split(bits, [count, count + 4], axis=1)
    for t in range(days):
        money = dict(zip([*units[t], *cash[t]], [*sign, *2.0 ** np.arange(4)], strict=True))
        model.add(money, _CASH / _UNIT, _CASH / _UNIT, f"cash of day {t}")
        held = dict(zip([*units[t], *room[t]], [*np.ones(count), *2.0 ** np.arange(7)], strict=True))
        model.add(held, most, most, f"units of day {t}")
    used = q != 0
    model.add_products(i[used], j[used], q[used])
    return model.build()


def _rounded(x: np.ndarray) -> np.ndarray:
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
                raise DataError(
                    f"{folder}: {first if first not in place else second} has a covariance and no price"
                )
            covariance[int(day), place[first], place[second]] = float(value)
    if np.isnan(prices[:, :days]).any() or np.isnan(covariance).any():
        raise DataError(f"{folder}: a price or covariance of the first {days} days is missing")
    return prices[:, :days], covariance, names, days


def _split(path: Path, width: int) -> list[list[str]]:
    """Rows of words, the first and the last numbers."""
    lines = Lines(path, ("#",))
    for k, row in lines:
        if len(row) != width:
            raise lines.error(k, f"{len(row)} words, where {width} are expected")
        lines.integer(k, row[0], 0, what="day")
        lines.real(k, row[-1])
    return [row for _, row in lines]
