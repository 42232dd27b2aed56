"""What is done with samples of spins, whoever drew them: the same for a circuit and for its twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.spins import descended
from qualms.solve.solvers.solver import Clock


@dataclass(frozen=True)
class Marginals:
    """Means of spins and of products of two spins, over samples.

    Attributes
    ----------
    single : np.ndarray
        (n) float64, ⟨s_i⟩.
    pairs : np.ndarray
        (n, n) float64, ⟨s_i s_j⟩, with ones on the diagonal.
    count : int
        Samples that they were taken from.
    """

    single: np.ndarray
    pairs: np.ndarray
    count: int

    @classmethod
    def of(cls, spins: np.ndarray) -> Marginals:
        """Those of samples, (count, n) of −1 and 1."""
        s = np.asarray(spins, np.float64)
        return cls(s.mean(0), s.T @ s / len(s), len(s))

    def joined(self, other: Marginals) -> Marginals:
        """Those of both sets of samples together."""
        count = self.count + other.count
        a, b = self.count / count, other.count / count
        return Marginals(a * self.single + b * other.single, a * self.pairs + b * other.pairs, count)


def lowest(
    c: IsingModel, spins: np.ndarray, best: float, descend: bool, clock: Clock
) -> tuple[float, np.ndarray | None]:
    """The lowest energy, and the spins behind it if that is new.

    Samples that the time does not let down count as they are.
    """
    if not len(spins):
        return best, None
    spins = np.unique(spins, axis=0)
    if descend:
        for k in range(len(spins)):
            if clock.left == 0:
                break
            spins[k] = descended(c, spins[k])
    energies = c.energies(spins)
    k = int(energies.argmin())
    return (float(energies[k]), spins[k]) if energies[k] < best else (best, None)


def warm_start(c: IsingModel, seed: int) -> np.ndarray:
    """The spins that a warm start begins with: a random state after greedy descent."""
    return descended(c, np.random.default_rng([seed, 2]).choice(np.array([-1.0, 1.0]), c.n))


def choose_one_each(spins: np.ndarray, groups: Sequence[np.ndarray], rng: np.random.Generator) -> None:
    """Turn exactly one spin up of every group, at random, in each sample."""
    for group in groups:
        spins[:, group] = -1
        spins[np.arange(len(spins)), np.asarray(group)[rng.integers(0, len(group), len(spins))]] = 1
