"""Backends by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualms.errors import ConfigError

if TYPE_CHECKING:
    from qualms.backends.jobs import DeviceClient, Patience
    from qualms.backends.protocol import Backend


def _class(module: str, name: str) -> Callable[[], Callable[..., Backend]]:
    return lambda: getattr(import_module(f"qualms.backends.{module}"), name)


def _ibm() -> Callable[..., Backend]:
    from qualms.backends.device import DeviceBackend
    from qualms.backends.ibm import client

    def backend(
        name: str,
        shots: int = 1000,
        seed: int = 0,
        folder: str | Path | None = None,
        max_cost: float = 0.0,
        patience: Patience | None = None,
        gradient: str = "parameter-shift",
        instance: str | None = None,
        plan: str | None = None,
    ) -> Backend:
        return DeviceBackend(client(name, instance, plan), shots, seed, folder, max_cost, patience, gradient)

    return backend


def _braket() -> Callable[..., Backend]:
    from qualms.backends.braket import client
    from qualms.backends.device import DeviceBackend

    def backend(
        name: str,
        shots: int = 1000,
        seed: int = 0,
        folder: str | Path | None = None,
        max_cost: float = 0.0,
        patience: Patience | None = None,
        gradient: str = "parameter-shift",
        bucket: str | None = None,
    ) -> Backend:
        return DeviceBackend(client(name, bucket), shots, seed, folder, max_cost, patience, gradient)

    return backend


# What makes a backend; imported when it is asked for: all need torch, and some packages of their own
_BACKENDS: dict[str, Callable[[], Callable[..., Backend]]] = {
    "statevector": _class("exact", "StatevectorBackend"),
    "sampled": _class("sampled", "SampledBackend"),
    "density_matrix": _class("density", "DensityMatrixBackend"),
    "trajectories": _class("trajectories", "TrajectoryBackend"),
    "mps": _class("mps", "MPSBackend"),
    "aer": _class("aer", "AerBackend"),
    "ibm": _ibm,
    "braket": _braket,
    "pennylane": _class("pennylane", "PennyLaneBackend"),
}


def device_client(device: str) -> DeviceClient:
    """The client of a device, "ibm:NAME" or "braket:NAME".

    Raises
    ------
    ConfigError
        For another vendor, an unknown device, and missing or refused credentials.
    """
    vendor, _, name = device.partition(":")
    if vendor == "ibm" and name:
        from qualms.backends import ibm

        return ibm.client(name)
    if vendor == "braket" and name:
        from qualms.backends import braket

        return braket.client(name)
    raise ConfigError(f"device {device!r}: give ibm:NAME or braket:NAME")


def get_backend(name: str, /, **options: Any) -> Backend:
    """The backend of that name.

    ``get_backend("sampled", shots=1000)``, ``get_backend("ibm", name="fake_sherbrooke")``

    Raises
    ------
    ConfigError
        If there is none, or it takes no such options; the message lists those there are. Nothing is ever
        substituted.
    """
    if name not in _BACKENDS:
        raise ConfigError(f"unknown backend {name!r}; there are: {', '.join(_BACKENDS)}")
    make = _BACKENDS[name]()
    signature = inspect.signature(make)
    try:
        signature.bind(**options)
    except TypeError as error:
        raise ConfigError(
            f"backend {name!r}: {error}; it takes {', '.join(signature.parameters) or 'no options'}"
        ) from None
    return make(**options)
