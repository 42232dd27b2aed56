"""Signs of correlated normal variables that have given marginals."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from qualms.solve.solvers.samples import Marginals

_EDGE = 1e-6  # means are kept this far from ±1, correlations from ±1
_HALVINGS = 40


def rounded(marginals: Marginals, count: int, rng: np.random.Generator) -> np.ndarray:
    """Samples of spins with the means, and nearly the pair correlations, of the marginals, and otherwise as
    random as signs of normal variables are.

    Parameters
    ----------
    marginals : Marginals
        Of n spins.
    count : int
        Samples to draw.
    rng : np.random.Generator
        The source of randomness.

    Returns
    -------
    np.ndarray
        (count, n) float64 of −1 and 1. Where no normal variables have such signs, those of the nearest
        correlation matrix (negative eigenvalues set to zero) are drawn.

    References
    ----------
    Emrich and Piedmonte, "A method for generating high-dimensional multivariate binary variates", The
    American Statistician 45, 302 (1991).
    """
    mean = np.clip(marginals.single, -1 + _EDGE, 1 - _EDGE)
    threshold = ndtri((1 + mean) / 2)
    correlation = latent_correlations(threshold, marginals.pairs)
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    drawn = rng.standard_normal((count, len(mean))) @ root.T
    return np.where(drawn <= threshold, 1.0, -1.0)


def latent_correlations(threshold: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The correlations of normal variables whose signs, up where a variable is at most its threshold, have
    the means of products given.

    Parameters
    ----------
    threshold : np.ndarray
        (n).
    pairs : np.ndarray
        (n, n) means of products.

    Returns
    -------
    np.ndarray
        (n, n), ones on the diagonal; found by halving, since the mean grows with the correlation.
    """
    n = len(threshold)
    i, j = np.triu_indices(n, 1)
    h, k = threshold[i], threshold[j]
    up_i, up_j = ndtr(h), ndtr(k)
    wanted = (pairs[i, j] - 1 + 2 * up_i + 2 * up_j) / 4  # the probability that both are up
    low, high = np.full(len(i), -1 + _EDGE), np.full(len(i), 1 - _EDGE)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        less = both_below(h, k, middle) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    found = np.eye(n)
    found[i, j] = found[j, i] = (low + high) / 2
    return found


def both_below(h: np.ndarray, k: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """P(X ≤ h, Y ≤ k) of standard normal variables with a correlation (Owen 1956), elementwise."""
    h, k = (np.where(np.abs(x) < 1e-9, 1e-9, x) for x in (h, k))  # the formula divides by them
    root = np.sqrt(1 - correlation**2)
    a, b = (k / h - correlation) / root, (h / k - correlation) / root
    apart = np.where(h * k > 0, 0.0, 0.5)
    return (ndtr(h) + ndtr(k)) / 2 - owens_t(h, a) - owens_t(k, b) - apart
