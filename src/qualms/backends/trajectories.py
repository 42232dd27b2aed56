"""Noisy simulation of circuits too wide for a density matrix: averages over random pure states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.density import Noise, as_noise
from qualms.backends.protocol import batch_size, check_circuit, shots_of
from qualms.backends.shots import seed_of
from qualms.circuits import Circuit, Diagonal, Observable
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError
from qualms.kernels import expectations, sample_counts
from qualms.kernels.trajectories import unravel


class TrajectoryBackend(BaseBackend):
    """Quantum trajectories; memory of a state vector. See `Backend` for the methods' shapes.

    Parameters
    ----------
    noise : Noise, optional
        See `qualms.backends.density_matrix`.
    trajectories : int, default 1000
        Averaged over. Standard errors shrink with their root.
    seed : int, default 0
        Seed of the jumps; a function of it and of the circuit's values.
    """

    name = "trajectories"
    noisy = True

    def __init__(self, noise: Noise = None, trajectories: int = 1000, seed: int = 0) -> None:
        self.noise, self.trajectories = as_noise(noise), as_integer(trajectories, "trajectories=", 1)
        self.seed = as_integer(seed, "trajectories: seed=", 0)
        self._noisy = lru_cache(maxsize=64)(self.noise.noisy_circuit)

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        total: Tensor | float = 0.0
        for chances in self._chances(
            circuit, self.trajectories, seed_of(self.seed, circuit, values, inputs), values, inputs
        ):
            total = total + chances.sum(1)
        assert isinstance(total, Tensor)
        return total / self.trajectories

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        return self.estimate(circuit, observables, values, inputs)[0]

    def estimate(
        self,
        circuit: Circuit,
        observables: Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Means and their standard errors, (B, k) each.

        Raises
        ------
        ConfigError
            With readout errors, for observables that are not diagonal: measure them through `SampledBackend`.
        """
        ready = self._noisy(circuit)
        seed = seed_of(self.seed, circuit, values, inputs)
        kept = []
        if all(isinstance(o, Diagonal) or o.is_diagonal for o in observables):
            for chances in self._chances(circuit, self.trajectories, seed, values, inputs):
                kept.append(
                    chances @ torch.stack([torch.tensor(o.diagonal()) for o in observables]).to(chances).mT
                )
        elif ready.misreads or ready.columns is not None:
            raise ConfigError(
                "trajectories: only measured bits show readout errors; take shots of X and Y with "
                "SampledBackend(TrajectoryBackend(…))"
            )
        else:
            self._count(batch_size(values, inputs))
            for states in unravel(ready.circuit, self.trajectories, seed, values, inputs):
                kept.append(
                    expectations(states.flatten(0, 1), list(observables)).unflatten(0, states.shape[:2])
                )
        every = torch.cat(kept, 1)  # (B, T, k)
        error = (
            every.std(1) / self.trajectories**0.5
            if self.trajectories > 1
            else torch.full_like(every[:, 0], float("nan"))
        )
        return every.mean(1), error

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """One trajectory for every shot."""
        shots, batch = shots_of(shots, self.name), batch_size(values, inputs)
        check_circuit(self, circuit.n_qubits)
        self._count(0, batch * shots)
        counts = torch.zeros(batch, 1 << circuit.n_qubits, dtype=torch.int64)
        for k, chances in enumerate(
            self._chances(circuit, shots, seed_of(seed, circuit, values, inputs), values, inputs)
        ):
            drawn = sample_counts(chances.flatten(0, 1), 1, seed_of(seed + 1 + k, circuit, values, inputs))
            counts += drawn.unflatten(0, chances.shape[:2]).sum(1).cpu()
        return counts

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return self._noisy(circuit).confusion

    def _chances(
        self, circuit: Circuit, count: int, seed: int, values: Tensor | None, inputs: Tensor | None
    ) -> Iterator[Tensor]:
        """Probabilities of what is read in every trajectory, in chunks (B, T, 2ⁿ)."""
        ready = self._noisy(circuit)
        values, inputs = ready.inputs(values, inputs)
        self._count(batch_size(values, inputs))
        for states in unravel(ready.circuit, count, seed, values, inputs):
            yield ready.marginal((states.real**2 + states.imag**2).flatten(0, 1)).unflatten(
                0, states.shape[:2]
            )
