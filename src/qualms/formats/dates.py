"""Dates of a table's rows, as numbers that rise with time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

ORDERS = ("day-first", "month-first")
_TIME = (
    r"(?:[T "
    r"](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?" + _TIME)
_YEAR_LAST = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + _TIME
)
_NAMED = re.compile(
    r"(?:(?P<day>\d{1,2})[ -])?(?P<name>[A-Za-z]{3,9})\.?[ -](?:(?P<day2>\d{1,2}),?[ "
    r"-])?(?P<year>\d{4}|\d{2})"
)
_COMPACT = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})")
_QUARTER = re.compile(r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def moment(word: str, order: str = "day-first") -> float | None:
    """Seconds of a date or time; None if the word is none. `order` says how "02/03/2024" is read."""
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _NAMED, _COMPACT, _QUARTER):
        told = pattern.fullmatch(word)
        if told:
            return _seconds(told.groupdict(), order)
    return None


def _seconds(told: dict[str, str | None], order: str) -> float | None:
    year = int(told["year"] or 0)
    year += (2000 if year < 70 else 1900) if len(told["year"] or "") == 2 else 0
    if told.get("quarter"):
        month, day = 3 * int(told["quarter"] or 0) - 2, 1
    elif told.get("name"):
        name = (told["name"] or "")[:3].lower()
        if name not in _MONTHS:
            return None
        month, day = _MONTHS.index(name) + 1, int(told["day"] or told["day2"] or 1)
    elif told.get("mark"):
        first, second = int(told["first"] or 0), int(told["second_"] or 0)
        day, month = (first, second) if order == "day-first" or told["mark"] == "." else (second, first)
    else:
        month, day = int(told["month"] or 0), int(told.get("day") or 1)
    zone = (told.get("zone") or "Z").replace("Z", "+0000").replace(":", "")
    try:
        at = datetime(
            year,
            month,
            day,
            int(told.get("hour") or 0),
            int(told.get("minute") or 0),
            int(told.get("second") or 0),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return at.timestamp() - (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 3600 + int(zone[3:5]) * 60)


def two_readings(words: Sequence[str]) -> bool:
    """Whether the dates are valid both with the day first and with the month first, and differ."""
    told = [[moment(w, order) for w in words] for order in ORDERS]
    return told[0] != told[1] and None not in told[0] and None not in told[1]
