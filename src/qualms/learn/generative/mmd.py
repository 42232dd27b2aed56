"""Maximum mean discrepancy between distributions of bits, under the Gaussian kernel.

MMD² = E k(x, x') − 2 E k(x, y) + E k(y, y') with k(x, y) = exp(−|x − y|² / 2σ²), and |x − y|² is the number
of bits that differ. The Walsh–Hadamard transform makes this kernel diagonal: MMD² = Σ_a P_σ(a) (⟨Z_a⟩_p −
⟨Z_a⟩_q)², where P_σ picks every bit of a independently with probability p_σ = (1 − exp(−1/2σ²)) / 2. So MMD²
is the mean square difference of expectations of products of Z that are drawn at random (Rudolph et al.,
"Trainability barriers and opportunities in quantum generative modeling", 2023; Recio-Armengol et al., "Train
on classical, deploy on quantum", 2025).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from qualms.errors import ConfigError
from qualms.learn.generative.walsh import walsh_hadamard


def default_bandwidths(bits: np.ndarray, weight: np.ndarray) -> tuple[float, ...]:
    """Half of σ and σ, where σ² is half the mean number of bits in which two rows differ, at least 1/2.

    Parameters
    ----------
    bits, weight : np.ndarray
        (rows, n) of 0 and 1, and (rows,) of sum 1.
    """
    ones = weight @ bits
    distance = float((2 * ones * (1 - ones)).sum())
    sigma = float(np.sqrt(max(distance, 1.0) / 2))
    return sigma / 2, sigma


def flip_probability(bandwidth: float) -> float:
    """p_σ, the probability that a bit takes part in a random product of Z."""
    return float(-np.expm1(-1 / (2 * bandwidth**2)) / 2)


def weights(bandwidth: float, n_bits: int) -> Tensor:
    """P_σ(a) of every product of Z, (2ⁿ,) float64; their sum is 1."""
    p = flip_probability(bandwidth)
    one = torch.tensor([1 - p, p], dtype=torch.float64)
    found = torch.ones(1, dtype=torch.float64)
    for _ in range(n_bits):
        found = torch.outer(found, one).reshape(-1)
    return found


def between(p: Tensor, q: Tensor, bandwidth: float) -> Tensor:
    """MMD² of two distributions that are known exactly, each (2ⁿ,). Differentiable."""
    apart = walsh_hadamard(p - q)
    return weights(bandwidth, p.shape[-1].bit_length() - 1) @ apart**2


def to_sample(p: Tensor, counts: Tensor, bandwidth: float) -> float:
    """Unbiased estimate of MMD² between a distribution that is known exactly and the one behind a sample.

    Parameters
    ----------
    p : Tensor
        (2ⁿ,) float64 probabilities.
    counts : Tensor
        (2ⁿ,) how often each pattern is in the sample, at least two rows in all.
    bandwidth : float

    Returns
    -------
    float
        May be below zero by chance.
    """
    rows = _rows_of(counts)
    weight = weights(bandwidth, p.shape[-1].bit_length() - 1)
    model, data = walsh_hadamard(p), walsh_hadamard(counts.double() / rows)
    return float(weight @ (model**2 - 2 * model * data) + _pairs(weight, data, rows))


def of_samples(first: Tensor, second: Tensor, bandwidth: float) -> float:
    """Unbiased estimate of MMD² from two samples, given as counts (2ⁿ,) of every pattern."""
    weight = weights(bandwidth, first.shape[-1].bit_length() - 1)
    rows = _rows_of(first), _rows_of(second)
    x, y = (walsh_hadamard(c.double() / m) for c, m in zip((first, second), rows, strict=True))
    own = _pairs(weight, x, rows[0]) + _pairs(weight, y, rows[1])
    return float(own - 2 * (weight @ (x * y)))


def _rows_of(counts: Tensor) -> float:
    rows = float(counts.sum())
    if rows < 2:
        raise ConfigError(f"an unbiased MMD² needs at least two rows, got {rows:g}")
    return rows


def _pairs(weight: Tensor, expectations: Tensor, rows: float) -> Tensor:
    """Mean kernel of pairs of different rows: the pairs of a row with itself, whose kernel is 1, are left
    out.
    """
    return ((weight @ expectations**2) * rows - 1) / (rows - 1)


def draw_operators(bandwidth: float, n_bits: int, count: int, generator: torch.Generator) -> Tensor:
    """Random products of Z, drawn from P_σ: (count, n) of 0 and 1, float32."""
    chance = torch.full((count, n_bits), flip_probability(bandwidth))
    return torch.bernoulli(chance, generator=generator)


def data_expectations(bits: Tensor, operators: Tensor, weight: Tensor | None = None) -> Tensor:
    """⟨Z_a⟩ over rows of data.

    One Gram product counts the ones that each row has in common with each operator; counts are exact in
    float32.

    Parameters
    ----------
    bits : Tensor
        (rows, n) float32 of 0 and 1.
    operators : Tensor
        (k, n) float32 of 0 and 1.
    weight : Tensor, optional
        (rows,) float64 of sum 1.

    Returns
    -------
    Tensor
        (k,) float64.
    """
    odd = torch.remainder(bits @ operators.mT, 2).double()
    return 1 - 2 * (odd.mean(0) if weight is None else weight @ odd)
