"""What backends do in the same way: counting, limits, drawing shots, expectations from probabilities, a
sublayer as a circuit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from qualms.backends import measurement, sublayer
from qualms.backends.protocol import (
    MEMORY_DECIDES,
    Usage,
    check_circuit,
    check_sublayer,
    is_batch,
    listed,
    shaped,
    shots_of,
)
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer
from qualms.kernels import sample_counts
from qualms.records.quadrant import Quadrant


class BaseBackend:
    """A simulator that makes only `_probabilities` itself, or more where it knows a faster way.

    See `Backend` for the methods' shapes.

    Every circuit that really runs is told to `_count`, by the method that runs it and by no other.
    """

    name = "backend"
    quadrant = Quadrant("classical", "simulated quantum")
    differentiable = False
    noisy = False
    gives_probabilities = True
    gives_shots = True
    max_qubits = MEMORY_DECIDES
    max_sublayer_qubits = 14

    _circuits_run = 0
    _shots_taken = 0

    @property
    def usage(self) -> Usage:
        return Usage(self._circuits_run, self._shots_taken)

    def _count(self, circuits: int, shots: int = 0) -> None:
        """So many circuits ran with so many shots in all."""
        self._circuits_run += circuits
        self._shots_taken += shots

    def __sklearn_clone__(self) -> BaseBackend:
        """Itself: copies of an estimator share the place where circuits run, with its count and its limit."""
        return self

    # What a backend makes itself ----------------------------------------------------------------------------

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        """Probabilities (B, 2ⁿ), one row for every row of values or inputs."""
        raise NotImplementedError

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        """Means (B, k).

        Here as a device gets them, every group of commuting observables from a circuit of its own.
        """
        return measurement.from_probabilities(
            lambda c: self.probabilities(c, values, inputs), circuit, observables
        )

    # The protocol -------------------------------------------------------------------------------------------

    def probabilities(
        self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        check_circuit(self, circuit.n_qubits)
        found = self._probabilities(circuit, values, inputs)
        return found if is_batch(values, inputs) else found[0]

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        check_circuit(self, circuit.n_qubits)
        found = self._means(circuit, listed(observables, circuit), values, inputs)
        return shaped(found, observables, values, inputs)

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        shots, seed = shots_of(shots, self.name), as_integer(seed, f"{self.name}: seed=")
        chances = torch.atleast_2d(self.probabilities(circuit, values, inputs))
        self._count(0, len(chances) * shots)
        return sample_counts(chances, shots, seed)

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return np.repeat(np.eye(2)[None], circuit.n_qubits, 0)

    def read_out(
        self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool
    ) -> Tensor:
        check_sublayer(self, ansatz.n_qubits)
        return sublayer.read_out(self, ansatz, angles, inputs, readout)
