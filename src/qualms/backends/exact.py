"""Exact simulation of the whole state in torch, differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from qualms.circuits import LayeredAnsatz
from qualms.errors import TooLargeError
from qualms.kernels import read_out
from qualms.records.quadrant import Quadrant


class StatevectorBackend:
    """Exact amplitudes, no shots and no noise. See `Backend` for the methods' shapes."""

    name = "statevector"
    quadrant = Quadrant("classical", "simulated quantum")
    differentiable = True
    noisy = False
    max_qubits = 14

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        if ansatz.n_qubits > self.max_qubits:
            raise TooLargeError(f"{ansatz.n_qubits} qubits asked of the statevector backend; it runs at most {self.max_qubits}")
        return read_out(ansatz, angles, inputs, readout, normalize)

    def sample(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, shots: int, seed: int) -> Tensor:
        probabilities = self.read_out(ansatz, angles, inputs, "probs", False)
        generator = torch.Generator(probabilities.device).manual_seed(seed)
        rows = probabilities.reshape(-1, ansatz.dimension)
        drawn = torch.multinomial(rows, shots, replacement=True, generator=generator)
        counts = torch.zeros_like(rows, dtype=torch.int64)
        return counts.scatter_add_(1, drawn, torch.ones_like(drawn)).reshape(probabilities.shape)
