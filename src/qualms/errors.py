"""One base error and its named children. Each message is one line: what, where, what to do."""

from __future__ import annotations

from collections.abc import Sequence
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
    records : all results, the unwritten ones included, so that they can still be shown.
    """

    def __init__(self, message: str, records: Sequence[Any]) -> None:
        super().__init__(message)
        self.records = list(records)


class DeviceError(QualmsError, RuntimeError):
    """A device or its service that failed, timed out or answered with what is no result. Nothing else ran in its place."""


class BudgetError(QualmsError, RuntimeError):
    """Work that would cost more than it may, refused before anything is spent."""


class NonFiniteError(QualmsError, FloatingPointError):
    """A gradient that is infinite or NaN."""


class MissingExtraError(QualmsError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed: pip install 'qualms[{extra}]'")
