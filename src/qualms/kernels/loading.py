"""Angles of the circuit that loads real amplitudes, for a whole batch at once, differentiable."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from qualms.circuits.encode import multiplexing


def loading_angles(states: Tensor) -> Tensor:
    """Real states (B, 2ⁿ) of any norm → the angles (B, 2ⁿ − 1) of `amplitude_loading`.

    A zero row loads |0…0⟩.

    References
    ----------
    Möttönen, Vartiainen, Bergholm, Salomaa, "Transformation of quantum states using uniformly controlled
    rotations" (2005).
    """
    level, columns = states, []
    while level.shape[-1] > 1:
        even, odd = level[:, 0::2], level[:, 1::2]
        nothing = (even == 0) & (odd == 0)  # where no amplitude is, any angle will do: 0, with gradient 0
        even, odd = even.masked_fill(nothing, 1), odd.masked_fill(nothing, 0)
        columns.append(
            2 * torch.atan2(odd, even) @ _multiplexing(even.shape[-1], states.dtype, states.device).mT
        )
        level = torch.hypot(even, odd).masked_fill(nothing, 0)
    return torch.cat(columns[::-1], -1)


@lru_cache(maxsize=64)
def _multiplexing(count: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.as_tensor(multiplexing(count), dtype=dtype, device=device)
