"""The classical machines on top of a kernel matrix; each is a few arrays of coefficients in the end."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.svm import SVC, SVR, LinearSVC


def classes_one_by_one(labels: np.ndarray, n_classes: int) -> list[np.ndarray]:
    """The two-class problems of a classification: one for two classes, else each class against all others."""
    return [labels == c for c in range(n_classes)] if n_classes > 2 else [labels == 1]


def support_vectors(
    K: np.ndarray, labels: np.ndarray, n_classes: int, C: float, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Support vector machines on a kernel matrix, one class against the others.

    Parameters
    ----------
    K : np.ndarray
        (rows, rows), positive semidefinite.
    labels : np.ndarray
        (rows,) int.
    n_classes : int
    C : float
        Weight of errors.
    weight : np.ndarray
        (rows,) positive.

    Returns
    -------
    coefficients, intercept : np.ndarray
        (rows, m) and (m,), m = 1 for two classes: the decision is k(x, rows) @ coefficients + intercept.
    """
    problems = classes_one_by_one(labels, n_classes)
    coefficients, intercept = np.zeros((len(K), len(problems))), np.empty(len(problems))
    for m, positive in enumerate(problems):
        machine = SVC(kernel="precomputed", C=C, cache_size=500).fit(K, positive, sample_weight=weight)
        coefficients[machine.support_, m] = machine.dual_coef_[0]
        intercept[m] = machine.intercept_[0]
    return coefficients, intercept


def linear_machines(
    features: np.ndarray, labels: np.ndarray, n_classes: int, C: float, weight: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same on explicit features (rows, k), with squared hinge loss: (k, m) and (m,)."""
    problems = classes_one_by_one(labels, n_classes)
    columns, intercept = [], []
    for positive in problems:
        machine = LinearSVC(C=C, dual=False, random_state=seed).fit(features, positive, sample_weight=weight)
        columns.append(machine.coef_[0])
        intercept.append(float(machine.intercept_[0]))
    return np.stack(columns, axis=1), np.array(intercept)


def ridge(K: np.ndarray, y: np.ndarray, alpha: float, weight: np.ndarray) -> np.ndarray:
    """Kernel ridge regression, coefficients (rows,): minimises Σ w (y − f)² + alpha ‖f‖²."""
    root = np.sqrt(weight)
    inner = root[:, None] * K * root[None, :]
    inner[np.diag_indices_from(inner)] += alpha
    found: np.ndarray = root * cho_solve(cho_factor(inner, lower=True), root * y)
    return found


def left_out_errors(K: np.ndarray, y: np.ndarray, alphas: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted mean squared error of kernel ridge regression on each row when it is left out of the fit.

    One eigendecomposition serves all alphas.

    Returns
    -------
    np.ndarray
        (alphas,).

    References
    ----------
    Rifkin and Lippert, "Notes on regularized least squares" (2007), section 3.
    """
    root = np.sqrt(weight)
    values, vectors = np.linalg.eigh(root[:, None] * K * root[None, :])
    turned = vectors.T @ (root * y)
    errors = []
    for alpha in alphas:
        inverse = 1 / (np.maximum(values, 0) + alpha)  # rounding and shots alone make them negative
        residual = (vectors @ (inverse * turned)) / ((vectors**2) @ inverse)
        errors.append(float((residual**2).sum() / weight.sum()))
    return np.array(errors)


def support_vector_regression(
    K: np.ndarray, y: np.ndarray, C: float, epsilon: float, weight: np.ndarray
) -> tuple[np.ndarray, float]:
    """Support vector regression: coefficients (rows,) and the intercept."""
    machine = SVR(kernel="precomputed", C=C, epsilon=epsilon, cache_size=500).fit(K, y, sample_weight=weight)
    coefficients = np.zeros(len(K))
    coefficients[machine.support_] = machine.dual_coef_[0]
    return coefficients, float(machine.intercept_[0])


def nystroem(K: np.ndarray) -> np.ndarray:
    """K^(−1/2) of a kernel between landmarks, (landmarks, rank); directions without weight are left out.

    The kernel from rows to landmarks times this gives features whose inner products approximate the kernel.

    References
    ----------
    Williams and Seeger, "Using the Nyström method to speed up kernel machines" (2001).
    """
    values, vectors = np.linalg.eigh(K)
    kept = values > 1e-10 * max(float(values[-1]), 1e-300)
    # in C order, as it is after it was saved: products of equal numbers are then equal to the last digit
    return np.ascontiguousarray(vectors[:, kept] / np.sqrt(values[kept]))
