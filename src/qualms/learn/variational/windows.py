"""Regression on a series: a row and those before it become features, and a ridge regression reads them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from qualms.backends.protocol import Backend
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError
from qualms.learn.learner import Learner, checked_weights
from qualms.learn.preparation import Preparation, prepare


def windows(X: np.ndarray, window: int) -> np.ndarray:
    """Each row (n, d) with the `window` − 1 rows before it, oldest first: (n, window, d).

    Before the first row nothing is known; the first row stands there.
    """
    before = np.arange(len(X))[:, None] + np.arange(1 - window, 1)
    found: np.ndarray = X[np.maximum(before, 0)]
    return found


class WindowRegressor(RegressorMixin, Learner):
    """Base of regressors on ordered rows: fixed features of a sliding window, and a trained ridge readout.

    A subclass has the settings `window`, `alpha`, `input_scale` and `random_state`, and makes the features.

    Attributes
    ----------
    directions_ : np.ndarray
        (features, qubits) of the principal components that are used; (features, 0) for all columns.
    """

    task = "regression"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train the readout on rows (n, features), in order of time, and their targets (n,).

        Raises
        ------
        ConfigError
            For settings that do not go together.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = column_or_1d(y, warn=True).astype(np.float64)
        weights = checked_weights(sample_weight, X)
        where = type(self).__name__
        window = as_integer(self.window, f"{where}: window=", 1)
        if as_real(self.input_scale, f"{where}: input_scale=") <= 0:
            raise ConfigError(f"{where}: input_scale={self.input_scale} must be above 0")
        if as_real(self.alpha, f"{where}: alpha=") < 0:
            raise ConfigError(f"{where}: alpha={self.alpha} must not be below 0")
        backend = self._place()
        with self._fitting(X, y, backend):
            made = prepare(X, *self._reduced_to(), where, weights)
            self.centre_, self.scale_, self.directions_ = made.centre, made.scale, made.directions
            columns = made.directions.shape[1] or X.shape[1]
            self._draw(columns, check_random_state(self.random_state))
            features = self._features(windows(self.input_scale * made(X), window), backend)
            readout = Ridge(alpha=self.alpha).fit(features, y, sample_weight=weights)
            self.coef_, self.intercept_ = np.atleast_1d(readout.coef_), float(readout.intercept_)
            self.findings_ |= {"features": features.shape[1], "window": window}
        return self

    def features(self, X: Any) -> np.ndarray:
        """What the readout reads, (n, features of the reservoir), for rows in order of time."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        ready = Preparation(self.centre_, self.scale_, self.directions_)(X)
        return self._features(windows(self.input_scale * ready, self.window), self._place())

    def predict(self, X: Any) -> np.ndarray:
        """Predicted targets (n,) of rows in order of time.

        The memory begins with the first row: give the `window` − 1 rows before as well, where they are known,
        and leave out the predictions of these.
        """
        found: np.ndarray = self.features(X) @ self.coef_ + self.intercept_
        return found

    def _place(self) -> Backend | None:
        """Where circuits run, if there are any; None for the fast simulation."""
        return None

    def _reduced_to(self) -> tuple[str | None, int | None]:
        """How columns are reduced, and to how many at most."""
        return None, None

    def _draw(self, n_features: int, rng: np.random.RandomState) -> None:
        """Draw what is random and fixed from then on."""

    @abstractmethod
    def _features(self, windowed: np.ndarray, backend: Backend | None) -> np.ndarray:
        """Features (n, F) of windows (n, window, d)."""
