"""Tables in workbooks, .xlsx. This file alone imports openpyxl."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from qualms.data.table import Row
from qualms.errors import DataError, MissingExtraError

MOST_CELLS = 5_000_000
_MOST_BYTES = 1_000_000_000  # of a sheet when it is unpacked


def read_workbook(path: Path) -> list[Row]:
    """The rows of the only sheet that has any, as text, each with its number in the sheet.

    Numbers have all of their digits, whatever the sheet shows, and dates are written as 2026-11-26. Of a
    formula the value counts that the program which saved the file had computed.

    Raises
    ------
    MissingExtraError
        openpyxl is not installed.
    DataError
        No workbook; several sheets with cells; merged cells; a formula without a value; an error of a
        formula; each with the cell's name.
    """
    values, formulas = _opened(path, values=True), _opened(path, values=False)
    filled = [s for s in values.worksheets if s.max_row > 1 or s.max_column > 1 or s["A1"].value is not None]
    if not filled:
        raise DataError(f"{path}: the workbook has no cells")
    if len(filled) > 1:
        names = ", ".join(repr(s.title) for s in filled)
        raise DataError(f"{path}: the sheets {names} all have cells; keep one of them in the file")
    sheet = filled[0]
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        raise DataError(
            f"{path}: {sheet.max_row:,} rows of {sheet.max_column:,} columns; at most {MOST_CELLS:,} cells "
            "are read"
        )
    merged = sorted(str(r) for r in sheet.merged_cells.ranges)
    if merged:
        shown = ", ".join(merged[:3]) + (" and others" if len(merged) > 3 else "")
        raise DataError(
            f"{path}: cells {shown} are merged, so that it is not known what they belong to; part them, and "
            "write every header into a cell of its own"
        )
    written = formulas[sheet.title]
    rows = []
    for cells in sheet.iter_rows():
        fields = [_text(path, cell, written[cell.coordinate].value) for cell in cells]
        if any(fields):
            rows.append((cells[0].row, fields))
    return rows


def _opened(path: Path, values: bool) -> Any:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtraError("openpyxl", "xlsx", "reading a workbook") from None
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MOST_BYTES:
                raise DataError(
                    f"{path}: the workbook is larger than {_MOST_BYTES:,} bytes when it is unpacked"
                )
        return load_workbook(path, data_only=values)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: is no workbook of the form .xlsx ({error})") from None


def _text(path: Path, cell: Any, formula: Any) -> str:
    """A cell as a table in text would have it."""
    value = cell.value
    if value is None:
        if isinstance(formula, str) and formula.startswith("="):
            raise DataError(
                f"{path}:{cell.coordinate}: the file has no value of the formula {formula[:60]}; open it in "
                "the program that made it, and save it again"
            )
        return ""
    if cell.data_type == "e":
        raise DataError(f"{path}:{cell.coordinate}: the cell has the error {value}")
    if isinstance(value, bool):
        value = "TRUE" if value else "FALSE"
    elif isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 2**53 else repr(value)
    elif isinstance(value, datetime):
        value = value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    elif isinstance(value, date):
        value = value.isoformat()
    return str(value)
