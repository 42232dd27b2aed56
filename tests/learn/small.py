"""A small one of every learner, with settings that keep the contract tests short, and data for it."""

import numpy as np

from qualms.learn.registry import learner_class

# class name: settings that make it quick
SETTINGS = {
    "MPSBornMachine": {"max_bond": 4, "max_iter": 2, "steps": 2},
    "MPSClassifier": {"bond": 2, "max_iter": 15, "learning_rate": 0.2},
    "TensorTrainRecommender": {"max_iter": 5},
}

# class name: {scikit-learn's check: why it cannot be passed}; counted in docs/learning.md
EXPECTED_FAILURES = {}


def small(name):
    return learner_class(name)(**SETTINGS.get(name, {}))


def data_for(name):
    """Rows and targets that this kind of learner can learn something from."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(24, 2))
    y = np.where(X[:, 0] + 0.3 * rng.normal(size=24) > 0, "up", "down")
    if learner_class(name).task == "regression":
        return X, X[:, 0] - 0.5 * X[:, 1]
    if learner_class(name).task in ("distribution", "anomaly detection", "transform"):
        return (X > 0).astype(float), None
    return X, y
