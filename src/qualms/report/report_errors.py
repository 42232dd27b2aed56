"""Records that fit their schema, and whose contents no report can use, told in one line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from qualms.errors import DataError, QualmsError, one_line

log = logging.getLogger("qualms.report")


@contextmanager
def report_errors(what: str) -> Iterator[None]:
    """Errors that contents of records cause in a report become a DataError, and are logged.

    Some parts of a payload are free in what they hold, so a number may stand where a report expects a text.
    The log has the trace, because the same happens where a report has a mistake of its own.

    Parameters
    ----------
    what : str
        Which records these are, as the beginning of a sentence.

    Raises
    ------
    DataError
        In place of every error that says nothing else: errors of this package, those of files and pipes
        (OSError) and MemoryError pass as they are.
    """
    try:
        yield
    except (QualmsError, OSError, MemoryError):
        raise
    except Exception as error:
        log.warning("no report can be made: %s", what, exc_info=error)
        raise DataError(
            f"{what} fit the schema of records, but no report can be made of them "
            f"({type(error).__name__}: {one_line(error)}); correct these lines or leave them out"
        ) from error
