"""Exact simulation of the whole state in torch, differentiable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from qualms.backends.protocol import check_values, listed, shaped, shots_of
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels import draw, expectations, read_out, simulate
from qualms.records.quadrant import Quadrant

Values = Tensor | Mapping[str, float] | Sequence[float] | None


def statevector(circuit: Circuit, values: Values = None) -> np.ndarray:
    """Final amplitudes from |0…0⟩, for interchange: (2ⁿ,) complex128 in **Qiskit's** bit order, qubit 0 least significant.

    Parameters
    ----------
    circuit : without channels; measurements at its end are left out.
    values : of its free parameters, by name or in the order of `circuit.parameters`.

    Raises
    ------
    ConfigError : for a circuit with channels, resets or gates after measurements, or missing values.
    TooLargeError : before anything is allocated, naming the largest number of qubits that fits.
    """
    with torch.no_grad():
        state = simulate(circuit, as_tensor(circuit, values), dtype=torch.complex128)
    return np.ascontiguousarray(state.numpy().reshape([2] * circuit.n_qubits).transpose()).reshape(-1)


def as_tensor(circuit: Circuit, values: Values) -> Tensor | None:
    """Values of a circuit's parameters as `simulate` takes them."""
    if values is None or isinstance(values, Tensor):
        return values
    if isinstance(values, Mapping):
        missing = [p for p in circuit.parameters if p not in values]
        unknown = [p for p in values if p not in circuit.parameters]
        if missing or unknown:
            raise ConfigError(
                f"parameters without a value: {', '.join(missing) or 'none'}; values without a parameter: {', '.join(unknown) or 'none'}"
            )
        values = [values[p] for p in circuit.parameters]
    names = dict(enumerate(circuit.parameters))
    return torch.tensor([as_real(v, f"the value of parameter {names.get(k, k)}") for k, v in enumerate(values)], dtype=torch.float64)


class StatevectorBackend:
    """Exact amplitudes, no shots and no noise. See `Backend` for the methods' shapes."""

    name = "statevector"
    quadrant = Quadrant("classical", "simulated quantum")
    differentiable = True
    noisy = False
    max_qubits = 14  # of a quantum sublayer; other circuits go as far as memory does

    def amplitudes(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None, gradient: str = "adjoint") -> Tensor:
        """Final amplitudes, ([B,] 2ⁿ) complex; only an exact simulator has them."""
        return simulate(circuit, values, inputs, gradient)

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        state = self.amplitudes(circuit, values, inputs)
        return state.real**2 + state.imag**2

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
        gradient: str = "adjoint",
    ) -> Tensor:
        state = self.amplitudes(circuit, values, inputs, gradient)
        several = listed(observables, circuit)
        found = expectations(torch.atleast_2d(state), several)
        return shaped(found, observables, values, inputs)

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        shots = shots_of(shots, self.name)
        check_values(values, circuit.parameters)
        return draw(torch.atleast_2d(self.probabilities(circuit, values, inputs)), shots, as_integer(seed, f"{self.name}: seed="))

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return np.repeat(np.eye(2)[None], circuit.n_qubits, 0)

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        if ansatz.n_qubits > self.max_qubits:
            raise TooLargeError(f"{ansatz.n_qubits} qubits asked of the statevector backend; a sublayer has at most {self.max_qubits}")
        return read_out(ansatz, angles, inputs, readout, normalize)
