"""A run folder: records that are only ever added, behind a lock."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from qualms.errors import DataError, RunFolderError
from qualms.records.record import Record

RECORDS = "records.jsonl"


def read_records(path: str | Path) -> list[Record]:
    """The records of a folder or a `records.jsonl`.

    Raises
    ------
    DataError : for a file that is missing or a line that is not a record, with its number. A last line cut short by a kill is left out:
        the run it belonged to was not finished.
    """
    path = Path(path)
    path = path / RECORDS if path.is_dir() else path
    if not path.exists():
        raise DataError(f"{path}: no records there")
    lines = path.read_bytes().split(b"\n")
    records = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            records.append(Record.from_dict(json.loads(line.decode("utf-8"))))
        except ValueError as error:
            if isinstance(error, DataError):
                raise DataError(f"{path}:{number}: {error}") from None
            if number == len(lines):  # no newline after it: the writer was killed in the middle
                continue
            raise DataError(f"{path}:{number}: not JSON ({error})") from None
    return records


class RunStore:
    """Exclusive use of a run folder. A context manager.

    Parameters
    ----------
    folder : made if it is not there.
    recipe : JSON text that identifies what is run here. A folder that holds another recipe is refused.

    Raises
    ------
    RunFolderError : the folder is in use, belongs to another recipe or cannot be written.
    """

    def __init__(self, folder: str | Path, recipe: str) -> None:
        self.folder = Path(folder)
        self._recipe = recipe
        self._lock = FileLock(str(self.folder / ".lock"))

    def __enter__(self) -> RunStore:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise RunFolderError(f"{self.folder} is in use by another run; wait for it or choose another --out") from None
        except OSError as error:
            raise RunFolderError(f"{self.folder} cannot be used: {error.strerror or error}") from None
        try:
            self._check_recipe()
            self._drop_cut_line()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.release()

    def _check_recipe(self) -> None:
        path = self.folder / "recipe.json"
        if path.exists() and path.read_text(encoding="utf-8") != self._recipe:
            raise RunFolderError(f"{self.folder} holds runs of another recipe (see its recipe.json); choose another --out")
        if not path.exists():
            write_whole(path, self._recipe)

    def _drop_cut_line(self) -> None:
        path = self.folder / RECORDS
        if path.exists():
            content = path.read_bytes()
            if content and not content.endswith(b"\n"):
                write_whole(path, content[: content.rfind(b"\n") + 1].decode("utf-8"))

    def records(self) -> list[Record]:
        return read_records(self.folder) if (self.folder / RECORDS).exists() else []

    def add(self, record: Record) -> None:
        """Append a record; it is on disk when this returns."""
        with open(self.folder / RECORDS, "a", encoding="utf-8") as file:
            file.write(record.to_json() + "\n")
            file.flush()
            os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never half."""
    temporary = path.with_name(path.name + ".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
