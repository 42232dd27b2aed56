"""Sets of bits that act together: generators of IQP circuits, correlated bit flips, couplings of spins.

All three need Σ_g θ_g ∏_{i in g} s_i for many rows of signs s, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
import torch
from torch import Tensor

from qualms.backends.protocol import DENSE_QUBITS
from qualms.errors import TooLargeError
from qualms.learn.generative.walsh import walsh_hadamard

_MOST_GATES = 1 << 22  # with their gradient and two moments of Adam about 64 MiB in float32


@dataclass(frozen=True, eq=False)
class GateSet:
    """Subsets of n bits, one parameter each, ordered by how many bits they have.

    Attributes
    ----------
    n_bits : int
    members : tuple of np.ndarray
        One (count, weight) int64 array for each weight that occurs, in rising order; every row names bits.
    """

    n_bits: int
    members: tuple[np.ndarray, ...]

    @classmethod
    def local(cls, n_bits: int, max_weight: int) -> GateSet:
        """All subsets of at most `max_weight` bits.

        Raises
        ------
        TooLargeError
            For more than 4 million of them.
        """
        weights = range(1, min(max_weight, n_bits) + 1)
        count = sum(comb(n_bits, w) for w in weights)
        if count > _MOST_GATES:
            raise TooLargeError(
                f"{n_bits} bits have {count} subsets of at most {max_weight} bits, and {_MOST_GATES} is the "
                "most; choose a smaller max_weight"
            )
        return cls(n_bits, tuple(_rows(combinations(range(n_bits), w), w) for w in weights))

    @property
    def size(self) -> int:
        """How many there are."""
        return sum(len(rows) for rows in self.members)

    @property
    def per_bit(self) -> float:
        """How many of them have a bit in them, on average over the bits."""
        return sum(rows.size for rows in self.members) / self.n_bits

    @cached_property
    def codes(self) -> np.ndarray:
        """(size,) int64: the index of each subset's bits, bit 0 the most significant; for at most 20 bits."""
        self.check_dense()
        place = np.int64(1) << np.arange(self.n_bits - 1, -1, -1)
        return np.concatenate([place[rows].sum(1) for rows in self.members])

    def check_dense(self) -> None:
        """Raises TooLargeError for more bits than tables of all 2ⁿ patterns are made for."""
        if self.n_bits > DENSE_QUBITS:
            raise TooLargeError(
                f"a table of all patterns of {self.n_bits} bits is not made; at most {DENSE_QUBITS} bits"
            )

    def table(self, theta: Tensor) -> Tensor:
        """Σ_g θ_g (−1)^(g·x) for every pattern x, (2ⁿ,). Differentiable."""
        sparse = torch.zeros(1 << self.n_bits, dtype=theta.dtype)
        return walsh_hadamard(sparse.index_add(0, torch.from_numpy(self.codes), theta))

    def sums(self, theta: Tensor, signs: Tensor) -> Tensor:
        """Σ_g θ_g ∏_{i in g} s_i for every row of signs. Differentiable to `theta`.

        Parameters
        ----------
        theta : Tensor
            (size,) real.
        signs : Tensor
            (B, n) of ±1, of the type of `theta`.

        Returns
        -------
        Tensor
            (B,).
        """
        total, first = torch.zeros(len(signs), dtype=theta.dtype), 0
        for rows in self.members:
            part = theta[first : first + len(rows)]
            first += len(rows)
            index = torch.from_numpy(rows)
            if rows.shape[1] == 1:
                total = total + signs[:, index[:, 0]] @ part
            elif rows.shape[1] == 2:
                # one Gram product instead of a column for each of up to n²/2 pairs
                couplings = torch.zeros(self.n_bits, self.n_bits, dtype=theta.dtype)
                couplings = couplings.index_put((index[:, 0], index[:, 1]), part, accumulate=True)
                total = total + ((signs @ couplings) * signs).sum(-1)
            else:
                total = total + signs[:, index].prod(-1) @ part
        return total


def _rows(subsets: Iterable[tuple[int, ...]], weight: int) -> np.ndarray:
    return np.array(list(subsets), np.int64).reshape(-1, weight)
