"""What every mitigation takes over from the backend that it stands around."""

from __future__ import annotations

import numpy as np

from qualms.backends.base import BaseBackend
from qualms.backends.protocol import Backend, Usage
from qualms.circuits import Circuit


class Mitigation(BaseBackend):
    """A backend around another one, which runs all circuits. Not differentiable by itself.

    Attributes
    ----------
    inner : Backend
        What runs the circuits.
    circuits_factor : float
        How many circuits one becomes.
    variance_factor : float
        How much the variance grows at equal shots a circuit.
    """

    def __init__(self, label: str, backend: Backend, circuits_factor: float, variance_factor: float) -> None:
        self.inner = backend
        self.name, self.quadrant, self.noisy = f"{label}({backend.name})", backend.quadrant, backend.noisy
        self.gives_probabilities, self.gives_shots = backend.gives_probabilities, backend.gives_shots
        self.max_qubits, self.max_sublayer_qubits = backend.max_qubits, backend.max_sublayer_qubits
        self.circuits_factor, self.variance_factor = circuits_factor, variance_factor

    @property
    def usage(self) -> Usage:
        """What the inner backend really ran."""
        return self.inner.usage

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """The inner backend's."""
        return self.inner.readout_confusion(circuit)
