"""The member about jobs on machines."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.jobshop import JobShop
from qualms.problems.problem import Solution
from qualms.specification.base import Given, Line, Member, Names, Strict, fraction, places
from qualms.specification.conversion import of_problem


class Operation(Strict):
    """A piece of work on one machine."""

    machine: str
    duration: Given


class Job(Strict):
    """Operations that follow each other."""

    name: str
    operations: tuple[Operation, ...] = Field(min_length=1)


class Schedule(Member):
    """A start for each operation, so that the last one ends as early as can be.

    Attributes
    ----------
    machines : tuple of str
        All machines; each does one operation at a time.
    jobs : tuple of Job
        What is to be done.
    """

    kind: Literal["job shop"] = "job shop"
    machines: Names = Field(min_length=1)
    jobs: tuple[Job, ...] = Field(min_length=1)

    def build(self) -> JobShop:
        """The problem; jobs of fewer operations than others get ones that take no time.

        Raises ConfigError for an unknown machine, or a duration that is no integer of at least 0.
        """
        place = places("machine", self.machines)
        places("job", (j.name for j in self.jobs))
        width = max(len(j.operations) for j in self.jobs)
        machines, durations = np.zeros((2, len(self.jobs), width), np.int64)
        for a, job in enumerate(self.jobs):
            for b, operation in enumerate(job.operations):
                duration = fraction(operation.duration)
                if operation.machine not in place:
                    raise ConfigError(f"{job.name}: there is no machine {operation.machine!r}")
                if duration < 0 or duration.denominator != 1 or duration >= 2**53:
                    raise ConfigError(f"{job.name}: the duration {duration} is no integer from 0 to 2^53")
                machines[a, b], durations[a, b] = place[operation.machine], int(duration)
        first = int(self.machines[0]) if self.machines[0].isdecimal() else 0
        return JobShop(machines, durations, self.name, first, notes=self.assumptions)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """Each job's operations with their starts and ends."""
        problem = self.build()
        starts = problem.starts(solution)
        return tuple(
            Line(
                what=job.name,
                value=", ".join(
                    f"{o.machine} {starts[a, b]}–{starts[a, b] + problem.durations[a, b]}"
                    for b, o in enumerate(job.operations)
                ),
            )
            for a, job in enumerate(self.jobs)
        )

    def sentences(self) -> list[str]:
        count = sum(len(j.operations) for j in self.jobs)
        return [
            f"Schedule {len(self.jobs):,} jobs with {count:,} operations on {len(self.machines):,} machines, "
            "the "
            "operations of a job in their order and one at a time on each machine, so that all end as early "
            "as possible."
        ]


@of_problem.register
def _(problem: JobShop) -> Any:
    count = int(problem.machines.max(initial=0)) + 1
    names = tuple(str(k + problem.first_machine) for k in range(count))
    jobs = tuple(
        Job(
            name=f"job {a + 1}",
            operations=tuple(
                Operation(machine=names[m], duration=int(d)) for m, d in zip(machines, durations, strict=True)
            ),
        )
        for a, (machines, durations) in enumerate(zip(problem.machines, problem.durations, strict=True))
    )
    return Schedule(name=problem.name, assumptions=problem.notes, machines=names, jobs=jobs)
