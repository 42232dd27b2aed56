"""Spins annealed in batches, one replica a SIMD lane of the compiled core; in numpy without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.core import LANE_BYTES, AnnealJob, compiled_core

_EXACT = 1 << 24  # integers below are exact in float32


@dataclass(frozen=True)
class IsingModel:
    """E(s) = Σ_{i<j} J_ij s_i s_j + Σ h_i s_i + offset over s ∈ {−1, 1}ⁿ, as lists of neighbours.

    Attributes
    ----------
    first : np.ndarray
        (n + 1) int64, where each spin's neighbours begin.
    neighbours : np.ndarray
        int32, every pair twice.
    values : np.ndarray
        float64, J beside each neighbour.
    fields : np.ndarray
        (n) float64.
    offset : float
        A number.
    """

    first: np.ndarray
    neighbours: np.ndarray
    values: np.ndarray
    fields: np.ndarray
    offset: float = 0.0

    @property
    def n(self) -> int:
        return len(self.fields)

    @classmethod
    def from_pairs(
        cls,
        n: int,
        i: np.ndarray,
        j: np.ndarray,
        values: np.ndarray,
        fields: np.ndarray | None = None,
        offset: float = 0.0,
    ) -> IsingModel:
        """From pairs i ≠ j; a pair given twice adds up, and couplings of 0 are left out.

        Raises
        ------
        ConfigError
            For a spin outside 0 … n − 1, or a pair of a spin with itself.
        """
        i, j, values = np.asarray(i, np.int64), np.asarray(j, np.int64), np.asarray(values, np.float64)
        if len(i) and (min(i.min(), j.min()) < 0 or max(i.max(), j.max()) >= n or (i == j).any()):
            raise ConfigError(f"couplings are between two of the {n} spins 0 … {n - 1}")
        key, place = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_inverse=True)
        total = np.bincount(place, values, len(key)) if len(key) else np.zeros(0)
        key, total = key[total != 0], total[total != 0]
        rows, columns = np.concatenate([key // n, key % n]), np.concatenate([key % n, key // n])
        order = np.argsort(rows, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))]).astype(np.int64)
        own = np.zeros(n) if fields is None else np.asarray(fields, np.float64)
        return cls(
            first, columns[order].astype(np.int32), np.concatenate([total, total])[order], own, float(offset)
        )

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(i, j, J) with i < j."""
        rows = np.repeat(np.arange(self.n), np.diff(self.first))
        upper = rows < self.neighbours
        return rows[upper], self.neighbours[upper].astype(np.int64), self.values[upper]

    def energies(self, spins: np.ndarray) -> np.ndarray:
        """Of (R, n) or (n,) spins ±1, float64."""
        i, j, values = self.pairs()
        spins = np.asarray(spins, np.float64)
        return (spins[..., i] * spins[..., j]) @ values + spins @ self.fields + self.offset

    def reach(self) -> np.ndarray:
        """Σ_j |J_ij| + |h_i|, the largest local field of each spin."""
        rows = np.repeat(np.arange(self.n), np.diff(self.first))
        return np.bincount(rows, np.abs(self.values), self.n) + np.abs(self.fields)

    def temperatures(self) -> tuple[float, float]:
        """(hot, cold): where the stiffest spin still flips half of the time, and where the softest nearly
        never does.

        The rule of dwave-samplers: β from ln 2 / (2 · largest field) to ln 100 / (2 · smallest nonzero
        coupling or field).
        """
        sizes = np.concatenate([np.abs(self.values), np.abs(self.fields)])
        sizes = sizes[sizes > 0]
        if not len(sizes):
            return 1.0, 1.0
        return 2 * float(self.reach().max()) / np.log(2), 2 * float(sizes.min()) / np.log(100)


