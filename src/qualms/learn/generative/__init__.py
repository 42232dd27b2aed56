"""Distributions of bits: Born machines, quantum Boltzmann machines, and their classical twins."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.generative.autoregressive import AutoregressiveBits
    from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
    from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
    from qualms.learn.generative.born import BornMachine
    from qualms.learn.generative.pairwise import PairwiseIsing
    from qualms.learn.generative.restricted import RestrictedBoltzmannMachine

__all__ = [
    "AutoregressiveBits",
    "BitFlipCircuit",
    "BornMachine",
    "PairwiseIsing",
    "QuantumBoltzmannMachine",
    "RestrictedBoltzmannMachine",
]

show(
    __name__,
    {
        "qualms.learn.generative.autoregressive": ["AutoregressiveBits"],
        "qualms.learn.generative.bit_flip_circuit": ["BitFlipCircuit"],
        "qualms.learn.generative.boltzmann": ["QuantumBoltzmannMachine"],
        "qualms.learn.generative.born": ["BornMachine"],
        "qualms.learn.generative.pairwise": ["PairwiseIsing"],
        "qualms.learn.generative.restricted": ["RestrictedBoltzmannMachine"],
    },
)
