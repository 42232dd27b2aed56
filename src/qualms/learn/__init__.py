"""Learners on scikit-learn's contract, each beside its classical twin."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.boosting import AnnealedBoostingClassifier
    from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
    from qualms.learn.generative.born import BornMachine
    from qualms.learn.kernel.classifier import QuantumKernelClassifier
    from qualms.learn.kernel.gaussian_process import QuantumGaussianProcessRegressor
    from qualms.learn.kernel.regressor import QuantumKernelRegressor
    from qualms.learn.kernel.transformer import QuantumKernelTransformer
    from qualms.learn.learner import Learner
    from qualms.learn.linear_systems.hhl import hhl
    from qualms.learn.linear_systems.ridge import QuantumRidge
    from qualms.learn.mcmc.chains import quantum_enhanced_mcmc
    from qualms.learn.saving import load, save
    from qualms.learn.tensor_networks.born import MPSBornMachine
    from qualms.learn.tensor_networks.classifier import MPSClassifier
    from qualms.learn.tensor_networks.compress import compress
    from qualms.learn.tensor_networks.layers import TTEmbedding, TTLinear
    from qualms.learn.tensor_networks.recommender import TensorTrainRecommender
    from qualms.learn.variational.classifier import VariationalClassifier
    from qualms.learn.variational.module import VariationalModule
    from qualms.learn.variational.regressor import VariationalRegressor
    from qualms.learn.variational.reservoir import QuantumReservoirRegressor
    from qualms.learn.walks import quantum_search, quantum_walk

__all__ = [
    "AnnealedBoostingClassifier",
    "BornMachine",
    "Learner",
    "MPSBornMachine",
    "MPSClassifier",
    "QuantumBoltzmannMachine",
    "QuantumGaussianProcessRegressor",
    "QuantumKernelClassifier",
    "QuantumKernelRegressor",
    "QuantumKernelTransformer",
    "QuantumReservoirRegressor",
    "QuantumRidge",
    "TTEmbedding",
    "TTLinear",
    "TensorTrainRecommender",
    "VariationalClassifier",
    "VariationalModule",
    "VariationalRegressor",
    "compress",
    "hhl",
    "load",
    "quantum_enhanced_mcmc",
    "quantum_search",
    "quantum_walk",
    "save",
]

show(
    __name__,
    {
        "qualms.learn.boosting": ["AnnealedBoostingClassifier"],
        "qualms.learn.generative.boltzmann": ["QuantumBoltzmannMachine"],
        "qualms.learn.generative.born": ["BornMachine"],
        "qualms.learn.kernel.classifier": ["QuantumKernelClassifier"],
        "qualms.learn.kernel.gaussian_process": ["QuantumGaussianProcessRegressor"],
        "qualms.learn.kernel.regressor": ["QuantumKernelRegressor"],
        "qualms.learn.kernel.transformer": ["QuantumKernelTransformer"],
        "qualms.learn.learner": ["Learner"],
        "qualms.learn.linear_systems.hhl": ["hhl"],
        "qualms.learn.linear_systems.ridge": ["QuantumRidge"],
        "qualms.learn.mcmc.chains": ["quantum_enhanced_mcmc"],
        "qualms.learn.saving": ["load", "save"],
        "qualms.learn.tensor_networks.born": ["MPSBornMachine"],
        "qualms.learn.tensor_networks.classifier": ["MPSClassifier"],
        "qualms.learn.tensor_networks.compress": ["compress"],
        "qualms.learn.tensor_networks.layers": ["TTEmbedding", "TTLinear"],
        "qualms.learn.tensor_networks.recommender": ["TensorTrainRecommender"],
        "qualms.learn.variational.classifier": ["VariationalClassifier"],
        "qualms.learn.variational.module": ["VariationalModule"],
        "qualms.learn.variational.regressor": ["VariationalRegressor"],
        "qualms.learn.variational.reservoir": ["QuantumReservoirRegressor"],
        "qualms.learn.walks": ["quantum_search", "quantum_walk"],
    },
)
