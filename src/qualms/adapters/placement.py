"""Running a trained adapter's circuits somewhere else, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from torch import nn

from qualms.adapters.layer import QSLLayer
from qualms.adapters.sublayer import Sublayer
from qualms.backends import Backend
from qualms.backends.protocol import check_sublayer
from qualms.errors import ConfigError


def quantum_layers(model: nn.Module, adapter: str = "default") -> dict[str, QSLLayer]:
    """The layers with circuits of an adapter, by module path.

    Raises
    ------
    ConfigError
        If there are none.
    """
    found = {name: m for name, m in model.named_modules() if isinstance(m, QSLLayer) and adapter in m.plans}
    if not found:
        raise ConfigError(
            f"the model has no quantum sublayers of adapter {adapter!r}: "
            "nothing in it runs on a quantum backend"
        )
    return found


@contextmanager
def running_on(model: nn.Module, backend: Backend, adapter: str = "default") -> Iterator[None]:
    """Inside, the adapter's circuits run on `backend`.

    Raises
    ------
    ConfigError
        If the backend cannot measure what the adapter reads out.
    TooLargeError
        If it takes fewer qubits.
    """
    layers = quantum_layers(model, adapter)
    before = {name: layer.plans[adapter] for name, layer in layers.items()}
    for name, plan in before.items():
        if not isinstance(plan, Sublayer) or plan.config.readout == "amplitudes":
            raise ConfigError(
                f"{name}: amplitudes exist in simulation alone; only readouts "
                f"'z' and 'probs' can run on {backend.name}"
            )
        check_sublayer(backend, plan.ansatz.n_qubits, name)
    try:
        for name, layer in layers.items():
            layer.plans[adapter] = replace(before[name], backend=backend)
        yield
    finally:
        for name, layer in layers.items():
            layer.plans[adapter] = before[name]
