"""How rows are divided for measuring: every row is tested once, and equal rows never stand on both sides."""

from __future__ import annotations

from collections import Counter

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from qualms.errors import DataError

Split = tuple[np.ndarray, np.ndarray]  # rows to learn from, rows to measure on


def alike(X: np.ndarray) -> np.ndarray:
    """A number for each row, the same for rows whose features are all equal.

    Parameters
    ----------
    X : np.ndarray
        (rows, features) float64; NaN equals NaN.

    Returns
    -------
    np.ndarray
        (rows,) int64.
    """
    plain = np.ascontiguousarray(X + 0.0)  # −0 and 0 have different bytes
    plain[np.isnan(plain)] = np.nan
    rows = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).ravel()
    return np.unique(rows, return_inverse=True)[1].ravel()


def splits(y: np.ndarray, groups: np.ndarray, folds: int, seed: int, stratify: bool) -> list[Split]:
    """Folds of shuffled rows; with classes every fold has its share of each.

    Parameters
    ----------
    y : np.ndarray
        (rows,) the target.
    groups : np.ndarray
        (rows,) from `alike`: rows of one group stay together. A model that memorises would otherwise be
        measured on rows that it has seen.
    folds : int
        At least 2.
    seed : int
        Of the shuffle.
    stratify : bool
        Whether `y` are classes.

    Returns
    -------
    list of (np.ndarray, np.ndarray)
        Row numbers to fit on and to measure on.
    """
    if len(np.unique(groups)) == len(groups):
        kind, told = StratifiedKFold if stratify else KFold, None
    else:
        kind, told = StratifiedGroupKFold if stratify else GroupKFold, groups
    return list(kind(folds, shuffle=True, random_state=seed).split(y, y, told))


def check_folds(
    y: np.ndarray, groups: np.ndarray, folds: int, inner: int, stratify: bool, where: str
) -> None:
    """See that every fold, and every fold within it, can have every class.

    Raises
    ------
    DataError
        With the class that has too few different rows, and how many are needed.
    """
    # of n rows at least n − ⌈n / folds⌉ are left to fit on, of which each inner fold needs one
    needed = next(n for n in range(folds, folds + inner + 2) if n - -(-n // folds) >= inner)
    if not stratify:
        there = len(np.unique(groups))
        if there < needed:
            raise DataError(
                f"{where}: {there} different rows; {folds} folds with {inner} inside need at least {needed}"
            )
        return
    different = {label: len(np.unique(groups[y == label])) for label in np.unique(y)}
    label, least = min(different.items(), key=lambda item: item[1])
    if least < needed:
        raise DataError(
            f"{where}: the class {str(label)!r} has {least} different rows; {folds} folds with {inner} "
            f"inside need at least {needed} of each class; choose fewer --folds, or leave the class out"
        )


def repeated_rows(groups: np.ndarray) -> int:
    """How many rows are equal to an earlier one."""
    return len(groups) - len(np.unique(groups))


def contradictions(y: np.ndarray, groups: np.ndarray) -> int:
    """How many sets of equal rows have different targets: no model can get all of these right."""
    pairs = Counter(g for g, _ in {(int(g), str(v)) for g, v in zip(groups, y, strict=True)})
    return sum(count > 1 for count in pairs.values())
