"""Every learner by its name. Its class is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from qualms.errors import ConfigError

# class name: the module that defines it. Saved folders, `qualms learn` and the contract tests read this list
LEARNERS: dict[str, str] = {
    "AnnealedBoostingClassifier": "qualms.learn.boosting",
    "QuantumGaussianProcessRegressor": "qualms.learn.kernel.gaussian_process",
    "QuantumKernelClassifier": "qualms.learn.kernel.classifier",
    "QuantumKernelRegressor": "qualms.learn.kernel.regressor",
    "QuantumKernelTransformer": "qualms.learn.kernel.transformer",
    "QuantumReservoirRegressor": "qualms.learn.variational.reservoir",
    "VariationalClassifier": "qualms.learn.variational.classifier",
    "VariationalRegressor": "qualms.learn.variational.regressor",
    "BornMachine": "qualms.learn.generative.born",
    "QuantumBoltzmannMachine": "qualms.learn.generative.boltzmann",
    "QuantumRidge": "qualms.learn.linear_systems.ridge",
    "MPSBornMachine": "qualms.learn.tensor_networks.born",
    "MPSClassifier": "qualms.learn.tensor_networks.classifier",
    "TensorTrainRecommender": "qualms.learn.tensor_networks.recommender",
}


def learner_class(name: str) -> Any:
    """The class of that name. Raises ConfigError, with those there are."""
    if name not in LEARNERS:
        raise ConfigError(f"unknown learner {name!r}; there are {', '.join(LEARNERS) or 'none'}")
    return getattr(import_module(LEARNERS[name]), name)
