"""What every backend offers."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from qualms.circuits import LayeredAnsatz
from qualms.records.quadrant import Quadrant


class Backend(Protocol):
    """A place where circuits run on a batch of input states."""

    name: str
    quadrant: Quadrant
    differentiable: bool
    noisy: bool
    max_qubits: int

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        """Amplitude-encode the inputs, run the circuits, measure: `readout` is "z" (⟨Z⟩ of every qubit), "probs" or "amplitudes".

        `inputs` ([C,] B, 2ⁿ) need not have norm 1 if `normalize`; `angles` (C, rows, n). Returns (C, B, n | 2ⁿ). Only an exact
        simulator has amplitudes.
        """
        ...

    def sample(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, shots: int, seed: int) -> Tensor:
        """Counts of basis states over `shots` measurements, `inputs` of norm 1: (C, B, 2ⁿ) int64."""
        ...
