"""Simulated annealing and parallel tempering on the batched kernel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import Couplings, Replicas
from qualms.records.quadrant import CLASSICAL
from qualms.solve.problems.problem import Problem
from qualms.solve.solvers.baselines import descend
from qualms.solve.solvers.solver import Finding, Stop, positive, without_spins

_FIRST, _GROWTH = 100, 3  # sweeps of the first round, and how much longer each next is


def temperatures(couplings: Couplings, share: float = 1.0) -> tuple[float, float]:
    """(hot, cold): the local field √(ΣJ² + h²) that a share of the spins does not exceed, and where the softest tenth freezes."""
    rows = np.repeat(np.arange(couplings.n), np.diff(couplings.first))
    typical = np.sqrt(np.bincount(rows, couplings.values**2, couplings.n) + couplings.fields**2)
    sizes = np.abs(np.concatenate([couplings.values, couplings.fields]))
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return 1.0, 1.0
    cold = 2 * float(np.quantile(sizes, 0.1)) / np.log(100)
    return max(float(np.quantile(typical, share)), cold), cold


class AnnealingSolver:
    """Simulated annealing: rounds of more and more sweeps, from hot to cold along a geometric ladder, replicas side by side.

    The first round begins where all spins are loose, the second where nine in ten are (a few stiff ones then do not waste the others' time); later
    ones begin where the lower mean energy came from.

    Source
    ------
    Kirkpatrick, Gelatt, Vecchi, "Optimization by simulated annealing" (1983).
    """

    name = "annealing"
    quadrant = CLASSICAL

    def __init__(self, replicas: int = 32, threads: int = 2) -> None:
        self.replicas, self.threads = positive("replicas", replicas), positive("threads", threads)

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, stop: Stop, seed: int) -> Iterator[Finding]:
        lowering = problem.lower()
        c = lowering.couplings
        (hottest, cold), best, sweeps, attempt = temperatures(c), np.inf, _FIRST, 0
        hots, means = (hottest, temperatures(c, 0.9)[0]), [np.inf, np.inf]
        rate = None  # sweeps a second
        while not stop.over() or best == np.inf:
            if rate is not None and stop.rounds is None:
                sweeps = max(10, min(sweeps, int(0.95 * rate * stop.left)))
            which = attempt if attempt < 2 else int(np.argmin(means))
            replicas, before = Replicas(c, self.replicas, seed + 7919 * attempt, self.threads), stop.spent
            made = replicas.sweep(np.geomspace(1 / hots[which], 1 / cold, sweeps), max(stop.left, 0.05))
            rate = made / max(1e-6, stop.spent - before)
            descend(replicas, c, stop)
            means[which] = float(replicas.energies.mean())
            k = int(replicas.energies.argmin())
            if replicas.energies[k] < best:
                best = replicas.energies[k]
                yield lowering.decode(replicas.spins[k])
            sweeps, attempt = sweeps * (_GROWTH if attempt else 1), attempt + 1
            stop.made()


class TemperingSolver:
    """Parallel tempering: replicas at fixed temperatures, neighbours exchanged by Metropolis' rule.

    Source
    ------
    Hukushima, Nemoto, "Exchange Monte Carlo method" (1996).
    """

    name = "tempering"
    quadrant = CLASSICAL

    def __init__(self, replicas: int = 32, threads: int = 2, sweeps: int = 10) -> None:
        self.replicas, self.threads, self.sweeps = positive("replicas", replicas), positive("threads", threads), positive("sweeps", sweeps)

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, stop: Stop, seed: int) -> Iterator[Finding]:
        lowering = problem.lower()
        c, rng, best = lowering.couplings, np.random.default_rng(seed), np.inf
        hot, cold = temperatures(c)
        replicas = Replicas(c, self.replicas, seed, self.threads)
        ladder = np.geomspace(1 / hot, 1 / cold, len(replicas))
        place = np.arange(len(replicas))  # which replica sits at each temperature
        parity = 0
        while not stop.over() or best == np.inf:
            betas = np.empty(len(replicas))
            betas[place] = ladder
            replicas.sweep(np.tile(betas, (self.sweeps, 1)), max(stop.left, 0.05))
            energies = replicas.energies
            if energies.min() < best:
                best = energies.min()
                yield lowering.decode(replicas.spins[int(energies.argmin())])
            low = np.arange(parity, len(replicas) - 1, 2)
            gain = (ladder[low + 1] - ladder[low]) * (energies[place[low + 1]] - energies[place[low]])
            swap = low[np.log(rng.random(len(low))) < gain]
            place[swap], place[swap + 1] = place[swap + 1], place[swap].copy()
            parity = 1 - parity
            stop.made()
