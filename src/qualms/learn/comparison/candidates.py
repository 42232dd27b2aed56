"""Who takes part: chance, serious classical methods, the registered learners, and the twins of these."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC, SVR
from sklearn.utils import get_tags

from qualms.errors import ConfigError, QualmsError
from qualms.learn.comparison.design import Design
from qualms.learn.learner import Learner
from qualms.learn.registry import LEARNERS, learner_class
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import twins_of

Grid = Mapping[str, Sequence[Any]]

_TREES: dict[str, Grid] = {
    "forest": {"max_features": ["sqrt", 0.5, 1.0], "min_samples_leaf": [1, 3, 10]},
    "boosting": {"learning_rate": [0.03, 0.1, 0.3], "max_leaf_nodes": [8, 31], "min_samples_leaf": [5, 20]},
}
_SMOOTH: Grid = {"C": [0.1, 1.0, 10.0, 100.0], "gamma": ["scale", 0.01, 0.1, 1.0]}
CHANCE = "chance"

# name: (what it is, its settings worth a search)
_LINEAR: Grid = {"C": [0.01, 0.1, 1.0, 10.0, 100.0]}
BASELINES: dict[str, dict[str, tuple[Any, Grid]]] = {
    "classification": {
        CHANCE: (DummyClassifier(strategy="prior"), {}),
        "logistic": (LogisticRegression(max_iter=2000), _LINEAR),
        "rbf-svm": (SVC(), _SMOOTH),
        "forest": (RandomForestClassifier(n_estimators=200), _TREES["forest"]),
        "boosting": (HistGradientBoostingClassifier(min_samples_leaf=5), _TREES["boosting"]),
    },
    "regression": {
        CHANCE: (DummyRegressor(), {}),
        "ridge": (Ridge(), {"alpha": [0.01, 0.1, 1.0, 10.0, 100.0]}),
        "rbf-svr": (SVR(), _SMOOTH),
        "forest": (RandomForestRegressor(n_estimators=200), _TREES["forest"]),
        "boosting": (HistGradientBoostingRegressor(min_samples_leaf=5), _TREES["boosting"]),
    },
}

# settings of learners worth a search, by the setting's name; those that a learner tunes in its own fit
# are not here. A learner may name its own in an attribute `searched`, which goes before these
_SEARCHED: dict[str, dict[str, Sequence[Any]]] = {
    "VariationalClassifier": {"n_layers": [2, 4], "learning_rate": [0.02, 0.05, 0.15]},
    "VariationalRegressor": {"n_layers": [2, 4], "learning_rate": [0.02, 0.05, 0.15]},
    "QuantumKernelClassifier": {"feature_map": ["zz", "angle", "iqp"], "kernel": ["fidelity", "projected"]},
    "QuantumKernelRegressor": {"feature_map": ["zz", "angle", "iqp"], "kernel": ["fidelity", "projected"]},
    "AnnealedBoostingClassifier": {"max_depth": [1, 2], "alpha": [0.0, 0.01, 0.1]},
}


@dataclass(frozen=True)
class Candidate:
    """One method of a comparison.

    Attributes
    ----------
    name : str
        In tables: "boosting", "VariationalClassifier", "VariationalClassifier/no-entangler".
    estimator : Any
        Not fitted.
    grid : Mapping[str, Sequence]
        Its settings worth a search.
    quadrant : Quadrant
    twin_of, twin_is : str or None
        As in records.
    """

    name: str
    estimator: Any = field(repr=False)
    grid: Grid
    quadrant: Quadrant = CLASSICAL
    twin_of: str | None = None
    twin_is: str | None = None

    @property
    def is_baseline(self) -> bool:
        """Whether it is a classical method that no learner brought along."""
        return self.name in BASELINES["classification"] or self.name in BASELINES["regression"]


# registered for a task, but for rows of another kind than a table's; they take part when they are named
_OTHER_ROWS = ("QuantumReservoirRegressor", "TensorTrainRecommender")  # series in order; pairs of ids


def available(task: str, classes: int = 2) -> list[str]:
    """Names of the registered learners for a task on shuffled rows, and for so many classes."""
    return [
        name
        for name in LEARNERS
        if learner_class(name).task == task
        and name not in _OTHER_ROWS
        and (classes <= 2 or _takes_many(learner_class(name)()))
    ]


def _takes_many(learner: Learner) -> bool:
    """Whether it takes more than two classes; True for what is no classifier."""
    told = get_tags(learner).classifier_tags
    return told is None or told.multi_class


def candidates(
    task: str, names: Sequence[str] | None, features: int, design: Design, where: str, classes: int = 2
) -> list[Candidate]:
    """The methods of a comparison: the baselines always, then each learner followed by its twins.

    Parameters
    ----------
    task : str
        "classification" or "regression".
    names : Sequence[str] or None
        Learners; None for all that are registered for the task. A name of a baseline is allowed, since it
        takes part in any case.
    features : int
        Columns of the data.
    design : Design
        Says how many qubits there are, and what happens to more features.
    where : str
        Begins messages.
    classes : int, default 2
        How many the target has.

    Raises
    ------
    ConfigError
        For an unknown learner, one for another task or for fewer classes, and more features than
        qubits without a reduction.
    """
    asked = list(names) if names is not None else available(task, classes)
    found = [Candidate(name, clone(made), grid) for name, (made, grid) in BASELINES[task].items()]
    for name in asked:
        if name in BASELINES[task]:
            continue
        learner = _learner(name, task, features, design, where)
        if classes > 2 and not _takes_many(learner):
            raise ConfigError(f"{name} is for two classes, and the target of {where} has {classes}")
        found += _with_twins(name, learner)
    return found


def _learner(name: str, task: str, features: int, design: Design, where: str) -> Learner:
    if name not in LEARNERS:
        there = [*BASELINES[task], *available(task)]
        raise ConfigError(f"unknown learner {name!r}; for {task} there are {', '.join(there)}")
    kind = learner_class(name)
    if kind.task != task:
        raise ConfigError(f"{name} is for {kind.task}, and the target of {where} is for {task}")
    takes = inspect.signature(kind.__init__).parameters
    settings: dict[str, Any] = {}
    if "n_qubits" in takes:
        if features > design.n_qubits:
            if design.reduction is None:
                raise ConfigError(
                    f"{where}: {features} features do not fit on {design.n_qubits} qubits of {name}; "
                    "--reduce pca projects them, --qubits takes more, --drop leaves columns out"
                )
            settings["n_qubits"] = design.n_qubits
        if "reduction" in takes:
            settings["reduction"] = design.reduction
    made: Learner = kind(**settings)
    return made


def _with_twins(name: str, learner: Learner) -> list[Candidate]:
    """A learner and its controls, with the same settings to search as far as they have them."""
    grid = getattr(type(learner), "searched", None) or _SEARCHED.get(name, {})
    found = [Candidate(name, learner, _fitting(grid, learner), learner.quadrant)]
    for twin in twins_of(learner):
        try:
            made = twin.make(learner)
        except QualmsError as error:
            raise ConfigError(f"{twin.name_of(name)} cannot be made: {error}") from None
        found.append(Candidate(twin.name_of(name), made, _fitting(grid, made), CLASSICAL, name, twin.control))
    return found


def _fitting(grid: Grid, estimator: Any) -> dict[str, Sequence[Any]]:
    """The part of a grid that an estimator has settings for, and that does not undo what makes a twin."""
    there = estimator.get_params(deep=False)
    return {name: list(values) for name, values in grid.items() if name in there and there[name] in values}
