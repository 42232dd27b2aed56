"""Gradients that are infinite or NaN: finding and naming them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def not_finite(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Those whose gradient holds an infinity or NaN. One reading of the gradients and one wait for the device if there is none."""
    found = [(p, p.grad) for p in parameters if p.grad is not None and not p.grad.is_sparse]
    if not found:
        return []
    sums = torch._foreach_norm([g for _, g in found], 1)
    if all(torch.stack([n.to(sums[0].device, torch.float64) for n in sums]).isfinite().tolist()):
        return []
    return [p for p, g in found if not bool(torch.isfinite(g).all())]


def listed(which: list[tuple[str, int, Tensor]]) -> str:
    """In words: (name, how many, parameter) of each."""
    words = [f"{name}, shape {tuple(p.shape)}: {count:,} of {p.numel():,}" for name, count, p in which[:5]]
    return "gradients that are infinite or NaN: " + "; ".join(words) + (f"; and {len(which) - 5} more tensors" if len(which) > 5 else "")
