"""`qualms report`: the page and the table again, from records alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qualms.cli import options, paths, show
from qualms.errors import DataError

if TYPE_CHECKING:
    from qualms.report.page import Section


def command(
    folder: Annotated[
        Path,
        paths.argument(
            help="A folder of records, or a records.jsonl; records of several kinds make one page."
        ),
    ],
    out: Annotated[
        Path | None, paths.option("--out", help="Where the page goes; default report.html in the folder.")
    ] = None,
    pictures: Annotated[
        Path | None,
        paths.option(
            "--pictures", help="An empty or new folder for every picture as PNG, SVG and CSV of its numbers."
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table and the verdict as Markdown.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Rebuild the page and the tables from records alone, of any kind or a mixture of kinds."""
    from qualms.records import read_records
    from qualms.records.files import check_folder, check_writable
    from qualms.records.store import RECORDS
    from qualms.report import page

    target = out or (folder if folder.is_dir() else folder.parent) / "report.html"
    source = folder / RECORDS if folder.is_dir() else folder
    if source.exists():  # else there is something to be said about that first
        check_writable(target, "--out" if out else "", inputs=[source])
    if pictures is not None:
        check_folder(pictures, "--pictures", empty=True)
    records = read_records(folder)
    if not records:
        raise DataError(f"{source}: no record in it yet")
    sections = page.sections(records)
    path, unwritten = show.written(lambda: page.write(records, target))
    drawn, undrawn = (
        (None, None) if pictures is None else show.written(lambda: page.write_pictures(records, pictures))
    )
    if markdown:
        print("\n\n".join(_markdown(section, heading=len(sections) > 1) for section in sections))
    elif as_json:
        where = {"report": path} if pictures is None else {"report": path, "pictures": drawn}
        files = {name: None if file is None else str(file) for name, file in where.items()}
        print(show.dumped({**_found(sections), **files}))
    else:
        for section in sections:
            with section.report_errors():
                show.section(section.records, section.report)
        show.files({"report": path, "pictures": drawn})
    show.end(unwritten, undrawn)


def _found(sections: Sequence[Section]) -> dict[str, Any]:
    """A single section as it is; several in a list."""
    found = []
    for section in sections:
        with section.report_errors():
            found.append(section.report.found(section.records))
    if len(found) == 1:
        return found[0]
    named = zip(sections, found, strict=True)
    return {"sections": [{"kind": s.kind, "title": s.title, **told} for s, told in named]}


def _markdown(section: Section, heading: bool) -> str:
    from qualms.report import fine_tuning, tables

    records, report = section.records, section.report
    with section.report_errors():
        table = tables.markdown(records) if report is fine_tuning else report.sheet(records).markdown()
        sentences = "\n".join(f"- {sentence}" for sentence in report.sentences(records))
    return (f"## {section.title}\n\n" if heading else "") + f"{table}\n\n{sentences}"
