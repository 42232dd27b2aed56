"""Between bits, spins and quadratic forms."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel


class _Sized(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int: ...


def binary(problem: _Sized, solution: np.ndarray, allowed: tuple[int, int] = (0, 1)) -> np.ndarray:
    """The solution as int64.

    Raises
    ------
    ConfigError
        If it is not `problem.size` numbers, each one of two.
    """
    found = np.asarray(solution)
    if found.shape != (problem.size,) or not np.isin(found, allowed).all():
        raise ConfigError(
            f"a solution of {problem.kind} {problem.name} is {problem.size} "
            f"numbers, each {allowed[0]} or {allowed[1]}"
        )
    return found.astype(np.int64)


def to_bits(spins: np.ndarray) -> np.ndarray:
    """−1 to 0, 1 to 1."""
    return (np.asarray(spins) > 0).astype(np.int64)


def from_binary(
    n: int, linear: np.ndarray, i: np.ndarray, j: np.ndarray, values: np.ndarray, offset: float = 0.0
) -> IsingModel:
    """Σ linear x + Σ values x_i x_j + offset of x ∈ {0, 1}ⁿ, i ≠ j, as an energy of spins, x = (1 + s) /
    2.
    """
    fields = linear / 2 + np.bincount(i, values / 4, n) + np.bincount(j, values / 4, n)
    return IsingModel.from_pairs(
        n, i, j, values / 4, fields, offset + float(linear.sum() / 2 + values.sum() / 4)
    )


def descended(couplings: IsingModel, start: np.ndarray) -> np.ndarray:
    """Spins ±1 that no single flip improves: the best flip after the other from a start."""
    c, spins = couplings, np.array(start, np.float64)
    rows = np.repeat(np.arange(c.n), np.diff(c.first))
    change = -2 * spins * (c.fields + np.bincount(rows, c.values * spins[c.neighbours], c.n))
    slack = rounding(c)
    while c.n and change[k := int(change.argmin())] < -slack:
        near = slice(c.first[k], c.first[k + 1])
        change[c.neighbours[near]] += 4 * c.values[near] * spins[k] * spins[c.neighbours[near]]
        change[k], spins[k] = -change[k], -spins[k]
    return spins


def rounding(couplings: IsingModel) -> float:
    """What sums of its energy may be off by in doubles; differences below it are none."""
    return (
        4e-16 * (float(np.abs(couplings.values).sum()) / 2 + float(np.abs(couplings.fields).sum())) + 1e-300
    )
