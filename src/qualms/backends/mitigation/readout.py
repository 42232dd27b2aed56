"""Readout mitigation: each qubit's confusion measured once, and undone on what is read."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.backends.mitigation.wrapper import Mitigation
from qualms.backends.protocol import Backend, check_dense
from qualms.circuits import Circuit
from qualms.errors import ConfigError


class ReadoutBackend(Mitigation):
    """The inverse of every qubit's confusion matrix on the inner backend's probabilities.

    Qubits are taken to err by themselves.

    The confusion is what the backend says of the qubits that the circuit is measured on: measured with two
    more circuits where it takes shots, the calibration's own where it is a model. Corrected probabilities may
    be negative: they are quasi-probabilities, and unbiased. See `Backend`.

    Attributes
    ----------
    circuits_factor : float
        1, plus two calibration circuits a circuit.
    variance_factor : float
        An upper bound for single-qubit observables of the last circuit.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__("readout", backend, 1, 1.0)
        self.gives_shots = False
        self._inverses = lru_cache(maxsize=64)(self._inverse)

    def _inverse(self, circuit: Circuit) -> np.ndarray:
        confusion = self.inner.readout_confusion(circuit)
        determinants = np.linalg.det(confusion)
        if np.abs(determinants).min() < 1e-3:
            raise ConfigError(
                f"{self.inner.name}: qubit {int(np.abs(determinants).argmin())} is misread half of the "
                "time, so its readout errors cannot be undone"
            )
        self.variance_factor = float((1 / determinants**2).max())
        return np.linalg.inv(confusion)

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        """Quasi-probabilities: they add up to 1 and may be negative."""
        n = circuit.n_qubits
        check_dense(self, n, "fewer qubits")
        with torch.no_grad():
            chances = torch.atleast_2d(self.inner.probabilities(circuit, values, inputs))
        found = chances.reshape(-1, *[2] * n)
        for q, matrix in enumerate(self._inverses(circuit)):
            found = torch.movedim(
                torch.tensordot(found, torch.as_tensor(matrix).to(chances), dims=([1 + q], [1])), -1, 1 + q
            )
        return found.reshape(chances.shape)

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """Refused: quasi-probabilities have no shots."""
        raise ConfigError("readout mitigation gives expectations and quasi-probabilities, not shots")

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """None is left: identities."""
        return np.repeat(np.eye(2)[None], circuit.n_qubits, 0)
