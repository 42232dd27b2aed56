"""torch optimizers."""

from qualms.optim.circuit import FromCircuit, perturbation_circuit
from qualms.optim.perturbations import Coordinates, Own, Perturbation, RandomQ, SignFlip, Sine
from qualms.optim.schedules import CosineLam, PlateauLam
from qualms.optim.superpositional import SuperpositionalAdamW

__all__ = [
    "Coordinates",
    "CosineLam",
    "FromCircuit",
    "Own",
    "Perturbation",
    "PlateauLam",
    "RandomQ",
    "SignFlip",
    "Sine",
    "SuperpositionalAdamW",
    "perturbation_circuit",
]
