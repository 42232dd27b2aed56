"""Job shops (JSPLIB, OR-Library, Taillard) and facility locations (OR-Library)."""

from __future__ import annotations

from typing import Any

import numpy as np

from qualms.data.numbers import integer, real
from qualms.formats.lines import Lines
from qualms.problems.facility import FacilityLocation
from qualms.problems.jobshop import JobShop
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Problem


def jobshop(lines: Lines) -> Problem:
    """JSPLIB: jobs and machines, then a row for each job: machine (from 0) and duration of each operation in
    order.
    """
    return _rows(lines, lines.rows, lines.path.stem)


def _rows(lines: Lines, rows: list[tuple[int, list[str]]], name: str) -> JobShop:
    line, (jobs, machines) = rows[0][0], _size(lines, rows)
    if len(rows) != jobs + 1:
        short = ": cut short?" if len(rows) < jobs + 1 else ""
        raise lines.error(rows[-1][0], f"{len(rows) - 1} jobs, but line {line} says {jobs}{short}")
    table = np.empty((jobs, machines, 2), np.int64)
    for j, (k, row) in enumerate(rows[1:]):
        if len(row) != 2 * machines:
            raise lines.error(k, f"{len(row)} numbers, but {machines} operations have {2 * machines}")
        table[j] = np.array([lines.integer(k, w, 0, 2**40) for w in row]).reshape(machines, 2)
        if table[j, :, 0].max() >= machines:
            raise lines.error(
                k, f"machine {table[j, :, 0].max()}; they are numbered from 0 to {machines - 1}"
            )
    return JobShop(table[..., 0], table[..., 1], name)


def _size(lines: Lines, rows: list[tuple[int, list[str]]]) -> tuple[int, int]:
    line, head = rows[0]
    if len(head) < 2:
        raise lines.error(line, "the numbers of jobs and of machines are expected here")
    jobs, machines = (
        lines.integer(line, w, 1, 10**5, what) for w, what in zip(head[:2], ("jobs", "machines"), strict=True)
    )
    return jobs, machines


def orlib_jobshops(lines: Lines, settings: dict[str, Any]) -> Problem:
    """OR-Library's jobshop1.txt and what OR-Tools ships: instances one after the other, each under "instance
    NAME" with a line of description.

    Of several, the setting `instance` says which.
    """
    starts = [at for at, (_, row) in enumerate(lines.rows) if row[0] == "instance" and len(row) > 1]
    names = [" ".join(lines.rows[at][1][1:]) for at in starts]
    at = _chosen(lines, names, settings.pop("instance", None))
    part = lines.rows[starts[at] + 1 : starts[at + 1] if at + 1 < len(starts) else None]
    first = next(
        (k for k, (_, row) in enumerate(part) if len(row) == 2 and all(integer(w) is not None for w in row)),
        None,
    )
    if first is None:
        raise lines.error(
            lines.rows[starts[at]][0],
            f"instance {names[at]!r} has no line with the numbers of jobs and machines",
        )
    size, _ = _size(lines, part[first:])
    after = next((k for k, row in part[first + 1 + size :] if all(integer(w) is not None for w in row)), None)
    if after is not None:
        raise lines.error(after, f"a row of numbers beyond the {size} jobs that line {part[first][0]} tells")
    return _rows(lines, part[first : first + 1 + size], names[at])


def taillard_jobshops(lines: Lines, settings: dict[str, Any]) -> Problem:
    """Taillard's own files: a line of names, one of numbers, "Times" and a table, "Machines" (from 1) and a
    table.

    Of several instances, the setting `instance` says which, by its number.
    """
    starts = [at for at, (_, row) in enumerate(lines.rows) if row[0].lower() == "nb"]
    names = [str(k + 1) for k in range(len(starts))]
    at = _chosen(lines, names, settings.pop("instance", None))
    rows = lines.rows[starts[at] + 1 : starts[at + 1] if at + 1 < len(starts) else None]
    if not rows:
        raise lines.error(lines.rows[starts[at]][0], "nothing follows this line of names")
    tables = [row for row in rows[1:] if row[1][0].lower() not in ("times", "machines")]
    name = lines.path.stem if len(starts) == 1 else f"{lines.path.stem}-{names[at]}"
    return two_tables(lines, [rows[0], *tables], name)


