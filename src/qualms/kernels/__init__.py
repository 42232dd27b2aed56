"""The fast cores. Nothing here knows what a language model is."""

from qualms.kernels.core import compiled_core
from qualms.kernels.layered import evolve, unitary
from qualms.kernels.ry_layers import ry_ring

__all__ = ["compiled_core", "evolve", "ry_ring", "unitary"]
