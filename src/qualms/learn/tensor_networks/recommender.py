"""Ratings of users, items and aspects by a tensor train, fitted by alternating least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, DataError
from qualms.learn.learner import Learner, checked_weights
from qualms.learn.tensor_networks.chain import INSPIRED
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin


class TensorTrainRecommender(RegressorMixin, Learner):
    """Regression on categories: a mean, an offset for each category, and a tensor train of all columns.

    For columns such as user, item and aspect the rating is
    ŷ = μ + a_u + b_i + c_t + G_1[u] G_2[i] G_3[t],
    where each category has a small matrix and the first and last column a vector. With two columns this is
    matrix factorisation. The squared error with the penalty `alpha` on all entries is a least-squares problem
    in each column's matrices while the others are held, one small system for each category, so that it falls
    with every step and needs no learning rate. Categories that were not seen in training get no offset and
    no product.

    **When not to use it**: with few ratings for each category: the offsets alone (its twin) are then as good,
    and must be beaten first. On columns of numbers: each value is a category of its own.

    Parameters
    ----------
    rank : int, default 2
        Size of the bonds; 0 leaves the offsets alone.
    alpha : float, default 10
        Penalty on the entries of the matrices, above 0; in units of one rating of variance 1.
    offset_alpha : float, default 3
        Penalty on the offsets, above 0.
    max_iter : int, default 50
        Rounds over all columns.
    tol : float, default 1e-5
        Training stops when a round lowers the loss by less than this share.
    random_state : int, RandomState or None
        Of the matrices at the start.

    Attributes
    ----------
    categories_ : list of np.ndarray
        Those of each column, sorted.
    mean_, scale_ : float
        μ, and the ratings' standard deviation.
    offsets_ : list of np.ndarray
        (categories,) of each column, in units of `scale_`.
    cores_ : list of np.ndarray
        (categories, r_k, r_{k+1}) of each column, in units of `scale_`; empty with rank 0.
    loss_curve_ : list of float
        Penalised mean square after each round.
    n_iter_ : int
        Rounds made.

    References
    ----------
    Holtz, Rohwedder, Schneider, "The Alternating Linear Scheme for Tensor Optimization in the Tensor Train
    Format", SIAM J. Sci. Comput. 34 (2012) A683; Koren, "Factorization Meets the Neighborhood" (KDD 2008)
    for the offsets.
    """

    task = "regression"
    twins = (
        Twin(
            "offsets",
            "a mean and an offset for each category, no products",
            lambda learner: clone(learner).set_params(rank=0),
        ),
    )

    def __init__(
        self,
        rank: int = 2,
        alpha: float = 10.0,
        offset_alpha: float = 3.0,
        max_iter: int = 50,
        tol: float = 1e-5,
        random_state: Any = None,
    ) -> None:
        self.rank = rank
        self.alpha = alpha
        self.offset_alpha = offset_alpha
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return INSPIRED

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = tags.input_tags.string = True
        tags.regressor_tags.poor_score = True  # numbers are categories to it
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TensorTrainRecommender:
        """Fit to categories (rows, columns), words or numbers, and ratings (rows,).

        Raises
        ------
        DataError
            For a column that mixes words and numbers.
        ConfigError
            For settings out of range.
        """
        X, y = validate_data(self, X, y, dtype=None, y_numeric=True)
        y = y.astype(np.float64)
        weight = checked_weights(sample_weight, X)
        with self._fitting(X, y):
            X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
            self.categories_ = [_sorted(X[:, k], k) for k in range(X.shape[1])]
            self.mean_ = float(np.average(y, weights=weight))
            self.scale_ = float(np.sqrt(np.average((y - self.mean_) ** 2, weights=weight))) or 1.0
            self._start(check_random_state(self.random_state))
            self._alternate(self._codes(X), (y - self.mean_) / self.scale_, weight)
            self.findings_["parameters"] = 1 + sum(part.size for part in (*self.offsets_, *self.cores_))
        return self

    def _start(self, random: np.random.RandomState) -> None:
        rank = as_integer(self.rank, "TensorTrainRecommender: rank=", 0)
        sizes = [len(found) for found in self.categories_]
        self.offsets_ = [np.zeros(size) for size in sizes]
        bonds = [1] + [rank] * (len(sizes) - 1) + [1]
        self.cores_ = (
            [random.normal(size=(size, bonds[k], bonds[k + 1])) * 0.5 for k, size in enumerate(sizes)]
            if rank and len(sizes) > 1  # of one column the offsets are all there is
            else []
        )

    def _alternate(self, codes: np.ndarray, y: np.ndarray, weight: np.ndarray) -> None:
        alpha, offset_alpha, tol = (
            as_real(getattr(self, name), f"TensorTrainRecommender: {name}=")
            for name in ("alpha", "offset_alpha", "tol")
        )
        if not alpha > 0 or not offset_alpha > 0:
            raise ConfigError(
                f"TensorTrainRecommender: alpha={alpha} and offset_alpha={offset_alpha} must be above 0, or "
                "categories of few ratings have no unique answer"
            )
        self.loss_curve_, columns = list[float](), range(codes.shape[1])
        for _ in range(as_integer(self.max_iter, "TensorTrainRecommender: max_iter=", 1)):
            product = self._product(codes)
            for k in columns:
                offsets = self.offsets_[k]
                left = y - product - self._offset(codes) + offsets[codes[:, k]]
                held = np.bincount(codes[:, k], weight, len(offsets)) + offset_alpha
                self.offsets_[k] = np.bincount(codes[:, k], weight * left, len(offsets)) / held
            target = y - self._offset(codes)
            for k in columns if self.cores_ else ():
                self.cores_[k] = self._solved(k, codes, target, weight, alpha)
            errors = target - self._product(codes)
            penalty = offset_alpha * sum(np.square(part).sum() for part in self.offsets_)
            penalty += alpha * sum(np.square(part).sum() for part in self.cores_)
            self.loss_curve_.append(float((weight @ errors**2 + penalty) / weight.sum()))
            last = self.loss_curve_[-2:]
            if len(last) == 2 and last[0] - last[1] <= tol * last[0]:
                break
        self.n_iter_ = len(self.loss_curve_)

    def _solved(
        self, k: int, codes: np.ndarray, target: np.ndarray, weight: np.ndarray, alpha: float
    ) -> np.ndarray:
        """The best matrices of column k while the others are held: a ridge regression for each category."""
        core = self.cores_[k]
        before = self._through(codes, range(k))
        after = self._through(codes, range(len(self.cores_) - 1, k, -1))
        rows = (before[:, :, None] * after[:, None, :]).reshape(len(codes), -1)
        features, level, count = rows.shape[1], codes[:, k], len(core)
        gram = np.empty((count, features, features))
        for a in range(features):  # one weighted count for each entry: nothing of rows × features² is made
            for b in range(a + 1):
                gram[:, a, b] = gram[:, b, a] = np.bincount(level, weight * rows[:, a] * rows[:, b], count)
        gram += alpha * np.eye(features)
        right = [np.bincount(level, weight * target * rows[:, a], count) for a in range(features)]
        return np.linalg.solve(gram, np.stack(right, 1)[..., None]).reshape(core.shape)

    def _through(self, codes: np.ndarray, columns: range) -> np.ndarray:
        """Product of the cores of some columns, from the end of the chain where they begin: (rows, bond)."""
        found = np.ones((len(codes), 1))
        for k in columns:
            here = np.where((codes[:, k] >= 0)[:, None, None], self.cores_[k][codes[:, k]], 0.0)
            here = here if columns.step > 0 else here.transpose(0, 2, 1)
            found = np.matmul(found[:, None], here)[:, 0]
        return found

    def _product(self, codes: np.ndarray) -> np.ndarray:
        if not self.cores_:
            return np.zeros(len(codes))
        return self._through(codes, range(len(self.cores_)))[:, 0]

    def _offset(self, codes: np.ndarray) -> np.ndarray:
        found = np.zeros(len(codes))
        for column, offsets in zip(codes.T, self.offsets_, strict=True):
            found += np.where(column >= 0, offsets[column], 0.0)
        return found

    def _codes(self, X: np.ndarray) -> np.ndarray:
        """The number of each entry's category, (rows, columns); −1 for those that were not seen."""
        found = np.empty(X.shape, dtype=np.int64)
        for k, known in enumerate(self.categories_):
            try:
                place = np.minimum(np.searchsorted(known, X[:, k]), len(known) - 1)
            except TypeError:
                raise DataError(
                    f"TensorTrainRecommender: column {k} has categories of another kind than those it was "
                    f"fitted on, such as {known[0]!r}"
                ) from None
            found[:, k] = np.where(known[place] == X[:, k], place, -1)
        return found

    def predict(self, X: Any) -> np.ndarray:
        """Ratings of (rows, columns) categories, (rows,). Raises DataError for numbers in place of words."""
        check_is_fitted(self)
        codes = self._codes(validate_data(self, X, dtype=None, reset=False))
        return self.mean_ + self.scale_ * (self._offset(codes) + self._product(codes))


def _sorted(column: np.ndarray, k: int) -> np.ndarray:
    try:
        return np.unique(column)
    except TypeError:
        raise DataError(
            f"TensorTrainRecommender: column {k} mixes words and numbers; write all of its categories alike"
        ) from None
