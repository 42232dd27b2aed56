"""Learners on scikit-learn's contract, each beside its classical twin."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
    from qualms.learn.generative.born import BornMachine
    from qualms.learn.learner import Learner
    from qualms.learn.saving import load, save

__all__ = ["BornMachine", "Learner", "QuantumBoltzmannMachine", "load", "save"]

show(
    __name__,
    {
        "qualms.learn.generative.boltzmann": ["QuantumBoltzmannMachine"],
        "qualms.learn.generative.born": ["BornMachine"],
        "qualms.learn.learner": ["Learner"],
        "qualms.learn.saving": ["load", "save"],
    },
)
