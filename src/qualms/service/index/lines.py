"""The lines of a file of records that were not read yet, and what they hold."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qualms.data.text import read_text
from qualms.errors import DataError, one_line
from qualms.records import Record

_MARKED = (b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")  # gzip, UTF-16, UTF-32
_BOM = b"\xef\xbb\xbf"
_ENDS = re.compile(rb"\r\n|\n|\r")
_SAMPLE = 4096  # bytes at the beginning and before the place read to, by which a file is known again
_BLOCK = 4 << 20  # bytes that are read at a time
_BLANK = b" \t\r\n\x0b\x0c\x1a\x00"


@dataclass(frozen=True)
class Place:
    """How far a file was read.

    Attributes
    ----------
    offset : int
        Bytes of whole lines that were read.
    lines : int
        How many lines these are.
    """

    offset: int = 0
    lines: int = 0


@dataclass(frozen=True)
class Line:
    """A line that is not empty.

    Attributes
    ----------
    number : int
        Beginning with 1.
    offset, length : int
        Where it stands in the file, in bytes; in a file that is compressed or UTF-16 both are −1.
    record : Record or None
        What it holds.
    why_not : str
        Why it is no record; empty where it is one.
    open : bool
        Whether the line has no end yet, so that it may still grow.
    """

    number: int
    offset: int
    length: int
    record: Record | None
    why_not: str
    open: bool = False


@dataclass(frozen=True)
class Part:
    """Lines read together, and the place after them. `cut` says that the last line was cut short."""

    lines: list[Line]
    place: Place
    cut: bool = False


def is_plain(path: Path) -> bool:
    """Whether bytes can be added at a file's end: it is not compressed, and neither UTF-16 nor UTF-32."""
    with open(path, "rb") as file:
        return not file.read(4).startswith(_MARKED)


def fingerprint(path: Path, offset: int) -> str:
    """A hash of the beginning of a file and of what stands before `offset`.

    A file whose first `offset` bytes have the same fingerprint as before was only added to.
    """
    with open(path, "rb") as file:
        head = file.read(min(_SAMPLE, offset))
        file.seek(max(0, offset - _SAMPLE))
        tail = file.read(min(_SAMPLE, offset))
    return hashlib.sha256(head + b"\0" + tail).hexdigest()


def parts(path: Path, start: Place) -> Iterator[Part]:
    """The lines after a place, some megabytes at a time.

    What is a record is decided as `qualms.records.read_records` does, but a broken line is returned as such
    and ends nothing. A last line without a line end is returned if it is a record, and is read again the next
    time; if it was cut by a kill, or is just being written, only `Part.cut` says so.

    Parameters
    ----------
    path : Path
        The file.
    start : Place
        Where to go on.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    try:
        yield from _plain(path, start) if is_plain(path) else _whole(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def _plain(path: Path, place: Place) -> Iterator[Part]:
    with open(path, "rb") as file:
        file.seek(place.offset)
        rest = b""
        while block := file.read(_BLOCK):
            rest += block
            end = rest.rfind(b"\n") + 1
            if not end:
                continue
            found, number = _lines(rest[:end], place, whole=True)
            place = Place(place.offset + end, number)
            rest = rest[end:]
            yield Part(found, place)
        if rest:
            found, number = _lines(rest, place, whole=False)
            cut = _is_cut(found, number) and rest[found[-1].offset - place.offset :].startswith((b"{", _BOM))
            yield Part(found[:-1] if cut else found, place, cut)


def _is_cut(found: list[Line], number: int) -> bool:
    """Whether the file's last line, which has that number, is no JSON."""
    return bool(found) and found[-1].number == number and found[-1].why_not.startswith("not JSON")


def _lines(block: bytes, place: Place, whole: bool) -> tuple[list[Line], int]:
    """The lines of a block that begins at a place, and the number of the last of them.

    `whole` says that the block ends with a line end; else everything in it may change.
    """
    found, begin, number = list[Line](), 0, place.lines
    ends = [*((m.start(), m.end()) for m in _ENDS.finditer(block))]
    if not whole:
        ends.append((len(block), len(block)))
    for stop, after in ends:
        number += 1
        text = block[begin:stop]
        if text.strip(_BLANK) not in (b"", _BOM):
            read = text.removeprefix(_BOM) if place.offset + begin == 0 else text
            record, why = _read(read if whole or stop < len(block) else read.rstrip(_BLANK))
            found.append(Line(number, place.offset + begin, len(text), record, why, not whole))
        begin = after
    return found, number


def _whole(path: Path) -> Iterator[Part]:
    """A file to which no bytes can be added, such as one compressed by gzip: everything, every time."""
    lines = read_text(path, is_comment=lambda line: not line.rstrip().endswith("}")).lines
    found = list[Line]()
    for number, line in enumerate(lines, 1):
        if line.strip():
            record, why = _read(line.encode("utf-8", "surrogatepass"))
            found.append(Line(number, -1, -1, record, why, open=True))
    cut = _is_cut(found, len(lines)) and lines[-1].startswith("{")
    yield Part(found[:-1] if cut else found, Place(), cut)


def _read(raw: bytes) -> tuple[Record | None, str]:
    try:
        found = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        return None, f"not JSON (byte {error.start + 1} of the line is not UTF-8)"
    except (ValueError, RecursionError) as error:
        return None, f"not JSON ({one_line(error)})"
    try:
        return Record.from_dict(found), ""
    except (ValueError, RecursionError) as error:
        return None, one_line(error)


def record_at(path: Path, number: int, offset: int, length: int) -> Record | None:
    """The record of a line that was read before; None where the file holds another thing there by now."""
    try:
        if offset < 0:
            found = next(
                (line for part in _whole(path) for line in part.lines if line.number == number), None
            )
            return found.record if found else None
        return _read(raw_at(path, offset, length).removeprefix(_BOM))[0]
    except (OSError, DataError):
        return None


def raw_at(path: Path, offset: int, length: int) -> bytes:
    """The bytes of a line."""
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(length)


def state(path: Path) -> os.stat_result | None:
    """What the system says about a file; None where it is no longer there."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None
