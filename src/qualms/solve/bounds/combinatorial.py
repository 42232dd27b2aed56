"""Bounds from counting: assignments, schedules, sequences, colours, heaps, tours."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np

from qualms.problems.assignment import QuadraticAssignment
from qualms.problems.labs import LABS
from qualms.problems.partition import NumberPartition
from qualms.problems.routing import Routing


def gilmore_lawler(problem: QuadraticAssignment) -> int:
    """Each facility's least possible part at each place, then the cheapest assignment of those (Gilmore 1962,
    Lawler 1963).
    """
    from scipy.optimize import linear_sum_assignment

    f, d, n = problem.flow, problem.distance, problem.size
    if n == 1:
        return int(f[0, 0] * d[0, 0])
    if float(np.abs(f).max()) * float(np.abs(d).max()) * n * n >= 2**52:
        return -int(np.abs(f).astype(object).sum() * int(np.abs(d).max()))
    off = ~np.eye(n, dtype=bool)
    flows = np.sort(f[off].reshape(n, n - 1), 1)
    distances = np.sort(d[off].reshape(n, n - 1), 1)[:, ::-1]
    parts = np.diag(f)[:, None] * np.diag(d)[None] + flows @ distances.T
    i, k = linear_sum_assignment(parts)
    return int(parts[i, k].sum())


def odd_lags(problem: LABS) -> int:
    """A sum of an odd number of ±1 is odd, so its square is at least one."""
    return problem.n // 2


def parity(problem: NumberPartition) -> Fraction | int:
    """An odd sum of integers leaves a difference of one; and no heap balances a number larger than all
    others.
    """
    values = problem.numbers.values.astype(object)
    total = sum(values)
    largest = max(values, default=0)
    least = max(2 * largest - total, total % 2)
    return int(least) if problem.numbers.scale == 1 else Fraction(int(least), problem.numbers.scale)


def one_tree(problem: Routing, seconds: float) -> int:
    """Held and Karp's bound (1971): the lightest 1-tree under node weights, climbed; the weights are whole
    64ths, so that it is exact.

    In units of 1 / scale, rounded up. Asymmetric distances count as the smaller of both ways.
    """
    began = time.monotonic()
    n = problem.size
    d = np.minimum(problem.distance, problem.distance.T).astype(np.int64) * 64
    if n < 3:
        return int(sum(problem.distance[[0, n - 1], [n - 1, 0]])) if n == 2 else 0
    np.fill_diagonal(d, 0)
    pi = np.zeros(n, np.int64)
    best, step, before = -(2**62), 0.0, np.zeros(n)
    longest = 0
    while True:
        weight, degree = _tree(d + pi[:, None] + pi[None])
        value = weight - 2 * int(pi.sum())
        if value > best:
            best, longest = value, 0
        longest += 1
        away = degree - 2.0
        if not away.any() or time.monotonic() - began > seconds or longest > 200:
            break
        step = step or 0.02 * max(1, best) / n
        pi = pi + np.rint(step * (0.7 * away + 0.3 * before)).astype(np.int64)
        before = away
        step *= 0.98 if longest > 5 else 1.0
        if step < 0.6:
            break
    return -(-best // 64)


def _tree(w: np.ndarray) -> tuple[int, np.ndarray]:
    """Prim's tree of nodes 1 … n − 1 and the two lightest edges of node 0: its weight and its degrees."""
    n = len(w)
    degree = np.zeros(n, np.int64)
    near, parent = w[1].copy(), np.ones(n, np.int64)
    far = np.iinfo(np.int64).max
    near[[0, 1]] = far
    total = 0
    for _ in range(n - 2):
        k = int(near.argmin())
        total += int(near[k])
        degree[k] += 1
        degree[parent[k]] += 1
        near[k] = far
        closer = (w[k] < near) & (near < far)
        near[closer], parent[closer] = w[k][closer], k
    ends = 1 + np.argpartition(w[0, 1:], 1)[:2]
    total += int(w[0, ends].sum())
    degree[0] += 2
    degree[ends] += 1
    return total, degree
