"""Random solutions, and the steepest way down from them: what any solver must beat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import IsingModel, Replicas
from qualms.problems.problem import Problem
from qualms.problems.spins import rounding
from qualms.records.quadrant import CLASSICAL
from qualms.solve.solvers.solver import Clock, Finding

_BATCH = 64


class RandomSolver:
    """The best of random solutions; a round is 64 of them."""

    name = "random"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem) -> str | None:
        return None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        rng, drawn = np.random.default_rng(seed), 0
        while not clock.over() or drawn == 0:
            yield problem.sample(rng)
            drawn += 1
            if drawn % _BATCH == 0:
                clock.made()


class GreedySolver:
    """The problem's own rule, ties broken anew in each round."""

    name = "greedy"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem) -> str | None:
        return None

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        rng, drawn = np.random.default_rng(seed), 0
        while not clock.over() or drawn == 0:
            yield problem.greedy(rng)
            drawn += 1
            clock.made()


def descend(replicas: Replicas, couplings: IsingModel, clock: Clock) -> None:
    """Flip spins while that lowers the energy: sweeps at a temperature of nearly zero."""
    cold = np.full(
        4,
        1e6
        / max(
            1e-12,
            float(np.abs(couplings.values).max(initial=0)),
            float(np.abs(couplings.fields).max(initial=0)),
        ),
    )
    before, slack = None, rounding(couplings)
    while before is None or ((replicas.energies < before - slack).any() and clock.left > 0):
        before = replicas.energies.copy() if before is not None else np.full(len(replicas), np.inf)
        replicas.sweep(cold)
