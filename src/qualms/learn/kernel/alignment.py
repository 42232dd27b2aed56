"""How alike two kernels are on the same rows, and which RBF kernel is most like a given one."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from qualms.learn.kernel.exact import squared_distances


def centred(K: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A kernel after the weighted mean of all rows was taken off in feature space; shares sum to 1."""
    means = K @ share
    return K - means[:, None] - means[None, :] + share @ means


def alignment(K: np.ndarray, L: np.ndarray, weight: np.ndarray) -> float:
    """Centred alignment of two kernels on the same rows, at most 1; 0 where one of them is constant.

    Parameters
    ----------
    K, L : np.ndarray
        (rows, rows) symmetric.
    weight : np.ndarray
        (rows,) positive; a row of weight 2 counts as two equal rows.

    References
    ----------
    Cortes, Mohri, Rostamizadeh, "Algorithms for learning kernels based on centered alignment" (2012),
    section 2.
    """
    share = weight / weight.sum()
    K, L = centred(K, share), centred(L, share)
    pair = np.outer(share, share)
    norm = np.sqrt((pair * K**2).sum() * (pair * L**2).sum())
    return float((pair * K * L).sum() / norm) if norm > 1e-14 else 0.0


def target_alignment(K: np.ndarray, targets: np.ndarray, weight: np.ndarray) -> float:
    """Alignment of a kernel with that of the targets, T Tᵀ for (rows, columns) targets T.

    Columns are the indicators of classes, or the number to be predicted.
    """
    return alignment(K, targets @ targets.T, weight)


def nearest_rbf(K: np.ndarray, X: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The RBF kernel exp(−γ‖x − x′‖²) that is most aligned with a kernel.

    Parameters
    ----------
    K : np.ndarray
        (rows, rows).
    X : np.ndarray
        (rows, features): what γ refers to.
    weight : np.ndarray
        (rows,).

    Returns
    -------
    gamma, alignment : float
        A grid over ten powers of ten, refined around its best point.
    """
    distances = squared_distances(X, X)
    typical = float(np.mean(distances)) or 1.0
    share = weight / weight.sum()
    pair = np.outer(share, share)
    # a centred matrix times another is the same as times the other centred, so that one is enough
    weighted = pair * centred(K, share)
    size = np.sqrt((weighted * centred(K, share)).sum())

    def loss(log_gamma: float) -> float:
        L = np.exp(-np.exp(log_gamma) / typical * distances)
        means = L @ share
        norm = np.einsum("ij,ij->", pair, L * L) - 2 * share @ means**2 + (share @ means) ** 2
        norm = size * np.sqrt(max(float(norm), 0.0))
        return -float(np.einsum("ij,ij->", weighted, L) / norm) if norm > 1e-14 else 0.0

    grid = np.linspace(np.log(1e-5), np.log(1e5), 24)
    best = int(np.argmin([loss(g) for g in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-3})
    log_gamma = float(found.x) if found.fun <= loss(grid[best]) else float(grid[best])
    return float(np.exp(log_gamma) / typical), -loss(log_gamma)
