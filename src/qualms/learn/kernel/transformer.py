"""Quantum kernels as features for pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import validate_data

from qualms.backends.protocol import Backend
from qualms.errors import ConfigError
from qualms.learn.kernel.alignment import target_alignment
from qualms.learn.kernel.base import SEARCH_ROWS, KernelLearner
from qualms.learn.kernel.feature_maps import FeatureMap
from qualms.learn.kernel.machines import nystroem
from qualms.learn.kernel.planning import Plan
from qualms.learn.kernel.rows import sample_of

OUTPUTS = ("nystroem", "columns")


class QuantumKernelTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, KernelLearner):
    """Features from a quantum kernel: its Nyström features, or its columns to landmarks.

    With a target, the bandwidth is the one with the largest kernel-target alignment; without one, that of the
    largest variance among the kernel's entries.

    **When not to use it**: where a linear model on random Fourier features or on Nyström features of an RBF
    kernel does as well, which is nearly always; compare with ``kernel="rbf"``, which is the same transformer
    with that kernel.

    Parameters
    ----------
    kernel, feature_map, repeats, entangling, paulis, bandwidth, gamma, decay, n_qubits, reduction
        The kernel, and what stands before it; see `qualms.learn.kernel.base.KernelLearner`.
    n_landmarks : int or None, default 100
        How many training rows the kernel is computed to; None for all.
    backend, shots, max_circuits, random_state
        How it is computed; see `KernelLearner`.
    output : str, default "nystroem"
        "nystroem": features whose inner products approximate the kernel, as many as the kernel between the
        landmarks has rank. "columns": the kernel to each landmark.

    Attributes
    ----------
    bandwidth_ : float
        What was chosen.
    anchors_ : np.ndarray
        (landmarks, inputs), prepared.
    root_ : np.ndarray or None
        (landmarks, features): K^(−1/2).
    findings_ : dict
        The search, the nearest RBF kernel, the concentration, a repair of eigenvalues.

    Examples
    --------
    >>> from qualms.learn import QuantumKernelTransformer
    >>> QuantumKernelTransformer(output="columns").fit_transform([[0.0], [1.0], [2.0]]).shape
    (3, 3)
    """

    task = "transform"

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
        output: str = "nystroem",
        n_qubits: int | None = None,
        reduction: str | None = None,
        n_landmarks: int | None = 100,
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
        self.output = output

    def fit(self, X: Any, y: Any = None) -> QuantumKernelTransformer:
        """Choose bandwidth and landmarks.

        Parameters
        ----------
        X : array-like
            (rows, features).
        y : array-like, optional
            (rows,) labels or numbers, for the choice of the bandwidth.

        Returns
        -------
        QuantumKernelTransformer
            Itself.

        Raises
        ------
        ConfigError
            For settings that cannot be honoured, and more features than qubits without a reduction.
        TooLargeError, BudgetError
            Where memory or the number of circuits does not suffice, before the work.
        """
        self._check_settings()
        if self.output not in OUTPUTS:
            raise ConfigError(f"output={self.output!r} is unknown; choose {' or '.join(OUTPUTS)}")
        targets = None
        if y is None:
            X = validate_data(self, X, dtype=np.float64)
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True)
            targets = _targets(y)
        backend = self._runs_on()
        with self._fitting(X, y, backend):
            self._fit(X, targets, backend)
        return self

    def _fit(self, X: np.ndarray, targets: np.ndarray | None, backend: Backend) -> None:
        random = check_random_state(self.random_state)
        count = len(X) if self.n_landmarks is None else min(self.n_landmarks, len(X))
        self._check_plan(backend, len(X), self._inputs(X.shape[1]))
        Z = self._prepare(X, np.ones(len(X)))
        map_ = self._map(Z.shape[1])
        self._search(Z, targets, map_, backend, random)
        chosen = sample_of(len(Z), count, random, None)
        Z, weight = Z[chosen], np.ones(count)
        kernel, represented = self._final_kernel(Z, map_, backend, weight)
        measured = kernel.square(represented)
        K, _ = self._positive(measured, backend)
        self.anchors_ = Z
        self.root_ = nystroem(K) if self.output == "nystroem" else None
        self._describe(kernel, map_, backend, Z, represented, measured, weight)

    def _fit_plan(self, backend: Backend, rows: int, inputs: int, landmarks: int | None) -> Plan:
        # a fit computes the kernel between the landmarks alone
        return super()._fit_plan(backend, min(landmarks or rows, rows), inputs, None)

    def _search(
        self,
        Z: np.ndarray,
        targets: np.ndarray | None,
        map_: FeatureMap | None,
        backend: Backend,
        random: np.random.RandomState,
    ) -> None:
        """Sets `bandwidth_`."""
        bandwidths = self._bandwidths()
        if len(bandwidths) == 1:
            self.bandwidth_ = bandwidths[0]
            return
        some = sample_of(len(Z), SEARCH_ROWS, random, None)
        weight = np.ones(len(some))
        table = []
        for bandwidth, K in self._searched(Z[some], map_, backend, weight):
            entries = K[np.triu_indices(len(K), 1)]
            row = {"bandwidth": bandwidth, "variance": float(entries.var()) if len(entries) else 0.0}
            if targets is not None:
                row["alignment"] = target_alignment(K, targets[some], weight)
            table.append(row)
        by = "variance" if targets is None else "alignment"
        self.bandwidth_ = max(table, key=lambda row: row[by])["bandwidth"]
        told = "variance of the kernel" if targets is None else "kernel-target alignment"
        self.findings_["search"] = {
            "by": told,
            "rows": len(some),
            "evaluations": len(bandwidths),
            "table": table,
        }

    @property
    def _n_features_out(self) -> int:
        return len(self.anchors_) if self.root_ is None else self.root_.shape[1]

    def transform(self, X: Any) -> np.ndarray:
        """Features of rows, (rows, n_features_out) float64."""
        found = self._to_anchors(X)
        return found if self.root_ is None else found @ self.root_


def _targets(y: np.ndarray) -> np.ndarray:
    """(rows, columns): indicators of classes, or numbers."""
    if np.ndim(y) == 1 and type_of_target(y) in ("binary", "multiclass"):
        labels = np.unique(y, return_inverse=True)[1]
        found: np.ndarray = np.eye(labels.max() + 1)[labels]
        return found
    return np.asarray(y, np.float64).reshape(len(y), -1)
