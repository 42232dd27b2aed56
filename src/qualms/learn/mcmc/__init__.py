"""Markov chains on spins with proposals from a quantum circuit, beside classical proposals."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.mcmc.chains import MarkovChains, quantum_enhanced_mcmc, sample_chain
    from qualms.learn.mcmc.circuit import proposal_circuit
    from qualms.learn.mcmc.spins import SpinModel, sherrington_kirkpatrick

__all__ = [
    "MarkovChains",
    "SpinModel",
    "proposal_circuit",
    "quantum_enhanced_mcmc",
    "sample_chain",
    "sherrington_kirkpatrick",
]

show(
    __name__,
    {
        "qualms.learn.mcmc.chains": ["MarkovChains", "quantum_enhanced_mcmc", "sample_chain"],
        "qualms.learn.mcmc.circuit": ["proposal_circuit"],
        "qualms.learn.mcmc.spins": ["SpinModel", "sherrington_kirkpatrick"],
    },
)
