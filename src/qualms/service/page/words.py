"""Numbers, times and quadrants as the page shows them."""

from __future__ import annotations

import datetime
import math
from typing import Any


def number(value: float | None) -> str:
    """Four significant digits, and whole numbers whole; a dash for None."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.4g}"


def when(seconds: float | None) -> str:
    """A time in UTC; a dash where it is not known."""
    if not seconds:
        return "–"
    try:
        return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "–"


def duration(seconds: float | None) -> str:
    """Seconds, minutes or hours in a few characters."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 99.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: int) -> str:
    """Bytes with a unit."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{count:,} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def of(unit: str) -> str:
    """A unit behind a number; nothing for one that says nothing."""
    return "" if unit in ("", "1", "objective") else f" {unit}"


def flat(value: Any) -> bool:
    """Whether something is shown in one line of a table."""
    return not isinstance(value, dict | list | tuple) or not value


FILTERS = {"number": number, "when": when, "duration": duration, "size": size, "of": of}
