"""Rows as a kernel method sees them: equal ones merged, so that weights and repetitions are the same."""

from __future__ import annotations

import numpy as np


def merged(
    X: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Different rows in lexical order with their summed weights; rows of weight 0 are left out.

    A kernel matrix with equal rows is singular and larger than it need be, a fold that holds a copy of a
    training row measures nothing, and the weight 2 must be the same as two copies. All three are solved by
    giving equal rows with equal targets one place.

    Parameters
    ----------
    X : np.ndarray
        (rows, features) float64.
    target : np.ndarray
        (rows,) numbers or indices of classes.
    weight : np.ndarray
        (rows,), not negative.

    Returns
    -------
    tuple of np.ndarray
        (n, features), (n,) in the type of `target`, (n,) positive.
    """
    kept = weight > 0
    X, target, weight = X[kept], target[kept], weight[kept]
    both = np.column_stack([X, target.astype(np.float64)])
    both += 0.0  # −0 becomes 0, as its row is the same
    _, first, place = np.unique(both, axis=0, return_index=True, return_inverse=True)
    # in the order of first occurrence, sums would depend on the order of rows
    return X[first], target[first], np.bincount(place.reshape(-1), weights=weight, minlength=len(first))


def sample_of(rows: int, most: int, random: np.random.RandomState, classes: np.ndarray | None) -> np.ndarray:
    """Indices of at most so many rows, sorted; with classes, each in its share and at least twice.

    Returns
    -------
    np.ndarray
        (min(rows, most) or a few more,) int.
    """
    if rows <= most:
        return np.arange(rows)
    if classes is None:
        return np.sort(random.choice(rows, most, replace=False))
    parts = []
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        count = min(len(members), max(2, round(most * len(members) / rows)))
        parts.append(random.choice(members, count, replace=False))
    return np.sort(np.concatenate(parts))


def folds_of(
    rows: int, folds: int, random: np.random.RandomState, classes: np.ndarray | None
) -> np.ndarray | None:
    """The fold of each row, (rows,) int; every class stands in every fold. None where that cannot be.

    The number of folds is that of the rarest class's members where these are fewer.
    """
    if classes is not None:
        folds = min(folds, int(np.bincount(classes).min()))
    folds = min(folds, rows)
    if folds < 2:
        return None
    found = np.empty(rows, int)
    groups = (
        [np.arange(rows)] if classes is None else [np.flatnonzero(classes == c) for c in np.unique(classes)]
    )
    for members in groups:
        found[random.permutation(members)] = np.arange(len(members)) % folds
    return found
