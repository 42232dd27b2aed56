"""A small one of every learner, with settings that keep the contract tests short, and data for it."""

import numpy as np

from qualms.learn.registry import learner_class

_VARIATIONAL = {
    "n_qubits": 2,
    "reduction": "pca",
    "n_layers": 2,
    "learning_rate": 0.3,
    "max_iter": 15,
    "batch_size": None,
    "precision": "double",
    "random_state": 0,
}

# class name: settings that make it quick
SETTINGS = {
    "AnnealedBoostingClassifier": {
        "n_weak": 3,
        "bits": 2,
        "solver": "path-integral:slices=4,replicas=2,threads=1",
        "rounds": 1,
        "random_state": 0,
    },
    "MPSBornMachine": {"max_bond": 4, "max_iter": 2, "steps": 2},
    "MPSClassifier": {"bond": 2, "max_iter": 15, "learning_rate": 0.2},
    "TensorTrainRecommender": {"max_iter": 5},
    "QuantumGaussianProcessRegressor": {"bandwidth": (0.03, 0.25)},
    "QuantumKernelClassifier": {
        "bandwidth": (0.03, 0.25),
        "C": 10.0,
        "n_qubits": 4,
        "reduction": "pca",
    },
    "QuantumKernelRegressor": {"bandwidth": (0.03, 0.25), "n_qubits": 10, "reduction": "pca"},
    "QuantumKernelTransformer": {"bandwidth": (0.03, 0.25)},
    # with a longer window a row's prediction depends on the rows before it, as it should
    "QuantumReservoirRegressor": {
        "n_qubits": 10,
        "n_layers": 2,
        "window": 1,
        "input_scale": 0.25,
        "reduction": "pca",
        "random_state": 0,
    },
    "VariationalClassifier": _VARIATIONAL,
    "VariationalRegressor": {**_VARIATIONAL, "n_qubits": 4},
    "BornMachine": {"n_layers": 1, "max_iter": 3},
    "QuantumBoltzmannMachine": {"max_iter": 1},
    "QuantumRidge": {},
}

# class name: {scikit-learn's check: why it cannot be passed}; counted in docs/learn/index.md
_THIRTY = "its rows have 30 features, and all probabilities are taken for at most"
EXPECTED_FAILURES = {
    # that weights count as rows do is tested in tests/learn/generative/
    "BornMachine": {"check_sample_weight_equivalence_on_dense_data": f"{_THIRTY} 20"},
    "QuantumBoltzmannMachine": {"check_sample_weight_equivalence_on_dense_data": f"{_THIRTY} 10"},
}


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
