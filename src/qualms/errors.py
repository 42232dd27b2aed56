"""One base error and its named children. Each message is one line: what, where, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class QualmsError(Exception):
    """Base of every error that Qualms raises on purpose."""


class ConfigError(QualmsError, ValueError):
    """A setting that cannot be honoured."""


class DataError(QualmsError, ValueError):
    """A data set that cannot be read as asked; the message names file and line."""


class NotMergeableError(QualmsError, ValueError):
    """The adapter is not a linear map of its input, so no weight matrix equals it."""


class TooLargeError(QualmsError, ValueError):
    """Work that would not fit in memory, refused before anything is allocated."""


class RunFolderError(QualmsError, RuntimeError):
    """A run folder that is in use or belongs to another recipe; a file or folder that cannot be written."""


class NotSavedError(RunFolderError):
    """Work that is done but could not be written; the same command does it again.

    Attributes
    ----------
    records : list[Record]
        All results, the unwritten ones included, so that they can still be shown.
    """

    def __init__(self, message: str, records: Sequence[Any]) -> None:
        super().__init__(message)
        self.records = list(records)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.records)


class IncompleteError(QualmsError, RuntimeError):
    """Work of which a part failed; the rest is done.

    Attributes
    ----------
    records : list[Record]
        The results that there are.
    """

    def __init__(self, message: str, records: Sequence[Any]) -> None:
        super().__init__(message)
        self.records = list(records)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.records)


class DeviceError(QualmsError, RuntimeError):
    """A device or its service that failed, timed out or answered with what is no result.

    Nothing else ran in its place.
    """


class EndpointError(QualmsError, RuntimeError):
    """A language model, or the server of one, that failed, timed out or wrote what is no reading.

    Nothing else read the text in its place.
    """


class ExecutionError(QualmsError, RuntimeError):
    """The place where jobs run is gone: worker processes that cannot be started, a cluster that went away."""


class BudgetError(QualmsError, RuntimeError):
    """Work that would cost more than it may, refused before anything is spent."""


class MissingError(QualmsError, LookupError):
    """Something that was asked for by its id and is not there: a job, an uploaded file, a record."""


class KeyConflictError(QualmsError, ValueError):
    """An idempotency key that stands for another request already."""


class QueueFullError(QualmsError, RuntimeError):
    """As many jobs wait as may; nothing was added."""


class NonFiniteError(QualmsError, FloatingPointError):
    """A gradient that is infinite or NaN."""


def install_line(*extras: str) -> str:
    """Where and by which command optional dependencies are installed; the package is on no index.

    The command stands last, so that it can be copied up to the end of the line.
    """
    return f"in the checkout of Qualms: pip install '.[{','.join(extras)}]'"


class MissingExtraError(QualmsError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed; {install_line(extra)}")
        self._told = package, extra, purpose

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._told


class QualmsWarning(UserWarning):
    """Something that was not taken as it stands, and went on.

    The message is one line: what, where, what was taken instead.
    """


def one_line(error: object, most: int = 300) -> str:
    """What an error or a value says, as one line; the kind of the error where it says nothing."""
    return " ".join(str(getattr(error, "message", error)).split())[:most] or type(error).__name__


@contextmanager
def translated(where: str, kind: type[QualmsError] = ConfigError) -> Iterator[None]:
    """Errors of other packages, whose kinds nobody lists, become `kind` with one line; ours pass as they are.

    Parameters
    ----------
    where : str
        How the message begins.
    """
    try:
        yield
    except (QualmsError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the compiled half of Qiskit raises PanicException, which is no Exception
        raise kind(f"{where}: {one_line(error)}") from None
