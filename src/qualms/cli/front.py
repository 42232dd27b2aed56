"""`qualms compare --front`: pictures of quality against size, from records alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qualms.cli import show
from qualms.errors import ConfigError, DataError
from qualms.records import Record, read_records
from qualms.records.files import check_folder
from qualms.records.store import RECORDS

if TYPE_CHECKING:
    from qualms.report.front_figure import StudyFront

_OWN = ("front", "out", "as_json")  # parameters of the command that mean something without training


def refuse_options_of_training(context: typer.Context) -> None:
    """Refuse what was given on the command line beside `--front` and has no meaning there.

    Parameters
    ----------
    context : typer.Context
        Of the command.

    Raises
    ------
    ConfigError
        Naming the first such option.
    """
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        # by its name, because the class is click's or Typer's own, by the version of Typer
        if name not in _OWN and source is not None and source.name == "COMMANDLINE":
            raise ConfigError(f"{parameter.opts[0]}: goes with training, and --front trains nothing")


def draw_front(folders: Sequence[Path], out: Path | None, as_json: bool) -> None:
    """Draw the fronts of all studies in some folders, and print what they say.

    Parameters
    ----------
    folders : Sequence[Path]
        Each has records, or folders with records.
    out : Path or None
        Where the picture's files go; default the first folder.
    as_json : bool
        Print JSON and nothing else.

    Raises
    ------
    DataError
        A folder without records of fine-tuning, or of which none is of an adapter.
    """
    target = out or (folders[0] if folders[0].is_dir() else folders[0].parent)
    check_folder(target, "--out" if out else "--front")
    from qualms.report import front_figure
    from qualms.report.report_errors import report_errors

    with report_errors(f"the records in {', '.join(map(str, folders))}"):
        studies = [front_figure.StudyFront.of(records) for records in _studies(folders)]
        _draw(studies, target, as_json)


def _draw(studies: Sequence[StudyFront], target: Path, as_json: bool) -> None:
    from qualms.report import front, front_figure

    empty = [study.title for study in studies if not study.points]
    if len(empty) == len(studies):
        raise DataError(f"{empty[0]}: none of its records is of a trained adapter, so there is no front")
    for title in empty:
        print(f"note: {title}: left out, none of its records is of a trained adapter", file=sys.stderr)
    for study in studies:
        if lost := front.left_out(study.records):
            print(
                f"note: {study.title}: training diverged for {', '.join(lost)}; these methods are left out "
                "of the picture and of every comparison",
                file=sys.stderr,
            )
    studies = [study for study in studies if study.points]
    files, unwritten = show.written(lambda: front_figure.write(studies, target))
    where = {path.suffix[1:]: path for path in front_figure.files(target)} if files else {}
    if as_json:
        fronts = [
            {"study": study.title, **front.found(study.points), "left_out": front.left_out(study.records)}
            for study in studies
        ]
        print(show.dumped({"fronts": fronts, **{name: str(path) for name, path in where.items()}}))
    else:
        for study in studies:
            told = (*front.best_sentences(study.points), *front.sentences(study.points))
            print("\n".join([study.title, *told, ""]))
        show.files(where)
    show.end(unwritten)


def _studies(folders: Sequence[Path]) -> list[list[Record]]:
    """The records by task, in order of appearance; the same run in two folders counts once."""
    tasks: dict[str, dict[str, Record]] = {}
    for folder in folders:
        inner = sorted(path.parent for path in folder.glob(f"*/{RECORDS}"))
        places = [folder] if (folder / RECORDS).exists() or not inner else inner
        for place in places:
            records = [r for r in read_records(place) if r.kind == "fine-tuning"]
            if not records:
                raise DataError(f"{place}: holds no record of fine-tuning")
            for record in records:
                tasks.setdefault(record.task_id, {}).setdefault(record.id, record)
    return [list(records.values()) for records in tasks.values()]
