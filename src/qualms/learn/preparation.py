"""From a table's columns to the numbers that a circuit takes: one scale for all, and as many as qubits."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from qualms.data.numbers import plain_integer
from qualms.errors import ConfigError, QualmsWarning

REDUCTIONS = ("pca",)


@dataclass(frozen=True)
class Preparation:
    """Centres and scales columns, and projects them where there are more than qubits.

    Attributes
    ----------
    centre, scale : np.ndarray
        (features,): of the columns, mean and standard deviation; the scale of a constant column is 1.
    directions : np.ndarray
        (features, qubits): the principal directions, in units of the scaled columns; (features, 0) where the
        columns are used as they are.
    """

    centre: np.ndarray
    scale: np.ndarray
    directions: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Prepared numbers, (rows, qubits), of mean 0 and standard deviation about 1 on the fitted rows."""
        found = (X - self.centre) / self.scale
        return found @ self.directions if self.directions.shape[1] else found


def prepare(
    X: np.ndarray,
    reduction: str | None,
    n_qubits: int | None,
    where: str,
    sample_weight: np.ndarray | None = None,
) -> Preparation:
    """Fit a preparation.

    Parameters
    ----------
    X : np.ndarray
        (rows, features), finite.
    reduction : "pca" or None
        What to do with more features than qubits.
    n_qubits : int or None
        Most numbers that the circuit takes; None for as many as there are features.
    where : str
        Begins messages.
    sample_weight : np.ndarray, optional
        (rows,): the weight of each row in means and directions.

    Returns
    -------
    Preparation
        To be called with rows.

    Raises
    ------
    ConfigError
        For more features than qubits without a reduction, and an unknown one.
    """
    if reduction is not None and reduction not in REDUCTIONS:
        raise ConfigError(f"{where}: reduction={reduction!r} is unknown; choose {' or '.join(REDUCTIONS)}")
    if n_qubits is not None and (plain_integer(n_qubits) or 0) < 1:
        raise ConfigError(f"{where}: n_qubits={n_qubits!r} must be a whole number of at least 1")
    features = X.shape[1]
    if n_qubits is not None and features > n_qubits and reduction is None:
        raise ConfigError(
            f"{where}: {features} features do not fit on {n_qubits} qubits; set reduction='pca', or choose "
            "columns"
        )
    # one pass in float64, and a second for what the mean loses where values are large
    shift = X.mean(axis=0)
    weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, float)
    total = weight.sum()
    if total <= 0:
        weight, total = np.ones(len(X)), float(len(X))
    centre = shift + weight @ (X - shift) / total
    scale = np.sqrt(weight @ (X - centre) ** 2 / total)
    constant = scale <= 1e-12 * np.maximum(1.0, np.abs(centre))
    if constant.any() and len(X) > 1:
        columns = ", ".join(map(str, np.flatnonzero(constant)[:10]))
        warnings.warn(f"{where}: constant columns say nothing: {columns}", QualmsWarning, stacklevel=4)
    scale = np.where(constant, 1.0, scale)
    directions = np.empty((features, 0))
    if n_qubits is not None and features > n_qubits:
        scaled = (X - centre) / scale * np.sqrt(weight / total)[:, None]
        _, singular, rows = np.linalg.svd(scaled, full_matrices=False)
        kept = rows[:n_qubits]
        # a fixed sign, so that two machines get the same directions
        kept = kept * np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)])[:, None]
        spread = singular[: len(kept)]
        # rows that span fewer directions than there are qubits leave the others undetermined: these give 0
        spans = spread > 1e-9 * max(1.0, float(spread.max(initial=0.0)))
        directions = np.where(spans, kept.T / np.where(spans, spread, 1.0), 0.0)
    return Preparation(centre, scale, directions)
