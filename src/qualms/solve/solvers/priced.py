"""Knapsacks whose room has a price, found by bisection, and is annealed without bits of slack."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import Replicas
from qualms.problems.knapsack import Knapsack
from qualms.problems.problem import Problem
from qualms.problems.spins import from_binary
from qualms.records.quadrant import CLASSICAL
from qualms.solve.solvers.annealing import temperatures
from qualms.solve.solvers.solver import Clock, Finding, positive

_PRICES = 14
_KICKS = 50  # of a round
_FORGET = 0.02  # chance that a worse answer is kicked next


class PricedKnapsackSolver:
    """Lagrangian relaxation of the capacity: items of profit − price · weight are annealed, what does not fit
    is repaired, the price is bisected.

    Repairs drop the worst item for its weight and fill up again; exchanges of two items follow. Then the best
    is kicked (some of its items leave) and let down in the same way; a round is fifty kicks.
    """

    name = "priced"
    quadrant = CLASSICAL
    takes_answers = True

    def __init__(self, replicas: int = 16, sweeps: int = 100, threads: int = 2) -> None:
        self.replicas, self.sweeps, self.threads = (
            positive("replicas", replicas),
            positive("sweeps", sweeps),
            positive("threads", threads),
        )

    def refuses(self, problem: Problem) -> str | None:
        return (
            None
            if isinstance(problem, Knapsack)
            else f"prices are of knapsacks, not of a problem of kind {problem.kind!r}"
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        assert isinstance(problem, Knapsack)
        x = problem.greedy(np.random.default_rng(seed))
        best = int(problem.objective(x))
        yield x
        upper = np.triu(problem.profits, 1)
        i, j = np.nonzero(upper)
        weights = problem.weights.astype(float)
        top = float(
            (
                (np.abs(np.diag(problem.profits)) + np.abs(upper + upper.T).sum(1))
                / np.maximum(weights, 1e-9)
            ).max(initial=0)
        )
        rng = np.random.default_rng([seed, 1])
        low, high = 0.0, top
        for step in range(_PRICES):
            if clock.left == 0:
                break
            price = (low + high) / 2
            c = from_binary(
                problem.size, price * weights - np.diag(problem.profits), i, j, -upper[i, j].astype(float)
            )
            hot, cold = temperatures(c)
            replicas = Replicas(c, self.replicas, seed + 7919 * step, self.threads)
            replicas.sweep(1 / np.geomspace(hot, cold, self.sweeps), max(clock.left, 0.05))
            for spins in np.unique(replicas.spins, axis=0):
                found = swapped(problem, problem.repaired(spins > 0))
                value = int(problem.objective(found))
                if value > best:
                    best, x = value, found
                    yield x
            chosen = replicas.spins[int(replicas.energies.argmin())] > 0
            low, high = (price, high) if weights[chosen].sum() > problem.capacity else (low, price)
        now, reached = x, best
        while not clock.over():
            offered = clock.offered()
            if offered is not None and int(problem.objective(offered)) > reached:
                now, reached = np.asarray(offered), int(problem.objective(offered))
            for _ in range(_KICKS):
                found = swapped(
                    problem,
                    problem.repaired(np.where(rng.random(problem.size) < rng.uniform(0.05, 0.4), 0, now)),
                )
                value = int(problem.objective(found))
                if value >= reached or rng.random() < _FORGET:
                    now, reached = found, value
                if value > best:
                    best = value
                    yield found
                if clock.left == 0:
                    return
            clock.made()


def swapped(problem: Knapsack, x: np.ndarray) -> np.ndarray:
    """One item for another, the best such exchange that fits, while it brings more; then what still fits."""
    upper = np.triu(problem.profits, 1)
    pairs = upper + upper.T
    own = np.diag(problem.profits)
    x = x.copy()
    while True:
        inside, outside = np.flatnonzero(x), np.flatnonzero(x == 0)
        if not len(inside) or not len(outside):
            return x
        worth = own + pairs @ x
        gain = worth[outside][None] - worth[inside][:, None] - pairs[np.ix_(inside, outside)]
        room = problem.capacity - int(problem.weights @ x)
        gain = np.where(problem.weights[outside][None] - problem.weights[inside][:, None] <= room, gain, -1)
        k = int(gain.argmax())
        if gain.flat[k] <= 0:
            return x
        a, b = divmod(k, len(outside))
        x[inside[a]], x[outside[b]] = 0, 1
        x = problem.repaired(x)
