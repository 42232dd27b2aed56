"""A variational circuit as a regressor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import column_or_1d, validate_data
from torch import Tensor

from qualms.backends.protocol import Backend
from qualms.learn.learner import checked_weights
from qualms.learn.variational.estimator import VariationalLearner
from qualms.learn.variational.twins import TWINS


class VariationalRegressor(RegressorMixin, VariationalLearner):
    """A regressor whose model is a parameterised quantum circuit, trained by gradients.

    The target is centred and scaled; the model is a trained weighted sum of ⟨Z⟩, and the loss the mean of
    squared differences. With its scales trained, "re-uploading" is a Fourier series whose frequencies adapt.

    **When not to use it.** For a table's best prediction: ridge regression, a small network or boosted trees
    are faster by orders of magnitude and usually as good. Outside of the range of the training rows the model
    is periodic, so it must not extrapolate. Show its twin "separable" with any statement on entanglement.

    Parameters
    ----------
    architecture, n_qubits, n_layers, entangler, repeats, input_scale, reduction
        As in `VariationalClassifier`.
    optimizer, optimizer_settings, learning_rate, max_iter, batch_size
        As in `VariationalClassifier`.
    early_stopping, validation_fraction, n_iter_no_change, tol, precision, backend, random_state
        As in `VariationalClassifier`.

    Attributes
    ----------
    parameters_ : dict of Tensor
        Trained parameters, see `VariationalModule`.
    target_centre_, target_scale_ : float
        Mean and standard deviation of the targets.
    loss_curve_, validation_loss_curve_ : list of float
        Loss of each pass, in units of the targets' variance.
    n_iter_, n_parameters_, n_circuit_features_ : int
        Passes, trained numbers, features of the circuit.

    References
    ----------
    Schuld, Sweke, Meyer, "Effect of data encoding on the expressive power of variational quantum machine
    learning models", Phys. Rev. A 103 (2021).
    """

    task = "regression"
    twins = TWINS

    def __init__(
        self,
        architecture: str = "re-uploading",
        n_qubits: int | None = None,
        n_layers: int = 4,
        entangler: str | tuple[tuple[int, int], ...] = "ring",
        repeats: int = 1,
        input_scale: float = 1.0,
        reduction: str | None = None,
        optimizer: str | type = "Adam",
        optimizer_settings: Mapping[str, Any] | None = None,
        learning_rate: float = 0.05,
        max_iter: int = 200,
        batch_size: int | None = 32,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        precision: str = "single",
        backend: str | Backend | None = None,
        random_state: Any = None,
    ) -> None:
        self.architecture = architecture
        self.n_qubits = n_qubits
        self.n_layers = n_layers
        self.entangler = entangler
        self.repeats = repeats
        self.input_scale = input_scale
        self.reduction = reduction
        self.optimizer = optimizer
        self.optimizer_settings = optimizer_settings
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.precision = precision
        self.backend = backend
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> VariationalRegressor:
        """Train on rows (n, features) and their targets (n,).

        Raises
        ------
        ConfigError
            For settings that do not go together.
        NonFiniteError
            Where the loss is no number any more.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = column_or_1d(y, warn=True).astype(np.float64)
        weights = checked_weights(sample_weight, X)
        backend = self._backend()
        with self._fitting(X, y, backend):
            rng = check_random_state(self.random_state)
            rows = self._prepare(X, weights)
            self.target_centre_ = float(np.average(y, weights=weights))
            spread = float(np.sqrt(np.average((y - self.target_centre_) ** 2, weights=weights)))
            self.target_scale_ = spread if spread > 0 else 1.0
            target = (y - self.target_centre_) / self.target_scale_
            self._train(rows, target, weights, _squared, 1, rng, backend)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predicted targets, (n,)."""
        outputs = self._outputs(X)
        return self.target_centre_ + self.target_scale_ * outputs[:, 0]


def _squared(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs[:, 0] - targets) ** 2
