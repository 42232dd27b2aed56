"""Records that fit their schema and make no sense, told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qualms.errors import DataError, QualmsError, one_line


@contextmanager
def making_sense(what: str) -> Iterator[None]:
    """Whatever a report stumbles over becomes a DataError.

    Some parts of a payload are free in what they hold, so a number may stand where a report expects a text.

    Parameters
    ----------
    what : str
        Which records these are, as the beginning of a sentence.

    Raises
    ------
    DataError
        In place of every error that is none of ours.
    """
    try:
        yield
    except QualmsError:
        raise
    except Exception as error:
        raise DataError(
            f"{what} fit the schema of records, but no report can be made of them "
            f"({type(error).__name__}: {one_line(error)}); correct these lines or leave them out"
        ) from error
