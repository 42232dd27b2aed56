"""Exact noisy simulation: density matrices as Pauli vectors, in batches, differentiable."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.exact import Values, as_tensor
from qualms.backends.noise import NoiseModel
from qualms.circuits import Circuit, Observable
from qualms.data.numbers import as_real
from qualms.errors import ConfigError
from qualms.kernels import pauli_vector

Noise = NoiseModel | Mapping[str, Any] | None


def as_noise(noise: Noise) -> NoiseModel:
    """A noise model from what a user gave."""
    if isinstance(noise, NoiseModel):
        return noise
    if noise is not None and not isinstance(noise, Mapping):
        raise ConfigError(
            f"noise={noise!r} is neither a NoiseModel nor a mapping such as {{'depolarizing': 0.01}} or "
            "{'device': 'fake_sherbrooke'}"
        )
    settings = dict(noise or {})
    device = settings.pop("device", None)
    if device is None:
        return NoiseModel.uniform(settings)
    scale = as_real(settings.pop("scale", 1.0), f"noise of device {device!r}: scale=", "a number from 0 up")
    if not 0 <= scale < 1e6:
        raise ConfigError(f"noise of device {device!r}: scale={scale!r} must be a number from 0 up")
    if settings:
        raise ConfigError(
            f"noise of device {device!r}: {', '.join(settings)} cannot be added to it; only scale"
        )
    return _device_noise(str(device), scale)


@lru_cache(maxsize=16)
def _device_noise(name: str, scale: float) -> NoiseModel:
    from qualms.backends.ibm import calibration

    model = NoiseModel.from_calibration(calibration(name))
    return model if scale == 1 else model.scaled(scale)


def density_matrix(circuit: Circuit, values: Values = None, noise: Noise = None) -> np.ndarray:
    """Final density matrix from |0…0⟩, for interchange: (2ⁿ, 2ⁿ) complex128 in **Qiskit's** bit order, qubit
    0 least significant.

    Parameters
    ----------
    circuit : Circuit
        Gates, channels and resets; measurements at its end are left out.
    values : Values, optional
        Values of its free parameters, by name or in the order of `circuit.parameters`.
    noise : Noise, optional
        ``{"depolarizing": 0.01, …}``: each channel after every gate on each of its qubits; or a
        `NoiseModel`; or ``{"device": "fake_sherbrooke", "scale": 1}`` in the backends, which transpile.
        Readout errors do not change a state and are left to measurements.

    Raises
    ------
    ConfigError
        For unknown channels, values that do not fit, a gate after a measurement.
    TooLargeError
        Before anything is allocated, naming the largest number of qubits that fits.
    """
    n = circuit.n_qubits
    with torch.no_grad():
        vector = pauli_vector.evolve(
            as_noise(noise).applied(circuit), as_tensor(circuit, values), dtype=torch.complex128
        )
        found = pauli_vector.to_density(torch.atleast_2d(vector))[0].numpy()
    axes = [*range(n - 1, -1, -1), *range(2 * n - 1, n - 1, -1)]
    return np.ascontiguousarray(found.reshape([2] * (2 * n)).transpose(axes)).reshape(1 << n, 1 << n)


class DensityMatrixBackend(BaseBackend):
    """Noise without sampling error: the average over infinitely many shots.

    See `Backend` for the methods' shapes.

    Parameters
    ----------
    noise : Noise, optional
        See `density_matrix`. A device's noise transpiles circuits to the device first.

    Notes
    -----
    Readout errors are in what is measured. On a device, basis changes before a measurement are gates like
    the rest; under uniform noise they are perfect.
    """

    name = "density_matrix"
    differentiable = True
    noisy = True
    max_qubits = 16  # 4¹⁶ numbers are 32 GiB
    max_sublayer_qubits = 10

    def __init__(self, noise: Noise = None) -> None:
        self.noise = as_noise(noise)
        self._noisy = lru_cache(maxsize=64)(self.noise.noisy_circuit)

    def _vector(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        """Pauli vectors as a measurement would show them, readout errors included: (B, 4ⁿ)."""
        ready = self._noisy(circuit)
        values, inputs = ready.inputs(values, inputs)
        found = torch.atleast_2d(pauli_vector.evolve(ready.circuit, values, inputs))
        self._count(len(found))
        found = pauli_vector.reduced(found, ready.places)
        return pauli_vector.misread(found, ready.confusion) if ready.misreads else found

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        return pauli_vector.probabilities(self._vector(circuit, values, inputs))

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        if self.noise.calibration is not None:  # changes of the basis before a measurement are gates, and err
            return super()._means(circuit, observables, values, inputs)
        return pauli_vector.expectations(self._vector(circuit, values, inputs), observables)

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return self._noisy(circuit).confusion
