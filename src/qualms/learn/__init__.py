"""Learners on scikit-learn's contract, each beside its classical twin."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.learner import Learner
    from qualms.learn.linear_systems.hhl import hhl
    from qualms.learn.linear_systems.ridge import QuantumRidge
    from qualms.learn.mcmc.chains import quantum_enhanced_mcmc
    from qualms.learn.saving import load, save
    from qualms.learn.walks import quantum_search, quantum_walk

__all__ = [
    "Learner",
    "QuantumRidge",
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
        "qualms.learn.learner": ["Learner"],
        "qualms.learn.linear_systems.hhl": ["hhl"],
        "qualms.learn.linear_systems.ridge": ["QuantumRidge"],
        "qualms.learn.mcmc.chains": ["quantum_enhanced_mcmc"],
        "qualms.learn.saving": ["load", "save"],
        "qualms.learn.walks": ["quantum_search", "quantum_walk"],
    },
)
