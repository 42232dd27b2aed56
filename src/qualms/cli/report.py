"""`qualms report`: the page and the table again, from records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options


def command(
    folder: Annotated[Path, typer.Argument(help="A run folder, or a records.jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where the page goes; default report.html in the folder.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table and the verdict as Markdown.")] = False,
    as_json: options.Json = False,
) -> None:
    """Rebuild the report of a finished or half-finished study from its records."""
    from qualms.cli import show
    from qualms.records import read_records
    from qualms.report import page, tables, verdict

    records = read_records(folder)
    target = out or (folder if folder.is_dir() else folder.parent) / "report.html"
    path = page.write(records, target)
    if markdown:
        print(tables.markdown(records) + "\n\n" + "\n".join(f"- {sentence}" for sentence in verdict.sentences(records)))
    else:
        show.outcome(records, {"report": path}, as_json)