def two_tables(lines: Lines, rows: list[tuple[int, list[str]]], name: str) -> JobShop:
    """Jobs and machines, a row of durations for each job, then a row of machines (from 1) for each job."""
    jobs, machines = _size(lines, rows)
    if len(rows) != 1 + 2 * jobs:
        raise lines.error(
            rows[-1][0],
            f"{len(rows) - 1} rows, but {jobs} jobs have {jobs} rows of durations and {jobs} of machines",
        )
    for k, row in rows[1:]:
        if len(row) != machines:
            raise lines.error(k, f"{len(row)} numbers, where {machines} machines are expected")
    durations = np.array(
        [[lines.integer(k, w, 0, 2**40, "duration") for w in row] for k, row in rows[1 : 1 + jobs]], np.int64
    )
    order = np.array(
        [[lines.integer(k, w, 1, machines, "machine") for w in row] for k, row in rows[1 + jobs :]], np.int64
    )
    return JobShop(order - 1, durations, name, first_machine=1)


def _chosen(lines: Lines, names: list[str], wanted: str | None) -> int:
    if wanted is None and len(names) > 1:
        raise lines.error(
            lines.rows[0][0],
            (
                f"{len(names)} instances: --set instance=… says which, of "
                f"{', '.join(names[:8])}{', …' * (len(names) > 8)}"
            ),
        )
    if wanted is not None and names.count(wanted) != 1:
        raise lines.error(lines.rows[0][0], f"instance {wanted!r}; the file has {', '.join(names)}")
    return names.index(wanted) if wanted is not None else 0


def is_flexible(rows: list[tuple[int, list[str]]]) -> bool:
    """Whether rows are a flexible job shop's: a line of two or three numbers, then for each job its
    operations, each with its choices of machine.
    """
    head = rows[0][1]
    if len(head) not in (2, 3) or any(real(w) is None for w in head):
        return False
    for _, row in rows[1:]:
        numbers = [integer(w) for w in row]
        at = 1
        for _ in range(numbers[0] or 0):
            choices = numbers[at] if at < len(numbers) else None
            at += 1 + 2 * (choices or 10**9)
        if None in numbers or not numbers[0] or at != len(numbers):
            return False
    return len(rows) > 1


def facilities(lines: Lines, capacities: bool) -> Problem:
    """OR-Library's: m n, a capacity and an opening cost for each of m places, then for each of n customers
    its demand and m costs of all of it.

    Its capacities are for customers that several places serve; here one place serves each, so that "facility
    location" reads them without capacities (the uncapacitated problems of the same files), and "capacitated
    facility location" with them, single-sourced.
    """
    words = lines.words()
    m, n = (lines.integer(*words[k], 1, 10**6) for k in (0, 1))
    if len(words) != 2 + 2 * m + n * (1 + m):
        raise lines.error(
            words[-1][0],
            f"{len(words)} numbers, but {m} facilities and {n} customers have {2 + 2 * m + n * (1 + m)}",
        )
    if words[2][1] == "capacity":
        raise lines.error(
            words[2][0],
            "the word 'capacity' stands where a number is expected: write the capacity that you mean",
        )
    numbers = [lines.real(k, w, 0) for k, w in words[2:]]
    place = np.array(numbers[: 2 * m]).reshape(m, 2)
    customer = np.array(numbers[2 * m :]).reshape(n, 1 + m)
    opening = lines.decimals(words[3 : 2 + 2 * m : 2])
    cost = Decimals.of([repr(float(v)) for v in customer[:, 1:].T.reshape(-1)])
    demand = np.ceil(customer[:, 0]).astype(np.int64) if capacities else None
    if capacities and (place[:, 0] != np.floor(place[:, 0])).any():
        lines.notes.append(
            "capacities were rounded down to integers, which changes nothing because demands are integers"
        )
    if not capacities and (place[:, 0] > 0).any() and place[:, 0].max() < customer[:, 0].sum():
        lines.notes.append(
            "capacities and demands were not used; --kind 'capacitated facility location' uses them"
        )
    if capacities and (customer[:, 0] != np.rint(customer[:, 0])).any():
        raise lines.error(words[-1][0], "a demand that is not an integer")
    return FacilityLocation(
        m,
        n,
        opening,
        cost,
        demand,
        np.floor(place[:, 0]).astype(np.int64) if capacities else None,
        lines.path.stem,
    )
