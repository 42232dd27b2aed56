"""`qualms report`: the page and the table again, from records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, show
from qualms.records import read_records
from qualms.report import page


def command(
    folder: Annotated[Path, typer.Argument(help="A run folder, or a records.jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where the page goes; default report.html in the folder.")] = None,
    as_json: options.Json = False,
) -> None:
    """Rebuild the report of a finished or half-finished study from its records."""
    records = read_records(folder)
    target = out or (folder if folder.is_dir() else folder.parent) / "report.html"
    show.outcome(records, {"report": page.write(records, target)}, as_json)
