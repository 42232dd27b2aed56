"""What every method of a comparison is given alike: folds, seeds, how many settings it may try, by what it is
judged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from qualms.errors import ConfigError
from qualms.learn.preparation import REDUCTIONS

# name: (scikit-learn's scorer, unit, the better direction, needs two classes)
METRICS: dict[str, dict[str, tuple[str, str, str, bool]]] = {
    "classification": {
        "accuracy": ("accuracy", "1", "higher", False),
        "balanced_accuracy": ("balanced_accuracy", "1", "higher", False),
        "auc": ("roc_auc", "1", "higher", True),
        "average_precision": ("average_precision", "1", "higher", True),
    },
    "regression": {
        "r2": ("r2", "1", "higher", False),
        "rmse": ("neg_root_mean_squared_error", "of the target", "lower", False),
        "mae": ("neg_mean_absolute_error", "of the target", "lower", False),
    },
}
JUDGED = {"classification": "accuracy", "regression": "r2"}
MOST_QUBITS = 12  # that a learner uses where nothing else is said: a state has 2ⁿ amplitudes


@dataclass(frozen=True)
class Design:
    """The budget of a comparison, the same for every method.

    Attributes
    ----------
    folds : int
        Outer folds: each row is measured once for each seed, by a model that never saw it.
    inner : int
        Folds inside the rows of an outer fold, on which settings are chosen.
    seeds : tuple of int
        Each shuffles the rows anew, and seeds the methods.
    settings : int
        How many settings a method may try in each fold, at most.
    metric : str or None
        What methods are judged by and tuned for; None for accuracy, or r2 in a regression.
    n_qubits : int
        Most qubits of a learner with a setting of that name.
    reduction : "pca" or None
        What learners with a setting `reduction` do with more features than qubits.
    """

    folds: int = 5
    inner: int = 3
    seeds: tuple[int, ...] = (0,)
    settings: int = 6
    metric: str | None = None
    n_qubits: int = MOST_QUBITS
    reduction: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("folds", 2), ("inner", 2), ("settings", 1), ("n_qubits", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)} must be at least {least}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ConfigError(f"seeds={list(self.seeds)}: give different whole numbers of at least 0")
        if self.reduction is not None and self.reduction not in REDUCTIONS:
            raise ConfigError(f"reduction={self.reduction!r}: choose {' or '.join(REDUCTIONS)}")

    def judged(self, task: str, classes: int) -> str:
        """The metric by name. Raises ConfigError where the task has none of that name."""
        known = METRICS[task]
        name = self.metric or JUDGED[task]
        if name not in known:
            raise ConfigError(f"metric={name!r}: for {task} there are {', '.join(known)}")
        if known[name][3] and classes != 2:
            raise ConfigError(f"metric={name!r} is for two classes, and there are {classes}")
        return name

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
