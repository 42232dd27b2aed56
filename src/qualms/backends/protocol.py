"""What every backend offers."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from qualms.circuits import LayeredAnsatz
from qualms.records.quadrant import Quadrant


class Backend(Protocol):
    """A place where circuits run on a batch of input states.

    `angles` are (*circuits, rows, n); `inputs` are amplitudes (*circuits, B, 2ⁿ), normalised by the caller.
    """

    name: str
    quadrant: Quadrant
    differentiable: bool
    noisy: bool
    max_qubits: int

    def amplitudes(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor) -> Tensor:
        """Final amplitudes, (*circuits, B, 2ⁿ). Only an exact simulator has them."""
        ...

    def probabilities(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor) -> Tensor:
        """Probability of every basis state, (*circuits, B, 2ⁿ)."""
        ...

    def expectation(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, observables: Tensor) -> Tensor:
        """Means of diagonal observables given as columns of eigenvalues (2ⁿ, k): (*circuits, B, k)."""
        ...

    def sample(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, shots: int, seed: int) -> Tensor:
        """Counts of basis states over `shots` measurements, (*circuits, B, 2ⁿ) int64."""
        ...
