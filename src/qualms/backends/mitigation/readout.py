"""Readout mitigation: each qubit's confusion measured once, and undone on what is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.backends import measurement
from qualms.backends.protocol import Backend, is_batch, listed, shaped
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.errors import ConfigError, TooLargeError

_DENSE = 16  # qubits whose outcomes are corrected all together


class ReadoutBackend:
    """The inverse of every qubit's confusion matrix on the inner backend's probabilities. Qubits are taken to err by themselves.

    The confusion is what the backend says of the qubits that the circuit is measured on: measured with two more circuits where it takes shots, the
    calibration's own where it is a model. Corrected probabilities may be negative: they are quasi-probabilities, and unbiased. See `Backend`.

    Attributes
    ----------
    circuits_factor : 1, plus two calibration circuits a circuit. variance_factor : an upper bound for single-qubit observables of the last circuit.
    """

    differentiable = False

    def __init__(self, backend: Backend) -> None:
        self.inner = backend
        self.name, self.quadrant, self.noisy, self.max_qubits = f"readout({backend.name})", backend.quadrant, backend.noisy, backend.max_qubits
        self.circuits_factor, self.variance_factor = 1, 1.0
        self._inverses = lru_cache(maxsize=64)(self._inverse)

    def _inverse(self, circuit: Circuit) -> np.ndarray:
        confusion = self.inner.readout_confusion(circuit)
        determinants = np.linalg.det(confusion)
        if np.abs(determinants).min() < 1e-3:
            raise ConfigError(f"{self.inner.name}: qubit {int(np.abs(determinants).argmin())} is read as if by a coin: its errors cannot be undone")
        self.variance_factor = float((1 / determinants**2).max())
        return np.linalg.inv(confusion)

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """Quasi-probabilities: they add up to 1 and may be negative."""
        n = circuit.n_qubits
        if n > _DENSE:
            raise TooLargeError(f"readout mitigation of {n} qubits: at most {_DENSE}")
        with torch.no_grad():
            chances = torch.atleast_2d(self.inner.probabilities(circuit, values, inputs))
        shaped_ = chances.reshape(-1, *[2] * n)
        for q, matrix in enumerate(self._inverses(circuit)):
            shaped_ = torch.movedim(torch.tensordot(shaped_, torch.as_tensor(matrix).to(chances), dims=([1 + q], [1])), -1, 1 + q)
        found = shaped_.reshape(chances.shape)
        return found if is_batch(values, inputs) else found[0]

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        several, outcomes = listed(observables, circuit), np.arange(1 << circuit.n_qubits)
        total: Tensor | float = 0.0
        for setting in measurement.settings(several, circuit.n_qubits):
            chances = torch.atleast_2d(self.probabilities(setting.circuit(circuit), values, inputs))
            total = total + chances @ torch.as_tensor(setting.values(outcomes, len(several))).to(chances).mT
        assert isinstance(total, Tensor)
        return shaped(total, observables, values, inputs)

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """Refused: quasi-probabilities have no shots."""
        raise ConfigError("readout mitigation gives expectations and quasi-probabilities, not shots")

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """None is left: identities."""
        return np.repeat(np.eye(2)[None], circuit.n_qubits, 0)

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        return read_out(self, ansatz, angles, inputs, readout)
