"""A run folder: records that are only ever added, behind a lock."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from qualms.data.numbers import finite
from qualms.data.text import read_text
from qualms.errors import DataError, RunFolderError
from qualms.records.files import check_folder, write_whole
from qualms.records.record import Record

RECORDS = "records.jsonl"
_LAST = 2**20  # bytes of a file's end in which its last record stands, as a rule
_RECIPES = {"fine-tuning": "recipe.json", "noise": "noise-recipe.json"}
_OURS = ("search.json", "report.html", "noise.html")  # what a run leaves beside records and recipe


def read_records(path: str | Path) -> list[Record]:
    """The records of a folder or a `records.jsonl`.

    Raises
    ------
    DataError
        For a file that is missing or a line that is not a record, with its number. A last line cut short
        by a kill is left out: the run it belonged to was not finished.
    """
    path = Path(path)
    path = path / RECORDS if path.is_dir() else path
    if not path.exists():
        raise DataError(f"{path}: no records there")
    lines = _lines(path)
    records = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = read_record(line, f"{path}:{number}", number == len(lines))
        if record is not None:
            records.append(record)
    return records


def read_record(line: str | bytes, place: str, is_last: bool) -> Record | None:
    """The record of a line; None for a last line that was cut short by a kill.

    Raises
    ------
    DataError
        For a line that is not a record; the message begins with `place`.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        if is_last and line[:1] in ("{", b"{"):  # without a line end: the writer was killed
            return None
        raise DataError(f"{place}: not JSON ({error})") from None
    try:
        return Record.from_dict(found)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place}: {error}") from None


def _lines(path: Path) -> list[str]:
    """A kill may cut the last line within a character; such a line does not end as a record does, and is not
    JSON in any encoding.
    """
    return read_text(path, is_comment=lambda line: not line.rstrip().endswith("}")).lines


def _ends_whole(path: Path) -> bool:
    """Whether a file plainly ends in a whole record and is UTF-8: of a large one only the end is read."""
    with open(path, "rb") as file:
        first, size = file.read(1), file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LAST))
        line = file.read()[:-1].rpartition(b"\n")[2] if size else b""
        file.seek(max(0, size - 2))
        if first != b"{" or file.read() != b"}\n":
            return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):  # longer than what was read, or cut by a kill
        return False


class RunStore:
    """Exclusive use of a folder of records, of one kind or several. A context manager.

    Parameters
    ----------
    folder : str or Path
        Made if it is not there.
    recipe : str, optional
        JSON text that identifies what is run here, for kinds whose runs in one folder belong together. A
        folder that holds another recipe of this kind is refused. Without it any record may be added.
    kind : str, default "fine-tuning"
        Of the records that the recipe is of; each kind keeps its recipe in a file of its own.
    patience : float, default 0
        Seconds to wait for another run that uses the folder.

    Raises
    ------
    RunFolderError
        The folder is in use, belongs to another recipe or cannot be written.
    """

    def __init__(
        self, folder: str | Path, recipe: str | None = None, kind: str = "fine-tuning", patience: float = 0.0
    ) -> None:
        self.folder = Path(folder)
        self._recipe, self._kind, self._patience = recipe, kind, patience
        self._lock = FileLock(str(self.folder / ".lock"))

    def __enter__(self) -> RunStore:
        check_folder(self.folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=self._patience)
        except Timeout:
            raise RunFolderError(
                f"{self.folder} is in use by another run; wait for it or choose another folder"
            ) from None
        except OSError as error:
            raise RunFolderError(f"{self.folder} cannot be used: {error.strerror or error}") from None
        try:
            if self._recipe is not None:
                self._check_recipe(self._recipe)
            self._drop_cut_line()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _check_recipe(self, recipe: str) -> None:
        path = self.folder / _RECIPES[self._kind]
        if path.exists() and read_text(path).text != recipe:
            raise RunFolderError(
                f"{self.folder} holds runs of another recipe (see its {path.name}); choose another folder"
            )
        if not path.exists():
            foreign = self._foreign()
            if foreign:
                raise RunFolderError(
                    f"{self.folder} holds {foreign} but no {path.name} that says "
                    "what it is of; choose another folder"
                )
            write_whole(path, recipe)

    def _foreign(self) -> str | None:
        """A file of a run whose recipe is not here."""
        if not (self.folder / RECORDS).exists():
            return next((name for name in _OURS if (self.folder / name).exists()), None)
        try:
            ours = any(record.kind == self._kind for record in self.records())
        except DataError:  # somebody else's file, or of another version
            ours = True
        return RECORDS if ours else None

    def _drop_cut_line(self) -> None:
        """Leave whole records in UTF-8 with a line end each, so that others can be added."""
        path = self.folder / RECORDS
        if not path.exists() or _ends_whole(path):
            return
        *lines, last = _lines(path)
        if last.strip() and not last.startswith("{"):
            raise RunFolderError(f"{path}: its last line is no record; choose another folder")
        with suppress(ValueError, RecursionError):  # else it was cut by a kill
            lines += [json.dumps(finite(json.loads(last)), ensure_ascii=False, sort_keys=True)]
        whole = "".join(line + "\n" for line in lines)
        if path.read_bytes() != whole.encode("utf-8"):
            write_whole(path, whole)

    def records(self) -> list[Record]:
        return read_records(self.folder) if (self.folder / RECORDS).exists() else []

    def add(self, record: Record) -> None:
        """Append a record; it is on disk when this returns.

        Raises
        ------
        RunFolderError
            It could not be written. The records before it are still whole.
        """
        path = self.folder / RECORDS
        line = (record.to_json() + "\n").encode("utf-8")
        try:
            before = path.stat().st_size if path.exists() else 0
            try:
                with open(path, "ab") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                if path.exists():
                    os.truncate(path, before)
                raise
        except OSError as error:
            raise RunFolderError(f"{path}: cannot be written: {error.strerror or error}") from None
