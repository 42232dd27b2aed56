"""Noisy simulation of circuits too wide for a density matrix: averages over random pure states."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from qualms.backends.density import Noise, as_noise
from qualms.backends.sampled import seed_of
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, LayeredAnsatz, Observable
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
        if trajectories < 1:
            raise ConfigError(f"trajectories={trajectories} must be at least 1")
        self.noise, self.trajectories, self.seed = as_noise(noise), trajectories, seed
        self._applied = lru_cache(maxsize=64)(self.noise.applied)

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        total: Tensor | float = 0.0
        for states in unravel(self._applied(circuit), self.trajectories, seed_of(self.seed, values, inputs), values, inputs):
            total = total + (states.real**2 + states.imag**2).sum(1)
        assert isinstance(total, Tensor)
        found = self._misread(total / self.trajectories, circuit.n_qubits)
        return found if any(t is not None and t.ndim == 2 for t in (values, inputs)) else found[0]

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        several = [observables] if isinstance(observables, Observable) else list(observables)
        found = self.estimate(circuit, several, values, inputs)[0]
        found = found if any(t is not None and t.ndim == 2 for t in (values, inputs)) else found[0]
        return found[..., 0] if isinstance(observables, Observable) else found

    def estimate(
        self, circuit: Circuit, observables: Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Means and their standard errors, (B, k) each.

        Raises
        ------
        ConfigError : with readout errors, for observables that are not diagonal: measure them through `SampledBackend`.
        """
        if self.noise.misreads and not all(getattr(o, "is_diagonal", True) for o in observables):
            raise ConfigError("trajectories: readout errors act on measured bits; take shots of X and Y with SampledBackend(TrajectoryBackend(…))")
        kept = []
        for states in unravel(self._applied(circuit), self.trajectories, seed_of(self.seed, values, inputs), values, inputs):
            if self.noise.misreads:
                chances = self._misread((states.real**2 + states.imag**2).flatten(0, 1), circuit.n_qubits)
                diagonals = torch.stack([torch.as_tensor(o.diagonal()) for o in observables]).to(chances)
                kept.append((chances @ diagonals.mT).unflatten(0, states.shape[:2]))
            else:
                kept.append(expectations(states.flatten(0, 1), list(observables)).unflatten(0, states.shape[:2]))
        every = torch.cat(kept, 1)  # (B, T, k)
        error = every.std(1) / self.trajectories**0.5 if self.trajectories > 1 else torch.full_like(every[:, 0], float("nan"))
        return every.mean(1), error

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """One trajectory for every shot."""
        batch = max([len(t) for t in (values, inputs) if t is not None and t.ndim == 2], default=1)
        counts = torch.zeros(batch, 1 << circuit.n_qubits, dtype=torch.int64)
        for k, states in enumerate(unravel(self._applied(circuit), shots, seed_of(seed, values, inputs), values, inputs)):
            chances = self._misread((states.real**2 + states.imag**2).flatten(0, 1), circuit.n_qubits)
            counts += draw(chances, 1, seed_of(seed + 1 + k, values, inputs)).unflatten(0, states.shape[:2]).sum(1).cpu()
        return counts

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        return read_out(self, ansatz, angles, inputs, readout)

    def _misread(self, chances: Tensor, n: int) -> Tensor:
        """(R, 2ⁿ) probabilities with readout errors."""
        if not self.noise.misreads:
            return chances
        shaped = chances.reshape(-1, *[2] * n)
        for q, matrix in enumerate(self.noise.confusions(range(n))):
            turned = torch.tensordot(shaped, torch.as_tensor(matrix).to(chances), dims=([1 + q], [1]))
            shaped = torch.movedim(turned, -1, 1 + q)
        return shaped.reshape(chances.shape)
