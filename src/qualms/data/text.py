"""The one reader of text files: compression, byte order marks, encodings, line ends."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from qualms.errors import DataError

MOST_BYTES = 2_000_000_000
_MARKS = (  # UTF-32 before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_ENDS = re.compile("\r\n|\r|\n")  # str.splitlines also splits at U+2028 and form feeds, which are text


@dataclass(frozen=True)
class Text:
    """A text file.

    Attributes
    ----------
    path : Path
        Where it was read from.
    text : str
        Its characters, with line ends as "\\n" and without a byte order mark.
    extensible : bool
        Whether UTF-8 may be added at its end: it is neither compressed nor UTF-16 or UTF-32, and has no
        Ctrl-Z there.
    notes : tuple[str, ...]
        One sentence for everything that was not taken as it stands, such as a comment that is not UTF-8.
    """

    path: Path
    text: str
    notes: tuple[str, ...] = ()
    extensible: bool = True

    @property
    def lines(self) -> list[str]:
        """The lines without their ends; line k of the file is entry k − 1."""
        return self.text.split("\n")


def plain_text(text: str) -> str:
    """A text that was read by others: line ends as "\\n", without a byte order mark and without the Ctrl-Z
    that DOS programs write at the end.
    """
    return re.sub("\x1a[\x00\x1a\\s]*\\Z", "", _LINE_ENDS.sub("\n", text.removeprefix("\ufeff")))


def read_text(
    path: str | Path, is_comment: Callable[[str], bool] | None = None, most_bytes: int = MOST_BYTES
) -> Text:
    """Read a text file, whatever editor or system wrote it.

    Files compressed by gzip are unpacked, whatever their name. UTF-8 is read with or without a byte order
    mark, UTF-16 and UTF-32 with one. Line ends may be those of Unix, Windows or old Macs. A Ctrl-Z at the
    end, which DOS programs write, is left out.

    Parameters
    ----------
    path : str | Path
        The file.
    is_comment : Callable[[str], bool], optional
        Says of a line whether it is free text without a meaning for the reader. Such a line may hold
        bytes that are not UTF-8: it is read as Latin-1, and a note says so. Everywhere else such bytes
        are an error, because no encoding can be told from them with certainty.
    most_bytes : int, optional
        The largest size that is read, before and after unpacking.

    Raises
    ------
    DataError
        The file is missing, cannot be read, is too large or is not text; with the line and the byte where
        that can be told.
    """
    path = Path(path)
    raw, compressed = _bytes(path, most_bytes)
    found = decoded(raw, path, is_comment)
    return replace(found, extensible=False) if compressed else found


def decoded(raw: bytes, path: str | Path, is_comment: Callable[[str], bool] | None = None) -> Text:
    """The text that bytes stand for, as `read_text` reads a file; `path` is what they are called in
    messages.
    """
    path = Path(path)
    notes: tuple[str, ...] = ()
    mark = next(((m, encoding) for m, encoding in _MARKS if raw.startswith(m)), None)
    if mark is not None and mark[1] != "utf-8":
        try:
            text = raw.decode(mark[1])
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: begins as {mark[1].upper()} but byte {error.start} does "
                "not belong to it; save the file as UTF-8"
            ) from None
    else:
        text, notes = _utf8(path, raw[len(mark[0]) :] if mark else raw, is_comment)
    extensible = (mark is None or mark[1] == "utf-8") and not re.search("\x1a\\s*\\Z", text)
    text = plain_text(text)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise DataError(
            f"{path}:{line}: a zero byte: this is not a text file, or it is UTF-16 without its byte order "
            "mark; save it as UTF-8"
        )
    return Text(path, text, notes, extensible)


def _bytes(path: Path, most: int) -> tuple[bytes, bool]:
    """What a file holds, and whether it was compressed."""
    try:
        if path.stat().st_size > most:
            raise DataError(f"{path}: more than {most:,} bytes")
        raw = path.read_bytes()
        compressed = raw[:2] == b"\x1f\x8b"
        if compressed:
            with gzip.open(path) as file:
                raw = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > most:
        raise DataError(f"{path}: more than {most:,} bytes when unpacked")
    return raw, compressed


def _utf8(path: Path, raw: bytes, is_comment: Callable[[str], bool] | None) -> tuple[str, tuple[str, ...]]:
    """UTF-8, except for comments."""
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    lines, notes = list[str](), list[str]()
    for number, line in enumerate(re.split(b"\r\n|\r|\n", raw), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            text = line.decode("latin-1")
            if is_comment is None or b"\x00" in line or not is_comment(text):
                where = f"{path}:{number}: byte {error.start + 1} of the line (0x{line[error.start]:02x})"
                raise DataError(f"{where} is not UTF-8; save the file as UTF-8") from None
            lines.append(text)
            notes.append(f"line {number}: a comment or a name that is not UTF-8 was read as Latin-1")
    return "\n".join(lines), tuple(notes)
