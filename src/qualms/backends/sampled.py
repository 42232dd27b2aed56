"""Finite shots on top of any simulator, with the gradients that a device could take."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from qualms.backends import gradients
from qualms.backends.density import DensityMatrixBackend, Noise
from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend, shots_of
from qualms.backends.shots import ShotBackend
from qualms.circuits import Circuit, Observable
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError


class SampledBackend(ShotBackend):
    """Frequencies of `shots` measurements in place of probabilities. See `Backend` for the methods' shapes.

    Shot noise is a function of `seed`, the circuit and its values: equal work sees equal noise, so runs
    repeat bit for bit and a resumed training needs no generator's state. For independent repetitions use
    other seeds.

    Parameters
    ----------
    backend : Backend, optional
        The simulator that the shots are taken from; default the exact one.
    shots : int, default 1000
        Shots for each group of observables that are measured together.
    noise : Noise, optional
        Instead of a backend: a `DensityMatrixBackend` with this noise.
    seed : int, default 0
        Seed of the shots.
    gradient : str, default "parameter-shift"
        "parameter-shift" (each derivative from shifted circuits with shots of their own, as on a device),
        "spsa" (two circuits for all derivatives), or "straight-through" (forward sampled, backward the
        simulator's exact gradient; no device can do this).

    Attributes
    ----------
    usage : Usage
        Circuits and shots so far, those of gradients and of readout calibrations included. What the
        simulator below does for them is not.
    """

    name = "sampled"

    def __init__(
        self,
        backend: Backend | None = None,
        shots: int = 1000,
        seed: int = 0,
        gradient: str = "parameter-shift",
        noise: Noise = None,
    ) -> None:

        gradients.check_method(gradient, self.name)
        shots = shots_of(shots, self.name)
        if backend is not None and noise is not None:
            raise ConfigError("sampled: give a backend or noise, not both")
        self.inner: Backend = backend or (
            StatevectorBackend() if noise is None else DensityMatrixBackend(noise)
        )
        self.shots, self.seed, self.gradient = shots, as_integer(seed, "sampled: seed=", 0), gradient
        self.quadrant = self.inner.quadrant
        self.max_qubits, self.max_sublayer_qubits = self.inner.max_qubits, self.inner.max_sublayer_qubits

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        counts = self.inner.sample(circuit, shots, seed, values, inputs)
        self._count(len(counts), len(counts) * shots)
        return counts

    def _tables(
        self, circuits: list[Circuit], values: Tensor | None, inputs: Tensor | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        every = (self.sample(c, self.shots, self._seed(c, values, inputs), values, inputs) for c in circuits)
        return [
            (np.arange(1 << c.n_qubits), counts.cpu().numpy())
            for c, counts in zip(circuits, every, strict=True)
        ]

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """Estimated as a device's is: shots of all qubits in 0 and of all in 1."""
        truth = self.inner.readout_confusion(circuit)
        rng = np.random.default_rng(self.seed)
        wrong1 = rng.binomial(self.shots, truth[:, 1, 0]) / self.shots
        wrong0 = rng.binomial(self.shots, truth[:, 0, 1]) / self.shots
        self._count(2, 2 * self.shots)
        return np.array([[[1 - a, b], [a, 1 - b]] for a, b in zip(wrong1, wrong0, strict=True)])

    def _differentiable(
        self,
        circuit: Circuit,
        observables: list[Observable],
        values: Tensor | None,
        inputs: Tensor | None,
        fixed: frozenset[str],
    ) -> Tensor:
        if self.gradient != "straight-through":
            return super()._differentiable(circuit, observables, values, inputs, fixed)
        smooth = torch.atleast_2d(self.inner.expectation(circuit, observables, values, inputs))
        with torch.no_grad():
            noise = self.estimate(circuit, observables, values, inputs)[0].to(smooth) - smooth
        return smooth + noise
