"""What an adapter does at one layer: sizes and choices, checked against the map it stands beside."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qualms.adapters.config import QSLConfig
from qualms.adapters.targets import Layout
from qualms.backends import Backend, get_backend
from qualms.backends.protocol import check_sublayer
from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError


@dataclass(frozen=True)
class Plan:
    """What one adapter does at one layer: sizes and choices, no tensors.

    Attributes
    ----------
    config : the adapter's settings.
    layout : how the map divides into `m` maps (1, or 3 for a fused q-k-v).
    n_in : input features. n_out : output features of each of the `m` maps.
    ansatz : the circuit; for factors the input side's, with `ansatz_out` the output side's.
    backend : where the circuit runs.
    """

    config: QSLConfig
    layout: Layout
    n_in: int
    n_out: int
    ansatz: LayeredAnsatz
    ansatz_out: LayeredAnsatz | None
    backend: Backend

    @property
    def maps(self) -> int:
        return len(self.layout.sizes)

    @property
    def width(self) -> int:
        """Number of values read out of the circuit."""
        return self.ansatz.n_qubits if self.config.readout == "z" else self.ansatz.dimension


def make_plan(config: QSLConfig, layout: Layout, n_in: int, where: str) -> Plan:
    """Check that the adapter fits the map at `where`.

    Raises
    ------
    ConfigError : if the map has too few dimensions for the qubits.
    TooLargeError : if the backend takes fewer qubits.
    """
    n_out = layout.sizes[0]
    backend = get_backend(config.backend, **config.backend_options)
    if config.form == "factors":
        sides = [config.ansatz(max(1, math.ceil(math.log2(size)))) for size in (n_in, n_out)]
        smallest = min(n_in, n_out)
        if config.rank > smallest:
            raise ConfigError(f"{where}: rank {config.rank} exceeds the map's smaller side, {smallest}")
        plan = Plan(config, layout, n_in, n_out, sides[0], sides[1], backend)
    else:
        needed = max(1, math.ceil(math.log2(n_in)))
        n = config.n_qubits if config.n_qubits is not None else needed
        if config.down == "full" and n < needed:
            raise ConfigError(f"{where}: down='full' encodes {n_in} features and needs {needed} qubits, n_qubits is {n}")
        if config.down != "full" and (1 << n) > n_in:
            most = int(math.log2(n_in))
            raise ConfigError(
                f"{where}: too few dimensions, {n} qubits encode {1 << n} amplitudes but it has {n_in} inputs; use n_qubits ≤ {most} or down='full'"
            )
        plan = Plan(config, layout, n_in, n_out, config.ansatz(n), None, backend)
    check_sublayer(backend, max(a.n_qubits for a in (plan.ansatz, plan.ansatz_out) if a), where)
    return plan
