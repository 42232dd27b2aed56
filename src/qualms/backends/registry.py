"""Backends by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from qualms.backends.density import DensityMatrixBackend
from qualms.backends.device import DeviceBackend
from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend
from qualms.backends.sampled import SampledBackend
from qualms.backends.trajectories import TrajectoryBackend
from qualms.errors import ConfigError


def _aer(**options: Any) -> Backend:
    from qualms.backends.aer import AerBackend

    return AerBackend(**options)


def _mps(**options: Any) -> Backend:
    from qualms.backends.mps import MPSBackend

    return MPSBackend(**options)


def _ibm(name: str, shots: int = 1000, seed: int = 0, **options: Any) -> Backend:
    from qualms.backends.ibm import client

    service = {key: options.pop(key) for key in ("instance", "plan") if key in options}
    return DeviceBackend(client(name, **service), shots, seed, **options)


def _braket(name: str, shots: int = 1000, seed: int = 0, **options: Any) -> Backend:
    from qualms.backends.braket import client

    return DeviceBackend(client(name, options.pop("bucket", None)), shots, seed, **options)


def _pennylane(name: str, **options: Any) -> Backend:
    from qualms.backends.pennylane import PennyLaneBackend

    return PennyLaneBackend(name, **options)


_BACKENDS: dict[str, Callable[..., Backend]] = {
    "statevector": StatevectorBackend,
    "sampled": SampledBackend,
    "density_matrix": DensityMatrixBackend,
    "trajectories": TrajectoryBackend,
    "mps": _mps,
    "aer": _aer,
    "ibm": _ibm,
    "braket": _braket,
    "pennylane": _pennylane,
}
_EXACT = StatevectorBackend()


def get_backend(name: str, /, **options: Any) -> Backend:
    """The backend of that name. ``get_backend("sampled", shots=1000)``, ``get_backend("ibm", name="fake_sherbrooke")``

    Raises
    ------
    ConfigError : if there is none, or it takes no such options; the message lists those there are. Nothing is ever substituted.
    """
    if name == "statevector" and not options:
        return _EXACT
    if name not in _BACKENDS:
        raise ConfigError(f"unknown backend {name!r}; there are: {', '.join(_BACKENDS)}")
    try:
        inspect.signature(_BACKENDS[name]).bind(**options)
    except TypeError as error:
        raise ConfigError(f"backend {name!r}: {error}") from None
    return _BACKENDS[name](**options)
