"""Ridge regression whose linear system is solved by HHL."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.data.numbers import as_real
from qualms.errors import ConfigError
from qualms.learn.learner import Learner, checked_weights
from qualms.learn.linear_systems.hhl import HHLResult, hhl
from qualms.learn.linear_systems.system import MAX_CONDITION
from qualms.learn.preparation import prepare
from qualms.records.twin import Twin

_WIDE = 1024  # features: with more of them than rows, the system over the rows is solved


class QuantumRidge(RegressorMixin, Learner):
    """Ridge regression by the algorithm of Harrow, Hassidim and Lloyd, simulated exactly.

    Columns are standardised. Then (ZᵀZ + αI) w = Zᵀy is solved by `qualms.learn.hhl`, with as many unknowns
    as features; with more than 1,024 features and fewer rows, (ZZᵀ + αI) a = y is, and w = Zᵀa. The weights
    differ from those of an exact ridge regression by the finite resolution of phase estimation, which
    `findings_` tells.

    When not to use it: to fit a ridge regression. Its twins give exact weights in far less time, on every
    computer that there is. It shows what HHL would have to deliver for a regression, and what that would take
    on a device: every row has to be loaded into a state again in every run, and reading the weights takes
    more runs than there are weights, by a factor of the condition number and the square of the precision. All
    of that is in `findings_`.

    Parameters
    ----------
    alpha : float, default 1.0
        Strength of the penalty on squared weights of standardised columns; not negative.
    clock_qubits : int, optional
        Qubits of phase estimation; default as many as the condition number needs.
    method : "model" or "circuit"
        As in `hhl`: amplitudes in closed form, or the whole circuit of few qubits.
    read_error : float, default 0.01
        The relative error of reading the weights that the number of runs in `findings_` is for. The fit uses
        the simulated amplitudes and is not disturbed by reading.
    max_condition : float, default 1e5
        A larger condition number is refused: set a larger `alpha` then.

    Attributes
    ----------
    coef_ : np.ndarray
        (n_features,), by unit of the columns.
    intercept_ : float
    findings_ : dict
        unknowns, condition_number, clock_qubits, qubits, success_probability, fidelity, relative_error (of
        the weights against the exact ones), runs_to_read, cg_iterations and cg_flops; "nothing to solve"
        alone where the target does not depend on any column.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    References
    ----------
    Harrow, Hassidim, Lloyd, "Quantum algorithm for linear systems of equations" (2009); for regression:
    Wiebe, Braun, Lloyd, "Quantum algorithm for data fitting" (2012).
    """

    task = "regression"
    twins = (
        Twin(
            "ridge",
            "scikit-learn's ridge regression with the same penalty, solved by Cholesky factors",
            lambda learner: make_pipeline(StandardScaler(), Ridge(learner.alpha, solver="cholesky")),
        ),
        Twin(
            "cg",
            "scikit-learn's ridge regression with the same penalty, solved by conjugate gradient",
            lambda learner: make_pipeline(StandardScaler(), Ridge(learner.alpha, solver="sparse_cg")),
        ),
    )

    def __init__(
        self,
        alpha: float = 1.0,
        clock_qubits: int | None = None,
        method: Literal["model", "circuit"] = "model",
        read_error: float = 0.01,
        max_condition: float = MAX_CONDITION,
    ) -> None:
        self.alpha = alpha
        self.clock_qubits = clock_qubits
        self.method = method
        self.read_error = read_error
        self.max_condition = max_condition

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> QuantumRidge:
        """Fit the weights.

        Parameters
        ----------
        X : array
            (n_samples, n_features).
        y : array
            (n_samples,) numbers.
        sample_weight : array, optional
            (n_samples,); a row of weight 2 counts as two rows.

        Raises
        ------
        ConfigError
            For a negative alpha, and a system that HHL cannot solve; see `hhl`.
        """
        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        weight = checked_weights(sample_weight, X)
        alpha = as_real(self.alpha, "QuantumRidge: alpha=")
        if alpha < 0:
            raise ConfigError(f"QuantumRidge: alpha={alpha} must not be negative")
        if not weight.any():
            raise ConfigError("QuantumRidge: all rows have weight 0; give one of them a positive weight")
        with self._fitting(X, y):
            prepared = prepare(X, None, None, "QuantumRidge", weight)
            mean = float(np.average(y, weights=weight))
            root = np.sqrt(weight)[:, None]
            weights = self._weights(prepared(X) * root, (y - mean) * root[:, 0], alpha)
            self.coef_ = weights / prepared.scale
            self.intercept_ = mean - float(prepared.centre @ self.coef_)
        return self

    def _weights(self, Z: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
        """Weights of standardised columns, (n_features,)."""
        if Z.shape[1] > max(_WIDE, len(Z)):
            matrix, right = Z @ Z.T, y
        else:
            matrix, right = Z.T @ Z, Z.T @ y
        if not np.any(right):
            self.findings_ = {"nothing to solve": "the target does not depend on any column"}
            return np.zeros(Z.shape[1])
        matrix[np.diag_indices_from(matrix)] += alpha
        result = hhl(
            matrix,
            right,
            self.clock_qubits,
            method=self.method,
            read_error=self.read_error,
            max_condition=self.max_condition,
        )
        self.findings_ = _findings(result)
        return result.solution if matrix.shape[0] == Z.shape[1] else Z.T @ result.solution

    def predict(self, X: Any) -> np.ndarray:
        """Predicted numbers, (n_samples,).

        Parameters
        ----------
        X : array
            (n_samples, n_features).
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        predicted: np.ndarray = X @ self.coef_ + self.intercept_
        return predicted


def _findings(result: HHLResult) -> dict[str, Any]:
    return {
        "unknowns": result.system.size,
        "condition_number": result.condition_number,
        "clock_qubits": result.clock_qubits,
        "qubits": result.resources.qubits,
        "success_probability": result.success_probability,
        "fidelity": result.fidelity,
        "relative_error": result.relative_error,
        "runs_to_read": result.resources.runs_to_read,
        "cg_iterations": result.classical.iterations,
        "cg_flops": result.classical.flops,
    }
