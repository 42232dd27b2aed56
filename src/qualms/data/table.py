"""The one reader of tables in text: comma-, semicolon- and tab-separated rows, each with its line."""

from __future__ import annotations

import csv
import io
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
        Called with the line and the reason of a row that has a field of more than 10,000,000 characters;
        such a row is left out. Without it such a row is an error.

    Raises
    ------
    DataError
        Quotes that are not closed or stand before other text, and fields that are too long, with the
        line.
    """
    rows = _tabbed(source) if delimiter == "\t" else _quoted(source, delimiter)
    out = []
    for line, row in rows:
        if any(len(field) > LONGEST_FIELD for field in row):
            reason = f"a field of more than {LONGEST_FIELD:,} characters; is a quotation mark missing?"
            if broken is None:
                raise DataError(f"{source.path}:{line}: {reason}")
            broken(line, reason)
        elif any(field.strip() for field in row):
            out.append((line, row))
    return out


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
