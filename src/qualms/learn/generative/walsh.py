"""The Walsh–Hadamard transform: from 2ⁿ probabilities to the expectations of all 2ⁿ products of Z, and back.

With qubit 0 as the most significant bit of an index, entry a of the transform of a distribution p is ⟨Z_a⟩ =
Σ_x (−1)^(a·x) p(x), the expectation of the product of Z on the qubits where a has a one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from scipy.linalg import hadamard
from torch import Tensor

_BLOCK = 5  # bits a matrix product: 32 × 32 keeps the processor busy, and its arithmetic is 6 times the least


class _Transform(torch.autograd.Function):
    """The matrix is symmetric, so that the gradient is the same transform."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return _transformed(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return walsh_hadamard(gradient)


def walsh_hadamard(values: Tensor) -> Tensor:
    """Σ_x (−1)^(a·x) v(x) for every a. Differentiable, any number of times.

    Parameters
    ----------
    values : Tensor
        (..., 2ⁿ) real or complex floating point.

    Returns
    -------
    Tensor
        (..., 2ⁿ). Twice the transform is 2ⁿ times the identity.
    """
    return _Transform.apply(values)


def _transformed(values: Tensor) -> Tensor:
    n, left = values.shape[-1].bit_length() - 1, 0
    found = values.contiguous()
    while left < n:
        take = min(_BLOCK, n - left)
        matrix = _matrix(take).to(values.dtype)
        found = torch.matmul(matrix, found.reshape(-1, 1 << take, 1 << (n - left - take)))
        left += take
    return found.reshape(values.shape)


@lru_cache(maxsize=_BLOCK)
def _matrix(n_bits: int) -> Tensor:
    return torch.from_numpy(hadamard(1 << n_bits).astype(np.float64))
