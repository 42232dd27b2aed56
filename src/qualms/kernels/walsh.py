"""The Walsh–Hadamard transform: sums of signs over all bit strings at once."""

from __future__ import annotations

import numpy as np


def walsh(coefficients: np.ndarray) -> np.ndarray:
    """Σ_s c_s (−1)^|i & s| for every i, in n · 2ⁿ additions.

    Parameters
    ----------
    coefficients : np.ndarray
        (…, 2ⁿ), real or complex.

    Returns
    -------
    np.ndarray
        Of the same shape and dtype.
    """
    if not coefficients.any():
        return np.zeros_like(coefficients)
    size = coefficients.shape[-1]
    found, spare = coefficients.copy(), np.empty_like(coefficients)
    half = 1
    while half < size:
        pairs = found.reshape(*found.shape[:-1], size // (2 * half), 2, half)
        out = spare.reshape(pairs.shape)
        np.add(pairs[..., 0, :], pairs[..., 1, :], out=out[..., 0, :])
        np.subtract(pairs[..., 0, :], pairs[..., 1, :], out=out[..., 1, :])
        found, spare = spare, found
        half *= 2
    return found
