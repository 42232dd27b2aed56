"""Gradients that are infinite or NaN: finding and naming them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qualms.kernels.adamw import can_sweep, not_finite_counts


def not_finite(parameters: Sequence[Tensor], grads: Sequence[Tensor]) -> list[tuple[Tensor, int]]:
    """Parameters whose gradient holds infinities or NaN, and how many.

    One reading of the gradients, and one wait for the device if all are well.
    """
    if not grads:
        return []
    if can_sweep(grads):
        return [
            (p, int(count)) for p, count in zip(parameters, not_finite_counts(grads), strict=True) if count
        ]
    sums = list(torch._foreach_norm(list(grads), 1))
    if len({(s.device, s.dtype) for s in sums}) > 1:
        sums = [s.to("cpu", torch.float64) for s in sums]
    if bool(torch.stack(sums).isfinite().all()):
        return []
    counts = [(p, int((~torch.isfinite(g)).sum())) for p, g in zip(parameters, grads, strict=True)]
    return [(p, count) for p, count in counts if count]


def listed(which: list[tuple[str, int, Tensor]]) -> str:
    """In words: (name, how many, parameter) of each."""
    words = [f"{name}, shape {tuple(p.shape)}: {count:,} of {p.numel():,}" for name, count, p in which[:5]]
    return (
        "gradients that are infinite or NaN: "
        + "; ".join(words)
        + (f"; and {len(which) - 5} more tensors" if len(which) > 5 else "")
    )
