"""Refusing work that will not fit, before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import torch

from qualms.errors import TooLargeError

UNCHECKED = 1 << 28  # asking the system takes longer than small work does


def available(device: torch.device) -> int:
    """Bytes that can still be allocated on the device."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return psutil.virtual_memory().available


def require(needed: Callable[[int], int], size: int, device: torch.device, what: str, unit: str) -> None:
    """Raise if `needed(size)` bytes are not there.

    Parameters
    ----------
    needed : Callable[[int], int]
        Bytes as a growing function of the size.
    size : int
        what was asked for, in `unit`s.
    what, unit : str
        Words for the message.

    Raises
    ------
    TooLargeError
        Naming the bytes asked for, those available and the largest size that fits.
    """
    if needed(size) <= UNCHECKED:
        return
    free = available(device)
    if needed(size) <= free:
        return
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if needed(middle) <= free else (low, middle)
    raise TooLargeError(
        f"{what} with {size} {unit} needs {needed(size) / 2**30:.1f} GiB and {free / 2**30:.1f} GiB are "
        f"free; at most {low} {unit} fit here"
    )
