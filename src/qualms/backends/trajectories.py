"""Noisy simulation of circuits too wide for a density matrix: averages over random pure states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from qualms.backends.density import Noise, as_noise
from qualms.backends.protocol import is_batch, listed, shaped, shots_of
from qualms.backends.sampled import seed_of
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError
from qualms.kernels import draw, expectations
from qualms.kernels.trajectories import unravel
from qualms.records.quadrant import Quadrant


class TrajectoryBackend:
    """Quantum trajectories; memory of a state vector. See `Backend` for the methods' shapes.

    Parameters
    ----------
    noise : see `qualms.backends.density_matrix`.
    trajectories : averaged over. Standard errors shrink with their root.
    seed : of the jumps; a function of it and of the circuit's values.
    """

    name = "trajectories"
    quadrant = Quadrant("classical", "simulated quantum")
    differentiable = False
    noisy = True
    max_qubits = 14

    def __init__(self, noise: Noise = None, trajectories: int = 1000, seed: int = 0) -> None:
        self.noise, self.trajectories = as_noise(noise), as_integer(trajectories, "trajectories=", 1)
        self.seed = as_integer(seed, "trajectories: seed=", 0)
        self._prepared = lru_cache(maxsize=64)(self.noise.prepared)

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        total: Tensor | float = 0.0
        for chances in self._chances(circuit, self.trajectories, seed_of(self.seed, circuit, values, inputs), values, inputs):
            total = total + chances.sum(1)
        assert isinstance(total, Tensor)
        return (total if is_batch(values, inputs) else total[0]) / self.trajectories

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        several = listed(observables, circuit)
        found = self.estimate(circuit, several, values, inputs)[0]
        return shaped(found, observables, values, inputs)

    def estimate(
        self, circuit: Circuit, observables: Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Means and their standard errors, (B, k) each.

        Raises
        ------
        ConfigError : with readout errors, for observables that are not diagonal: measure them through `SampledBackend`.
        """
        ready = self._prepared(circuit)
        seed = seed_of(self.seed, circuit, values, inputs)
        kept = []
        if all(isinstance(o, Diagonal) or o.is_diagonal for o in observables):
            for chances in self._chances(circuit, self.trajectories, seed, values, inputs):
                kept.append(chances @ torch.stack([torch.tensor(o.diagonal()) for o in observables]).to(chances).mT)
        elif ready.misreads or ready.columns is not None:
            raise ConfigError("trajectories: only measured bits show readout errors; take shots of X and Y with SampledBackend(TrajectoryBackend(…))")
        else:
            for states in unravel(ready.circuit, self.trajectories, seed, values, inputs):
                kept.append(expectations(states.flatten(0, 1), list(observables)).unflatten(0, states.shape[:2]))
        every = torch.cat(kept, 1)  # (B, T, k)
        error = every.std(1) / self.trajectories**0.5 if self.trajectories > 1 else torch.full_like(every[:, 0], float("nan"))
        return every.mean(1), error

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """One trajectory for every shot."""
        shots = shots_of(shots, self.name)
        batch = max([len(t) for t in (values, inputs) if t is not None and t.ndim == 2], default=1)
        counts = torch.zeros(batch, 1 << circuit.n_qubits, dtype=torch.int64)
        for k, chances in enumerate(self._chances(circuit, shots, seed_of(seed, circuit, values, inputs), values, inputs)):
            drawn = draw(chances.flatten(0, 1), 1, seed_of(seed + 1 + k, circuit, values, inputs))
            counts += drawn.unflatten(0, chances.shape[:2]).sum(1).cpu()
        return counts

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return self._prepared(circuit).confusion

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        return read_out(self, ansatz, angles, inputs, readout)

    def _chances(self, circuit: Circuit, count: int, seed: int, values: Tensor | None, inputs: Tensor | None) -> Iterator[Tensor]:
        """Probabilities of what is read in every trajectory, in chunks (B, T, 2ⁿ)."""
        ready = self._prepared(circuit)
        values, inputs = ready.inputs(values, inputs)
        for states in unravel(ready.circuit, count, seed, values, inputs):
            yield ready.marginal((states.real**2 + states.imag**2).flatten(0, 1)).unflatten(0, states.shape[:2])
