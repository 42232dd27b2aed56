"""torch optimizers."""

from qualms.optim.perturbations import Coordinates, FromCircuit, perturbation_circuit
from qualms.optim.schedules import CosineLam, PlateauLam
from qualms.optim.superpositional import SuperpositionalAdamW

__all__ = ["Coordinates", "CosineLam", "FromCircuit", "PlateauLam", "SuperpositionalAdamW", "perturbation_circuit"]
