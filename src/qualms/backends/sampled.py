"""Finite shots on top of any simulator, with the gradients that a device could take."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends import gradients, measurement
from qualms.backends.density import DensityMatrixBackend, Noise
from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend, is_batch, listed, shaped, shots_of
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError


@dataclass
class Usage:
    """What has been run. circuits: settings measured, each with its own shots. shots: in all. jobs: submissions, 0 for a simulator."""

    circuits: int = 0
    shots: int = 0
    jobs: int = 0

    def add(self, circuits: int, shots: int, jobs: int = 0) -> None:
        self.circuits += circuits
        self.shots += circuits * shots
        self.jobs += jobs


def seed_of(seed: int, circuit: Circuit, *tensors: Tensor | None) -> int:
    """A seed for exactly this work: the same circuit with the same values gets the same shots in any order and after any restart."""
    found = hashlib.blake2b(str(seed).encode() + circuit.fingerprint, digest_size=8)
    for tensor in tensors:
        if tensor is not None:
            found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return int.from_bytes(found.digest(), "little")


class SampledBackend:
    """Frequencies of `shots` measurements in place of probabilities. See `Backend` for the methods' shapes.

    Shot noise is a function of `seed`, the circuit and its values: equal work sees equal noise, so runs repeat bit for bit and a
    resumed training needs no generator's state. For independent repetitions use other seeds.

    Parameters
    ----------
    backend : the simulator that the shots are taken from; default the exact one.
    shots : for each group of observables that are measured together.
    noise : instead of a backend: a `DensityMatrixBackend` with this noise.
    seed : of the shots.
    gradient : "parameter-shift" (each derivative from shifted circuits with shots of their own, as on a device), "spsa" (two circuits for all
        derivatives), or "straight-through" (forward sampled, backward the simulator's exact gradient; no device can do this).

    Attributes
    ----------
    usage : circuits and shots so far, those of gradients included.
    """

    name = "sampled"
    differentiable = True

    def __init__(
        self, backend: Backend | None = None, shots: int = 1000, seed: int = 0, gradient: str = "parameter-shift", noise: Noise = None
    ) -> None:

        gradients.check_method(gradient, self.name)
        shots = shots_of(shots, self.name)
        if backend is not None and noise is not None:
            raise ConfigError("sampled: give a backend or noise, not both")
        self.inner: Backend = backend or (StatevectorBackend() if noise is None else DensityMatrixBackend(noise))
        self.shots, self.seed, self.gradient = shots, as_integer(seed, "sampled: seed=", 0), gradient
        self.quadrant, self.noisy, self.max_qubits = self.inner.quadrant, True, self.inner.max_qubits
        self.usage = Usage()

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        counts = self.inner.sample(circuit, shots, seed, values, inputs)
        self.usage.add(len(counts), shots)
        return counts

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        counts = self.sample(circuit, self.shots, seed_of(self.seed, circuit, values, inputs), values, inputs)
        found = counts.to(_real(values, inputs)) / self.shots
        return found if is_batch(values, inputs) else found[0]

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
        fixed: frozenset[str] = frozenset(),
    ) -> Tensor:
        """See `Backend`. `fixed` : parameters whose derivatives nobody needs, and no shifted circuit is run for."""
        several = listed(observables, circuit)
        found = self._differentiable(circuit, several, values, inputs, fixed)
        return shaped(found, observables, values, inputs)

    def estimate(
        self, circuit: Circuit, observables: Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Means and their standard errors, (B, k) each; no gradients."""
        means: Any = 0.0
        variances: Any = 0.0
        outcomes = np.arange(1 << circuit.n_qubits)
        for setting in measurement.settings(observables, circuit.n_qubits):
            rotated = setting.circuit(circuit)
            counts = self.sample(rotated, self.shots, seed_of(self.seed, rotated, values, inputs), values, inputs).cpu().numpy()
            found = measurement.estimate(setting, outcomes, counts, len(observables))
            means, variances = means + found[0], variances + found[1]
        kind = _real(values, inputs)
        return torch.as_tensor(means, dtype=kind), torch.as_tensor(np.sqrt(variances), dtype=kind)

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """Estimated as a device's is: shots of all qubits in 0 and of all in 1."""
        truth = self.inner.readout_confusion(circuit)
        rng = np.random.default_rng(self.seed)
        wrong1 = rng.binomial(self.shots, truth[:, 1, 0]) / self.shots
        wrong0 = rng.binomial(self.shots, truth[:, 0, 1]) / self.shots
        self.usage.add(2, self.shots)
        return np.array([[[1 - a, b], [a, 1 - b]] for a, b in zip(wrong1, wrong0, strict=True)])

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        return read_out(self, ansatz, angles, inputs, readout, by_shifts=self.gradient == "parameter-shift")

    def _differentiable(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None, fixed: frozenset[str]
    ) -> Tensor:
        wanted = torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in (values, inputs))
        if not wanted:
            return self.estimate(circuit, observables, values, inputs)[0]
        if self.gradient == "straight-through":
            smooth = torch.atleast_2d(self.inner.expectation(circuit, observables, values, inputs))
            with torch.no_grad():
                noise = self.estimate(circuit, observables, values, inputs)[0].to(smooth) - smooth
            return smooth + noise
        if inputs is not None and inputs.requires_grad:
            raise ConfigError(
                f"sampled: {self.gradient} gives gradients to angles, not to input states; load them by a circuit or use 'straight-through'"
            )
        assert values is not None

        def evaluate(circuit: Circuit, rows: Tensor) -> Tensor:
            states = inputs if inputs is None or inputs.ndim == 1 else inputs.repeat(len(rows) // len(inputs), 1)
            with torch.no_grad():
                return self.estimate(circuit, observables, rows, states)[0].to(rows)

        rows = torch.atleast_2d(values)
        if inputs is not None and inputs.ndim == 2 and len(rows) == 1:
            rows = rows.expand(len(inputs), -1)
        if self.gradient == "spsa":
            return gradients.spsa(evaluate, circuit, rows, seed_of(self.seed + 1, circuit, rows))
        return gradients.parameter_shift(evaluate, circuit, rows, fixed)


def _real(*tensors: Tensor | None) -> torch.dtype:
    kinds = [t.dtype.to_real() if t.is_complex() else t.dtype for t in tensors if t is not None]
    found = torch.float32
    for kind in kinds:
        found = torch.promote_types(found, kind)
    return found
