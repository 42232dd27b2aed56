"""Job shops: the order of operations on each machine, or a bit for each start."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError, TooLargeError
from qualms.problems.jobshop import JobShop
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import through

_MOST_STARTS = 4_000  # of all operations, in the Ising encoding


@linear_encoding.register
def _(problem: JobShop) -> LinearEncoding:
    """Starts and a bit for the order of each two operations on a machine, with the horizon as the big number
    (Manne 1960).
    """
    horizon = _horizon(problem)
    n, duration = problem.size, problem.durations.reshape(-1)
    index = np.arange(n).reshape(problem.machines.shape)
    a, b = _pairs(problem, index)
    model = ModelBuilder(problem.name)
    model.variables(n, 0.0, horizon, integer=True)
    makespan = model.variable("", high=horizon, integer=True, cost=1.0)
    order = model.bits(len(a))
    before, last = index[:, :-1].reshape(-1), index[:, -1]
    model.add_rows((index[:, 1:].reshape(-1), 1.0), (before, -1.0), low=duration[before])
    model.add_rows((np.full(len(last), makespan), 1.0), (last, -1.0), low=duration[last])
    model.add_rows((b, 1.0), (a, -1.0), (order, -horizon), low=duration[a] - horizon)
    model.add_rows((a, 1.0), (b, -1.0), (order, horizon), low=duration[b])

    def encode(solution: Solution) -> np.ndarray:
        s, end = np.asarray(solution), float(problem.objective(solution))
        if end > horizon:
            raise ConfigError(f"a schedule of {problem.name} past the horizon {horizon:g}")
        return np.concatenate([s, [end], s[a] < s[b]]).astype(float)

    return LinearEncoding(model.build(), lambda x: earliest(problem, x[:n]), encode)


@ising_encoding.register
def _(problem: JobShop) -> IsingEncoding:
    """A bit for each operation and start within the greedy schedule's horizon (Venturelli et al. 2016).

    What is minimised is the sum over jobs of the time past the shop's bound, which stands for the makespan
    and is not quite it. Raises TooLargeError for many starts.
    """
    return through(_by_starts(problem))


def _horizon(problem: JobShop) -> float:
    return float(problem.objective(problem.greedy(np.random.default_rng(0))))


def _pairs(problem: JobShop, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Operations of different jobs that share a machine and take time."""
    duration, width = problem.durations.reshape(-1), problem.machines.shape[1]
    found = []
    for machine in np.unique(problem.machines):
        ops = index[problem.machines == machine]
        a, b = (ops[k] for k in np.triu_indices(len(ops), 1))
        kept = (a // width != b // width) & (duration[a] > 0) & (duration[b] > 0)
        found.append((a[kept], b[kept]))
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])


def _by_starts(problem: JobShop) -> LinearEncoding:
    horizon = int(_horizon(problem))
    heads = (np.cumsum(problem.durations, axis=1) - problem.durations).reshape(-1)
    tails = np.cumsum(problem.durations[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    counts = horizon - tails - heads + 1
    if counts.sum() > _MOST_STARTS:
        raise TooLargeError(
            f"{problem.name} as spins: {counts.sum():,} operation starts; "
            f"at most {_MOST_STARTS:,} are possible"
        )
    op = np.repeat(np.arange(problem.size), counts)
    time = np.concatenate([heads[k] + np.arange(c) for k, c in enumerate(counts)])
    last = op % problem.machines.shape[1] == problem.machines.shape[1] - 1
    end = time + problem.durations.reshape(-1)[op]
    model = ModelBuilder(problem.name)
    x = model.bits(len(op), np.where(last, np.maximum(0, end - least_makespan(problem)), 0))
    model.add_entries(op, x, np.ones(len(op)), np.ones(problem.size), np.ones(problem.size))
    a, b = _clashes(problem, op, time)
    model.add_rows((a, 1.0), (b, 1.0), high=1.0)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])

    def decode(z: np.ndarray) -> Solution:
        parts = [slice(first[o], first[o] + counts[o]) for o in range(problem.size)]
        return earliest(problem, np.array([float(time[p][z[p].argmax()]) for p in parts]))

    def encode(solution: Solution) -> np.ndarray:
        bits, late = np.zeros(len(op)), np.asarray(solution) - heads
        if (late < 0).any() or (late >= counts).any():
            raise ConfigError(f"a schedule of {problem.name} past the horizon {horizon}")
        bits[first + late] = 1
        return bits

    return LinearEncoding(model.build(), decode, encode)


def _clashes(problem: JobShop, op: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of starts that cannot both be: on one machine at once, or an operation before its job's earlier
    one ends.
    """
    duration, machine = problem.durations.reshape(-1)[op], problem.machines.reshape(-1)[op]
    width = problem.machines.shape[1]
    a, b = np.triu_indices(len(op), 1)
    clash = (
        (machine[a] == machine[b])
        & (op[a] != op[b])
        & (duration[a] > 0)
        & (duration[b] > 0)
        & (time[a] < time[b] + duration[b])
        & (time[b] < time[a] + duration[a])
    )
    clash |= (op[a] // width == op[b] // width) & (op[a] < op[b]) & (time[a] + duration[a] > time[b])
    return a[clash], b[clash]


def earliest(problem: JobShop, starts: np.ndarray) -> Solution:
    """Operations as early as they go, in the order of these starts."""
    start = np.asarray(starts, float).reshape(problem.machines.shape)
    jobs, width = problem.machines.shape
    at, ready = np.zeros(jobs, int), np.zeros(jobs, np.int64)
    free = dict.fromkeys(np.unique(problem.machines).tolist(), 0)
    done = np.zeros((jobs, width), np.int64)
    order: list[tuple[int, int]] = sorted(np.ndindex(jobs, width), key=lambda o: (start[o], o[1]))
    while order:
        j, k = next((j, k) for j, k in order if at[j] == k)
        order.remove((j, k))
        long, machine = int(problem.durations[j, k]), int(problem.machines[j, k])
        # what takes no time needs no machine
        begin = max(int(ready[j]), int(free[machine])) if long else int(ready[j])
        done[j, k], ready[j] = begin, begin + long
        if long:
            free[machine] = begin + long
        at[j] += 1
    return done.reshape(-1)


def least_makespan(problem: JobShop) -> int:
    """No schedule is shorter: the longest job, and each machine's work between its earliest heads and tails,
    interrupted at will.

    Jackson's preemptive schedule of each machine (Carlier, "The one-machine sequencing problem", 1982).
    """
    heads = np.cumsum(problem.durations, axis=1) - problem.durations
    tails = np.cumsum(problem.durations[:, ::-1], axis=1)[:, ::-1] - problem.durations
    longest = int(problem.durations.sum(1).max(initial=0))
    for machine in np.unique(problem.machines):
        on = problem.machines == machine
        longest = max(longest, _preemptive(heads[on], problem.durations[on], tails[on]))
    return longest


def _preemptive(heads: np.ndarray, durations: np.ndarray, tails: np.ndarray) -> int:
    """Jackson's rule: of the operations that are there, the one with the longest tail, interrupted whenever a
    longer one comes.
    """
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
