"""Jobs through machines, each in its own order."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.problem import Number, Solution, WithNotes


@dataclass(frozen=True)
class JobShop(WithNotes):
    """The makespan at its smallest: operations of a job one after the other, one operation on a machine at a
    time.

    A solution is the start of each operation, by job.

    Attributes
    ----------
    machines, durations : np.ndarray
        (jobs, operations) int64, in the order of each job.
    first_machine : int
        What the user's file calls machine 0.
    """

    machines: np.ndarray
    durations: np.ndarray
    name: str = "jobshop"
    first_machine: int = 0
    kind: str = field(default="job shop", init=False)
    sense: str = field(default="min", init=False)

    @property
    def size(self) -> int:
        return self.machines.size

    def starts(self, solution: Solution) -> np.ndarray:
        """(jobs, operations). Raises ConfigError for what is no schedule of this shop."""
        s = np.asarray(solution)
        if s.shape != (self.size,) or s.dtype.kind not in "iu" or (s < 0).any():
            raise ConfigError(f"a solution of {self.kind} {self.name} is {self.size} starts from 0")
        return s.astype(np.int64).reshape(self.machines.shape)

    def objective(self, solution: Solution) -> Number:
        return int((self.starts(solution) + self.durations).max(initial=0))

    def violations(self, solution: Solution) -> list[str]:
        start = self.starts(solution)
        end = start + self.durations
        early = np.argwhere(start[:, 1:] < end[:, :-1])
        broken = [
            f"job {a + 1}: operation {b + 2} starts at {start[a, b + 1]}, before {end[a, b]}"
            for a, b in early
        ]
        for machine in np.unique(self.machines):
            jobs, places = np.nonzero((self.machines == machine) & (self.durations > 0))
            order = np.argsort(start[jobs, places], kind="stable")
            jobs, places = jobs[order], places[order]
            for k in np.flatnonzero(
                start[jobs[1:], places[1:]] < np.maximum.accumulate(end[jobs, places])[:-1]
            ):
                broken.append(
                    f"machine {machine + self.first_machine}: job {jobs[k + 1] + 1} starts at "
                    f"{start[jobs[k + 1], places[k + 1]]} while another runs"
                )
        return broken

    def scheduled(self, priority: np.ndarray) -> Solution:
        """Operations as early as they go: always the next one of the job that could start first, ties to the
        higher `priority` (jobs, operations).
        """
        jobs, width = self.machines.shape
        at = np.zeros(jobs, np.int64)
        ready, free = np.zeros(jobs, np.int64), dict.fromkeys(np.unique(self.machines).tolist(), 0)
        start = np.zeros((jobs, width), np.int64)
        for _ in range(self.size):
            open_ = np.flatnonzero(at < width)
            begin = np.array(
                [
                    max(ready[j], free[int(self.machines[j, at[j]])])
                    if self.durations[j, at[j]]
                    else ready[j]
                    for j in open_
                ]
            )
            j = int(open_[np.lexsort((-priority[open_, at[open_]], begin))[0]])
            k = at[j]
            start[j, k] = begin[open_ == j][0]
            ready[j] = start[j, k] + self.durations[j, k]
            if self.durations[j, k]:
                free[int(self.machines[j, k])] = ready[j]
            at[j] += 1
        return start.reshape(-1)

    def sample(self, rng: np.random.Generator) -> Solution:
        return self.scheduled(rng.random(self.machines.shape))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Most work remaining first."""
        left = np.cumsum(self.durations[:, ::-1], axis=1)[:, ::-1].astype(float)
        return self.scheduled(left + 0.5 * rng.random(left.shape))
