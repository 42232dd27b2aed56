"""Tables as people, spreadsheets, pandas and data vendors write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from qualms.data.numbers import real
from qualms.data.table import Row, read_rows
from qualms.data.text import Text, read_text
from qualms.errors import DataError

MISSING = ("", ".", "na", "n/a", "#n/a", "nan", "null", "none", "-")
_BOTH = (
    "--set decimal=. reads a comma as the mark between thousands, "
    "--set decimal=, reads it as the decimal mark (--decimal with qualms ask)"
)


@dataclass
class Table:
    """A header and rows of as many fields.

    Attributes
    ----------
    path : Path
        Path of the file.
    line : int
        Line of the header.
    header : list[str]
        Names of the columns.
    rows : list[Row]
        (line, fields), without blanks around them.
    decimal : str
        The character that parts the decimals, "." or ",".
    notes : list[str]
        A sentence for what was assumed or left out.
    delimiter : str
        What parts the fields; a comma for workbooks.
    """

    path: Path
    line: int
    header: list[str]
    rows: list[Row]
    decimal: str
    notes: list[str]
    delimiter: str = ","

    def error(self, line: int, what: str) -> DataError:
        return DataError(f"{self.path}:{line}: {what}")

    def number(self, line: int, word: str, what: str) -> Fraction:
        """A number, exactly; "1.2%" is 0.012.

        Marks between thousands may stand where the table's decimal mark allows for them.
        """
        text = word.removesuffix("%").strip()
        other = "," if self.decimal == "." else "."
        if other in text and not re.fullmatch(
            rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{self.decimal}\d+)?", text
        ):
            raise self.error(
                line, f"{what} {word!r} is not a number; the decimal mark of this table is {self.decimal!r}"
            )
        plain = text.replace(other, "").replace(self.decimal, ".")
        if real(plain) is None:
            raise self.error(line, f"{what} {word!r} is not a number")
        return Fraction(plain) / (100 if word.endswith("%") else 1)

    def numbers(self, column: int, what: str) -> list[Fraction]:
        return [self.number(k, row[column], what) for k, row in self.rows]


def read_table(path: Path, decimal: str | None = None) -> Table:
    """A .csv or .tsv file: fields parted by commas, semicolons or tabs, lines that begin with # left out; or
    the sheet of a workbook, .xlsx.

    A name that is broken into lines is read as one line.

    Parameters
    ----------
    path : Path
        The file.
    decimal : str, optional
        "." or ","; None finds it out, if the numbers allow for one reading only.

    Raises
    ------
    DataError
        No table, rows of another width than the header, a delimiter or a decimal mark that could be read
        in two ways.
    """
    delimiter, notes, first, found_rows = _rows(path)
    rows = [(k, [_one_line(w) for w in row]) for k, row in found_rows]
    if any("\n" in w or "\r" in w for _, row in found_rows for w in (f.strip() for f in row)):
        notes.append("names that are broken into lines were read as one line")
    if not rows:
        raise DataError(f"{path}: the table has no header")
    if len(rows) == 1:
        raise DataError(f"{path}:{rows[0][0]}: the table has a header and no rows")
    line, header = rows[0]
    for k, row in rows[1:]:
        if len(row) != len(header):
            raise DataError(f"{path}:{k}: {len(row)} fields where the header has {len(header)}")
    # a comma at the end of each line makes an empty one
    kept = [c for c, name in enumerate(header) if name or any(row[c] for _, row in rows[1:])]
    found = Table(
        path,
        line,
        [header[c] for c in kept],
        [(k, [row[c] for c in kept]) for k, row in rows[1:]],
        decimal or ".",
        notes,
        delimiter,
    )
    if decimal is None and not is_workbook(path):  # there numbers are numbers
        found.decimal = _decimal_mark(found, semicolons=";" in first)
    return found


def is_workbook(path: Path) -> bool:
    """Whether it is one by its name."""
    return path.suffix.lower() == ".xlsx"


def _rows(path: Path) -> tuple[str, list[str], str, list[Row]]:
    """The delimiter, notes, the first line, and all rows without comments."""
    if is_workbook(path):
        from qualms.formats.workbook import read_workbook

        return ",", [], "", read_workbook(path)
    text = read_text(path, lambda line: line.startswith("#"))
    delimiter, rows = _split(text)
    first = next((t for t in text.lines if t.strip() and not t.startswith(("#", "sep="))), "")
    return delimiter, list(text.notes), first, [(k, row) for k, row in rows if not row[0].startswith("#")]


def _one_line(field: str) -> str:
    return re.sub(r"\s*[\r\n]+\s*", " ", field.strip())


def _check_points(found: Table) -> None:
    """Where fields are parted by semicolons, people have a decimal comma: "1.060" may be a thousand there.

    Raises DataError if all numbers with a point are of that form.
    """
    fields = [(k, f.removesuffix("%").strip()) for k, row in found.rows for f in row]
    pointed = [(k, word) for k, word in fields if re.fullmatch(r"[+-]?\d*\.[\d.]+", word)]
    grouped = [word for word in pointed if re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", word[1])]
    if pointed and len(grouped) == len(pointed):
        k, word = pointed[0]
        raise found.error(k, f"{word!r} is {word.replace('.', '')} or {word}: {_BOTH}")


def _split(text: Text) -> tuple[str, list[Row]]:
    """What parts the fields, and the rows."""
    told = re.match(r"sep=(.)\n", text.text)  # Excel's own first line
    if told:
        rest = read_rows(Text(text.path, text.text[told.end() :]), told.group(1))
        return told.group(1), [(k + 1, row) for k, row in rest]
    if text.path.name.lower().removesuffix(".gz").endswith(".tsv"):
        return "\t", read_rows(text, "\t")
    first = next((line for line in text.lines if line.strip() and not line.startswith("#")), "")
    there = [d for d in ",;\t" if d in re.sub(r'"[^"]*"', "", first)]
    if len(there) <= 1:
        only = there[0] if there else ","
        return only, read_rows(text, only)
    fitting = []
    for delimiter in there:
        rows = [row for _, row in read_rows(text, delimiter) if not row[0].startswith("#")]
        if len({len(row) for row in rows}) == 1:
            fitting.append(delimiter)
    if len(fitting) != 1:
        raise DataError(
            f"{text.path}: {' and '.join(map(repr, there))} could separate the fields; keep one of them"
        )
    return fitting[0], read_rows(text, fitting[0])


def _decimal_mark(found: Table, semicolons: bool) -> str:
    """From numbers that have one reading only: "1,234.5" and "1,234,567" part thousands by commas, "1,5" has
    a decimal comma.
    """
    point: Row | None = None
    comma: Row | None = None
    open_: Row | None = None
    for k, row in found.rows:
        for field in row:
            word = field.removesuffix("%").strip()
            if not re.fullmatch(r"[+-]?[\d.,]+", word) or "," not in word:
                continue
            if "." in word:
                dots, commas = word.rindex("."), word.rindex(",")
                point, comma = ((k, [field]), comma) if dots > commas else (point, (k, [field]))
            elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3}){2,}", word):
                point = (k, [field])
            elif re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", word):
                open_ = open_ or (k, [field])
            else:
                comma = (k, [field])
    if point and comma:
        raise found.error(
            comma[0],
            (
                f"{comma[1][0]!r} has a decimal comma, but {point[1][0]!r} "
                f"in line {point[0]} has a decimal point"
            ),
        )
    if semicolons and not (point or comma or open_):
        _check_points(found)
    if open_ and not point and not comma:
        word = open_[1][0]
        raise found.error(
            open_[0], f"{word!r} is {word.replace(',', '')} or {word.replace(',', '.')}: {_BOTH}"
        )
    if point or comma:
        mark, where = (".", point) if point else (",", comma)
        found.notes.append(
            f"the decimal mark was taken to be {mark!r}, because of {where[1][0]!r} in line {where[0]}"  # type: ignore[index]
        )
        return mark
    return "."
