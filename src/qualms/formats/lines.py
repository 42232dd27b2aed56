"""Instance files as lines of words that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from qualms.data.numbers import hint, integer, real
from qualms.data.text import Text, read_text
from qualms.errors import DataError
from qualms.problems.numbers import Decimals

# Words of a comment that would change the objective if the format knew them.
_TELLING = re.compile(
    r"\b(offset|scale|scaling|constant|vartype|sense|maximi[sz]e|minimi[sz]e)\b\s*[:=]\s*\S", re.IGNORECASE
)
MOST = 2**60  # what integers of a file may be, if nothing smaller is said: they are kept in 64 bits
_FREE_TEXT = re.compile(r"\s*(COMMENT|NAME)\b", re.IGNORECASE)  # keys of TSPLIB whose values are for people


class Lines:
    """The lines of a text file that are neither blank nor comments.

    Parameters
    ----------
    source : str | Path | Text
        The file, or its text where somebody else has read it.
    comments : tuple[str, ...], optional
        What a comment line begins with.

    Attributes
    ----------
    path : Path
        Path of the file.
    rows : list[tuple[int, list[str]]]
        (line number, words).
    comments : list[tuple[int, str]]
        (line number, text) of the comment lines.
    notes : list[str]
        A sentence for everything that was read but not used, or not taken as it stands; readers add
        theirs.

    Raises
    ------
    DataError
        For a file that is missing, too large, empty or no text.
    """

    def __init__(self, source: str | Path | Text, comments: tuple[str, ...] = ("#", "%", "c ", "//")) -> None:
        def is_comment(line: str) -> bool:
            return line.strip().startswith(comments) or ("c " in comments and line.split()[:1] == ["c"])

        text = (
            source
            if isinstance(source, Text)
            else read_text(source, lambda line: is_comment(line) or bool(_FREE_TEXT.match(line)))
        )
        self.path = text.path
        self.notes = list(text.notes)
        lines = [(k, line.strip()) for k, line in enumerate(text.lines, 1) if line.strip()]
        self.comments = [(k, line) for k, line in lines if is_comment(line)]
        self.rows = [(k, line.split()) for k, line in lines if not is_comment(line)]
        if not self.rows:
            raise DataError(f"{self.path}: empty")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return iter(self.rows)

    def error(self, line: int, what: str) -> DataError:
        return DataError(f"{self.path}:{line}: {what}")

    def integer(
        self, line: int, word: str, least: int | None = None, most: int | None = None, what: str = "number"
    ) -> int:
        """An integer in a range; "5.0" is one."""
        found = integer(word)
        if found is None:
            raise self.error(line, f"{what} {word!r} is not an integer{hint(word)}")
        least, most = -MOST if least is None else least, MOST if most is None else most
        if not least <= found <= most:
            shown = word if len(word) <= 30 else f"{word[:30]}…"
            raise self.error(line, f"{what} {shown} is not between {_short(least)} and {_short(most)}")
        return found

    def real(self, line: int, word: str, least: float = -np.inf, what: str = "number") -> float:
        """A finite number."""
        found = real(word)
        if found is None:
            raise self.error(line, f"{what} {word!r} is not a number{hint(word)}")
        if found < least:
            raise self.error(line, f"{what} {word!r} is less than {least:g}")
        return found

    def decimals(self, words: Sequence[tuple[int, str]]) -> Decimals:
        """Numbers kept exactly."""
        try:
            return Decimals.of([w for _, w in words])
        except DataError:
            for k, word in words:
                try:
                    Decimals.of([word])
                except DataError as error:
                    raise self.error(k, str(error)) from None
            raise

    def words(self, start: int = 0) -> list[tuple[int, str]]:
        """(line, word) of the rows from `start` on, one after the other."""
        return [(k, w) for k, row in self.rows[start:] for w in row]

    def pairs(
        self, rows: list[tuple[int, list[str]]], n: int, default: str | None = None, first: int = 1
    ) -> tuple[np.ndarray, np.ndarray, Decimals]:
        """Rows "i j weight" of numbers from `first` on, as indices from 0 to n − 1; a missing weight is
        `default`.
        """
        i, j, w = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64), list[tuple[int, str]]()
        for k, (line, words) in enumerate(rows):
            if len(words) != 3 and not (len(words) == 2 and default is not None):
                raise self.error(line, f"{len(words)} words, where two indices and a weight are expected")
            i[k], j[k] = (self.integer(line, x, first, n - 1 + first, "index") - first for x in words[:2])
            w.append((line, words[2] if len(words) == 3 else str(default)))
            self.real(*w[-1], what="weight")
        return i, j, self.decimals(w)


def unused_comments(comments: Sequence[tuple[int, str]]) -> list[str]:
    """Notes of the comments that carry a number or a word which would change the objective, if the format had
    a place for it.
    """
    return [
        f"line {k}: the comment {text[:60]!r} was not used; a comment changes nothing in this format"
        for k, text in comments
        if _TELLING.search(text)
    ]


def _short(limit: int) -> str:
    return "-2^60" if limit == -MOST else "2^60" if limit == MOST else str(limit)
