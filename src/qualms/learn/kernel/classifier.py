"""Support vector classification with a quantum kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from qualms.backends.protocol import Backend
from qualms.errors import ConfigError, DataError
from qualms.learn.kernel.alignment import target_alignment
from qualms.learn.kernel.base import SEARCH_ROWS, KernelLearner, candidates
from qualms.learn.kernel.calibration import Decide, held_out, log_odds
from qualms.learn.kernel.feature_maps import FeatureMap
from qualms.learn.kernel.machines import (
    linear_machines,
    nystroem,
    support_vectors,
)
from qualms.learn.kernel.measured import to_landmarks
from qualms.learn.kernel.rows import folds_of, merged, sample_of
from qualms.learn.learner import checked_weights

PENALTIES = (1.0, 10.0, 100.0, 1000.0)
_FOLDS = 5
TUNING = ("cross-validation", "alignment")


class QuantumKernelClassifier(ClassifierMixin, KernelLearner):
    """Support vector classification on a quantum kernel.

    Several classes are told apart one against the others. Equal rows are merged, so a weight is the same as
    repetitions. What is kept are the support rows and their coefficients, no machine of scikit-learn.

    **When not to use it**: as a first choice. On every public benchmark so far an RBF kernel of the same
    tuning does as well (Bowles et al. 2024), and with a small bandwidth the quantum kernel becomes one
    (Slattery et al. 2023); `summary` tells how near it is. The exact simulation takes 2ⁿ amplitudes for each
    row, so that many entangled qubits are out of reach; on a device the fidelity kernel takes a circuit for
    every pair of rows, and with many qubits its entries concentrate and cannot be told apart.

    Parameters
    ----------
    kernel, feature_map, repeats, entangling, paulis, bandwidth, gamma, decay, n_qubits, reduction
        The kernel, and what stands before it; see `qualms.learn.kernel.base.KernelLearner`.
    n_landmarks, backend, shots, max_circuits, random_state
        How it is computed; see there. With landmarks, the machine is linear, with squared hinge loss.
    C : "auto", float or sequence of float, default "auto"
        Weight of errors; "auto" searches 1, 10, 100 and 1000.
    tuning : str, default "cross-validation"
        What a search goes by, on at most 400 of the training rows: "cross-validation", the accuracy in five
        folds, or "alignment", the centred kernel-target alignment, after which C is chosen by
        cross-validation.
    class_weight : "balanced", mapping or None
        As in scikit-learn.
    probability : bool, default False
        Fit Platt's sigmoid to decisions on held-out folds, for `predict_proba`; decisions are then log-odds.

    Attributes
    ----------
    classes_ : np.ndarray
        Labels in order.
    bandwidth_, C_ : float
        What was chosen.
    anchors_ : np.ndarray
        (anchors, inputs): the prepared support rows or landmarks.
    coefficients_, intercept_ : np.ndarray
        (anchors, m) and (m,), m = 1 for two classes.
    findings_ : dict
        The search, the nearest RBF kernel, the concentration, a repair of eigenvalues.

    Examples
    --------
    >>> from qualms.learn import QuantumKernelClassifier
    >>> model = QuantumKernelClassifier(bandwidth=0.5, C=1.0).fit([[0.0], [0.2], [1.8], [2.0]], list("aabb"))
    >>> model.predict([[0.1], [1.9]]).tolist()
    ['a', 'b']
    """

    task = "classification"
    _searchable = ("bandwidth", "C")

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
        C: str | float | Sequence[float] = "auto",
        tuning: str = "cross-validation",
        class_weight: str | Mapping[Any, float] | None = None,
        probability: bool = False,
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
        self.C = C
        self.tuning = tuning
        self.class_weight = class_weight
        self.probability = probability

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> QuantumKernelClassifier:
        """Fit the machine, after a search of bandwidth and C on these rows.

        Parameters
        ----------
        X : array-like
            (rows, features).
        y : array-like
            (rows,) labels of at least two classes.
        sample_weight : array-like, optional
            (rows,), not negative.

        Returns
        -------
        QuantumKernelClassifier
            Itself.

        Raises
        ------
        ConfigError
            For settings that cannot be honoured, and more features than qubits without a reduction.
        DataError
            For one class.
        TooLargeError, BudgetError
            Where memory or the number of circuits does not suffice, before the work.
        """
        self._check_settings()
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        weight = checked_weights(sample_weight, X)
        encoder = LabelEncoder().fit(y)
        labels = encoder.transform(y)
        if len(np.unique(labels[weight > 0])) < 2 or len(encoder.classes_) < 2:
            raise DataError(f"{type(self).__name__}: only one class is there, and it takes at least two")
        self.classes_ = encoder.classes_
        backend = self._runs_on()
        with self._fitting(X, y, backend):
            self._fit(X, labels, weight, backend)
        return self

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.tuning not in TUNING:
            raise ConfigError(f"tuning={self.tuning!r} is unknown; choose {' or '.join(TUNING)}")

    def _fit(self, X: np.ndarray, labels: np.ndarray, weight: np.ndarray, backend: Backend) -> None:
        random = check_random_state(self.random_state)
        X, labels, weight = merged(X, labels, weight)
        used, labels = np.unique(labels, return_inverse=True)
        self.classes_ = self.classes_[used]
        self._check_plan(backend, len(X), self._inputs(X.shape[1]))
        Z = self._prepare(X, weight)
        weight = weight * self._class_weights(labels, weight)
        map_ = self._map(Z.shape[1])
        self._search(Z, labels, weight, map_, backend, random)
        if self.n_landmarks is not None and self.n_landmarks < len(Z):
            self._fit_landmarks(Z, labels, weight, map_, backend, random)
        else:
            self._fit_all(Z, labels, weight, map_, backend, random)

    def _class_weights(self, labels: np.ndarray, weight: np.ndarray) -> np.ndarray:
        if self.class_weight is None:
            return np.ones(len(labels))
        given = self.classes_[labels]
        found = compute_class_weight(self.class_weight, classes=self.classes_, y=given, sample_weight=weight)
        return np.asarray(found, float)[labels]

    def _search(
        self,
        Z: np.ndarray,
        labels: np.ndarray,
        weight: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """Sets `bandwidth_` and `C_`."""
        penalties = candidates(self.C, PENALTIES, f"{type(self).__name__}: C")
        bandwidths = self._bandwidths()
        some = sample_of(len(Z), SEARCH_ROWS, random, labels)
        folds = folds_of(len(some), _FOLDS, random, labels[some])
        if len(bandwidths) == len(penalties) == 1:
            self.bandwidth_, self.C_ = bandwidths[0], penalties[0]
            return
        Z, labels, weight = Z[some], labels[some], weight[some]
        targets = np.eye(len(self.classes_))[labels]
        table = []
        for bandwidth, K in self._searched(Z, map_, backend, weight):
            scores = [
                float("nan") if folds is None else self._accuracy(K, labels, weight, folds, C)
                for C in penalties
            ]
            best = 0 if folds is None else int(np.argmax(scores))
            table.append(
                {
                    "bandwidth": bandwidth,
                    "alignment": target_alignment(K, targets, weight),
                    "accuracy": scores[best],
                    "C": penalties[best],
                }
            )
        by_alignment = folds is None or self.tuning == "alignment"
        chosen = max(
            table, key=lambda row: (0.0 if by_alignment else round(row["accuracy"], 9), row["alignment"])
        )
        self.bandwidth_, self.C_ = chosen["bandwidth"], chosen["C"]
        self.findings_["search"] = {
            "by": "alignment" if by_alignment else "cross-validation",
            "rows": len(some),
            "evaluations": len(bandwidths) * len(penalties),
            "table": table,
        }

    def _accuracy(
        self, K: np.ndarray, labels: np.ndarray, weight: np.ndarray, folds: np.ndarray, C: float
    ) -> float:
        """Weighted share of right answers on held-out folds."""
        decisions = held_out(self._machines(K, labels, weight, C), folds)
        return float(weight @ (_chosen(decisions) == labels) / weight.sum())

    def _machines(self, K: np.ndarray, labels: np.ndarray, weight: np.ndarray, C: float) -> Decide:
        def decide(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
            coefficients, intercept = support_vectors(
                K[np.ix_(inside, inside)], labels[inside], len(self.classes_), C, weight[inside]
            )
            return K[np.ix_(outside, inside)] @ coefficients + intercept

        return decide

    def _fit_all(
        self,
        Z: np.ndarray,
        labels: np.ndarray,
        weight: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """The machine on the kernel between all rows."""
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        measured = kernel.square(represented)
        K, projector = self._positive(measured, backend)
        coefficients, self.intercept_ = support_vectors(K, labels, len(self.classes_), self.C_, weight)
        if projector is not None:
            coefficients = projector @ coefficients
        kept = np.any(coefficients != 0, axis=1)
        self.anchors_, self.coefficients_ = Z[kept], coefficients[kept]
        self._describe(kernel, map_, backend, Z, represented, measured, weight)
        self._align(K, labels, weight)
        self.findings_["support_rows"] = int(kept.sum())
        if self.probability:
            self._calibrate(self._machines(K, labels, weight, self.C_), labels, weight, random)

    def _fit_landmarks(
        self,
        Z: np.ndarray,
        labels: np.ndarray,
        weight: np.ndarray,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """A linear machine on Nyström features."""
        assert self.n_landmarks is not None
        chosen = sample_of(len(Z), self.n_landmarks, random, labels)
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        among, columns = to_landmarks(kernel, represented, chosen)
        K, _ = self._positive(among, backend)
        root = nystroem(K)
        features = columns @ root
        seed, n_classes = int(random.randint(1 << 31)), len(self.classes_)

        def machine(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return linear_machines(features[rows], labels[rows], n_classes, self.C_, weight[rows], seed)

        slopes, self.intercept_ = machine(np.arange(len(Z)))
        self.anchors_, self.coefficients_ = Z[chosen], root @ slopes
        self._describe(kernel, map_, backend, Z[chosen], represented[chosen], among, weight[chosen])
        self._align(K, labels[chosen], weight[chosen])
        self.findings_["landmarks"] = {"rows": len(chosen), "rank": root.shape[1]}
        if self.probability:

            def decide(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
                found, intercept = machine(inside)
                return features[outside] @ found + intercept

            self._calibrate(decide, labels, weight, random)

    def _align(self, K: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> None:
        some = sample_of(len(K), SEARCH_ROWS, np.random.RandomState(0), labels)
        targets = np.eye(len(self.classes_))[labels[some]]
        self.findings_["target_alignment"] = target_alignment(K[np.ix_(some, some)], targets, weight[some])

    def _calibrate(
        self, decide: Decide, labels: np.ndarray, weight: np.ndarray, random: np.random.RandomState
    ) -> None:
        """Makes decisions log-odds."""
        folds = folds_of(len(labels), _FOLDS, random, labels)
        slopes, offsets = log_odds(decide, folds, labels, len(self.classes_), weight, type(self).__name__)
        self.coefficients_ = self.coefficients_ * slopes
        self.intercept_ = self.intercept_ * slopes + offsets

    def decision_function(self, X: Any) -> np.ndarray:
        """(rows,) for two classes, positive for the second; else (rows, classes), the largest is chosen.

        With ``probability=True`` they are log-odds.
        """
        found = self._decisions(X)
        return found[:, 0] if found.shape[1] == 1 else found

    def _decisions(self, X: Any) -> np.ndarray:
        found: np.ndarray = self._to_anchors(X) @ self.coefficients_ + self.intercept_
        return found

    def predict(self, X: Any) -> np.ndarray:
        """Labels, (rows,)."""
        chosen = _chosen(self._decisions(X))
        found: np.ndarray = self.classes_[chosen]
        return found

    @available_if(lambda self: self.probability)
    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, (rows, classes); with more than two classes, normalised sigmoids."""
        each = np.exp(-np.logaddexp(0, -self._decisions(X)))
        if each.shape[1] == 1:
            return np.column_stack([1 - each[:, 0], each[:, 0]])
        found: np.ndarray = each / each.sum(axis=1, keepdims=True)
        return found


def _chosen(decisions: np.ndarray) -> np.ndarray:
    """Indices of classes."""
    if decisions.shape[1] == 1:
        return (decisions[:, 0] > 0).astype(int)
    return np.asarray(decisions.argmax(axis=1))
