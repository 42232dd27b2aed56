"""Distances between coordinates, as tables of integers in parts of a unit; and the numbers of files that
share those parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qualms.formats.lines import Lines
from qualms.formats.table import Table

MOST = 12_000  # nodes: a table of distances of 1.2 GB
EXACT = 1_000_000  # parts of a unit to which distances that are not rounded are kept
LARGEST = 2**53  # of a distance in parts of a unit
FARTHEST = 1e9  # of a coordinate
ROUNDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "EUC": lambda d: np.floor(euclid(d) + 0.5),
    "CEIL": lambda d: np.ceil(euclid(d)),
    "FLOOR": lambda d: np.floor(euclid(d)),
    "MAN": lambda d: np.floor(np.abs(d).sum(-1) + 0.5),
    "MAX": lambda d: np.floor(np.abs(d).max(-1) + 0.5),
}
# of which a user may choose another than the file names
DISTANCES = ("EUC_2D", "CEIL_2D", "FLOOR_2D", "EXACT_2D")


def euclid(away: np.ndarray) -> np.ndarray:
    """A column at a time, so that the result does not depend on the order in which numpy sums."""
    return np.hypot(away[..., 0], away[..., 1]) if away.shape[-1] == 2 else np.sqrt((away**2).sum(-1))


def by_rows(places: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """(n, n) int64, a row at a time: differences of all pairs at once would be several times as much."""
    d = np.empty((len(places), len(places)), np.int64)
    for k, place in enumerate(places):
        d[k] = measure(places - place)
    return d


def geographic(degrees: np.ndarray) -> np.ndarray:
    """TSPLIB 95, section 2.4, with its own π and radius."""
    whole = np.trunc(degrees)
    radians = 3.141592 * (whole + 5 * (degrees - whole) / 3) / 180
    lat, lon = radians[:, 0], radians[:, 1]
    q1 = np.cos(lon[:, None] - lon[None])
    q2, q3 = np.cos(lat[:, None] - lat[None]), np.cos(lat[:, None] + lat[None])
    d = (6378.388 * np.arccos(np.clip(0.5 * ((1 + q1) * q2 - (1 - q1) * q3), -1, 1)) + 1).astype(np.int64)
    np.fill_diagonal(d, 0)
    return d


def scaled(lines: Lines, words: list[tuple[int, str]], what: str) -> tuple[np.ndarray, int]:
    """Numbers from 0 to 2^40 as int64 in parts of a unit, and how many parts their decimals need."""
    for k, word in words:
        if lines.real(k, word, 0, what) > 2**40:
            raise lines.error(k, f"{what} {word} is too large")
    found = lines.decimals(words)
    if found.scale > EXACT:
        raise lines.error(words[0][0], f"a {what} with more than six decimals; round them to six")
    return found.values.astype(np.int64), found.scale


def check_windows(source: Lines | Table, lines: Sequence[int], windows: np.ndarray) -> None:
    """Refuse a window that opens after it closes. windows : (n, 2), beside the line of each."""
    for line, (opens, closes) in zip(lines, windows.tolist(), strict=True):
        if opens > closes:
            raise source.error(line, "the time window opens after it closes")


def coordinate(lines: Lines, line: int, word: str) -> float:
    found = lines.real(line, word, what="coordinate")
    if abs(found) > FARTHEST:
        raise lines.error(line, f"coordinate {word} is larger than {FARTHEST:g}")
    return found
