"""Classification by a matrix product state with an index for the label."""

from __future__ import annotations

import warnings
from math import pi
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor
from torch.nn import functional as F

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, DataError, QualmsWarning
from qualms.learn.learner import Learner, checked_weights
from qualms.learn.tensor_networks.chain import INSPIRED, multiplied, near_identity, spin_features
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin

_NOISE = 0.01


class CosineKernel:
    """∏ cos^p(π(x_i − x′_i)/2), the scalar product of the product states of `spin_features`."""

    def __init__(self, power: int = 1) -> None:
        self.power = power

    def __call__(self, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
        found = np.ones((len(X), len(Y)))
        for one, other in zip(X.T, Y.T, strict=True):
            found *= np.cos(pi / 2 * (one[:, None] - other[None]))
        return found**self.power


class MPSClassifier(ClassifierMixin, Learner):
    """A linear classifier in the space of all products of features, its weight a matrix product state.

    Each column is scaled to 0 … 1 and becomes a vector φ(x_i) of d numbers; their tensor product has d^n
    entries, one for each product of features. The weights f_l(x) = ⟨W_l, φ(x_1) ⊗ … ⊗ φ(x_n)⟩ are a chain of
    cores with bonds of size χ, with the label's index in the middle, and the probabilities are the softmax of
    f. Both halves of the chain are multiplied out at once, with norms kept apart as logarithms.

    **When not to use it**: on ordinary tables. A logistic regression is convex and takes milliseconds, and a
    support vector machine with the kernel ∏ cos(π(x_i − x′_i)/2) is the same model without the limit on the
    bond (both are its twins). It can pay off for many features that stand in a natural order, such as pixels
    or letters, where neighbours belong together and a kernel matrix would be too large. The columns' order
    matters.

    Parameters
    ----------
    bond : int, default 8
        χ, the size of the bonds.
    local_dimension : int, default 2
        d, the features of each column.
    max_iter : int, default 100
        Passes over the rows.
    learning_rate : float, default 0.02
        Of Adam.
    batch_size : int, default 256
        Rows of each step; all of them where there are fewer.
    alpha : float, default 1e-4
        Weight of the mean square of the cores' distance to their start in the loss.
    tol : float, default 1e-4
        Training stops when the loss was not better by this in ten passes.
    random_state : int, RandomState or None

    Attributes
    ----------
    classes_ : np.ndarray
        The labels.
    lower_, span_ : np.ndarray
        (features,): where 0 lies in each column, and how far from it 1.
    cores_ : Tensor
        (2, sites, d χ, χ) float64: both halves, from the ends to the middle.
    label_core_ : Tensor
        (classes, χ, χ).
    n_iter_ : int
        Passes made.
    loss_curve_ : list of float
        Mean loss of each pass.

    References
    ----------
    Stoudenmire, Schwab, "Supervised Learning with Tensor Networks" (NeurIPS 2016). They sweep over pairs of
    sites with a quadratic cost; here all cores learn at once by the gradient of the cross-entropy, as in
    Efthymiou et al., "TensorNetwork for Machine Learning" (2019).
    """

    task = "classification"
    twins = (
        Twin(
            "logistic",
            "logistic regression on the scaled columns, without products of them",
            lambda learner: make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=1000)),
        ),
        Twin(
            "kernel",
            "a support vector machine in the same space of products, without the limit on the bond",
            lambda learner: make_pipeline(
                MinMaxScaler(), SVC(kernel=CosineKernel(learner.local_dimension - 1))
            ),
        ),
    )

    def __init__(
        self,
        bond: int = 8,
        local_dimension: int = 2,
        max_iter: int = 100,
        learning_rate: float = 0.02,
        batch_size: int = 256,
        alpha: float = 1e-4,
        tol: float = 1e-4,
        random_state: Any = None,
    ) -> None:
        self.bond = bond
        self.local_dimension = local_dimension
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.alpha = alpha
        self.tol = tol
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return INSPIRED

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MPSClassifier:
        """Fit to rows (rows, features) and labels (rows,).

        Raises
        ------
        DataError
            For labels of one class only.
        ConfigError
            For settings out of range.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        weight = checked_weights(sample_weight, X)
        with self._fitting(X, y):
            # rows of weight 0 must not even move the scale
            X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
            self.classes_, codes = np.unique(y, return_inverse=True)
            if len(self.classes_) < 2:
                raise DataError(
                    f"MPSClassifier: the rows have {len(self.classes_)} class, and two are the least that "
                    "can be told apart"
                )
            self._scale(X)
            generator = torch.Generator().manual_seed(
                int(check_random_state(self.random_state).randint(2**31))
            )
            features = self._features(X)
            self._start(features, torch.from_numpy(weight), generator)
            self._train(features, torch.from_numpy(codes), torch.from_numpy(weight), generator)
            self.findings_["parameters"] = self.cores_.numel() + self.label_core_.numel()
        return self

    def _scale(self, X: np.ndarray) -> None:
        self.lower_, span = X.min(axis=0), np.ptp(X, axis=0)
        if len(X) > 1 and not span.all():
            columns = ", ".join(map(str, np.flatnonzero(span == 0)[:10]))
            warnings.warn(
                f"MPSClassifier: constant columns say nothing: {columns}", QualmsWarning, stacklevel=3
            )
        self.span_ = np.where(span > 0, span, 1.0)

    def _features(self, X: np.ndarray) -> Tensor:
        """(2, rows, sites, d): both halves of the columns, from the ends to the middle."""
        given = spin_features(torch.from_numpy((X - self.lower_) / self.span_), self._d)
        middle = (X.shape[1] + 1) // 2
        left, right = given[:, :middle], given[:, middle:].flip(1)
        if right.shape[1] < left.shape[1]:  # the shorter half begins with a site that always sees φ(0)
            always = torch.zeros_like(left[:, :1])
            always[:, :, 0] = 1
            right = torch.cat([always, right], 1)
        return torch.stack([left, right])

    @property
    def _d(self) -> int:
        return as_integer(self.local_dimension, "MPSClassifier: local_dimension=", 2)

    def _start(self, features: Tensor, weight: Tensor, generator: torch.Generator) -> None:
        """Cores near the identity, each divided by how much it lengthens the vectors of an average row."""
        bond = as_integer(self.bond, "MPSClassifier: bond=", 1)
        _, _, sites, d = features.shape
        cores = near_identity(2, sites, d, bond, _NOISE, generator)
        _, log_norms = multiplied(cores, features)
        growth = (log_norms @ weight) / weight.sum()
        self.cores_ = cores * torch.exp(-growth / sites)[:, None, None, None]
        shape = (len(self.classes_), bond, bond)
        self.label_core_ = _NOISE * torch.randn(shape, generator=generator, dtype=torch.float64)

    def _logits(self, features: Tensor, cores: Tensor, label_core: Tensor) -> Tensor:
        """f, (rows, classes)."""
        (left, right), log_norms = multiplied(cores, features)
        found = torch.einsum("ba,lac,bc->bl", left, label_core, right)
        return found * torch.exp(log_norms.sum(0))[:, None]

    def _train(self, features: Tensor, codes: Tensor, weight: Tensor, generator: torch.Generator) -> None:
        alpha, tol = as_real(self.alpha, "MPSClassifier: alpha="), as_real(self.tol, "MPSClassifier: tol=")
        passes = as_integer(self.max_iter, "MPSClassifier: max_iter=", 1)
        size = as_integer(self.batch_size, "MPSClassifier: batch_size=", 1)
        rate = as_real(self.learning_rate, "MPSClassifier: learning_rate=")
        if not rate > 0 or alpha < 0:
            raise ConfigError("MPSClassifier: learning_rate must be above 0, and alpha at least 0")
        starts = [self.cores_.clone(), torch.zeros_like(self.label_core_)]
        learned = [self.cores_.requires_grad_(), self.label_core_.requires_grad_()]
        optimizer = torch.optim.Adam(learned, rate)
        self.loss_curve_, best, since = list[float](), np.inf, 0
        weight = weight / weight.mean()
        for _ in range(passes):
            total, rows = 0.0, torch.randperm(len(codes), generator=generator)
            for part in rows.split(size) if len(rows) > size else [torch.arange(len(rows))]:
                each = F.cross_entropy(
                    self._logits(features[:, part], *learned), codes[part], reduction="none"
                )
                near = sum((now - start).square().mean() for now, start in zip(learned, starts, strict=True))
                loss = (each * weight[part]).mean() + alpha * near
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += float(loss.detach()) * len(part) / len(codes)
            self.loss_curve_.append(total)
            if not np.isfinite(total):
                raise ConfigError(
                    f"MPSClassifier: the loss is {total} after {len(self.loss_curve_)} passes; lower the "
                    f"learning_rate {rate}"
                )
            best, since = (total, 0) if total < best - tol else (best, since + 1)
            if since >= 10:
                break
        self.cores_, self.label_core_ = (value.detach() for value in learned)
        self.n_iter_ = len(self.loss_curve_)
        if since < 10 and passes > 1 and self.loss_curve_[-1] < best - tol:
            self.findings_["stopped early"] = "max_iter was reached while the loss was still falling"

    def decision_function(self, X: Any) -> np.ndarray:
        """f: (rows, classes); for two classes their difference, (rows,)."""
        found = self._f(X)
        return found[:, 1] - found[:, 0] if found.shape[1] == 2 else found

    def predict_proba(self, X: Any) -> np.ndarray:
        """Softmax of f, (rows, classes)."""
        found = self._f(X)
        odds = np.exp(found - found.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The label with the greatest f, (rows,)."""
        best = self._f(X).argmax(axis=1)
        return self.classes_[best]

    def _f(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        with torch.no_grad():
            return self._logits(self._features(X), self.cores_, self.label_core_).numpy()
