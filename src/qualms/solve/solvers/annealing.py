"""Simulated annealing and parallel tempering on the batched kernel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.kernels.annealing import IsingModel, Replicas
from qualms.problems.problem import Problem
from qualms.problems.spins import rounding
from qualms.records.quadrant import CLASSICAL
from qualms.solve.encodings import ising_encoding
from qualms.solve.solvers.baselines import descend
from qualms.solve.solvers.offers import offered_spins
from qualms.solve.solvers.solver import Clock, Finding, positive, without_spins

_FIRST, _GROWTH = 100, 3  # sweeps of the first round, and how much longer each next is


def temperatures(couplings: IsingModel) -> tuple[float, float]:
    """(hot, cold): the largest local field √(ΣJ² + h²), where spins hardly feel one another, and where the
    softest tenth of couplings freezes.
    """
    typical, sizes, _ = _scales(couplings)
    if not len(sizes):
        return 1.0, 1.0
    cold = 2 * float(np.quantile(sizes, 0.1)) / np.log(100)
    return max(float(typical.max()), cold), cold


def narrow(couplings: IsingModel) -> tuple[float, float]:
    """(hot, cold): the local field that nine spins in ten do not exceed, and where the tenth with the weakest
    strongest bond freezes.

    A few stiff spins, or many bonds that are faint beside others of the same spin, then do not waste the
    others' time.
    """
    typical, sizes, strongest = _scales(couplings)
    if not len(sizes):
        return 1.0, 1.0
    cold = 2 * float(np.quantile(strongest[strongest > 0], 0.1)) / np.log(100)
    return max(float(np.quantile(typical, 0.9)), cold), cold


def _scales(c: IsingModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Local fields √(ΣJ² + h²), all sizes above 0, and the largest size at each spin."""
    rows = np.repeat(np.arange(c.n), np.diff(c.first))
    typical = np.sqrt(np.bincount(rows, c.values**2, c.n) + c.fields**2)
    sizes = np.abs(np.concatenate([c.values, c.fields]))
    strongest = np.abs(c.fields)
    np.maximum.at(strongest, rows, np.abs(c.values))
    return typical, sizes[sizes > 0], strongest