class Replicas:
    """Replicas of one system, kept between calls.

    Parameters
    ----------
    couplings : IsingModel
        The system.
    count : int
        Replicas at least; whole vectors of them are made.
    seed : int
        Decides everything.
    """

    def __init__(self, couplings: IsingModel, count: int, seed: int, threads: int = 1) -> None:
        self.couplings, self.seed, self.threads = couplings, seed, threads
        whole = bool(
            (couplings.values == np.rint(couplings.values)).all()
            and (couplings.fields == np.rint(couplings.fields)).all()
        )
        self.dtype = np.dtype(
            np.float32 if whole and couplings.reach().max(initial=0) < _EXACT else np.float64
        )
        core = compiled_core()
        self._core = core
        self.lanes = LANE_BYTES[core.variant] // self.dtype.itemsize if core else max(1, count)
        self.tiles = -(-count // self.lanes)
        self._state = _aligned((self.tiles, 2 * couplings.n + 4, self.lanes), self.dtype)
        self._generator = np.random.default_rng(seed)
        self._values, self._fields = couplings.values.astype(self.dtype), couplings.fields.astype(self.dtype)
        self._start = 1
        self.energies = np.zeros(self.tiles * self.lanes)

    def __len__(self) -> int:
        return self.tiles * self.lanes

    @property
    def spins(self) -> np.ndarray:
        """(R, n) int8."""
        return np.ascontiguousarray(
            self._state[:, : self.couplings.n].transpose(0, 2, 1).reshape(len(self), -1)
        ).astype(np.int8)

    @spins.setter
    def spins(self, spins: np.ndarray) -> None:
        self._state[:, : self.couplings.n] = (
            np.asarray(spins).reshape(self.tiles, self.lanes, -1).transpose(0, 2, 1)
        )
        self._start = 2 if self._start in (1, 2) else 3

    def reweighted(self, which: np.ndarray, value: float) -> None:
        """Give the couplings at `which` (a mask over `couplings.values`) another value; the next sweep starts
        from the spins as they are.

        Only for replicas of doubles. `energies` are then of the new couplings.
        """
        if self.dtype != np.float64:
            self._widened()
        self._values[which] = value
        self._start = self._start or 3  # the random words go on

    def _widened(self) -> None:
        """In doubles, before the first sweep."""
        if self._start != 1:
            raise ConfigError("replicas of single precision have been swept; their couplings cannot change")
        self.dtype = np.dtype(np.float64)
        count = len(self)
        self.lanes = LANE_BYTES[self._core.variant] // 8 if self._core else count
        self.tiles = -(-count // self.lanes)
        self._state = _aligned((self.tiles, 2 * self.couplings.n + 4, self.lanes), self.dtype)
        self._values, self._fields = (
            self.couplings.values.astype(np.float64),
            self.couplings.fields.astype(np.float64),
        )
        self.energies = np.zeros(len(self))

    def sweep(self, betas: np.ndarray, seconds: float = 0.0) -> int:
        """Metropolis sweeps at these inverse temperatures, (sweeps,) or (sweeps, R); how many were made
        before `seconds` ran out.

        `energies`, (R,) float64 with the offset, are of the spins after it.
        """
        betas = np.ascontiguousarray(betas, np.float64)
        made = self._compiled(betas, seconds) if self._core else self._plain(betas)
        self._start = 0
        return made

    def _compiled(self, betas: np.ndarray, seconds: float) -> int:
        c, done = self.couplings, np.zeros(self.tiles, np.int64)
        job = AnnealJob(
            n=c.n, tiles=self.tiles, sweeps=len(betas), threads=self.threads, start=self._start,
            per_lane=betas.ndim == 2, beta_stride=betas.shape[1] if betas.ndim == 2 else 1,
            seed=self.seed & (2**64 - 1), seconds=seconds,
        )  # fmt: skip
        named = {
            "first": c.first,
            "neighbours": c.neighbours,
            "couplings": self._values,
            "fields": self._fields,
            "betas": betas,
            "state": self._state,
            "energies": self.energies,
            "done": done,
        }
        for name, array in named.items():
            setattr(job, name, array.ctypes.data)
        assert self._core is not None
        self._core.anneal(job, self.dtype.itemsize)
        self.energies += c.offset
        return int(done.min())

    def _plain(self, betas: np.ndarray) -> int:
        """The same in numpy, replicas side by side, spin by spin."""
        c = self.couplings
        spin, field = self._state[0, : c.n], self._state[0, c.n : 2 * c.n]
        if self._start == 1:
            spin[:] = self._generator.choice([-1, 1], spin.shape)
        if self._start:
            for i in range(c.n):
                near = slice(c.first[i], c.first[i + 1])
                field[i] = self._fields[i] + self._values[near] @ spin[c.neighbours[near]]
        for beta in betas:
            drawn = self._generator.exponential(size=spin.shape)
            for i in range(c.n):
                change = np.where(-2 * beta * spin[i] * field[i] < drawn[i], -2 * spin[i], 0)
                if change.any():
                    spin[i] += change
                    near = slice(c.first[i], c.first[i + 1])
                    field[c.neighbours[near]] += self._values[near, None] * change
        self.energies = c.energies(spin.T)
        return len(betas)


def _aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    size = int(np.prod(shape)) * dtype.itemsize
    whole = np.zeros(size + 64, np.uint8)
    start = -whole.ctypes.data % 64
    return whole[start : start + size].view(dtype).reshape(shape)
