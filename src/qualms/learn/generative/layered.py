"""Layered circuits as Born machines: all 2ⁿ probabilities, with gradients by the adjoint method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend
from qualms.circuits import Circuit, LayeredAnsatz
from qualms.errors import ConfigError


@dataclass(frozen=True, eq=False)
class LayeredModel:
    """A layered circuit without values for its angles, and where it runs.

    Attributes
    ----------
    ansatz : LayeredAnsatz
        RY everywhere and CNOTs, n_layers times, and a last row of RY. Amplitudes are real without RZ.
    backend : Backend
        Its probabilities must have gradients for training.
    """

    ansatz: LayeredAnsatz
    backend: Backend

    @property
    def size(self) -> int:
        return int(np.prod(self.ansatz.angle_shape))

    def start(self, bits: np.ndarray, weight: np.ndarray, scale: float, seed: int) -> np.ndarray:
        """Random angles: the data say nothing about them, and zeros are a saddle point."""
        return np.random.default_rng(seed).uniform(-np.pi, np.pi, self.size)

    def probabilities(self, theta: Tensor) -> Tensor:
        """Of every pattern, (2ⁿ,). Differentiable.

        Raises
        ------
        ConfigError
            If gradients are wanted from a backend that has none.
        """
        ansatz, backend = self.ansatz, self.backend
        if isinstance(backend, StatevectorBackend) and ansatz.n_qubits <= backend.max_sublayer_qubits:
            # the sublayer's core keeps real amplitudes real, which general circuits do not
            zero = torch.zeros(1, ansatz.dimension, dtype=theta.dtype)
            zero[0, 0] = 1
            return backend.read_out(ansatz, theta.reshape(1, *ansatz.angle_shape), zero, "probs", False)[0, 0]
        found = backend.probabilities(ansatz.circuit(), theta)
        if theta.requires_grad and not found.requires_grad:
            raise ConfigError(
                f"BornMachine: {backend.name} gives no gradients of probabilities to train by; train with "
                "backend=None, then set_params(backend=…) and sample there"
            )
        return found

    def circuit(self, theta: np.ndarray) -> Circuit:
        """As a circuit with numbers for angles."""
        free = self.ansatz.circuit()
        return free.bind(dict(zip(free.parameters, np.asarray(theta, float).tolist(), strict=True)))
