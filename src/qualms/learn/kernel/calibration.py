"""Decisions on held-out rows, and the sigmoids that make log-odds of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression

from qualms.errors import QualmsWarning
from qualms.learn.kernel.machines import classes_one_by_one

_NO_SLOPE = 1e-6  # of a sigmoid that says nothing, and keeps the order of decisions
# from the rows that are learned from and those that are decided, indices, to decisions (rows decided, m)
Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]


def held_out(decide: Decide, folds: np.ndarray) -> np.ndarray:
    """Decisions (rows, m) of machines that have not seen the row's fold."""
    parts = [
        (np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)) for fold in range(folds.max() + 1)
    ]
    made = [decide(inside, outside) for outside, inside in parts]
    found = np.empty((len(folds), made[0].shape[1]))
    for (outside, _), decisions in zip(parts, made, strict=True):
        found[outside] = decisions
    return found


def log_odds(
    decide: Decide,
    folds: np.ndarray | None,
    labels: np.ndarray,
    n_classes: int,
    weight: np.ndarray,
    where: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and offsets, (m,) each, that turn a classifier's decisions into log-odds.

    They become a part of the classifier: with sigmoids of their own, the likeliest class would not always be
    the one that is predicted.

    Parameters
    ----------
    decide : Decide
    folds : np.ndarray or None
        (rows,), as `folds_of` gives them; None where no row can be held out.
    labels, weight : np.ndarray
        (rows,).
    n_classes : int
    where : str
        Begins warnings.
    """
    if folds is None:
        warnings.warn(
            f"{where}: a class has a single row, so that none can be held out; the probabilities are from "
            "decisions on the training rows and too sure",
            QualmsWarning,
            stacklevel=6,
        )
        every = np.arange(len(labels))
        decisions = decide(every, every)
    else:
        decisions = held_out(decide, folds)
    problems = classes_one_by_one(labels, n_classes)
    found = [sigmoid(decisions[:, m], positive, weight) for m, positive in enumerate(problems)]
    slopes, offsets = np.array(found).T
    if (slopes <= 0).any():
        warnings.warn(
            f"{where}: decisions on held-out rows are no better than chance; probabilities of 1/2 were taken",
            QualmsWarning,
            stacklevel=6,
        )
    return np.where(slopes > 0, slopes, _NO_SLOPE), np.where(slopes > 0, offsets, 0.0)


def sigmoid(decisions: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Slope and offset of Platt's sigmoid.

    Each row counts for both classes, in the shares that Platt's targets say, so that the fit is finite also
    where the decisions separate the classes.

    References
    ----------
    Platt, "Probabilistic outputs for support vector machines" (1999), section 2.2.
    """
    yes, no = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (yes + 1) / (yes + 2), 1 / (no + 2))
    machine = LogisticRegression(C=1e6, max_iter=1000).fit(
        np.concatenate([decisions, decisions])[:, None],
        np.repeat([True, False], len(decisions)),
        sample_weight=np.concatenate([weight * target, weight * (1 - target)]),
    )
    return float(machine.coef_[0, 0]), float(machine.intercept_[0])
