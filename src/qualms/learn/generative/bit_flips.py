"""The stochastic twin of an IQP circuit: each gate flips its bits, all or none, with probability sin²θ.

It is what is left of the circuit when its gates act on a classical string one after the other, so that
nothing interferes: ⟨Z_a⟩ = ∏ cos 2θ_g over the gates that share an odd number of bits with a (Recio-Armengol
et al., "Train on classical, deploy on quantum", 2025). A sample costs one draw a gate, whatever the number of
bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.iqp import data_dependent_start
from qualms.learn.generative.walsh import walsh_hadamard

_ROWS = 4096  # sampled at a time, so that the table of what flips stays small


@dataclass(frozen=True, eq=False)
class BitFlipModel:
    """Correlated bit flips without values for their angles.

    Attributes
    ----------
    gates : GateSet
        The bits that flip together.
    symmetric : bool
        Invert the whole string with probability 1/2, as the IQP circuit's start does.
    """

    gates: GateSet
    symmetric: bool = False

    @property
    def size(self) -> int:
        return self.gates.size

    def start(self, bits: np.ndarray, weight: np.ndarray, scale: float, seed: int) -> np.ndarray:
        return data_dependent_start(self.gates, bits, weight, scale, seed)

    def probabilities(self, theta: Tensor) -> Tensor:
        """Of every pattern, (2ⁿ,). Differentiable.

        Rounding may leave values of −1e-17 for impossible ones.
        """
        size, negative = _size_and_sign(theta)
        means = _product(*(_odd(t.sum(), self.gates.table(t)) for t in (size, negative)))
        if self.symmetric:
            odd = torch.from_numpy(np.bitwise_count(np.arange(len(means))) % 2 == 1)
            means = means.masked_fill(odd, 0.0)
        return walsh_hadamard(means) / len(means)

    def estimates(
        self, theta: Tensor, operators: Tensor, draws: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """⟨Z_a⟩² and ⟨Z_a⟩, exact: nothing is drawn. Shapes as `IQPModel.estimates`."""
        signs = (1 - 2 * operators).to(theta.dtype)
        parts = (_odd(t.sum(), self.gates.sums(t, signs)) for t in _size_and_sign(theta))
        means = _product(*parts)
        if self.symmetric:
            means = means.masked_fill(operators.sum(-1) % 2 == 1, 0.0)
        return means**2, means

    def sample(self, theta: np.ndarray, count: int, random: np.random.RandomState) -> np.ndarray:
        """(count, n) int64."""
        chance, n = np.sin(theta) ** 2, self.gates.n_bits
        found = np.zeros((count, n), np.int64)
        for first in range(0, count, _ROWS):
            part, done = found[first : first + _ROWS], 0
            for rows in self.gates.members:
                for row, p in zip(rows, chance[done : done + len(rows)], strict=True):
                    part[:, row] ^= (random.random_sample(len(part)) < p)[:, None]
                done += len(rows)
            if self.symmetric:
                part ^= (random.random_sample(len(part)) < 0.5)[:, None]
        return found


def _size_and_sign(theta: Tensor) -> tuple[Tensor, Tensor]:
    """log |cos 2θ|, and 1 where cos 2θ is negative. The tiny number keeps the gradient finite where a cosine
    is zero; it changes products by less than their rounding.
    """
    cosine = torch.cos(2 * theta)
    return torch.log(cosine.abs() + torch.finfo(theta.dtype).tiny ** 0.5), (cosine < 0).to(theta.dtype)


def _odd(whole: Tensor, signed: Tensor) -> Tensor:
    """The sum over gates that share an odd number of bits with a, from that over all and the signed one."""
    return (whole - signed) / 2


def _product(log_size: Tensor, negatives: Tensor) -> Tensor:
    return torch.exp(log_size) * (1 - 2 * torch.remainder(torch.round(negatives.detach()), 2))
