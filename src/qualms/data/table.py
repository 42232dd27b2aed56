"""The one reader of tables in text: comma-, semicolon- and tab-separated rows, each with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qualms.data.text import Text
from qualms.errors import DataError

LONGEST_FIELD = 10_000_000  # characters, of a field here and of a line of JSON
Row = tuple[int, list[str]]  # the line on which the row begins, and its fields


def read_rows(
    source: Text, delimiter: str = ",", broken: Callable[[int, str], None] | None = None
) -> list[Row]:
    """The rows that are not blank.

    Fields between commas or semicolons may stand in double quotes, as RFC 4180 has it. Between tabs a
    quotation mark is a character as any other: tables such as those of GLUE hold unpaired ones.

    Parameters
    ----------
    source : Text
        The table.
    delimiter : str, default ","
        One character.
    broken : Callable[[int, str], None], optional
        Called with the line and the reason of a row that has a field of more than 10,000,000 characters, or
        one in quotation marks behind a space; such a row is left out. Without it such a row is an error.

    Raises
    ------
    DataError
        Quotes that are not closed or stand before other text or behind a space, and fields that are too
        long, with the line.
    """
    rows = _tabbed(source) if delimiter == "\t" else _quoted(source, delimiter)
    out, lines = list[Row](), list[str]()
    if not rows:
        return out
    ends = [line - 1 for line, _ in rows[1:]] + [None]
    for (line, row), end in zip(rows, ends, strict=True):
        reason = None
        if any(len(field) > LONGEST_FIELD for field in row):
            reason = f"a field of more than {LONGEST_FIELD:,} characters; is a quotation mark missing?"
        elif delimiter != "\t" and any(_is_spaced(field) for field in row):
            lines = lines or source.lines
            reason = _misquoted(row, "\n".join(lines[line - 1 : end]), delimiter)
        if reason is not None:
            if broken is None:
                raise DataError(f"{source.path}:{line}: {reason}")
            broken(line, reason)
        elif any(field.strip() for field in row):
            out.append((line, row))
    return out


def _is_spaced(field: str) -> bool:
    """Whether it looks like a field in quotation marks behind a space, which RFC 4180 does not have.

    The marks would be read as text, and would not protect a delimiter between them.
    """
    word = field.strip()
    return field[:1] == " " and word[:1] == '"' and (word[-1:] == '"' or word.count('"') % 2 == 1)


def _misquoted(row: list[str], raw: str, delimiter: str) -> str | None:
    """Why a row cannot be read, if a field that looks so does not stand within quotation marks as a whole."""
    d = re.escape(delimiter)
    fields = re.finditer(rf'(?:^|{d})("[^"]*(?:""[^"]*)*"|[^{d}]*)', raw)
    for field, found in zip(row, fields, strict=False):
        if _is_spaced(field) and not found.group(1).startswith('"'):
            shown = field if len(field) < 40 else field[:40] + "…"
            return f"a space before a quotation mark, in {shown!r}; take the space away"
    return None


def _tabbed(source: Text) -> list[Row]:
    return [(k, line.split("\t")) for k, line in enumerate(source.lines, 1)]


def _quoted(source: Text, delimiter: str) -> list[Row]:
    rows, begins = [], 1
    with _no_limit():
        reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True)
        while True:
            try:
                rows.append((begins, next(reader)))
            except StopIteration:
                return rows
            except csv.Error as error:  # after such an error the reader cannot find its place again
                raise DataError(f"{source.path}:{begins}: not CSV: {error}") from None
            begins = reader.line_num + 1


@contextmanager
def _no_limit() -> Iterator[None]:
    """Lift Python's limit of 131,072 characters, which holds for a whole process, and put it back: the reader
    cannot go on after such a field, so that rows are measured when they are read.
    """
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)
