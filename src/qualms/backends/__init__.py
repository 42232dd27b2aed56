"""Where a circuit runs."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.backends.density import DensityMatrixBackend, density_matrix
    from qualms.backends.device import DeviceBackend
    from qualms.backends.exact import StatevectorBackend, statevector
    from qualms.backends.noise import NoiseModel
    from qualms.backends.protocol import Backend, Usage
    from qualms.backends.registry import get_backend
    from qualms.backends.sampled import SampledBackend
    from qualms.backends.trajectories import TrajectoryBackend

__all__ = [
    "Backend",
    "DensityMatrixBackend",
    "DeviceBackend",
    "NoiseModel",
    "SampledBackend",
    "StatevectorBackend",
    "TrajectoryBackend",
    "Usage",
    "density_matrix",
    "get_backend",
    "statevector",
]

show(
    __name__,
    {
        "qualms.backends.density": ["DensityMatrixBackend", "density_matrix"],
        "qualms.backends.device": ["DeviceBackend"],
        "qualms.backends.exact": ["StatevectorBackend", "statevector"],
        "qualms.backends.noise": ["NoiseModel"],
        "qualms.backends.protocol": ["Backend", "Usage"],
        "qualms.backends.registry": ["get_backend"],
        "qualms.backends.sampled": ["SampledBackend"],
        "qualms.backends.trajectories": ["TrajectoryBackend"],
    },
)
