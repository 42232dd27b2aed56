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


@dataclass(frozen=True)
class StoredFactors(Factors):
    """y = W x + s · U diag(λ) Vᵀ x, U and V being the leading singular vectors of what the directions are
    fitted to; or their columns times trained gains, in λ's place. See `QSLConfig`.
    """

    @property
    def circuits(self) -> tuple[LayeredAnsatz, ...]:
        return ()

    @property
    def is_made_together(self) -> bool:
        return False

    @property
    def fitted_names(self) -> tuple[str, ...]:
        return ("stored", "stored_out", "gain") if self.config.gains else ("stored", "stored_out")

    @property
    def trained_names(self) -> tuple[str, ...]:
        return ("gain_out",) if self.config.gains else ("spectrum",)

    def starts(self, draw: FrozenNumbers, elsewhere: Collection[str]) -> Iterator[Start]:
        config = self.config
        for name, size in (("stored", self.n_in), ("stored_out", self.n_out)):
            yield Start(name, pack(torch.zeros(self.maps, config.rank, size), config.bits), False, kept=True)
        if not config.gains:
            yield Start("spectrum", torch.zeros(self.maps, config.rank), True)
            return
        yield Start("gain", torch.ones(self.maps, config.rank, config.gains), True)
        yield Start("gain_out", torch.zeros(self.maps, config.rank, config.gains), True)

    def factors(self, held: Held) -> tuple[Tensor, Tensor]:
        v, u = unpack(held.get("stored"), self.n_in), unpack(held.get("stored_out"), self.n_out)
        if not self.config.gains:
            return v, u.mT * held.get("spectrum")[:, None]
        v, u = self._unscaled(v), self._unscaled(u)
        v = v * held.get("gain")[..., self._block(v)]
        return v, (u * held.get("gain_out")[..., self._block(u)]).mT

    def leading(self, goal: Tensor) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
        """Fit to matrices (C, out, in): what `fitted_names` become, and the directions as they are used,
        v (C, K, in) and u (C, K, out).
        """
        left, _, right = largest_singular(goal, self.config.rank)
        made = pack(right.mT, self.config.bits), pack(left.mT, self.config.bits)
        v, u = unpack(made[0], self.n_in), unpack(made[1], self.n_out)
        if not self.config.gains:
            return made, v, u
        v = self._unscaled(v)
        gain = self._block_means(right.mT.abs()) / self._block_means(v.abs())
        return (*made, gain), v * gain[..., self._block(v)], u

    def _unscaled(self, vectors: Tensor) -> Tensor:
        """Signs as ±1, whose size is the gains' matter; other vectors as they are."""
        return vectors * vectors.shape[-1] ** 0.5 if self.config.bits == 1 else vectors

    def _block(self, vectors: Tensor) -> Tensor:
        """Which gain each entry of vectors (…, d) has: blocks of neighbours, (d,)."""
        size = vectors.shape[-1]
        return torch.arange(size, device=vectors.device) * self.config.gains // size

    def _block_means(self, vectors: Tensor) -> Tensor:
        """Means over the blocks, (…, gains)."""
        block = self._block(vectors)
        sums = vectors.new_zeros(*vectors.shape[:-1], self.config.gains).index_add(-1, block, vectors)
        return sums / block.bincount(minlength=self.config.gains)


def largest_singular(matrices: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The leading singular vectors and values of matrices (C, out, in).

    Returns
    -------
    tuple[Tensor, Tensor, Tensor]
        u (C, out, count), the values in falling order (C, count), and v (C, in, count).
    """
    spare = min(count + 8, *matrices.shape[-2:])
    with torch.random.fork_rng(devices=[matrices.device] if matrices.is_cuda else []):
        torch.manual_seed(0)  # the start of the subspace iteration; its end does not depend on it
        u, s, v = torch.svd_lowrank(matrices, q=spare, niter=6)
    return u[..., :count], s[..., :count], v[..., :count]


def pack(vectors: Tensor, bits: int) -> Tensor:
    """Vectors (…, d) with so many bits an entry: 32, float32; 16, bfloat16 as int16, because PEFT makes
    float32 of an adapter's half-precision tensors; 1, the signs, eight in a byte (…, ⌈d/8⌉) uint8.
    """
    if bits == 32:
        return vectors.float()
    if bits == 16:
        return vectors.to(torch.bfloat16).view(torch.int16)
    signs = torch.nn.functional.pad((vectors >= 0).to(torch.uint8), (0, -vectors.shape[-1] % 8))
    return (signs.unflatten(-1, (-1, 8)) << _shifts(vectors)).sum(-1, dtype=torch.uint8)


def unpack(packed: Tensor, size: int) -> Tensor:
    """What `pack` made of vectors of `size` entries, (…, size) float32; of signs, a vector of norm 1."""
    if packed.dtype == torch.int16:
        return packed.view(torch.bfloat16).float()
    if packed.dtype != torch.uint8:
        return packed
    signs = ((packed[..., None] >> _shifts(packed)) & 1).flatten(-2)[..., :size]
    return (signs.float() * 2 - 1) * size**-0.5


def _shifts(like: Tensor) -> Tensor:
    return torch.arange(8, device=like.device, dtype=torch.uint8)