def recombined(c: IsingModel, spins: np.ndarray, energies: np.ndarray, best: np.ndarray | None) -> np.ndarray:
    """The lowest of some replicas (and of the best so far), with every piece in which another differs turned
    where that lowers it.

    Where two low states differ, they do so in droplets that single flips do not cross; each is tried as a
    whole (after Houdayer, "A cluster Monte Carlo algorithm for 2-dimensional spin glasses", 2001). Droplets
    hang together by bonds of at least a third of a spin's strongest.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    order = np.argsort(energies, kind="stable")
    now = spins[order[0]].copy()
    if best is not None and float(c.energies(best)) < float(c.energies(now)):
        now = best.copy()
    rows = np.repeat(np.arange(c.n), np.diff(c.first))
    _, _, strongest = _scales(c)
    firm = np.abs(c.values) >= np.minimum(strongest[rows], strongest[c.neighbours]) / 3
    slack = rounding(c)
    for other in spins[order]:
        apart = now != other
        inside = firm & apart[rows] & apart[c.neighbours]
        graph = csr_matrix(
            (np.ones(int(inside.sum()), np.int8), (rows[inside], c.neighbours[inside])), (c.n, c.n)
        )
        pieces, part = connected_components(graph, directed=False)
        rim = apart[rows] & (part[rows] != part[c.neighbours])
        change = np.bincount(
            part[rows[rim]], -2 * c.values[rim] * now[rows[rim]] * now[c.neighbours[rim]], pieces
        )
        change = change + np.bincount(part[apart], -2 * (c.fields * now)[apart], pieces)
        better = np.flatnonzero(change < -slack)
        for chosen in (
            better,
            better[[change[better].argmin()]] if len(better) else better,
        ):  # all at once, or where they hinder one another the best
            turned = np.where(apart & np.isin(part, chosen), -now, now)
            if len(chosen) and c.energies(turned) < c.energies(now) - slack:
                now = turned
                break
    return now


class AnnealingSolver:
    """Simulated annealing: rounds of more and more sweeps, from hot to cold along a geometric ladder,
    replicas side by side.

    The first round takes the wide range of `temperatures`, the second the `narrow` one; later ones that whose
    mean energy was lower. An answer of another solver is recombined with the replicas.

    References
    ----------
    Kirkpatrick, Gelatt, Vecchi, "Optimization by simulated annealing" (1983).
    """

    name = "annealing"
    quadrant = CLASSICAL
    takes_answers = True

    def __init__(self, replicas: int = 32, threads: int = 2) -> None:
        self.replicas, self.threads = positive("replicas", replicas), positive("threads", threads)

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c = encoding.model
        best, sweeps, attempt = np.inf, _FIRST, 0
        ranges, means = (temperatures(c), narrow(c)), [np.inf, np.inf]
        rate, kept = None, None  # sweeps a second; the best spins
        while not clock.over() or best == np.inf:
            if rate is not None and clock.limits.rounds is None:
                sweeps = max(10, min(sweeps, int(0.95 * rate * clock.left)))
            which = attempt if attempt < 2 else int(np.argmin(means))
            replicas, before = Replicas(c, self.replicas, seed + 7919 * attempt, self.threads), clock.spent
            made = replicas.sweep(1 / np.geomspace(*ranges[which], sweeps), max(clock.left, 0.05))
            rate = made / max(1e-6, clock.spent - before)
            descend(replicas, c, clock)
            means[which] = float(replicas.energies.mean())
            offered = offered_spins(encoding, clock)
            if offered is not None and (kept is None or c.energies(offered) < c.energies(kept)):
                kept = offered
            kept = recombined(c, replicas.spins.astype(np.float64), replicas.energies, kept)
            energy = float(c.energies(kept))
            if energy < best:
                best = energy
                yield encoding.decode(kept)
            sweeps, attempt = sweeps * (_GROWTH if attempt else 1), attempt + 1
            clock.made()


class TemperingSolver:
    """Parallel tempering: replicas at fixed temperatures, neighbours exchanged by Metropolis' rule. An answer
    of another solver takes the place of the coldest replica.

    References
    ----------
    Hukushima, Nemoto, "Exchange Monte Carlo method" (1996).
    """

    name = "tempering"
    quadrant = CLASSICAL
    takes_answers = True

    def __init__(self, replicas: int = 32, threads: int = 2, sweeps: int = 10) -> None:
        self.replicas, self.threads, self.sweeps = (
            positive("replicas", replicas),
            positive("threads", threads),
            positive("sweeps", sweeps),
        )

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c, rng, best = encoding.model, np.random.default_rng(seed), np.inf
        hot, cold = temperatures(c)
        replicas = Replicas(c, self.replicas, seed, self.threads)
        ladder = np.geomspace(1 / hot, 1 / cold, len(replicas))
        place = np.arange(len(replicas))  # which replica sits at each temperature
        parity = 0
        while not clock.over() or best == np.inf:
            offered = offered_spins(encoding, clock)
            if offered is not None:
                spins = replicas.spins
                spins[place[-1]] = offered
                replicas.spins = spins
            betas = np.empty(len(replicas))
            betas[place] = ladder
            replicas.sweep(np.tile(betas, (self.sweeps, 1)), max(clock.left, 0.05))
            energies = replicas.energies
            if energies.min() < best:
                best = energies.min()
                yield encoding.decode(replicas.spins[int(energies.argmin())])
            low = np.arange(parity, len(replicas) - 1, 2)
            gain = (ladder[low + 1] - ladder[low]) * (energies[place[low + 1]] - energies[place[low]])
            swap = low[np.log(rng.random(len(low))) < gain]
            place[swap], place[swap + 1] = place[swap + 1], place[swap].copy()
            parity = 1 - parity
            clock.made()
