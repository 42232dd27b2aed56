"""Random assignments, and the steepest way down from them: what any solver must beat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import Couplings, Replicas
from qualms.records.quadrant import CLASSICAL
from qualms.solve.problems.problem import Assignment, Lowering, Problem
from qualms.solve.solvers.solver import Stop

_BATCH = 64


class RandomSolver:
    """The best of random assignments."""

    name = "random"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem, lowering: Lowering) -> str | None:
        return None

    def run(self, problem: Problem, lowering: Lowering, stop: Stop, seed: int) -> Iterator[Assignment]:
        rng, best = np.random.default_rng(seed), np.inf
        while not stop.over() or best == np.inf:
            spins = rng.choice(np.array([-1, 1], np.int8), (_BATCH, lowering.couplings.n))
            energies = lowering.couplings.energies(spins)
            k = int(energies.argmin())
            if energies[k] < best:
                best = energies[k]
                yield lowering.decode(spins[k])
            stop.made()


class GreedySolver:
    """Random starts and one-flip descent."""

    name = "greedy"
    quadrant = CLASSICAL

    def refuses(self, problem: Problem, lowering: Lowering) -> str | None:
        return None

    def run(self, problem: Problem, lowering: Lowering, stop: Stop, seed: int) -> Iterator[Assignment]:
        best, attempt = np.inf, 0
        while not stop.over() or best == np.inf:
            replicas = Replicas(lowering.couplings, 16, seed + 7919 * attempt)
            descend(replicas, lowering.couplings, stop)
            k = int(replicas.energies.argmin())
            if replicas.energies[k] < best:
                best = replicas.energies[k]
                yield lowering.decode(replicas.spins[k])
            attempt += 1
            stop.made()


def descend(replicas: Replicas, couplings: Couplings, stop: Stop) -> None:
    """Flip spins while that lowers the energy: sweeps at a temperature of nearly zero."""
    cold = np.full(4, 1e6 / max(1e-12, float(np.abs(couplings.values).max(initial=0)), float(np.abs(couplings.fields).max(initial=0))))
    before = None
    while before is None or ((replicas.energies < before - 1e-9).any() and stop.left > 0):
        before = replicas.energies.copy() if before is not None else np.full(len(replicas), np.inf)
        replicas.sweep(cold)
