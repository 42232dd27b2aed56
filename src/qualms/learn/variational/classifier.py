"""A variational circuit as a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data
from torch import Tensor
from torch.nn import functional

from qualms.backends.protocol import Backend
from qualms.errors import DataError
from qualms.learn.learner import checked_weights
from qualms.learn.variational.estimator import VariationalLearner
from qualms.learn.variational.twins import TWINS


class VariationalClassifier(ClassifierMixin, VariationalLearner):
    """A classifier whose model is a parameterised quantum circuit, trained by gradients.

    Columns are centred and scaled, and become angles. Every class has an observable of its own, a trained
    weighted sum of ⟨Z⟩; two classes share one. The loss is the cross-entropy of their softmax.

    **When not to use it.** For the best accuracy on a table: in published comparisons, that of Bowles et al.
    (2024) above all, and in ours, a support vector machine or a small network is as good or better on most
    sets, and trains hundreds of times faster. Also not to show that entanglement helps, unless the twin
    "separable" is shown beside it: it often does as well. It is of use for research on circuits, for
    teaching, and to check such claims.

    Parameters
    ----------
    architecture : str, default "re-uploading"
        "re-uploading", "hardware-efficient" or "iqp"; see `qualms.learn.variational.Layout`.
    n_qubits : int, optional
        Default: one for each feature. "re-uploading" puts up to three features on a qubit.
    n_layers : int, default 4
    entangler : str or tuple of pairs, default "ring"
        Where CZ gates stand: "ring", "linear", "full", pairs, or "none".
    repeats : int, default 1
        Of the encoding of "iqp".
    input_scale : float, default 1.0
        Radians for one standard deviation of a column.
    reduction : "pca" or None
        What to do with more features than fit; None raises ConfigError.
    optimizer : str or type, default "Adam"
        A name of `torch.optim`, "SuperpositionalAdamW", or a class of torch's kind.
    optimizer_settings : dict, optional
        Further settings of the optimizer.
    learning_rate : float, default 0.05
    max_iter : int, default 200
        Most passes through the rows.
    batch_size : int or None, default 32
        None for all rows at once.
    early_stopping : bool, default False
        Hold out rows, and stop when the loss on them does not fall any more; the best pass is kept.
    validation_fraction : float, default 0.1
        Share of rows that is held out.
    n_iter_no_change : int, default 10
        Passes without improvement after which training ends.
    tol : float, default 1e-4
        What counts as an improvement.
    class_weight : dict, "balanced" or None
        As in scikit-learn; multiplies `sample_weight`.
    precision : str, default "single"
        Of the training; outputs are computed in double precision.
    backend : str, Backend or None
        Where the circuit runs. None is the fast exact simulation; others are differentiated by their own
        means, or by the parameter-shift rule.
    random_state : int, RandomState or None
        Of the first parameters, the batches and the held-out rows.

    Attributes
    ----------
    classes_ : np.ndarray
    parameters_ : dict of Tensor
        Trained parameters, see `VariationalModule`.
    loss_curve_, validation_loss_curve_ : list of float
        Loss of each pass; the second is empty without early stopping.
    n_iter_, n_parameters_, n_circuit_features_ : int
        Passes, trained numbers, features of the circuit.

    References
    ----------
    Bowles, Ahmed, Schuld, "Better than classical? The subtle art of benchmarking quantum machine learning
    models" (2024), arXiv:2403.07059.
    """

    task = "classification"
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
        class_weight: Mapping[Any, float] | str | None = None,
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
        self.class_weight = class_weight
        self.precision = precision
        self.backend = backend
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> VariationalClassifier:
        """Train on rows (n, features) and their classes (n,).

        Raises
        ------
        DataError
            For one class alone, or rows without weight.
        ConfigError
            For settings that do not go together.
        NonFiniteError
            Where the loss is no number any more.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        classes, target = np.unique(y, return_inverse=True)
        weights = checked_weights(sample_weight, X)
        present = np.unique(target[weights > 0])
        if len(present) < 2:
            raise DataError(
                f"{type(self).__name__}: {len(present)} class with weight in y, and at least two classes are "
                "needed"
            )
        backend = self._backend()
        with self._fitting(X, y, backend):
            self.classes_ = classes
            if self.class_weight is not None:
                weights = weights * self._class_weights(y, weights)[target]
            rng = check_random_state(self.random_state)
            rows = self._prepare(X, weights)
            binary = len(classes) == 2
            outputs = 1 if binary else len(classes)
            target = target.astype(np.float64 if binary else np.int64)
            loss = _binary if binary else _several
            self._train(rows, target, weights, loss, outputs, rng, backend, target.astype(np.int64))
        return self

    def _class_weights(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        counts = {"sample_weight": weights} if self.class_weight == "balanced" else {}
        found: np.ndarray = compute_class_weight(self.class_weight, classes=self.classes_, y=y, **counts)
        return found

    def decision_function(self, X: Any) -> np.ndarray:
        """The observables' means: (n,) for two classes, positive for the second; (n, classes) for more."""
        found = self._outputs(X)
        return found[:, 0] if len(self.classes_) == 2 else found

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes, (n, classes)."""
        scores = self.decision_function(X)
        logits = np.stack([np.zeros_like(scores), scores], 1) if scores.ndim == 1 else scores
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row, (n,)."""
        scores = self.decision_function(X)
        which = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
        found: np.ndarray = self.classes_[which]
        return found


def _binary(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(outputs[:, 0], targets, reduction="none")


def _several(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs, targets.to(torch.int64), reduction="none")
