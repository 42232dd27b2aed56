"""Regression with a quantum kernel: kernel ridge regression, or support vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from qualms.backends.protocol import Backend
from qualms.errors import ConfigError
from qualms.learn.kernel.alignment import target_alignment
from qualms.learn.kernel.base import SEARCH_ROWS, KernelLearner, candidates
from qualms.learn.kernel.feature_maps import FeatureMap
from qualms.learn.kernel.machines import left_out_errors, nystroem, ridge, support_vector_regression
from qualms.learn.kernel.measured import to_landmarks
from qualms.learn.kernel.rows import folds_of, merged, sample_of
from qualms.learn.learner import checked_weights

METHODS = ("ridge", "svr")
ALPHAS = tuple(10.0**k for k in range(-4, 2))
PENALTIES = (1.0, 10.0, 100.0)
_FOLDS = 5


class QuantumKernelRegressor(RegressorMixin, KernelLearner):
    """Kernel ridge regression, or support vector regression, on a quantum kernel.

    The target is standardised inside, so that `alpha`, `C` and `epsilon` mean the same for targets of any
    size. Equal rows with equal targets are merged, so a weight is the same as repetitions.

    **When not to use it**: as a first choice, for the reasons that `QuantumKernelClassifier` gives; gradient
    boosting and a Gaussian process with an RBF kernel are hard to beat on tables. Quantum kernels are
    trigonometric polynomials of their inputs: they repeat themselves outside of the training range and do
    not extrapolate.

    Parameters
    ----------
    kernel, feature_map, repeats, entangling, paulis, bandwidth, gamma, decay, n_qubits, reduction
        The kernel, and what stands before it; see `qualms.learn.kernel.base.KernelLearner`.
    n_landmarks, backend, shots, max_circuits, random_state
        How it is computed; see there. Landmarks go with the method "ridge".
    method : str, default "ridge"
        "ridge" or "svr".
    alpha : "auto", float or sequence of float, default "auto"
        Of the ridge; "auto" searches 10⁻⁴ … 10 by the exact error of left-out rows.
    C : "auto", float or sequence of float, default "auto"
        Of the support vectors; "auto" searches 1, 10 and 100 by cross-validation.
    epsilon : float, default 0.1
        Of the support vectors, in standard deviations of the target.

    Attributes
    ----------
    bandwidth_ : float
        What was chosen.
    penalty_ : float
        The alpha or C that was chosen.
    anchors_ : np.ndarray
        (anchors, inputs): the prepared rows that predictions are compared with.
    coefficients_ : np.ndarray
        (anchors,).
    intercept_ : float
        What is added.
    findings_ : dict
        The search, the nearest RBF kernel, the concentration, a repair of eigenvalues.

    Examples
    --------
    >>> from qualms.learn import QuantumKernelRegressor
    >>> model = QuantumKernelRegressor(bandwidth=0.5, alpha=1e-3).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    >>> model.predict([[1.0]]).round(1).tolist()
    [1.0]
    """

    task = "regression"
    _searchable = ("bandwidth", "alpha or C")
    coefficients_: np.ndarray
    intercept_: float

    def __init__(
        self,
        *,
        kernel: str = "fidelity",
        feature_map: str = "zz",
        repeats: int | None = None,
        entangling: bool = True,
        paulis: Sequence[str] = ("Z", "YY"),
        bandwidth: str | float | Sequence[float] = "auto",
        gamma: str | float = "scale",
        decay: float = 0.5,
        method: str = "ridge",
        alpha: str | float | Sequence[float] = "auto",
        C: str | float | Sequence[float] = "auto",
        epsilon: float = 0.1,
        n_qubits: int | None = None,
        reduction: str | None = None,
        n_landmarks: int | None = None,
        backend: str | Backend | None = None,
        shots: int | None = None,
        max_circuits: int | None = 100_000,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        super().__init__(
            kernel=kernel,
            feature_map=feature_map,
            repeats=repeats,
            entangling=entangling,
            paulis=paulis,
            bandwidth=bandwidth,
            gamma=gamma,
            decay=decay,
            n_qubits=n_qubits,
            reduction=reduction,
            n_landmarks=n_landmarks,
            backend=backend,
            shots=shots,
            max_circuits=max_circuits,
            random_state=random_state,
        )
        self.method = method
        self.alpha = alpha
        self.C = C
        self.epsilon = epsilon

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> QuantumKernelRegressor:
        """Fit the machine, after a search of bandwidth and penalty on these rows.

        Parameters
        ----------
        X : array-like
            (rows, features).
        y : array-like
            (rows,) numbers.
        sample_weight : array-like, optional
            (rows,), not negative.

        Returns
        -------
        QuantumKernelRegressor
            Itself.

        Raises
        ------
        ConfigError
            For settings that cannot be honoured, and more features than qubits without a reduction.
        TooLargeError, BudgetError
            Where memory or the number of circuits does not suffice, before the work.
        """
        self._check_settings()
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        weight = checked_weights(sample_weight, X)
        if not (weight > 0).any():
            raise ConfigError(f"{type(self).__name__}: every row has the weight 0")
        backend = self._runs_on()
        with self._fitting(X, y, backend):
            self._fit(X, np.asarray(y, np.float64), weight, backend)
        return self

    def _check_settings(self) -> None:
        super()._check_settings()
        where = type(self).__name__
        if self.method not in METHODS:
            raise ConfigError(f"{where}: method={self.method!r} is unknown; choose {' or '.join(METHODS)}")
        if self.method == "svr" and self.n_landmarks is not None:
            raise ConfigError(f"{where}: landmarks go with method='ridge'")
        # both penalties, also the one that the other method would use
        candidates(self.alpha, ALPHAS, f"{where}: alpha")
        candidates(self.C, PENALTIES, f"{where}: C")

    def _fit(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray, backend: Backend) -> None:
        random = check_random_state(self.random_state)
        X, y, weight = merged(X, y, weight)
        self._check_plan(backend, len(X), self._inputs(X.shape[1]))
        Z = self._prepare(X, weight)
        share = weight / weight.sum()
        mean = float(share @ y)
        size = float(np.sqrt(share @ (y - mean) ** 2)) or 1.0
        target = (y - mean) / size
        map_ = self._map(Z.shape[1])
        self._search(Z, target, weight, map_, backend, random)
        if self.n_landmarks is not None and self.n_landmarks < len(Z):
            self._fit_landmarks(Z, target, weight, map_, backend, random)
        else:
            self._fit_all(Z, target, weight, map_, backend)
        self.coefficients_ = self.coefficients_ * size
        self.intercept_ = self.intercept_ * size + mean

    def _search(
        self,
        Z: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """Sets `bandwidth_` and `penalty_`."""
        by_ridge = self.method == "ridge"
        given, default = (self.alpha, ALPHAS) if by_ridge else (self.C, PENALTIES)
        name = "alpha" if by_ridge else "C"
        penalties = candidates(given, default, f"{type(self).__name__}: {name}")
        bandwidths = self._bandwidths()
        some = sample_of(len(Z), SEARCH_ROWS, random, None)
        folds = folds_of(len(some), _FOLDS, random, None)
        if len(bandwidths) == len(penalties) == 1 or folds is None:
            # a single row leaves nothing to be held out
            self.bandwidth_, self.penalty_ = bandwidths[len(bandwidths) // 2], penalties[0]
            return
        Z, y, weight = Z[some], y[some], weight[some]
        table = []
        for bandwidth, K in self._searched(Z, map_, backend, weight):
            if by_ridge:
                errors = left_out_errors(K, y, np.array(penalties), weight)
            else:
                errors = np.array([self._error(K, y, weight, folds, C) for C in penalties])
            best = int(np.argmin(errors))
            table.append(
                {
                    "bandwidth": bandwidth,
                    "alignment": target_alignment(K, y[:, None], weight),
                    "error": float(errors[best]),
                    name: penalties[best],
                }
            )
        chosen = min(table, key=lambda row: row["error"])
        self.bandwidth_, self.penalty_ = chosen["bandwidth"], chosen[name]
        self.findings_["search"] = {
            "by": "left-out rows" if by_ridge else "cross-validation",
            "rows": len(some),
            "evaluations": len(bandwidths) * len(penalties),
            "table": table,
        }

    def _error(self, K: np.ndarray, y: np.ndarray, weight: np.ndarray, folds: np.ndarray, C: float) -> float:
        """Weighted mean squared error of support vectors on held-out folds."""
        found = np.empty(len(y))
        for fold in range(folds.max() + 1):
            inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            coefficients, intercept = support_vector_regression(
                K[np.ix_(inside, inside)], y[inside], C, self.epsilon, weight[inside]
            )
            found[outside] = K[np.ix_(outside, inside)] @ coefficients + intercept
        return float(weight @ (found - y) ** 2 / weight.sum())

    def _fit_all(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray, map_: FeatureMap | None, backend: Backend
    ) -> None:
        """The machine on the kernel between all rows."""
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        measured = kernel.square(represented)
        K, projector = self._positive(measured, backend)
        if self.method == "ridge":
            coefficients, self.intercept_ = ridge(K, y, self.penalty_, weight), 0.0
        else:
            coefficients, self.intercept_ = support_vector_regression(
                K, y, self.penalty_, self.epsilon, weight
            )
        if projector is not None:
            coefficients = projector @ coefficients
        kept = coefficients != 0
        self.anchors_, self.coefficients_ = Z[kept], coefficients[kept]
        self._describe(kernel, map_, backend, Z, represented, measured, weight)
        self._align(K, y, weight)

    def _fit_landmarks(
        self,
        Z: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """Ridge regression on Nyström features."""
        assert self.n_landmarks is not None
        chosen = sample_of(len(Z), self.n_landmarks, random, None)
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        among, columns = to_landmarks(kernel, represented, chosen)
        K, _ = self._positive(among, backend)
        root = nystroem(K)
        features = columns @ root
        inner = (features.T * weight) @ features + self.penalty_ * np.eye(root.shape[1])
        slopes = np.linalg.solve(inner, features.T @ (weight * y))
        self.anchors_, self.coefficients_, self.intercept_ = Z[chosen], root @ slopes, 0.0
        self._describe(kernel, map_, backend, Z[chosen], represented[chosen], among, weight[chosen])
        self._align(K, y[chosen], weight[chosen])
        self.findings_["landmarks"] = {"rows": len(chosen), "rank": root.shape[1]}

    def _align(self, K: np.ndarray, y: np.ndarray, weight: np.ndarray) -> None:
        some = sample_of(len(K), SEARCH_ROWS, np.random.RandomState(0), None)
        self.findings_["target_alignment"] = target_alignment(
            K[np.ix_(some, some)], y[some, None], weight[some]
        )

    def predict(self, X: Any) -> np.ndarray:
        """Numbers, (rows,) float64."""
        found: np.ndarray = self._to_anchors(X) @ self.coefficients_ + self.intercept_
        return found
