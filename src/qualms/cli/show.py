"""Printing: text and tables that fit the terminal, a study's outcome, and what is told before and after
it.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from qualms.data.examples import Splits
from qualms.data.numbers import finite
from qualms.errors import IncompleteError, NotSavedError, QualmsError, QualmsWarning, one_line
from qualms.records import Record
from qualms.records.files import check_folder, check_writable

if TYPE_CHECKING:
    from qualms.data.examples import Splits
    from qualms.report.page import KindReport

_WIDE = 200  # columns of a table where there is no terminal to ask


def console() -> Console:
    """Standard output. What is printed is shown as it is: brackets in names and paths are no markup."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(width=None if known else _WIDE, highlight=False, markup=False, emoji=False)


def dumped(found: Any) -> str:
    """JSON as every reader takes it: numbers that are not finite are null."""
    return json.dumps(finite(found), indent=1, allow_nan=False)


def say(to: Console, text: str) -> None:
    """A line of text: folded between words in a terminal, one line in a file or a pipe."""
    to.print(text, soft_wrap=not sys.stdout.isatty())


def check_run_folder(out: Path, page: str | None = None) -> None:
    """Look at the folder of a run, and at the place of the page in it, before the work.

    Raises
    ------
    RunFolderError
        Nothing can be written there.
    """
    check_folder(out, "--out")
    if page is not None and out.is_dir():
        check_writable(out / page, "--out")


def notes(splits: Splits, quiet: bool = False) -> None:
    """Print what is to be known about a data set before the work on it begins."""
    if not quiet:
        for note in splits.notes:
            print(f"note: {note}", file=sys.stderr)


@contextmanager
def warned() -> Iterator[list[str]]:
    """What is warned of meanwhile, each once, to be shown with the result; on stderr if there will be none.

    Warnings of other packages pass.
    """
    found: list[str] = []
    with warnings.catch_warnings():
        others = warnings.showwarning

        def keep(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, QualmsWarning):
                others(message, category, *where, **more)
            elif one_line(message) not in found:
                found.append(one_line(message))

        warnings.simplefilter("always", QualmsWarning)
        warnings.showwarning = keep
        try:
            yield found
        except BaseException:
            for text in found:
                print(f"warning: {text}", file=sys.stderr)
            raise


def finished(work: Callable[[], list[Record]]) -> tuple[list[Record], QualmsError | None]:
    """The records of some work, and the error if a part of it failed or not all could be saved: what there is
    is shown all the same.
    """
    try:
        return work(), None
    except (IncompleteError, NotSavedError) as error:
        if not error.records:
            raise
        return error.records, error


def written(write: Callable[[], Path]) -> tuple[Path | None, QualmsError | None]:
    """The file, or the error: what was found is printed before that ends the command."""
    try:
        return write(), None
    except QualmsError as error:
        return None, error


def end(*failures: QualmsError | None) -> None:
    """Raise the first failure there is, when everything has been printed."""
    for failure in failures:
        if failure is not None:
            raise failure


def outcome(
    records: Sequence[Record], report: KindReport, paths: Mapping[str, Path | None], as_json: bool,
    failures: Sequence[QualmsError | None] | None = None,
) -> None:  # fmt: skip
    """The table, the verdict and where the files are; or the same as JSON. A file that could not be written
    is null there, and `failures` in words, where they are given.
    """
    if as_json:
        where = {k: None if v is None else str(v) for k, v in paths.items()}
        failed = {} if failures is None else {"failures": [str(f) for f in failures if f is not None]}
        print(dumped({**report.found(records), **where, **failed}))
        return
    section(records, report)
    files(paths)


def section(records: Sequence[Record], report: KindReport) -> None:
    """A table with its legend and what it says."""
    to = console()
    to.print(report.sheet(records))
    for line in report.legend(records):
        say(to, line)
    to.print()
    for sentence in report.sentences(records):
        say(to, sentence)
    to.print()


def files(paths: Mapping[str, Path | None]) -> None:
    """Where the files are that could be written."""
    for name, path in paths.items():
        if path is not None:
            console().print(f"{name:8} {path}", soft_wrap=True)
