"""Learners on scikit-learn's contract, each beside its classical twin."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.learner import Learner
    from qualms.learn.linear_systems.hhl import hhl
    from qualms.learn.linear_systems.ridge import QuantumRidge
    from qualms.learn.saving import load, save

__all__ = ["Learner", "QuantumRidge", "hhl", "load", "save"]

show(
    __name__,
    {
        "qualms.learn.learner": ["Learner"],
        "qualms.learn.linear_systems.hhl": ["hhl"],
        "qualms.learn.linear_systems.ridge": ["QuantumRidge"],
        "qualms.learn.saving": ["load", "save"],
    },
)
