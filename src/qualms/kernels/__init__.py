"""The fast cores. Nothing here knows what a language model is."""

from qualms.kernels.layered import evolve, unitary

__all__ = ["evolve", "unitary"]
