"""Printing: text and tables that fit the terminal, and a study's outcome."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from qualms.records import Record
from qualms.report import tables, verdict

_WIDE = 200  # columns of a table where there is no terminal to ask


def console() -> Console:
    """Standard output. What is printed is shown as it is: brackets in names and paths are no markup."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(width=None if known else _WIDE, highlight=False, markup=False, emoji=False)


def say(to: Console, text: str) -> None:
    """A line of text: folded between words in a terminal, one line in a file or a pipe."""
    to.print(text, soft_wrap=not sys.stdout.isatty())


def outcome(records: Sequence[Record], paths: Mapping[str, Path], as_json: bool) -> None:
    """The table, the verdict and where the files are; or the same as JSON."""
    if as_json:
        found = {"summary": tables.summary(records), "verdict": verdict.sentences(records), **{k: str(v) for k, v in paths.items()}}
        print(json.dumps(found, indent=1))
        return
    to = console()
    to.print(tables.terminal(records))
    for line in tables.legend(records):
        say(to, line)
    to.print()
    for sentence in verdict.sentences(records):
        say(to, sentence)
    to.print()
    for name, path in paths.items():
        to.print(f"{name:8} {path}", soft_wrap=True)
