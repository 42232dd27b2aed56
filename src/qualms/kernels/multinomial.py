"""Drawing counts: as many random numbers as there are outcomes, however many shots."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def sample_counts(probabilities: Tensor, shots: int, seed: int) -> Tensor:
    """Counts (B, K) int64 of `shots` draws from each row of probabilities (B, K).

    The same seed gives the same counts.

    Rows are divided by their sum; NaN in a row raises ValueError.
    """
    rows = probabilities.detach().double().clamp_min(0)
    rows = rows / rows.sum(-1, keepdim=True)
    if not torch.isfinite(rows).all():
        raise ValueError(
            f"probabilities of row {int((~torch.isfinite(rows)).any(-1).nonzero()[0])} are not finite"
        )
    counts = np.random.default_rng(seed).multinomial(shots, rows.cpu().numpy())
    return torch.from_numpy(counts).to(probabilities.device)
