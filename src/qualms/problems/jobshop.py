"""Jobs through machines, each in its own order."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError, TooLargeError
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, lowered_through, once

_MOST_SLOTS = 4_000  # starts that a schedule as bits may have


@dataclass(frozen=True)
class JobShop(Noted):
    """The makespan at its smallest: operations of a job one after the other, one operation on a machine at a time.

    Attributes
    ----------
    machines, durations : (jobs, operations) int64, in the order of each job. An assignment is the start of each operation, by job.
    first_machine : what the user's file calls machine 0.
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

    def starts(self, assignment: Solution) -> np.ndarray:
        """(jobs, operations). Raises ConfigError for what is no schedule of this shop."""
        s = np.asarray(assignment)
        if s.shape != (self.size,) or s.dtype.kind not in "iu" or (s < 0).any():
            raise ConfigError(f"an assignment of {self.kind} {self.name} is {self.size} starts from 0")
        return s.astype(np.int64).reshape(self.machines.shape)

    def objective(self, assignment: Solution) -> Number:
        return int((self.starts(assignment) + self.durations).max(initial=0))

    def violations(self, assignment: Solution) -> list[str]:
        start = self.starts(assignment)
        end = start + self.durations
        early = np.argwhere(start[:, 1:] < end[:, :-1])
        broken = [f"job {a + 1}: operation {b + 2} starts at {start[a, b + 1]}, before {end[a, b]}" for a, b in early]
        for machine in np.unique(self.machines):
            jobs, places = np.nonzero((self.machines == machine) & (self.durations > 0))
            order = np.argsort(start[jobs, places], kind="stable")
            jobs, places = jobs[order], places[order]
            for k in np.flatnonzero(start[jobs[1:], places[1:]] < np.maximum.accumulate(end[jobs, places])[:-1]):
                broken.append(
                    f"machine {machine + self.first_machine}: job {jobs[k + 1] + 1} starts at {start[jobs[k + 1], places[k + 1]]} while another runs"
                )
        return broken

    def scheduled(self, priority: np.ndarray) -> Solution:
        """Operations as early as they go: always the next one of the job that could start first, ties to the higher `priority` (jobs, operations)."""
        jobs, width = self.machines.shape
        at = np.zeros(jobs, np.int64)
        ready, free = np.zeros(jobs, np.int64), dict.fromkeys(np.unique(self.machines).tolist(), 0)
        start = np.zeros((jobs, width), np.int64)
        for _ in range(self.size):
            open_ = np.flatnonzero(at < width)
            begin = np.array([max(ready[j], free[int(self.machines[j, at[j]])]) if self.durations[j, at[j]] else ready[j] for j in open_])
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

    def bottleneck(self) -> int:
        """No schedule is shorter: the longest job, and each machine's work between its earliest heads and tails, interrupted at will.

        Jackson's preemptive schedule of each machine (Carlier, "The one-machine sequencing problem", 1982).
        """
        heads = np.cumsum(self.durations, axis=1) - self.durations
        tails = np.cumsum(self.durations[:, ::-1], axis=1)[:, ::-1] - self.durations
        longest = int(self.durations.sum(1).max(initial=0))
        for machine in np.unique(self.machines):
            on = self.machines == machine
            longest = max(longest, _preemptive(heads[on], self.durations[on], tails[on]))
        return longest

    @once
    def linear(self) -> Linear:
        """Starts and a bit for the order of each two operations on a machine, with the horizon as the big number (Manne 1960)."""
        horizon = float(self.objective(self.greedy(np.random.default_rng(0))))
        n, duration = self.size, self.durations.reshape(-1)
        index = np.arange(n).reshape(self.machines.shape)
        first = [index[:, :-1].reshape(-1), index[:, -1]]
        pairs = []
        for machine in np.unique(self.machines):
            ops = index[self.machines == machine]
            a, b = np.triu_indices(len(ops), 1)
            kept = (ops[a] // self.machines.shape[1] != ops[b] // self.machines.shape[1]) & (duration[ops[a]] > 0) & (duration[ops[b]] > 0)
            pairs.append(np.stack([ops[a][kept], ops[b][kept]], 1))
        both = np.concatenate(pairs)
        k, p, jobs = len(both), len(first[0]), len(first[1])
        total = n + 1 + k
        order, rows = n + 1 + np.arange(k), np.arange(p + jobs + 2 * k)
        r1, r2, r3, r4 = np.split(rows, [p, p + jobs, p + jobs + k])
        at = np.concatenate([r1, r1, r2, r2, r3, r3, r3, r4, r4, r4])
        columns = np.concatenate(
            [index[:, 1:].reshape(-1), first[0], np.full(jobs, n), first[1], both[:, 1], both[:, 0], order, both[:, 0], both[:, 1], order]
        )
        one = np.ones
        values = np.concatenate([one(p), -one(p), one(jobs), -one(jobs), one(k), -one(k), -horizon * one(k), one(k), -one(k), horizon * one(k)])
        low = np.concatenate([duration[first[0]], duration[first[1]], duration[both[:, 0]] - horizon, duration[both[:, 1]]]).astype(float)
        matrix = csr_matrix((values, (at, columns)), (len(rows), total))
        cost = np.zeros(total)
        cost[n] = 1
        high = np.concatenate([np.full(n + 1, horizon), np.ones(k)])
        model = MixedInteger(cost, np.zeros(total), high, np.ones(total, bool), matrix, low, np.full(len(rows), np.inf), name=self.name)

        def encode(assignment: Solution) -> np.ndarray:
            s = np.asarray(assignment)
            return np.concatenate([s, [float(self.objective(s))], s[both[:, 0]] < s[both[:, 1]]]).astype(float)

        return Linear(model, lambda x: self._repaired(x[:n]), encode)

    def _repaired(self, starts: np.ndarray) -> Solution:
        """As early as they go, in the order of these starts."""
        start = np.asarray(starts, float).reshape(self.machines.shape)
        jobs, width = self.machines.shape
        at, ready, free = np.zeros(jobs, int), np.zeros(jobs, np.int64), dict.fromkeys(np.unique(self.machines).tolist(), 0)
        done = np.zeros((jobs, width), np.int64)
        order: list[tuple[int, int]] = sorted(np.ndindex(jobs, width), key=lambda o: (start[o], o[1]))
        while order:
            j, k = next((j, k) for j, k in order if at[j] == k)
            order.remove((j, k))
            long, machine = int(self.durations[j, k]), int(self.machines[j, k])
            begin = max(int(ready[j]), int(free[machine])) if long else int(ready[j])  # what takes no time needs no machine
            done[j, k], ready[j] = begin, begin + long
            if long:
                free[machine] = begin + long
            at[j] += 1
        return done.reshape(-1)

    @once
    def lower(self) -> Lowering:
        """A bit for each operation and start within the greedy schedule's horizon (Venturelli et al. 2016); raises TooLargeError for many.

        What is minimised is the sum over jobs of the time past the shop's bound, which stands for the makespan and is not quite it.
        """
        return lowered_through(self._slots())

    def _slots(self) -> Linear:
        horizon = int(self.objective(self.greedy(np.random.default_rng(0))))
        heads = (np.cumsum(self.durations, axis=1) - self.durations).reshape(-1)
        tails = np.cumsum(self.durations[:, ::-1], axis=1)[:, ::-1].reshape(-1)
        counts = horizon - tails - heads + 1
        if counts.sum() > _MOST_SLOTS:
            raise TooLargeError(f"{self.name} as spins: {counts.sum():,} operation starts; at most {_MOST_SLOTS:,}")
        op = np.repeat(np.arange(self.size), counts)
        time = np.concatenate([heads[k] + np.arange(c) for k, c in enumerate(counts)])
        duration, machine = self.durations.reshape(-1)[op], self.machines.reshape(-1)[op]
        width, n = self.machines.shape[1], len(op)
        a, b = np.triu_indices(n, 1)
        clash = (
            (machine[a] == machine[b])
            & (op[a] != op[b])
            & (duration[a] > 0)
            & (duration[b] > 0)
            & (time[a] < time[b] + duration[b])
            & (time[b] < time[a] + duration[a])
        )
        clash |= (op[a] // width == op[b] // width) & (op[a] < op[b]) & (time[a] + duration[a] > time[b])
        a, b = a[clash], b[clash]
        k = len(a)
        at = np.concatenate([op, self.size + np.tile(np.arange(k), 2)])
        rows = csr_matrix((np.ones(n + 2 * k), (at, np.concatenate([np.arange(n), a, b]))), (self.size + k, n))
        last = op % width == width - 1
        late = np.where(last, np.maximum(0, time + duration - self.bottleneck()), 0).astype(float)
        model = MixedInteger(
            late, np.zeros(n), np.ones(n), np.ones(n, bool), rows, np.concatenate([np.ones(self.size), np.full(k, -np.inf)]),
            np.ones(self.size + k), name=self.name,
        )  # fmt: skip
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])

        def decode(x: np.ndarray) -> Solution:
            parts = [slice(first[o], first[o] + counts[o]) for o in range(self.size)]
            return self._repaired(np.array([float(time[p][x[p].argmax()]) for p in parts]))

        def encode(assignment: Solution) -> np.ndarray:
            x, late = np.zeros(n), np.asarray(assignment) - heads
            if (late < 0).any() or (late >= counts).any():
                raise ConfigError(f"a schedule of {self.name} past the horizon {horizon}")
            x[first + late] = 1
            return x

        return Linear(model, decode, encode)

    def written(self, assignment: Solution) -> str:
        """The starts of each job's operations, a line a job, and the makespan."""
        start = self.starts(assignment)
        return "\n".join(" ".join(map(str, row)) for row in start) + f"\nmakespan {self.objective(assignment)}\n"


def _preemptive(heads: np.ndarray, durations: np.ndarray, tails: np.ndarray) -> int:
    """Jackson's rule: of the operations that are there, the one with the longest tail, interrupted whenever a longer one comes."""
    left = durations.astype(np.int64).copy()
    now, longest = 0, 0
    while left.any():
        here = (heads <= now) & (left > 0)
        if not here.any():
            now = int(heads[left > 0].min())
            continue
        k = int(np.where(here, tails, -1).argmax())
        coming = heads[(heads > now) & (left > 0)]
        step = int(min(left[k], coming.min() - now)) if len(coming) else int(left[k])
        now += step
        left[k] -= step
        if left[k] == 0:
            longest = max(longest, now + int(tails[k]))
    return longest
