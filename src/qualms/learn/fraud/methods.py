"""Who looks for frauds: gradient boosting, an isolation forest, the challengers and their twins."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from qualms.errors import ConfigError
from qualms.learn.fraud.design import FraudDesign
from qualms.learn.registry import LEARNERS, learner_class
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import twins_of

BASELINE = "gradient boosting"
SAMPLED = "gradient boosting, same sample"
FOREST = "isolation forest"
# settings that differ from a learner's own defaults, for those that have them
_SETTINGS: dict[str, dict[str, Any]] = {
    "QuantumKernelClassifier": {"reduction": "pca"},
    "VariationalClassifier": {"reduction": "pca"},
    "QuantumBoltzmannMachine": {},
    "BornMachine": {},
    "AnnealedBoostingClassifier": {},
}
CHALLENGERS = tuple(_SETTINGS)
_MOST_BITS = 8


class TailBits(TransformerMixin, BaseEstimator):
    """Bits that say "unusually high" or "unusually low", those in which frauds differ most from the rest.

    Models of distributions over bits need few of them. Fitted with labels, on training rows alone.

    Parameters
    ----------
    n_bits : int, default 8
    width : float, default 1.0
        How many standard deviations from the mean are unusual.

    Attributes
    ----------
    columns_, signs_ : np.ndarray
        (bits,): the bit is 1 where sign × z of that column is above `width`.
    centre_, scale_ : np.ndarray
        (features,) of the rows that are no frauds.
    """

    def __init__(self, n_bits: int = _MOST_BITS, width: float = 1.0) -> None:
        self.n_bits = n_bits
        self.width = width

    def fit(self, X: Any, y: Any) -> Self:
        """Choose the bits; `y` says which rows are frauds."""
        X = validate_data(self, X)
        fraud = np.asarray(y, bool)
        self.centre_, spread = X[~fraud].mean(axis=0), X[~fraud].std(axis=0)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        z = (X - self.centre_) / self.scale_
        apart = np.stack(
            [
                np.abs((s * z > self.width)[fraud].mean(0) - (s * z > self.width)[~fraud].mean(0))
                for s in (1, -1)
            ]
        )
        best = np.argsort(-apart.ravel(), kind="stable")[: self.n_bits]
        self.signs_, self.columns_ = 1 - 2 * (best // X.shape[1]), best % X.shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """(rows, bits) of 0 and 1."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        z = (X - self.centre_) / self.scale_
        found: np.ndarray = (z[:, self.columns_] * self.signs_ > self.width).astype(float)
        return found


@dataclass(frozen=True)
class Detector:
    """One way to give suspicion to transactions.

    Attributes
    ----------
    name : str
    estimator : Any
        Not fitted.
    how : str
        "classes": learns what frauds look like. "normal": learns what other transactions look like, and a
        fraud is what it thinks unlikely.
    everything : bool
        Whether it fits on all rows, or on the budgeted sample.
    quadrant, twin_of, twin_is
        As in records.
    """

    name: str
    estimator: Any = field(repr=False)
    how: str
    everything: bool = False
    quadrant: Quadrant = CLASSICAL
    twin_of: str | None = None
    twin_is: str | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether it is one of the classical methods that no challenger brought along."""
        return self.name in (BASELINE, SAMPLED, FOREST)

    def fitted(self, X: np.ndarray, fraud: np.ndarray, weights: np.ndarray, seed: int) -> Any:
        """A fitted pipeline.

        Parameters
        ----------
        X : np.ndarray
            (rows, features).
        fraud : np.ndarray
            (rows,) bool.
        weights : np.ndarray
            (rows,): used by the baselines; challengers get a sample with as many frauds as others.
        seed : int
        """
        bits = self.how == "normal" and not self.everything
        steps = [("scaler", StandardScaler()), ("detector", clone(self.estimator))]
        if bits:
            steps.insert(1, ("bits", TailBits()))
        made = Pipeline(steps)
        seeded = [name for name in made.get_params() if name.split("__")[-1] == "random_state"]
        made.set_params(**dict.fromkeys(seeded, seed))
        rows = made[:-1].fit_transform(X, fraud)
        if self.how == "normal":
            made[-1].fit(rows[~fraud])
        elif self.everything:
            made[-1].fit(rows, fraud.astype(int), sample_weight=weights)
        else:
            made[-1].fit(rows, fraud.astype(int))
        return made

    def scores(self, fitted: Any, X: np.ndarray) -> np.ndarray:
        """Suspicion, (rows,); higher is more."""
        if self.how == "normal":
            return -np.asarray(fitted.score_samples(X), float)
        if hasattr(fitted[-1], "decision_function"):
            return np.asarray(fitted.decision_function(X), float)
        return np.asarray(fitted.predict_proba(X)[:, 1], float)


def detectors(names: Sequence[str] | None, features: int, design: FraudDesign) -> list[Detector]:
    """The baselines, then each challenger followed by its twins.

    Parameters
    ----------
    names : sequence of str or None
        Challengers; None for all of `CHALLENGERS` that are registered.
    features : int
        Columns of the data.
    design : FraudDesign
        Says how many qubits there are.

    Raises
    ------
    ConfigError
        For a name that is no registered learner of classes or distributions.
    """
    found = [
        Detector(BASELINE, HistGradientBoostingClassifier(), "classes", True),
        Detector(SAMPLED, HistGradientBoostingClassifier(), "classes"),
        Detector(FOREST, IsolationForest(n_estimators=200), "normal", True),
    ]
    for name in names if names is not None else [n for n in CHALLENGERS if n in LEARNERS]:
        learner, how = _challenger(name, features, design)
        found.append(Detector(name, learner, how, False, learner.quadrant))
        found += [
            Detector(twin.name_of(name), twin.make(learner), how, False, CLASSICAL, name, twin.control)
            for twin in twins_of(learner)
        ]
    return found


def _challenger(name: str, features: int, design: FraudDesign) -> tuple[Any, str]:
    kind = learner_class(name)
    how = {"classification": "classes", "distribution": "normal"}.get(kind.task)
    if how is None:
        raise ConfigError(f"{name} is for {kind.task}; a challenger learns classes or a distribution")
    takes = inspect.signature(kind.__init__).parameters
    settings = {k: v for k, v in _SETTINGS.get(name, {}).items() if k in takes}
    if "n_qubits" in takes:
        settings["n_qubits"] = min(design.n_qubits, features)
    return kind(**settings), how
