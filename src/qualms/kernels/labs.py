"""Low-autocorrelation sequences: memetic tabu search, compiled or in numpy."""

from __future__ import annotations

import time

import numpy as np

from qualms.errors import TooLargeError
from qualms.kernels.core import LabsJob, compiled_core

MOST = 1024  # elements: sums of squares stay below 2³¹


class LabsSearch:
    """A population of sequences, each the end of a tabu search; offspring replace members at random.

    Parameters
    ----------
    n : int
        Elements, at most 1024.
    seed : int
        Decides everything, with how many offspring each call may make.

    References
    ----------
    Gallardo, Cotta, Fernández, "Finding low autocorrelation binary sequences with memetic algorithms",
    Applied Soft Computing 9 (2009), MA_TS.
    """

    def __init__(self, n: int, seed: int, population: int = 100) -> None:
        if n > MOST:
            raise TooLargeError(
                f"sequences of {n} elements are too long: at most {MOST} elements are possible"
            )
        self.n, self.seed = n, seed
        self.members = np.ones((population, n), np.int8)
        self.energies = np.full(population, -1, np.int64)
        self.best = np.ones(n, np.int8)
        self.best_energy = 2**62
        self.made = 0

    def improve(self, offspring: int, seconds: float) -> tuple[int, bool]:
        """Offspring until one is a new best, or there are enough, or time is up: (how many were made, whether
        the best is new).
        """
        core, before = compiled_core(), self.best_energy
        seed = int(np.random.SeedSequence([self.seed, self.made]).generate_state(1, np.uint64)[0])
        if core is None:
            made = self._plain(offspring, np.random.default_rng(seed), time.monotonic() + seconds)
        else:
            job = LabsJob(
                n=self.n,
                population=len(self.members),
                offspring=offspring,
                seed=seed,
                seconds=seconds,
                best_energy=before,
            )
            for name in ("members", "energies", "best"):
                setattr(job, name, getattr(self, name).ctypes.data)
            core.labs(job)
            self.best_energy, made = int(job.best_energy), int(job.done)
        self.made += made
        return made, self.best_energy < before

    def _plain(self, offspring: int, rng: np.random.Generator, end: float) -> int:
        """The same in numpy, a sequence at a time."""
        size = len(self.members)
        for made in range(1, offspring + 1):
            empty = np.flatnonzero(self.energies < 0)
            if len(empty):
                place, child = int(empty[0]), rng.choice(np.array([-1, 1], np.int8), self.n)
            else:
                pairs = rng.integers(0, size, (2, 2))
                a, b = (self.members[p[self.energies[p].argmin()]] for p in pairs)
                child = np.where(rng.random(self.n) < 0.5, a, b if rng.random() < 0.9 else a)
                child = np.where(rng.random(self.n) < 1 / self.n, -child, child).astype(np.int8)
                place = int(rng.integers(size))
            self.members[place], self.energies[place] = _tabu(child, rng)
            if self.energies[place] < self.best_energy:
                self.best_energy, self.best = int(self.energies[place]), self.members[place].copy()
                return made
            if time.monotonic() > end:
                return made
        return offspring


def _tabu(sequence: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    n, s = len(sequence), sequence.astype(np.int64)
    most = n // 2 + int(rng.integers(0, n + 1))
    free = np.zeros(n, np.int64)
    kept, lowest = s.copy(), autocorrelation(s)
    for t in range(1, most + 1):
        flips = np.repeat(s[None], n, 0) * (1 - 2 * np.eye(n, dtype=np.int64))
        energies = np.array([autocorrelation(f) for f in flips])
        allowed = (free < t) | (energies < lowest)
        if not allowed.any():
            continue
        k = int(np.where(allowed, energies, np.iinfo(np.int64).max).argmin())
        s[k] = -s[k]
        free[k] = t + most // 10 + 1 + int(rng.integers(0, most // 50 + 2))
        if energies[k] < lowest:
            kept, lowest = s.copy(), int(energies[k])
    return kept.astype(np.int8), lowest


def autocorrelation(s: np.ndarray) -> int:
    """Σ_k C_k²."""
    full = np.correlate(s, s, "full")[len(s) :]
    return int(full @ full)
