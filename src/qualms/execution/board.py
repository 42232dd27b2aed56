"""A board that one process writes and others read while they work: the latest notice on it, and no other.

It is a file that is replaced as a whole. The writer never waits for a reader, so that a reader that hangs or
is killed delays nobody, and a reader that looks is never given half of a notice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np

_LOOK = 0.05  # seconds between two looks at the file


@dataclass(frozen=True)
class Notice:
    """What is on the board.

    Attributes
    ----------
    number : int
        Of the notice, from 1 upwards.
    author : str
        Whose it is.
    values : np.ndarray
        What it says; any shape and any plain dtype.
    """

    number: int
    author: str
    values: np.ndarray


class Board:
    """The writer's side.

    Parameters
    ----------
    path : str
        Of the file, in a folder that nobody else writes to.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._number = 0

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """A board in a folder of its own, which only this user can read and which is removed at the end."""
        # a reader that still has the file open keeps its folder from being removed on some systems
        with TemporaryDirectory(prefix="qualms-", ignore_cleanup_errors=True) as folder:
            yield cls(str(Path(folder) / "board.npz"))

    def post(self, author: str, values: np.ndarray) -> int:
        """Put a notice in the place of the one that is there, and return its number."""
        self._number += 1
        new = f"{self.path}.new"
        with open(new, "wb") as file:
            np.savez(file, number=self._number, author=np.array(author), values=values)
        with suppress(PermissionError):  # Windows: it is being read; the next notice will be there
            os.replace(new, self.path)
        return self._number


class Reader:
    """A reader's side: looks at most twenty times a second.

    Parameters
    ----------
    path : str
        Of the board. Where there is no such file, because the reader is on another machine or because nothing
        has been posted yet, there is no notice.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._looked = float("-inf")
        self._seen: tuple[int, int] | None = None

    def new(self) -> Notice | None:
        """The notice on the board where it was not there at the last look, else None."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return None
        self._looked = now
        try:
            with open(self._path, "rb") as file:
                state = os.fstat(file.fileno())
                seen = (state.st_ino, state.st_mtime_ns)
                if seen == self._seen:
                    return None
                with np.load(file, allow_pickle=False) as found:
                    notice = Notice(int(found["number"]), str(found["author"]), found["values"])
        except OSError:
            return None
        self._seen = seen
        return notice
