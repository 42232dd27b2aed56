"""Large buffers handed out again instead of being given back to the system.

A training step asks for the same few megabytes in every layer. The C library returns such blocks to the
system as soon as they are free, and the next use pays for every page anew, which took longer than the
sublayer itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_SMALLEST = 1 << 17  # bytes: below, the C library keeps blocks itself
_MOST = 1 << 28  # bytes kept while nobody uses them
_ALIGNMENT = 64

_free: defaultdict[int, list[np.ndarray]] = defaultdict(list)
_kept = 0


class _Lease(np.ndarray):
    """A view of a block, which is free again when the last tensor on the view is gone."""

    block: np.ndarray  # numpy's `base` is the array that the block is cut from

    def __del__(self) -> None:
        global _kept
        size = self.block.nbytes
        if _kept + size <= _MOST:
            _kept += size
            _free[size].append(self.block)


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """An uninitialised CPU tensor, aligned to 64 bytes."""
    size = math.prod(shape) * dtype.itemsize
    if size < _SMALLEST:
        return torch.empty(shape, dtype=dtype)
    rounded = 1 << (size - 1).bit_length()
    step = rounded // 8  # at most an eighth too much
    block = _block(-(-size // step) * step)
    lease = block.view(_Lease)
    lease.block = block
    return torch.frombuffer(lease, dtype=dtype, count=size // dtype.itemsize).view(shape)


def _block(size: int) -> np.ndarray:
    global _kept
    try:
        block = _free[size].pop()
    except IndexError:
        whole = np.empty(size + _ALIGNMENT, np.uint8)
        start = -whole.ctypes.data % _ALIGNMENT
        return whole[start : start + size]
    _kept -= size
    return block
