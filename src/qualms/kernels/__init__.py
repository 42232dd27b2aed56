"""The fast cores. Nothing here knows what a language model is."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.kernels.core import compiled_core
    from qualms.kernels.expectation import expectations
    from qualms.kernels.layered import evolve, measure, normalized, unitary
    from qualms.kernels.loading import loading_angles
    from qualms.kernels.multinomial import sample_counts
    from qualms.kernels.ry_layers import read_out, ry_ring
    from qualms.kernels.statevector import simulate

__all__ = [
    "compiled_core",
    "evolve",
    "expectations",
    "loading_angles",
    "measure",
    "normalized",
    "read_out",
    "ry_ring",
    "sample_counts",
    "simulate",
    "unitary",
]

show(
    __name__,
    {
        "qualms.kernels.core": ["compiled_core"],
        "qualms.kernels.expectation": ["expectations"],
        "qualms.kernels.layered": ["evolve", "measure", "normalized", "unitary"],
        "qualms.kernels.loading": ["loading_angles"],
        "qualms.kernels.multinomial": ["sample_counts"],
        "qualms.kernels.ry_layers": ["read_out", "ry_ring"],
        "qualms.kernels.statevector": ["simulate"],
    },
)
