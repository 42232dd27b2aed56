"""Random numbers that need not be saved."""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor


class FrozenNumbers:
    """Random numbers that depend on seed, place and purpose alone.

    `RandomState` is numpy's frozen generator: its stream is guaranteed never to change, so what is frozen
    need not be saved.
    """

    def __init__(self, seed: int, where: str) -> None:
        self._key = f"{seed}/{where}"

    def normal(self, purpose: str, *shape: int, std: float) -> Tensor:
        digest = hashlib.sha256(f"{self._key}/{purpose}".encode()).digest()
        generator = np.random.RandomState(np.frombuffer(digest[:16], np.uint32))
        return torch.from_numpy((generator.standard_normal(shape) * std).astype(np.float32))

    def orthogonal(self, purpose: str, maps: int, rows: int, columns: int) -> Tensor:
        """Haar-random orthonormal columns, (maps, rows, columns)."""
        q, r = torch.linalg.qr(self.normal(purpose, maps, rows, columns, std=1.0).double())
        return (q * torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[:, None]).float()
