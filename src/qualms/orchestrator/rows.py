"""An answer as rows of a table: beside the user's own rows where each of them is a thing that is decided."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qualms.formats.table import read_table
from qualms.problems.problem import Solution
from qualms.specification.base import Line
from qualms.specification.choice import Matching, Packing
from qualms.specification.routes import Routes
from qualms.specification.schedules import Schedule
from qualms.specification.specification import Specification

Columns = Mapping[str, list[str]]


def answer_table(
    specification: Specification, solution: Solution, lines: tuple[Line, ...], table: Path | None = None
) -> str:
    """The answer as a table in text.

    Parameters
    ----------
    specification : Specification
        What was solved.
    solution : Solution
        The answer, in the problem's numbers.
    lines : tuple of Line
        The same in the user's names.
    table : Path, optional
        The user's table.

    Returns
    -------
    str
        Fields are parted as in the user's table. The user's columns and rows with new columns ("route" and
        "position", "taken", "task", "start" and "end"), where each row is a stop, an item, an agent or an
        operation; otherwise a row for each line of the answer.
    """
    columns = _columns(specification, solution) if table is not None else None
    found = read_table(table) if table is not None else None
    written = io.StringIO()
    writer = csv.writer(written, delimiter=found.delimiter if found else ",", lineterminator="\n")
    if found is None or columns is None:
        writer.writerow(["what", "value", "unit"])
        writer.writerows([line.what, line.value, line.unit] for line in lines)
        return written.getvalue()
    new = [name if name not in found.header else f"answer {name}" for name in columns]
    writer.writerow([*found.header, *new])
    for k, (_, row) in enumerate(found.rows):
        writer.writerow([*row, *(values[k] for values in columns.values())])
    return written.getvalue()


def _columns(specification: Specification, solution: Solution) -> Columns | None:
    """New columns for the rows of the table that a specification was read from."""
    if isinstance(specification, Packing):
        return {"taken": ["yes" if x > 0.5 else "no" for x in np.asarray(solution)]}
    if isinstance(specification, Matching):
        task = {line.what: str(line.value) for line in specification.answer(solution)}
        return {"task": [task.get(agent, "") for agent in specification.agents]}
    if isinstance(specification, Routes):
        count = len(specification.stops)
        route, position = [""] * count, [""] * count
        for k, stops in enumerate(specification.build().routes(solution), 1):
            for place, stop in enumerate(stops, 1):
                route[stop], position[stop] = str(k), str(place)
        return {"route": route, "position": position}
    if isinstance(specification, Schedule):
        problem = specification.build()
        starts = problem.starts(solution)
        times = [
            (int(starts[a, b]), int(starts[a, b] + problem.durations[a, b]))
            for a, job in enumerate(specification.jobs)
            for b in range(len(job.operations))
        ]
        return {"start": [str(s) for s, _ in times], "end": [str(e) for _, e in times]}
    return None
