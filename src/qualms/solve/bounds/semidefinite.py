"""Quadratic problems: the dual of the semidefinite relaxation."""

from __future__ import annotations

import math
import time

import numpy as np

from qualms.kernels.annealing import IsingModel

MOST = 6000  # spins whose matrix is factorised


def sum_of_couplings(c: IsingModel) -> float:
    """No energy is lower than every coupling and field at its best."""
    return float(c.offset - np.abs(c.values).sum() / 2 - np.abs(c.fields).sum())


def worthwhile(c: IsingModel, seconds: float) -> bool:
    """Whether the factorisation and its eigenvalue fit the time."""
    empty = not c.values.any() and not c.fields.any()
    return not empty and c.n <= MOST and seconds > 0.05 + 3e-10 * c.n**3


def semidefinite(c: IsingModel, seconds: float) -> float:
    """A lower bound of the energy: Σ y + offset for a y with A − diag(y) ⪰ 0, A the matrix of sᵀAs = Σ J s s
    + Σ h s s₀ with one more spin s₀.

    The primal of Goemans and Williamson's relaxation (1995) is climbed at low rank (Burer and Monteiro 2003),
    the multipliers read off, and the dual made feasible by a shift whose size is *proven* by a Cholesky
    factorisation, so that the bound holds whether or not the climb got to the top. −∞ where the time was too
    short.
    """
    from scipy.linalg import LinAlgError, cholesky
    from scipy.sparse import csr_matrix, diags

    began = time.monotonic()
    deadline = began + seconds / 2
    rows = np.repeat(np.arange(c.n), np.diff(c.first))
    n = c.n + 1
    every, last = np.arange(c.n), np.full(c.n, c.n)
    values, i, j = (
        np.concatenate(parts)
        for parts in ((c.values, c.fields, c.fields), (rows, last, every), (c.neighbours, every, last))
    )
    a = csr_matrix((values / 2, (i, j)), (n, n))
    v = _climbed(a, n, deadline)
    y = np.einsum("ij,ij->i", a @ v, v)
    matrix = a.toarray()
    matrix[np.diag_indices(n)] -= y
    lowest = _lowest(a - diags(y))
    size = float(np.abs(matrix).sum(1).max())
    shift = max(0.0, -lowest) * 1.001 + 1e-9 * size + 1e-300
    while time.monotonic() < began + seconds:
        try:
            cholesky(matrix + shift * np.eye(n), check_finite=False, overwrite_a=True)
        except LinAlgError:
            shift = 1.3 * shift
            continue
        # Higham, Accuracy and Stability, thm 10.7: a factorisation that ends proves the matrix plus
        # n(n+1)ε·max diagonal to be positive
        margin = 2 * n * (n + 1) * np.finfo(float).eps * float(np.diag(matrix).max() + shift)
        return float(y.sum()) - n * (shift + margin) + c.offset
    return -np.inf


def _lowest(matrix: object) -> float:
    """About the lowest eigenvalue, by Lanczos' method; where it does not converge, what it had.

    Nothing rests on it but the first shift tried.
    """
    from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, eigsh

    if matrix.shape[0] < 32:  # type: ignore[attr-defined]
        return float(np.linalg.eigvalsh(matrix.toarray())[0])  # type: ignore[attr-defined]
    try:
        return float(eigsh(matrix, 1, which="SA", tol=1e-3, maxiter=200, return_eigenvectors=False)[0])
    except ArpackNoConvergence as error:
        return float(min(error.eigenvalues, default=0.0))
    except ArpackError:
        return 0.0


def _climbed(a: object, n: int, deadline: float) -> np.ndarray:
    """Unit rows v (n, k) that make Σ a_ij v_i·v_j small: rows against the fields of the others (after the
    mixing method, Wang and Kolter 2017).
    """
    k = math.ceil(math.sqrt(2 * n)) + 1
    rng = np.random.default_rng(0)
    v = rng.standard_normal((n, k))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    value = np.inf
    while time.monotonic() < deadline:
        fields = a @ v  # type: ignore[operator]
        size = np.linalg.norm(fields, axis=1, keepdims=True)
        # all rows at once would swing between two states: each keeps a part of where it was
        v = np.where(size > 0, -fields / np.maximum(size, 1e-300), v) + v * np.maximum(
            1.0, size.mean() / np.maximum(size, 1e-12)
        )
        v /= np.linalg.norm(v, axis=1, keepdims=True)
        now = float(np.einsum("ij,ij->", a @ v, v))
        if abs(value - now) < 1e-9 * abs(now):
            break
        value = now
    return v
