"""A quantum sublayer on any backend: its amplitudes are loaded by a real circuit, and read out as that
backend can.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, PauliSum
from qualms.circuits.encode import amplitude_loading
from qualms.errors import ConfigError
from qualms.kernels import loading_angles


@lru_cache(maxsize=64)
def sublayer_circuit(ansatz: LayeredAnsatz) -> Circuit:
    """Loading and ansatz. Parameters a0 … a(2ⁿ−2), then the ansatz's."""
    return amplitude_loading(ansatz.n_qubits).then(ansatz.circuit())


def read_out(
    backend: Any, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, by_shifts: bool = False
) -> Tensor:
    """`Backend.read_out` through `Backend.expectation` of the whole circuit, loading included.

    Inputs need not have norm 1: loading divides by it.

    `by_shifts` : the backend's gradients come from shifted circuits, and it can leave out those of the
    loading angles when no input needs one.

    Raises
    ------
    ConfigError
        For readout "amplitudes", which only an exact simulator has.
    """
    if readout == "amplitudes":
        raise ConfigError(
            f"the {backend.name} backend measures, and amplitudes cannot be measured: use readout 'z' or "
            "'probs', or statevector"
        )
    circuit, n = sublayer_circuit(ansatz), ansatz.n_qubits
    more = (
        {"fixed": frozenset(circuit.parameters[: ansatz.dimension - 1])}
        if by_shifts and not inputs.requires_grad
        else {}
    )
    rows = []
    for which, own in enumerate(angles):
        states = inputs[which] if inputs.ndim == 3 else inputs
        values = torch.cat(
            [loading_angles(states), own.reshape(1, -1).to(states).expand(len(states), -1)], -1
        )
        rows.append(backend.expectation(circuit, list(_observables(n, readout)), values, **more))
    return torch.stack(rows).to(inputs.dtype)


@lru_cache(maxsize=32)
def _observables(n: int, readout: str) -> tuple[PauliSum | Diagonal, ...]:
    if readout == "z":
        return tuple(PauliSum.z(q, n) for q in range(n))
    return tuple(Diagonal(row) for row in np.eye(1 << n))
