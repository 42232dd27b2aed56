"""Printing a study's outcome."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from qualms.records import Record
from qualms.report import tables, verdict

_WIDE = 150  # columns where there is no terminal to ask


def outcome(records: Sequence[Record], paths: Mapping[str, Path], as_json: bool) -> None:
    """The table, the verdict and where the files are; or the same as JSON."""
    if as_json:
        found = {"summary": tables.summary(records), "verdict": verdict.sentences(records), **{k: str(v) for k, v in paths.items()}}
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    console.print(tables.terminal(records))
    for sentence in verdict.sentences(records):
        console.print(sentence, highlight=False)
    for name, path in paths.items():
        console.print(f"{name:8} {path}", highlight=False, soft_wrap=True)
