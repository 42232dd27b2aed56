"""The fast cores. Nothing here knows what a language model is."""

from qualms.kernels.core import compiled_core
from qualms.kernels.layered import evolve, measure, normalized, unitary
from qualms.kernels.ry_layers import read_out, ry_ring

__all__ = ["compiled_core", "evolve", "measure", "normalized", "read_out", "ry_ring", "unitary"]
