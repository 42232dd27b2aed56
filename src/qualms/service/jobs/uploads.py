"""Files that users send: kept by what they hold, and named by nobody but the store."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import unicodedata
import zlib
from collections.abc import Collection
from io import BytesIO
from pathlib import Path

from qualms.errors import ConfigError, DataError, MissingError, RunFolderError, TooLargeError
from qualms.records.files import new_folder
from qualms.service.settings import Limits

FOLDER = "uploads"
_ID = re.compile(r"[0-9a-f]{32}")
_SUFFIXES = re.compile(r"(\.[A-Za-z0-9]{1,8}){1,2}$")  # of a name; they tell the format
_LONGEST = 50  # characters of a name
_UNPACKED = 10  # times as many bytes as may be uploaded


def keep(store: Path, name: str, content: bytes, limits: Limits) -> str:
    """Keep a file, and return its id. The same file has the same id.

    Parameters
    ----------
    store : Path
        The service's folder.
    name : str
        What the user calls it. Letters, digits and suffixes are kept; the suffixes tell the format.
    content : bytes
    limits : Limits

    Raises
    ------
    TooLargeError
        For more bytes or lines than may be.
    DataError
        For an empty file, or one that is compressed and damaged.
    RunFolderError
        It could not be written.
    """
    if len(content) > limits.upload_bytes:
        raise TooLargeError(f"the file has {len(content):,} bytes, and {limits.upload_bytes:,} are the most")
    if not content:
        raise DataError("the file is empty")
    lines = _lines(content, limits)
    if lines > limits.rows:
        raise TooLargeError(f"the file has {lines:,} lines, and {limits.rows:,} are the most")
    safe = safe_name(name)
    upload = hashlib.sha256(safe.encode() + b"\0" + content).hexdigest()[:32]
    folder = store / FOLDER / upload
    if folder.exists():
        _sent_now(folder)
        return upload
    there = sum(_size(path) for path in (store / FOLDER).glob("*/*"))
    if there + len(content) > limits.uploads_bytes:
        raise TooLargeError(
            f"all uploaded files together would have more than {limits.uploads_bytes:,} bytes; "
            f"delete some in {FOLDER} of the store"
        )
    with new_folder(folder) as made:
        (made / safe).write_bytes(content)
    return upload


def _size(path: Path) -> int:
    """Bytes of a file; none where it is being removed at this moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sent_now(folder: Path) -> None:
    """Note that a file was sent again, so that it is not removed as an old one."""
    try:
        os.utime(folder)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written: {error.strerror or error}") from None


def safe_name(name: str) -> str:
    """What a file is called in the store: letters, digits, - and _, and its suffixes in small letters."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\\\]", name)[-1])
    found = _SUFFIXES.search(name)
    suffix = found.group(0).lower() if found else ""
    stem = re.sub(r"[^\w-]+", "_", name[: len(name) - len(suffix)])[:_LONGEST].strip("_-")
    return f"{stem or 'file'}{suffix}"


def find(store: Path, upload: str) -> Path:
    """The file of an id.

    Raises
    ------
    ConfigError
        For what is no id.
    MissingError
        There is no such upload.
    """
    if not _ID.fullmatch(upload):
        raise ConfigError("an upload's id has 32 hexadecimal digits")
    found = [path for path in (store / FOLDER / upload).glob("*") if path.is_file() and not path.is_symlink()]
    if len(found) != 1:
        raise MissingError(f"there is no upload {upload}; send the file first")
    return found[0]


def remove_unused(store: Path, before: float, used: Collection[str]) -> int:
    """Remove files that were last sent before a time (seconds since 1970) and are not among those in use.

    Parameters
    ----------
    store : Path
    before : float
    used : collection of str
        Their ids.

    Returns
    -------
    int
        How many were removed.

    Raises
    ------
    RunFolderError
        Some could not be removed; all others were.
    """
    removed, kept = 0, list[OSError]()
    for folder in (store / FOLDER).glob("*"):
        own = _ID.fullmatch(folder.name) and not folder.is_symlink()  # nothing that somebody else put there
        try:
            if own and folder.name not in used and folder.stat().st_mtime < before:
                shutil.rmtree(folder)
                removed += 1
        except OSError as error:
            kept.append(error)
    if kept:
        raise RunFolderError(
            f"{store / FOLDER}: {len(kept)} of the old uploads cannot be removed: "
            f"{kept[0].strerror or kept[0]}"
        )
    return removed


def _lines(content: bytes, limits: Limits) -> int:
    """Line ends of a text, unpacked. What is packed is not unpacked beyond a few times what may be sent."""
    if content[:2] != b"\x1f\x8b":
        return content.count(b"\n")
    most, count, size = _UNPACKED * limits.upload_bytes, 0, 0
    try:
        with gzip.open(BytesIO(content)) as file:
            while block := file.read(2**20):
                size, count = size + len(block), count + block.count(b"\n")
                if size > most:
                    raise TooLargeError(f"the file has more than {most:,} bytes when unpacked")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the file cannot be unpacked: {error}") from None
    return count
