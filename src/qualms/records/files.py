"""Writing files: the place is looked at before the work, and the file is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qualms.errors import RunFolderError


def check_writable(path: str | Path, option: str = "", inputs: Sequence[str | Path] = ()) -> Path:
    """Look at a file that is to be written at the end of some work, before the work begins.

    Nothing is left behind.

    Parameters
    ----------
    path : str | Path
        The file. One that exists will be replaced.
    option : str, default ""
        How the user named it, for the message: "--out".
    inputs : Sequence[str | Path], optional
        Files that are read, and that the file must not replace.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    RunFolderError
        The path is a folder or one of the inputs, its folder is missing, or it cannot be written there.
    """
    path, name = Path(path), f"{option} {path}".strip()
    try:
        if path.is_dir():
            raise RunFolderError(f"{name} is a folder; give the name of a file")
        if any(path.exists() and Path(i).exists() and path.samefile(i) for i in inputs):
            raise RunFolderError(f"{name} is the file that is read; choose another name")
        if path.exists() and not os.access(path, os.W_OK):
            raise RunFolderError(f"{name}: you have no permission to write this file")
        if not _is_special(path):
            _check_folder_of(path, name)
    except (OSError, ValueError) as error:
        if isinstance(error, RunFolderError):
            raise
        raise RunFolderError(f"{name}: cannot be written: {_reason(error)}") from None
    return path


def check_folder(path: str | Path, option: str = "", empty: bool = False) -> Path:
    """Look at a folder that some work will fill, before the work begins.

    It need not be there yet, and is not made.

    Parameters
    ----------
    path : str | Path
        The folder that will be filled.
    option : str, default ""
        How the user named it, for the message.
    empty : bool, default False
        Whether it must be new or empty.

    Raises
    ------
    RunFolderError
        The path is a file, holds something already, or nothing can be written there.
    """
    path, name = Path(path), f"{option} {path}".strip()
    try:
        if path.exists() and not path.is_dir():
            raise RunFolderError(f"{name} cannot be used, because it is a file; give the name of a folder")
        if empty and path.exists() and any(path.iterdir()):
            raise RunFolderError(f"{name} is not empty; choose another folder")
        there = next(p for p in (path, *path.absolute().parents) if p.exists())
        if not there.is_dir():
            raise RunFolderError(f"{name} cannot be used: {there} is a file")
        _probe(there)
    except (OSError, ValueError) as error:
        if isinstance(error, RunFolderError):
            raise
        raise RunFolderError(f"{name} cannot be used: {_reason(error)}") from None
    return path


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never half.

    A link is followed; a pipe or a device is written to. A text is written as UTF-8.

    Raises
    ------
    RunFolderError
        It cannot be written. What was there before is still there, and nothing else.
    """
    path = Path(path)
    content = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if _is_special(path):
            path.write_bytes(content)
            return
        path = path.resolve()
        temporary = _temporary(path.parent)
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o7777)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be written: {_reason(error)}") from None


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill, which takes its name only when it is full. `path` must be missing or empty.

    Raises
    ------
    RunFolderError
        Something could not be written there; then nothing is left behind.
    """
    path = Path(path)
    filled = _temporary(path.absolute().parent)
    try:
        filled.mkdir(parents=True)
        yield filled
        if path.is_dir():
            path.rmdir()
        filled.replace(path)
    except BaseException as error:
        shutil.rmtree(filled, ignore_errors=True)
        if isinstance(error, OSError):
            raise RunFolderError(f"{path}: cannot be written: {_reason(error)}") from None
        raise


def _is_special(path: Path) -> bool:
    """A pipe, a terminal or /dev/null: nothing that another file may take the place of."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _check_folder_of(path: Path, name: str) -> None:
    parent = path.resolve().parent
    if not parent.is_dir():
        raise RunFolderError(
            f"{name}: {parent} is a file"
            if parent.exists()
            else f"{name}: there is no folder {parent}; make it first"
        )
    with suppress(FileNotFoundError):
        path.resolve().lstat()  # a name that is too long is refused here
    _probe(parent)


def _probe(folder: Path) -> None:
    """Whether a file can be made in a folder: permissions, read-only and full file systems are all told by
    trying.
    """
    temporary = _temporary(folder)
    temporary.touch(exist_ok=False)
    temporary.unlink()


def _temporary(folder: Path) -> Path:
    return folder / f".qualms-{uuid.uuid4().hex}.tmp"


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
