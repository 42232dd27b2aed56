"""Exact noisy simulation: density matrices as Pauli vectors, in batches, differentiable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends import measurement
from qualms.backends.exact import Values, as_tensor
from qualms.backends.noise import NoiseModel
from qualms.backends.protocol import listed, shaped, shots_of
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels import draw, pauli_vector
from qualms.records.quadrant import Quadrant

Noise = NoiseModel | Mapping[str, Any] | None


def as_noise(noise: Noise) -> NoiseModel:
    """A noise model from what a user gave."""
    if isinstance(noise, NoiseModel):
        return noise
    if noise is not None and not isinstance(noise, Mapping):
        raise ConfigError(
            f"noise={noise!r} is neither a NoiseModel nor a mapping such as {{'depolarizing': 0.01}} or {{'device': 'fake_sherbrooke'}}"
        )
    settings = dict(noise or {})
    device = settings.pop("device", None)
    if device is None:
        return NoiseModel.uniform(settings)
    scale = as_real(settings.pop("scale", 1.0), f"noise of device {device!r}: scale=", "a number from 0 up")
    if not 0 <= scale < 1e6:
        raise ConfigError(f"noise of device {device!r}: scale={scale!r} must be a number from 0 up")
    if settings:
        raise ConfigError(f"noise of device {device!r}: {', '.join(settings)} cannot be added to it; only scale")
    return _device_noise(str(device), scale)


@lru_cache(maxsize=16)
def _device_noise(name: str, scale: float) -> NoiseModel:
    from qualms.backends.ibm import calibration

    model = NoiseModel.from_calibration(calibration(name))
    return model if scale == 1 else model.scaled(scale)


def density_matrix(circuit: Circuit, values: Values = None, noise: Noise = None) -> np.ndarray:
    """Final density matrix from |0…0⟩, for interchange: (2ⁿ, 2ⁿ) complex128 in **Qiskit's** bit order, qubit 0 least significant.

    Parameters
    ----------
    circuit : gates, channels and resets; measurements at its end are left out.
    values : of its free parameters, by name or in the order of `circuit.parameters`.
    noise : ``{"depolarizing": 0.01, …}``: each channel after every gate on each of its qubits; or a `NoiseModel`; or
        ``{"device": "fake_sherbrooke", "scale": 1}`` in the backends, which transpile. Readout errors do not change a state and are left to
        measurements.

    Raises
    ------
    ConfigError : for unknown channels, values that do not fit, a gate after a measurement.
    TooLargeError : before anything is allocated, naming the largest number of qubits that fits.
    """
    n = circuit.n_qubits
    with torch.no_grad():
        vector = pauli_vector.evolve(as_noise(noise).applied(circuit), as_tensor(circuit, values), dtype=torch.complex128)
        found = pauli_vector.to_density(torch.atleast_2d(vector))[0].numpy()
    axes = [*range(n - 1, -1, -1), *range(2 * n - 1, n - 1, -1)]
    return np.ascontiguousarray(found.reshape([2] * (2 * n)).transpose(axes)).reshape(1 << n, 1 << n)


class DensityMatrixBackend:
    """Noise without sampling error: the average over infinitely many shots. See `Backend` for the methods' shapes.

    Parameters
    ----------
    noise : see `density_matrix`. A device's noise transpiles circuits to the device first. Readout
        errors are in what is measured. On a device, basis changes before a measurement are gates like the rest; under uniform noise they are
        perfect.
    """

    name = "density_matrix"
    quadrant = Quadrant("classical", "simulated quantum")
    differentiable = True
    noisy = True
    max_qubits = 10  # of a quantum sublayer; other circuits go as far as memory does

    def __init__(self, noise: Noise = None) -> None:
        self.noise = as_noise(noise)
        self._prepared = lru_cache(maxsize=64)(self.noise.prepared)

    def vector(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """The Pauli vector as a measurement would show it, readout errors included: ([B,] 4ⁿ)."""
        ready = self._prepared(circuit)
        values, inputs = ready.inputs(values, inputs)
        found = pauli_vector.evolve(ready.circuit, values, inputs)
        flat, found = found.ndim == 1, torch.atleast_2d(found)
        found = pauli_vector.reduced(found, ready.places)
        if ready.misreads:
            found = pauli_vector.misread(found, ready.confusion)
        return found[0] if flat else found

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        vector = self.vector(circuit, values, inputs)
        found = pauli_vector.probabilities(torch.atleast_2d(vector))
        return found[0] if vector.ndim == 1 else found

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        several = listed(observables, circuit)
        if self.noise.calibration is not None:
            means = measurement.from_probabilities(lambda c: self.probabilities(c, values, inputs), circuit, several)
            return shaped(means, observables, values, inputs)
        vector = self.vector(circuit, values, inputs)
        found = pauli_vector.expectations(torch.atleast_2d(vector), several)
        return shaped(found, observables, values, inputs)

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        shots = shots_of(shots, self.name)
        return draw(torch.atleast_2d(self.probabilities(circuit, values, inputs)), shots, as_integer(seed, f"{self.name}: seed="))

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return self._prepared(circuit).confusion

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        if ansatz.n_qubits > self.max_qubits:
            raise TooLargeError(f"{ansatz.n_qubits} qubits asked of the {self.name} backend; a sublayer has at most {self.max_qubits}")
        return read_out(self, ansatz, angles, inputs, readout)
