"""Job shops (JSPLIB) and facility locations (OR-Library)."""

from __future__ import annotations

import numpy as np

from qualms.solve.formats.lines import Lines
from qualms.solve.problems.facility import FacilityLocation
from qualms.solve.problems.jobshop import JobShop
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Problem


def jobshop(lines: Lines) -> Problem:
    """Jobs and machines, then a row for each job: machine (from 0) and duration of each operation in order."""
    line, head = lines.rows[0]
    if len(head) != 2:
        raise lines.error(line, "the first line tells jobs and machines")
    jobs, machines = (lines.whole(line, w, 1, 10**5, what) for w, what in zip(head, ("jobs", "machines"), strict=True))
    if len(lines.rows) != jobs + 1:
        short = ": cut short?" if len(lines.rows) < jobs + 1 else ""
        raise lines.error(lines.rows[-1][0], f"{len(lines.rows) - 1} jobs, but the first line tells {jobs}{short}")
    table = np.empty((jobs, machines, 2), np.int64)
    for j, (k, row) in enumerate(lines.rows[1:]):
        if len(row) != 2 * machines:
            raise lines.error(k, f"{len(row)} numbers, but {machines} operations have {2 * machines}")
        numbers = [lines.whole(k, w, 0, 2**40) for w in row]
        table[j] = np.array(numbers).reshape(machines, 2)
        if table[j, :, 0].max() >= machines:
            raise lines.error(k, f"machine {table[j, :, 0].max()}; they are numbered from 0 to {machines - 1}")
    return JobShop(table[..., 0], table[..., 1], lines.path.stem)


def facilities(lines: Lines, capacities: bool) -> Problem:
    """OR-Library's: m n, a capacity and an opening cost for each of m places, then for each of n customers its demand and m costs of all of it.

    Its capacities are for customers that several places serve; here one place serves each, so that "facility location" reads them without
    capacities (the uncapacitated problems of the same files), and "capacitated facility location" with them, single-sourced.
    """
    words = lines.words()
    m, n = (lines.whole(*words[k], 1, 10**6) for k in (0, 1))
    if len(words) != 2 + 2 * m + n * (1 + m):
        raise lines.error(words[-1][0], f"{len(words)} numbers, but {m} facilities and {n} customers have {2 + 2 * m + n * (1 + m)}")
    if words[2][1] == "capacity":
        raise lines.error(words[2][0], "the word 'capacity' where a number belongs: write the capacity that you mean")
    numbers = [lines.real(k, w, 0) for k, w in words[2:]]
    place = np.array(numbers[: 2 * m]).reshape(m, 2)
    customer = np.array(numbers[2 * m :]).reshape(n, 1 + m)
    texts = np.array([w for _, w in words[2:]], object)
    opening = Decimals.of([str(t) for t in texts[1 : 2 * m : 2]])
    cost = Decimals.of([repr(float(v)) for v in customer[:, 1:].T.reshape(-1)])
    demand = np.ceil(customer[:, 0]).astype(np.int64) if capacities else None
    if capacities and (customer[:, 0] != np.rint(customer[:, 0])).any():
        raise lines.error(words[-1][0], "a demand that is no whole number")
    return FacilityLocation(m, n, opening, cost, demand, np.floor(place[:, 0]).astype(np.int64) if capacities else None, lines.path.stem)
