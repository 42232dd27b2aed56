"""What a job does: a function of its request, made in a process of its own, of which only data comes back."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from qualms.errors import ConfigError, MissingError, QualmsWarning, one_line
from qualms.execution.event import Event, Listener
from qualms.execution.executor import Tell
from qualms.records import Record, RunStore
from qualms.records.store import RECORDS
from qualms.service.jobs.uploads import find
from qualms.service.settings import Spending

RUNS = "runs-of-jobs"  # folders of jobs whose records are made one by one
NICENESS = 10  # of a job's process and of all that it starts, so that the service answers beside it
_PATIENCE = 60.0  # seconds to wait for a command that uses the store
_HOMES = {
    "solve": ("solving", "solve"),
    "read": ("solving", "read"),
    "learn": ("training", "learn"),
    "compare": ("training", "compare"),
    "generate": ("training", "generate"),
}


@dataclass(frozen=True)
class Task:
    """A job as its process gets it.

    Attributes
    ----------
    id, kind : str
        Of the job.
    request : Mapping
    store : Path
        The service's folder, absolute.
    cores : int
        That it may use at a time.
    spending : Spending
        What the person who runs the service allows.
    """

    id: str
    kind: str
    request: Mapping[str, Any]
    store: Path
    cores: int
    spending: Spending

    @property
    def folder(self) -> Path:
        """Of the job's own records."""
        return self.store / RUNS / self.id


@dataclass(frozen=True)
class Worked:
    """What a job leaves.

    Attributes
    ----------
    result : dict
        Plain data.
    records : tuple of str
        Lines for the store's records.
    """

    result: dict[str, Any]
    records: tuple[str, ...] = ()


def work(task: Task, tell: Tell) -> Worked:
    """Do a job.

    Raises
    ------
    QualmsError
        For a request that cannot be honoured, in a line that names no folder of this machine.
    """
    module, function = _HOMES[task.kind]
    do: Callable[[Task, Tell], Worked] = getattr(import_module(f"qualms.service.jobs.{module}"), function)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", QualmsWarning)
        found = do(task, tell)
    told = list(dict.fromkeys(one_line(w.message) for w in warned if issubclass(w.category, QualmsWarning)))
    return Worked({**found.result, "warnings": told}, found.records)


def upload_of(task: Task) -> Path:
    """The job's uploaded file, as a name in the current folder, so that no message tells where the store is.

    Raises
    ------
    ConfigError
        It is not there any more.
    """
    upload = task.request["upload"]
    try:
        path = find(task.store, upload)
    except MissingError:
        raise ConfigError(f"the upload {upload} is not there any more; send the file again") from None
    os.chdir(path.parent)
    return Path(path.name)


def counted(tell: Tell, total: int) -> Listener:
    """Tells how many runs of a comparison are over; `total` is 0 where nobody knows it beforehand."""
    over = 0

    def listen(event: Event) -> None:
        nonlocal over
        if event.kind in ("done", "failed", "died", "skipped"):
            over += 1
            tell(over, total, event.job)

    return listen


def deliver(store: Path, lines: tuple[str, ...], tell: Tell) -> int:
    """Add records to the store, each once, and return how many are new. Doing it again changes nothing.

    Raises
    ------
    QualmsError
        They cannot be written, or the end of the store's records is no record.
    """
    with RunStore(store, patience=_PATIENCE) as kept:
        known = _IDS.setdefault(store, _Ids(store / RECORDS)).known()
        new = [Record.from_dict(json.loads(line)) for line in lines]
        fresh = {record.id: record for record in new if record.id not in known}
        for record in fresh.values():
            kept.add(record)
    return len(fresh)


class _Ids:
    """The ids of a file of records, of which only what is new is read."""

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._ids = path, 0, set[str]()

    def known(self) -> set[str]:
        """All ids that are there now. Lines that are no records have none."""
        if not self._path.exists():
            self._read, self._ids = 0, set()
            return self._ids
        with open(self._path, "rb") as file:
            if os.fstat(file.fileno()).st_size < self._read:  # it is another file by now
                self._read, self._ids = 0, set()
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                with suppress(ValueError, TypeError, KeyError, RecursionError):
                    self._ids.add(str(json.loads(line)["id"]))
        return self._ids


_IDS: dict[Path, _Ids] = {}


def warm(tell: Tell) -> None:
    """Import what solving needs, so that the first job does not wait for that."""
    import_module("qualms.service.jobs.solving")


def be_nice() -> None:
    """Set up a job's process."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
