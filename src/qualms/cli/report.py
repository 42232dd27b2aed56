"""`qualms report`: the page and the table again, from records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import options, show
from qualms.errors import DataError


def command(
    folder: Annotated[Path, typer.Argument(help="A run folder, or a records.jsonl.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where the page goes; default report.html in the folder.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table and the verdict as Markdown.")] = False,
    as_json: options.Json = False,
) -> None:
    """Rebuild the report of a finished or half-finished study from its records."""
    from qualms.records import read_records
    from qualms.records.files import check_writable
    from qualms.records.store import RECORDS
    from qualms.report import page, tables, verdict

    target = out or (folder if folder.is_dir() else folder.parent) / "report.html"
    source = folder / RECORDS if folder.is_dir() else folder
    if source.exists():  # else there is something to be said about that first
        check_writable(target, "--out" if out else "", inputs=[source])
    records = read_records(folder)
    if not records:
        raise DataError(f"{source}: no record in it yet")
    if any("setting" in r.run_info for r in records):
        raise DataError(f"{folder}: the records of `qualms noise`, which wrote their page beside them; the same command writes it again")
    path, unwritten = show.written(lambda: page.write(records, target))
    if markdown:
        print(tables.markdown(records) + "\n\n" + "\n".join(f"- {sentence}" for sentence in verdict.sentences(records)))
    else:
        show.outcome(records, {"report": path}, as_json)
    show.end(unwritten)
