"""Layer 1: a text, a table, a file or JSON becomes a typed specification, or a question, or a refusal."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qualms.errors import DataError
from qualms.formats.read import read_problem
from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question, Reading, Refusal
from qualms.language.tables import read_with_table
from qualms.specification.conversion import of_problem
from qualms.specification.general import GeneralModel
from qualms.specification.paraphrase import check_points, paraphrase
from qualms.specification.specification import Specification, parse
from qualms.specification.specification import read as read_specification

_LONGEST_NAME = 300  # characters; a longer text is no file's name
_SEQUENCE = "labs:"  # a problem that needs no file
TextReader = Callable[[str], Reading]


@dataclass(frozen=True)
class Understood:
    """What was understood.

    Attributes
    ----------
    specification : Specification
        The typed problem.
    paraphrase : tuple of str
        The problem in words that are made from the specification alone, never from the user's text.
    check_points : tuple of str
        Sample decisions and what they would bring and use, for the user to check.
    source : str
        Who read it: "specification", "file", "table", "grammar", or the name of a language model.
    """

    specification: Specification
    paraphrase: tuple[str, ...]
    check_points: tuple[str, ...]
    source: str


Intake = Understood | Question | Refusal


def told(found: Intake) -> dict[str, Any]:
    """What reading ended in, as JSON has it; for a problem that was understood, the wish for a yes."""
    if isinstance(found, Refusal):
        return {"status": "refused", "reason": found.reason, "questions": []}
    if isinstance(found, Question):
        return {"status": "question", "questions": list(found.questions)}
    return {
        "status": "question",
        "questions": ["Is this what you want to solve?"],
        "specification": json.loads(found.specification.model_dump_json()),
        "paraphrase": list(found.paraphrase),
        "check_points": list(found.check_points),
        "read_by": found.source,
    }


def intake(
    text: str,
    table: Path | None = None,
    reader: TextReader = read_text,
    source: str = "grammar",
    decimal: str | None = None,
    files: bool = True,
) -> Intake:
    """Read what a user wants solved.

    Parameters
    ----------
    text : str
        A problem in plain words; the path of an instance file or of a specification; "labs:40"; or a
        specification's JSON.
    table : Path, optional
        A table that the words speak of.
    reader : callable, optional
        Reads plain words; by default the grammar that comes with the package.
    source : str
        What `reader` is called.
    decimal : str, optional
        The decimal mark of the table, where its numbers could be read in two ways.
    files : bool, default True
        Whether a text may be the path of a file. Without, a path is read as words: for texts of people who
        may not read the files of this machine.

    Raises
    ------
    ConfigError
        For JSON that is no valid specification.
    DataError
        For a file that cannot be read, with its line.
    """
    if table is not None:
        found = read_with_table(text, table, decimal)
        return found if isinstance(found, Question) else understood(found, "table")
    return _structured(text, files) or _words(text, reader, source)


def _structured(text: str, files: bool) -> Understood | None:
    """JSON, or what a file has; None for plain words."""
    if text.lstrip().startswith("{"):
        return understood(parse(text), "specification")
    if not files and not text.startswith(_SEQUENCE):
        return None
    if (path := _path(text)) is not None:
        if path.suffix.lower() == ".json":
            return understood(read_specification(path), "specification")
        return understood(of_problem(read_problem(text)), "file")
    return None


def _words(text: str, reader: TextReader, source: str) -> Intake:
    reading = reader(text)
    if not isinstance(reading, Accepted):
        return reading
    if (free := _unlimited(reading.model)) is not None:
        return Question((f"What limits {free}? Nothing in the text does, and more of it is always better.",))
    return understood(reading.model, source)


def understood(specification: Specification, source: str) -> Understood:
    """A specification with its paraphrase and check points."""
    if isinstance(specification, GeneralModel):
        told = tuple(line for line in paraphrase(specification).splitlines() if line)
        points = tuple(point.sentence for point in check_points(specification))
        return Understood(specification, told, points, source)
    assumed = tuple(f"Assumed: {a}." for a in specification.assumptions)
    return Understood(specification, (*specification.sentences(), *assumed), (), source)


def _unlimited(model: Specification) -> str | None:
    """A variable that the objective pushes on without end, since no bound and no constraint stops it."""
    if not isinstance(model, GeneralModel):
        return None
    problem = model.build()
    sign = 1 if problem.sense == "max" else -1
    used = set(problem.rows.indices.tolist()) | set(problem.i.tolist()) | set(problem.j.tolist())
    for k in range(problem.size):
        push = sign * problem.cost[k]
        end = problem.high[k] if push > 0 else problem.low[k]
        if push and k not in used and not math.isfinite(end):
            return problem.variable(k)
    return None


def _path(text: str) -> Path | None:
    """The file that a text names, or None where it is no file's name.

    Raises DataError for what looks like a file's name and is none.
    """
    if text.startswith(_SEQUENCE):
        return Path(text)
    if "\n" in text or not 0 < len(text) <= _LONGEST_NAME:
        return None
    path = Path(text)
    try:
        there = path.exists()
    except (OSError, ValueError):
        return None
    if there:
        return path
    if " " not in text.strip() and (path.suffix or "/" in text):
        raise DataError(f"{text}: there is no such file")
    return None
