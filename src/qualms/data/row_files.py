"""Rows of JSON lines and of tables, with file and line of everything that is broken, skipped or doubtful."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qualms.data.examples import Skipped
from qualms.data.table import LONGEST_FIELD, read_rows
from qualms.data.text import Text, read_text
from qualms.errors import DataError

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


class Rows:
    """Reads tables; in lenient mode remembers what it skipped.

    Notes say what was not taken as it stands, or may be meant otherwise.
    """

    def __init__(self, lenient: bool) -> None:
        self.lenient = lenient
        self.skipped: list[Skipped] = []
        self.notes: list[str] = []

    def broken(self, path: Path, line: int, reason: str) -> None:
        if not self.lenient:
            raise DataError(f"{path}:{line}: {reason} (--skip-bad-rows leaves such rows out and lists them)")
        self.skipped.append(Skipped(str(path), line, reason))

    def note(self, path: Path, text: str) -> None:
        self.notes.append(f"{path}: {text}.")

    def read(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line number, row) of a JSONL, CSV or TSV file, plain or gzipped."""
        source = read_text(path)
        kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
        return (
            self._json_lines(source)
            if kind in ("jsonl", "ndjson")
            else self._table(source, "\t" if kind == "tsv" else ",")
        )

    def _json_lines(self, source: Text) -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(source.lines, 1):
            if not line.strip():
                continue
            if len(line) > LONGEST_FIELD:
                self.broken(
                    source.path,
                    number,
                    f"line of {len(line):,} characters; at most {LONGEST_FIELD:,} are read",
                )
                continue
            try:  # numbers stay as they are written: 1.10 is not rounded to 1.1
                row = json.loads(
                    line,
                    object_pairs_hook=_object,
                    parse_float=str,
                    parse_int=str,
                    parse_constant=_no_constant,
                )
            except (ValueError, RecursionError) as error:
                reason = (
                    error.msg
                    if isinstance(error, json.JSONDecodeError)
                    else error
                    if isinstance(error, ValueError)
                    else "nested too deep"
                )
                self.broken(source.path, number, f"not JSON: {reason}")
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                self.broken(source.path, number, f"expected an object, found {type(row).__name__}")

    def _table(self, source: Text, usual: str) -> Iterator[tuple[int, dict[str, Any]]]:
        path, delimiter = source.path, self._delimiter(source, usual)
        rows = read_rows(source, delimiter, lambda line, reason: self.broken(path, line, reason))
        if not rows:
            return
        (line, header), *body = rows
        names = self._names(path, line, header, delimiter)
        self._note_quotes(path, body, delimiter)
        for line, row in body:
            if len(row) == len(names):
                yield line, {n: v for n, v in zip(names, row, strict=True) if n}
            else:
                hint = (
                    "; between tabs a quotation mark is a character, and a field cannot hold a line break"
                    if delimiter == "\t"
                    else ""
                )
                self.broken(
                    path,
                    line,
                    (
                        f"{len(row)} fields where the header has "
                        f"{len(names)}{hint if any(_quotes(f) for f in row) else ''}"
                    ),
                )

    def _delimiter(self, source: Text, usual: str) -> str:
        """What stands between the columns: what the file's name says, or else what its first line shows."""
        first = next((line for line in source.lines if line.strip()), "")
        others = [d for d in _DELIMITERS if d != usual and d in first]
        if usual in first or not others:
            return usual
        if len(others) > 1:
            kinds = " or ".join(_DELIMITERS[d] for d in others)
            raise DataError(
                f"{source.path}: the columns may be separated by {kinds}, not by {_DELIMITERS[usual]}; "
                "separate them by one of these"
            )
        self.note(
            source.path,
            (
                f"the columns are separated by {_DELIMITERS[others[0]]} in the first line, so the whole "
                "file is read that way"
            ),
        )
        return others[0]

    def _names(self, path: Path, line: int, header: Sequence[str], delimiter: str) -> list[str]:
        names = [name.strip() for name in header]
        twice = [name for name, count in Counter(names).items() if name and count > 1]
        if twice:
            raise DataError(
                f"{path}:{line}: the column {twice[0]!r} occurs twice; name every column differently"
            )
        if delimiter == "\t" and all(len(n) > 1 and n[0] == n[-1] == '"' for n in names):
            raise DataError(
                f"{path}:{line}: the column names stand in quotation marks, which between tabs are "
                "characters; save the table as CSV"
            )
        for number, name in enumerate(names, 1):
            if not name:
                self.note(path, f"column {number} has no name and is not read")
        return names

    def _note_quotes(self, path: Path, body: Sequence[tuple[int, list[str]]], delimiter: str) -> None:
        """Tell where quotation marks can be meant in two ways."""
        if delimiter == "\t":
            quoted = [
                line for line, row in body for field in row if len(field) > 1 and field[0] == field[-1] == '"'
            ]
            if quoted:
                where = f"{len(quoted)} fields stand in quotation marks (the first in line {quoted[0]})"
                self.note(
                    path,
                    (
                        f"{where}; between tabs they are read as characters of the text. If they are to "
                        "quote, save the table as CSV"
                    ),
                )
            return
        swallowed = [
            line
            for line, row in body
            if any(part.count(delimiter) >= len(row) - 1 for field in row for part in field.split("\n")[1:-1])
        ]
        if swallowed:
            where = (
                f"a field in quotation marks spans lines that look like rows (line {swallowed[0]}, "
                f"{len(swallowed)} in all)"
            )
            self.note(
                path,
                f"{where}. If a quotation mark there stands alone, write it twice, or save the table as TSV",
            )


def _quotes(field: str) -> bool:
    return field.startswith('"') or field.endswith('"')


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(k for k, n in Counter(k for k, _ in pairs).items() if n > 1)
        raise ValueError(f"the key {twice!r} occurs twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
