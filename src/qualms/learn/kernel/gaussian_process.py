"""A Gaussian process whose covariance is a quantum kernel."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from qualms.backends.protocol import Backend
from qualms.errors import ConfigError, QualmsWarning
from qualms.learn.kernel.alignment import target_alignment
from qualms.learn.kernel.base import SEARCH_ROWS, KernelLearner
from qualms.learn.kernel.feature_maps import FeatureMap
from qualms.learn.kernel.measured import kernel_on
from qualms.learn.kernel.rows import sample_of

_LEAST_NOISE, _MOST_NOISE = 1e-8, 1e4  # in units of the covariance's size


class QuantumGaussianProcessRegressor(RegressorMixin, KernelLearner):
    """Gaussian process regression with a quantum kernel as its covariance.

    The model is y = mean + f(x) + noise, f with covariance size · k(x, x′). Bandwidth, size and noise are
    those of the largest marginal likelihood; the size has a formula, the noise is a search in one dimension.

    **When not to use it**: for more than some thousand rows, because it factorises a matrix of rows × rows;
    to extrapolate; and as a first choice, for the reasons that `QuantumKernelClassifier` gives. Where a
    fidelity kernel is concentrated, all rows are equally far from each other and the process predicts the
    mean everywhere. A kernel that was measured with few shots makes the standard deviations unreliable.

    Parameters
    ----------
    kernel, feature_map, repeats, entangling, paulis, bandwidth, gamma, decay, n_qubits, reduction
        The kernel, and what stands before it; see `qualms.learn.kernel.base.KernelLearner`.
    noise : "auto" or float, default "auto"
        Variance of the noise, as a share of `size_`; "auto" takes the likeliest between 10⁻⁸ and 10⁴.
    backend, shots, max_circuits, random_state
        How the kernel is computed; see `KernelLearner`.

    Attributes
    ----------
    bandwidth_ : float
        What was chosen.
    size_, noise_ : float
        Variance of f, and of the noise, in the target's unit squared.
    log_likelihood_ : float
        Log marginal likelihood of the training targets, in nats.
    anchors_ : np.ndarray
        (rows, inputs), prepared.
    coefficients_ : np.ndarray
        (rows,).
    factor_ : np.ndarray
        (rows, rows): Cholesky factor of the covariance divided by `size_`.
    findings_ : dict
        The search, the nearest RBF kernel, the concentration, a repair of eigenvalues.

    References
    ----------
    Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), sections 2.2 and 5.4.1.

    Examples
    --------
    >>> from qualms.learn import QuantumGaussianProcessRegressor
    >>> model = QuantumGaussianProcessRegressor(bandwidth=0.5).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    >>> mean, std = model.predict([[1.0], [3.0]], return_std=True)
    >>> bool(std[0] < std[1])
    True
    """

    task = "regression"

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
        noise: str | float = "auto",
        n_qubits: int | None = None,
        reduction: str | None = None,
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
            backend=backend,
            shots=shots,
            max_circuits=max_circuits,
            random_state=random_state,
        )
        self.noise = noise

    def fit(self, X: Any, y: Any) -> QuantumGaussianProcessRegressor:
        """Fit covariance and noise, then factorise.

        Parameters
        ----------
        X : array-like
            (rows, features).
        y : array-like
            (rows,) numbers.

        Returns
        -------
        QuantumGaussianProcessRegressor
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
        backend = self._runs_on()
        with self._fitting(X, y, backend):
            self._fit(X, np.asarray(y, np.float64), backend)
        return self

    def _fit(self, X: np.ndarray, y: np.ndarray, backend: Backend) -> None:
        random = check_random_state(self.random_state)
        self._check_plan(backend, len(X), self._inputs(X.shape[1]))
        weight = np.ones(len(X))
        Z = self._prepare(X, weight)
        self.mean_ = float(y.mean())
        target = y - self.mean_
        map_ = self._map(Z.shape[1])
        self._search(Z, target, map_, backend, random)
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        measured = kernel.square(represented)
        K, projector = self._positive(measured, backend)
        self.log_likelihood_, share, self.size_ = likelihood(K, target, self._noise())
        self.noise_ = share * self.size_
        self.factor_ = np.ascontiguousarray(cholesky(K + share * np.eye(len(K)), lower=True))
        half = solve_triangular(self.factor_, target, lower=True)
        coefficients = solve_triangular(self.factor_, half, lower=True, trans=1)
        self.coefficients_ = coefficients if projector is None else projector @ coefficients
        self.projector_ = None if projector is None else np.ascontiguousarray(projector)
        self.anchors_ = Z
        self._describe(kernel, map_, backend, Z, represented, measured, weight)
        some = sample_of(len(K), SEARCH_ROWS, np.random.RandomState(0), None)
        self.findings_["target_alignment"] = target_alignment(
            K[np.ix_(some, some)], target[some, None], weight[some]
        )
        self.findings_["log_likelihood"] = self.log_likelihood_

    def _noise(self) -> float | None:
        known = self.noise == "auto" if isinstance(self.noise, str) else 0 < self.noise < np.inf
        if not known:
            raise ConfigError(
                f"{type(self).__name__}: noise={self.noise!r}; give 'auto' or a positive number"
            )
        return None if isinstance(self.noise, str) else float(self.noise)

    def _search(
        self,
        Z: np.ndarray,
        target: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """Sets `bandwidth_`."""
        bandwidths, noise = self._bandwidths(), self._noise()
        if len(bandwidths) == 1:
            self.bandwidth_ = bandwidths[0]
            return
        some = sample_of(len(Z), SEARCH_ROWS, random, None)
        weight = np.ones(len(some))
        table = [
            {
                "bandwidth": bandwidth,
                "alignment": target_alignment(K, target[some, None], weight),
                "log_likelihood": likelihood(K, target[some], noise)[0],
            }
            for bandwidth, K in self._searched(Z[some], map_, backend, weight)
        ]
        self.bandwidth_ = max(table, key=lambda row: row["log_likelihood"])["bandwidth"]
        self.findings_["search"] = {
            "by": "marginal likelihood",
            "rows": len(some),
            "evaluations": len(bandwidths),
            "table": table,
        }

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Means of new observations, and their standard deviations.

        Parameters
        ----------
        X : array-like
            (rows, features).
        return_std : bool, default False
            Whether standard deviations are wanted; they contain the noise.

        Returns
        -------
        mean : np.ndarray
            (rows,) float64.
        std : np.ndarray
            (rows,), only if wanted.
        """
        K = self._to_anchors(X)
        mean = self.mean_ + K @ self.coefficients_
        if not return_std:
            return mean
        projected = K if self.projector_ is None else K @ self.projector_
        half = solve_triangular(self.factor_, projected.T, lower=True)
        left = self._own(X) - np.einsum("ar,ar->r", half, half)
        if left.min(initial=0.0) < -1e-6:
            warnings.warn(
                f"{type(self).__name__}: {int((left < -1e-6).sum())} rows have a negative variance, because "
                "their kernel was measured with few shots; 0 was taken",
                QualmsWarning,
                stacklevel=2,
            )
        return mean, np.sqrt(self.size_ * np.maximum(left, 0) + self.noise_)

    def _own(self, X: Any) -> np.ndarray:
        """The kernel of each row with itself."""
        Z = self._prepared(X)
        if self.kernel != "hamming":
            return np.ones(len(Z))
        kernel = kernel_on(
            self._runs_on(), self.kernel, self._map(Z.shape[1]), self.bandwidth_, None, self.decay
        )
        return kernel.diagonal(kernel.represent(Z))


def likelihood(K: np.ndarray, y: np.ndarray, noise: float | None) -> tuple[float, float, float]:
    """The largest log marginal likelihood of targets with mean 0 under covariance size · (K + noise · 1).

    Parameters
    ----------
    K : np.ndarray
        (rows, rows), positive semidefinite.
    y : np.ndarray
        (rows,).
    noise : float or None
        None for the likeliest.

    Returns
    -------
    log_likelihood, noise, size : float
        In nats; the size is yᵀ(K + noise)⁻¹y / rows.
    """
    values, vectors = np.linalg.eigh(K)
    values, squares = np.maximum(values, 0), (vectors.T @ y) ** 2
    if not squares.any():  # a constant target: any size is too large, and the prediction is the mean
        return 0.0, 1.0 if noise is None else noise, 0.0

    def loss(log_noise: float) -> float:
        scaled = values + np.exp(log_noise)
        size = (squares / scaled).mean()
        return float(len(y) * (np.log(2 * np.pi * size) + 1) + np.log(scaled).sum()) / 2

    if noise is None:
        grid = np.linspace(np.log(_LEAST_NOISE), np.log(_MOST_NOISE), 25)
        best = int(np.argmin([loss(g) for g in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
        log_noise = float(found.x) if found.fun < loss(grid[best]) else float(grid[best])
    else:
        log_noise = float(np.log(noise))
    size = float((squares / (values + np.exp(log_noise))).mean())
    return -loss(log_noise), float(np.exp(log_noise)), size
