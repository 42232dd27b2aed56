"""Tabu search: the best flip that was not made lately, again and again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qualms.problems.problem import Problem
from qualms.problems.spins import rounding
from qualms.records.quadrant import CLASSICAL
from qualms.solve.encodings import IsingEncoding, ising_encoding
from qualms.solve.solvers.offers import offered_spins
from qualms.solve.solvers.solver import Clock, Finding, without_spins

_LOOK = 64  # flips between two looks at the clock


class TabuSolver:
    """One-flip tabu search from random starts, restarted after 20·n flips without a new best; from an answer
    of another solver where a race offers one.

    References
    ----------
    Glover and Laguna, "Tabu Search" (1997); Palubeckis, "Multistart tabu search strategies for the
    unconstrained binary quadratic optimization problem" (2004), whose tenure is min(20, n/4).
    """

    name = "tabu"
    quadrant = CLASSICAL
    takes_answers = True

    def refuses(self, problem: Problem) -> str | None:
        return without_spins(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding = ising_encoding(problem)
        c, rng, best = encoding.model, np.random.default_rng(seed), np.inf
        slack = rounding(c)
        tenure = max(1, min(20, c.n // 4))
        while not clock.over() or best == np.inf:
            offered = offered_spins(encoding, clock)
            spins = rng.choice(np.array([-1.0, 1.0]), c.n) if offered is None else offered
            energy = float(c.energies(spins))
            change = -2 * spins * self._fields(encoding, spins)  # of the energy, by each flip
            free_at, flips, since, lowest, kept = np.zeros(c.n, np.int64), 0, 0, energy, spins.copy()
            while since < 20 * c.n and c.n:
                allowed = (free_at <= flips) | (energy + change < lowest - slack)
                k = int(np.where(allowed, change, np.inf).argmin())
                energy += change[k]
                near = slice(c.first[k], c.first[k + 1])
                change[c.neighbours[near]] += 4 * c.values[near] * spins[k] * spins[c.neighbours[near]]
                change[k], spins[k] = -change[k], -spins[k]
                free_at[k] = flips + tenure + int(rng.integers(0, 11))
                flips, since = flips + 1, since + 1
                if energy < lowest - slack:
                    lowest, since = energy, 0
                    kept = spins.copy()
                if flips % _LOOK == 0 and clock.left == 0:
                    break
            if lowest < best:
                best = lowest
                yield encoding.decode(kept)
            clock.made()

    @staticmethod
    def _fields(encoding: IsingEncoding, spins: np.ndarray) -> np.ndarray:
        c = encoding.model
        rows = np.repeat(np.arange(c.n), np.diff(c.first))
        return c.fields + np.bincount(rows, c.values * spins[c.neighbours], c.n)
