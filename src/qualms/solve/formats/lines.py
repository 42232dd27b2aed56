"""Instance files as lines of words that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qualms.errors import DataError

_MOST_BYTES = 2_000_000_000


class Lines:
    """The non-empty lines of a text file, comments left out.

    Parameters
    ----------
    path : the file. comments : what a comment line begins with.

    Raises
    ------
    DataError : for a file that is missing, too large or no text.
    """

    def __init__(self, path: str | Path, comments: tuple[str, ...] = ("#", "%", "c ", "//")) -> None:
        self.path = Path(path)
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                raise DataError(f"{self.path}: more than {_MOST_BYTES:,} bytes")
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise DataError(f"{self.path}: not a text file") from None
        lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1)]
        self.rows = [(k, line.split()) for k, line in lines if line and line != "c" and not line.startswith(comments)]
        if not self.rows:
            raise DataError(f"{self.path}: empty")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return iter(self.rows)

    def error(self, line: int, what: str) -> DataError:
        return DataError(f"{self.path}:{line}: {what}")

    def whole(self, line: int, word: str, least: int | None = None, most: int | None = None, what: str = "number") -> int:
        """A whole number in a range."""
        try:
            found = int(word)
        except ValueError:
            raise self.error(line, f"{what} {word!r} is not a whole number") from None
        if (least is not None and found < least) or (most is not None and found > most):
            raise self.error(line, f"{what} {found} is not between {least} and {most}")
        return found

    def real(self, line: int, word: str, least: float = -np.inf, what: str = "number") -> float:
        """A finite number."""
        try:
            found = float(word)
        except ValueError:
            raise self.error(line, f"{what} {word!r} is not a number") from None
        if not np.isfinite(found) or found < least:
            raise self.error(line, f"{what} {word!r} is not a finite number" + (f" of at least {least:g}" if np.isfinite(least) else ""))
        return found

    def words(self, start: int = 0) -> list[tuple[int, str]]:
        """(line, word) of the rows from `start` on, one after the other."""
        return [(k, w) for k, row in self.rows[start:] for w in row]

    def pairs(self, rows: list[tuple[int, list[str]]], n: int, default: str | None = None) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Rows "i j weight" of numbers from 1 to n, as places from 0; a missing weight is `default`."""
        i, j, w = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64), []
        for k, (line, words) in enumerate(rows):
            if len(words) != 3 and not (len(words) == 2 and default is not None):
                raise self.error(line, f"{len(words)} words where two places and a weight belong")
            i[k], j[k] = (self.whole(line, x, 1, n, "place") - 1 for x in words[:2])
            w.append(words[2] if len(words) == 3 else str(default))
            try:
                float(w[-1])
            except ValueError:
                raise self.error(line, f"weight {w[-1]!r} is not a number") from None
        return i, j, w
