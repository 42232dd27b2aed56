"""Factors whose directions are stored, and of which λ alone is trained: a classical form of the adapter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from qualms.adapters.factors import Factors
from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.plan import Held, Start
from qualms.circuits import LayeredAnsatz

_HALF = {16: torch.bfloat16, 32: torch.float32}


@dataclass(frozen=True)
class StoredFactors(Factors):
    """y = W x + s · U diag(λ) Vᵀ x, U and V being the leading singular vectors of what the directions are
    fitted to, see `QSLConfig`.
    """

    @property
    def circuits(self) -> tuple[LayeredAnsatz, ...]:
        return ()

    @property
    def is_made_together(self) -> bool:
        return False

    @property
    def fitted_names(self) -> tuple[str, str]:
        return "stored", "stored_out"

    def starts(self, draw: FrozenNumbers, elsewhere: Collection[str]) -> Iterator[Start]:
        rank, bits = self.config.rank, self.config.bits
        for name, size in zip(self.fitted_names, (self.n_in, self.n_out), strict=True):
            yield Start(name, pack(torch.zeros(self.maps, rank, size), bits), False, kept=True)
        yield Start("spectrum", torch.zeros(self.maps, rank), True)

    def directions(self, held: Held) -> tuple[Tensor, Tensor]:
        v, u = (held.get(name) for name in self.fitted_names)
        return unpack(v, self.n_in), unpack(u, self.n_out)

    def leading(self, goal: Tensor) -> tuple[Tensor, Tensor]:
        """The leading singular vectors of matrices (C, out, in), as they are stored: v (C, K, in) and
        u (C, K, out).
        """
        rank = self.config.rank
        left, _, right = largest_singular(goal, rank)
        return pack(right.mT, self.config.bits), pack(left.mT, self.config.bits)


def largest_singular(matrices: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The leading singular vectors and values of matrices (C, out, in).

    Returns
    -------
    tuple[Tensor, Tensor, Tensor]
        u (C, out, count), the values in falling order (C, count), and v (C, in, count).
    """
    spare = min(count + 8, *matrices.shape[-2:])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the start of the subspace iteration; its end does not depend on it
        u, s, v = torch.svd_lowrank(matrices, q=spare, niter=6)
    return u[..., :count], s[..., :count], v[..., :count]


def pack(vectors: Tensor, bits: int) -> Tensor:
    """Vectors (…, d) with so many bits an entry: float32, bfloat16, or for 1 bit the signs, eight in a byte
    (…, ⌈d/8⌉) uint8.
    """
    if bits > 1:
        return vectors.to(_HALF[bits])
    signs = torch.nn.functional.pad((vectors >= 0).to(torch.uint8), (0, -vectors.shape[-1] % 8))
    return (signs.unflatten(-1, (-1, 8)) << _shifts(vectors)).sum(-1, dtype=torch.uint8)


def unpack(packed: Tensor, size: int) -> Tensor:
    """What `pack` made of vectors of `size` entries, (…, size) float32; of signs, a vector of norm 1."""
    if packed.dtype != torch.uint8:
        return packed.float()
    signs = ((packed[..., None] >> _shifts(packed)) & 1).flatten(-2)[..., :size]
    return (signs.float() * 2 - 1) * size**-0.5


def _shifts(like: Tensor) -> Tensor:
    return torch.arange(8, device=like.device, dtype=torch.uint8)
