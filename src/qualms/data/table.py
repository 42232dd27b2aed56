"""The one reader of tables in text: comma-, semicolon- and tab-separated rows, each with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

from qualms.data.text import Text
from qualms.errors import DataError

LONGEST_FIELD = 10_000_000  # characters, of a field here and of a line of JSON
Row = tuple[int, list[str]]  # the line on which the row begins, and its fields


def read_rows(source: Text, delimiter: str = ",") -> list[Row]:
    """The rows that are not blank.

    Fields between commas or semicolons may stand in double quotes, as RFC 4180 has it. Between tabs a quotation mark is a character as any other:
    tables such as those of GLUE hold unpaired ones.

    Raises
    ------
    DataError : quotes that are not closed or stand before other text, and fields of more than 10,000,000 characters, with the line.
    """
    if delimiter == "\t":
        return [(k, line.split("\t")) for k, line in enumerate(source.lines, 1) if line.strip()]
    with _long_fields():
        reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True)
        return list(_numbered(source, reader))


def _numbered(source: Text, reader: Iterator[list[str]]) -> Iterator[Row]:
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # after such an error the reader cannot find its place again
            what = "a field of more than 10,000,000 characters; is a quotation mark missing?" if "limit" in str(error) else f"not CSV: {error}"
            raise DataError(f"{source.path}:{begins}: {what}") from None
        if any(field.strip() for field in row):
            yield begins, row
        begins = reader.line_num + 1  # type: ignore[attr-defined]


@contextmanager
def _long_fields() -> Iterator[None]:
    """Python's limit of 131,072 characters holds for a whole process: it is put back."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
