"""Large buffers handed out again instead of being given back to the system.

A training step asks for the same few megabytes in every layer. The C library returns such blocks to the
system as soon as they are free, and the next use pays for every page anew, which took longer than the
sublayer itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

_SMALLEST = 1 << 17  # bytes: below, the C library keeps blocks itself
_MOST = 1 << 28  # bytes kept while nobody uses them
_ALIGNMENT = 64
_CPU = torch.device("cpu")  # whatever device new tensors are on by default

_free: defaultdict[int, list[np.ndarray]] = defaultdict(list)
_kept = 0


class _Lease(np.ndarray):
    """A view of a block, which is free again when the last tensor on the view is gone."""

    __slots__ = ("block",)
    block: np.ndarray  # numpy's `base` is the array that the block is cut from

    def __del__(self) -> None:
        global _kept
        size = self.block.nbytes
        if _kept is not None and _kept + size <= _MOST:  # None: the interpreter is going down
            _kept += size
            _free[size].append(self.block)


def empty(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """An uninitialised CPU tensor, aligned to 64 bytes; float32 or float64."""
    size, rounded = _sizes(shape, dtype)
    if size < _SMALLEST:
        return torch.empty(shape, dtype=dtype, device=_CPU)
    block = _block(rounded)
    lease = np.ndarray.__new__(_Lease, shape, DTYPES[dtype], block)
    lease.block = block
    return torch.from_numpy(lease)


DTYPES: dict[torch.dtype, np.dtype] = {
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
}


@lru_cache(maxsize=1024)
def _sizes(shape: tuple[int, ...], dtype: torch.dtype) -> tuple[int, int]:
    """Bytes needed, and bytes of the block that they are cut from: at most an eighth more."""
    size = math.prod(shape) * dtype.itemsize
    step = max(1, (1 << (size - 1).bit_length()) // 8) if size else 1
    return size, -(-size // step) * step


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
