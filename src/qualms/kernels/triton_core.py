"""The sublayer's core on a GPU, in Triton: a block of tokens keeps its whole state in registers.

This file alone imports Triton.

Checked in Triton's interpreter on a CPU (tests/kernels/test_triton.py); no number is claimed for it here.
"""
# mypy: disallow-untyped-defs=False

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_REGISTERS = 8192  # amplitudes a program holds


@triton.jit
def _pairs(state, q: tl.constexpr, n: tl.constexpr, block: tl.constexpr):
    """The amplitudes with qubit q at 0 and at 1: (block 2^q, 2^(n−1−q)) each."""
    shaped = tl.reshape(state, (block * (1 << q), 2, 1 << (n - 1 - q)))
    return tl.split(tl.permute(shaped, (0, 2, 1)))


@triton.jit
def _joined(a, b, n: tl.constexpr, block: tl.constexpr):
    return tl.reshape(tl.permute(tl.join(a, b), (0, 2, 1)), (block, 1 << n))


@triton.jit
def _forward(
    x, cosine, sine, source, out, state, inverse, batch, rows, last,
    n: tl.constexpr, block: tl.constexpr, readout: tl.constexpr, normalize: tl.constexpr,
):  # fmt: skip
    d: tl.constexpr = 1 << n
    token = tl.program_id(0) * block + tl.arange(0, block)
    index = tl.arange(0, d)
    place = token[:, None] * d + index[None, :]
    here = token[:, None] < batch
    a = tl.load(x + place, mask=here, other=0.0)
    if normalize:
        largest = tl.max(tl.abs(a), axis=1)
        safe = tl.where(largest == 0, 1.0, largest)
        scaled = a / safe[:, None]
        norm = tl.sqrt(tl.sum(scaled * scaled, axis=1))
        scale = tl.where(largest == 0, 0.0, 1.0 / tl.where(largest == 0, 1.0, norm))
        a = scaled * scale[:, None]
        tl.store(inverse + token, scale / safe, mask=token < batch)
    moved = tl.broadcast_to(tl.load(source + index)[None, :], (block, d))
    for row in range(rows):
        for q in tl.static_range(n):
            c = tl.load(cosine + row * n + q)
            s = tl.load(sine + row * n + q)
            low, high = _pairs(a, q, n, block)
            a = _joined(c * low - s * high, s * low + c * high, n, block)
        if row < last:
            a = tl.gather(a, moved, 1)
    tl.store(state + place, a, mask=here)
    if readout == 0:
        for q in tl.static_range(n):
            sign = 1.0 - 2.0 * ((index >> (n - 1 - q)) & 1).to(a.dtype)
            tl.store(out + token * n + q, tl.sum(a * a * sign[None, :], axis=1), mask=token < batch)
    elif readout == 1:
        tl.store(out + place, a * a, mask=here)
    else:
        tl.store(out + place, a, mask=here)


@triton.jit
def _backward(
    grad, state, inverse, cosine, sine, target, grad_x, sums, batch, rows, last,
    n: tl.constexpr, block: tl.constexpr, readout: tl.constexpr, normalize: tl.constexpr,
):  # fmt: skip
    d: tl.constexpr = 1 << n
    program = tl.program_id(0)
    token = program * block + tl.arange(0, block)
    index = tl.arange(0, d)
    place = token[:, None] * d + index[None, :]
    here = token[:, None] < batch
    a = tl.load(state + place, mask=here, other=0.0)
    if readout == 0:
        weight = tl.zeros((block, d), a.dtype)
        for q in tl.static_range(n):
            sign = 1.0 - 2.0 * ((index >> (n - 1 - q)) & 1).to(a.dtype)
            weight += tl.load(grad + token * n + q, mask=token < batch, other=0.0)[:, None] * sign[None, :]
        cotangent = 2.0 * a * weight
    elif readout == 1:
        cotangent = 2.0 * a * tl.load(grad + place, mask=here, other=0.0)
    else:
        cotangent = tl.load(grad + place, mask=here, other=0.0)
    overlap = tl.sum(a * cotangent, axis=1)
    moved = tl.broadcast_to(tl.load(target + index)[None, :], (block, d))
    for step in range(rows):
        row = rows - 1 - step
        if row < last:
            a = tl.gather(a, moved, 1)
            cotangent = tl.gather(cotangent, moved, 1)
        for q in tl.static_range(n):
            c = tl.load(cosine + row * n + q)
            s = tl.load(sine + row * n + q)
            low, high = _pairs(a, q, n, block)
            low_c, high_c = _pairs(cotangent, q, n, block)
            tl.store(
                sums + (program * rows + row) * n + q,
                0.5 * tl.sum(tl.sum(high_c * low - low_c * high, axis=1), axis=0),
            )
            a = _joined(c * low + s * high, c * high - s * low, n, block)
            cotangent = _joined(c * low_c + s * high_c, c * high_c - s * low_c, n, block)
    if normalize:
        cotangent = (cotangent - a * overlap[:, None]) * tl.load(
            inverse + token, mask=token < batch, other=0.0
        )[:, None]
    tl.store(grad_x + place, cotangent, mask=here)


def _block(n: int) -> int:
    return max(1, min(64, _REGISTERS >> n))


def forward(
    x: Tensor, angles: Tensor, source: Tensor, closing: bool, readout: int, normalize: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """One circuit: `x` (B, 2ⁿ), `angles` (rows, n), `source` (2ⁿ,) int32 → result, final state (B, 2ⁿ), 1 /
    norms (B,).
    """
    batch, d = x.shape
    rows, n = angles.shape
    block = _block(n)
    half = angles.to(x.dtype) / 2
    out = x.new_empty(batch, n if readout == 0 else d)
    state, inverse = torch.empty_like(x), x.new_ones(batch)
    grid = (triton.cdiv(batch, block),)
    _forward[grid](
        x,
        half.cos(),
        half.sin(),
        source,
        out,
        state,
        inverse,
        batch,
        rows,
        rows - closing,
        n,
        block,
        readout,
        normalize,
    )
    return out, state, inverse


def backward(
    grad: Tensor,
    state: Tensor,
    inverse: Tensor,
    angles: Tensor,
    target: Tensor,
    closing: bool,
    readout: int,
    normalize: bool,
) -> tuple[Tensor, Tensor]:
    """Gradients to x (B, 2ⁿ) and to the angles (rows, n), summed over programs in a fixed order."""
    batch = len(state)
    rows, n = angles.shape
    block = _block(n)
    half = angles.to(state.dtype) / 2
    grid = (triton.cdiv(batch, block),)
    grad_x, sums = torch.empty_like(state), state.new_zeros(grid[0], rows, n)
    _backward[grid](
        grad,
        state,
        inverse,
        half.cos(),
        half.sin(),
        target,
        grad_x,
        sums,
        batch,
        rows,
        rows - closing,
        n,
        block,
        readout,
        normalize,
    )
    return grad_x, sums.sum(0)
