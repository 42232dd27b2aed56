"""Exact simulation of the whole state in torch, differentiable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.protocol import Usage, check_sublayer, check_values, listed, shaped
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_real
from qualms.errors import ConfigError
from qualms.kernels import expectations, read_out, simulate
from qualms.kernels.ry_layers import MAX_QUBITS

Values = Tensor | Mapping[str, float] | Sequence[float] | None


def statevector(circuit: Circuit, values: Values = None) -> np.ndarray:
    """Final amplitudes from |0…0⟩, for interchange: (2ⁿ,) complex128 in **Qiskit's** bit order, qubit 0 least
    significant.

    Parameters
    ----------
    circuit : Circuit
        Without channels; measurements at its end are left out.
    values : Values, optional
        Values of its free parameters, by name or in the order of `circuit.parameters`.

    Raises
    ------
    ConfigError
        For a circuit with channels, resets or gates after measurements, or missing values.
    TooLargeError
        Before anything is allocated, naming the largest number of qubits that fits.
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
                f"parameters without a value: {', '.join(missing) or 'none'}; values without a parameter: "
                f"{', '.join(unknown) or 'none'}"
            )
        values = [values[p] for p in circuit.parameters]
    names = dict(enumerate(circuit.parameters))
    return torch.tensor(
        [as_real(v, f"the value of parameter {names.get(k, k)}") for k, v in enumerate(values)],
        dtype=torch.float64,
    )


class StatevectorBackend(BaseBackend):
    """Exact amplitudes, no shots and no noise. See `Backend` for the methods' shapes."""

    name = "statevector"
    differentiable = True
    max_sublayer_qubits = MAX_QUBITS

    def __init__(self) -> None:
        self._run_compiled = torch.zeros((), dtype=torch.int64)

    @property
    def usage(self) -> Usage:
        return super().usage + Usage(int(self._run_compiled))

    def amplitudes(
        self,
        circuit: Circuit,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
        gradient: str = "adjoint",
    ) -> Tensor:
        """Final amplitudes, ([B,] 2ⁿ) complex; only an exact simulator has them."""
        found = simulate(circuit, values, inputs, gradient)
        self._count(len(found) if found.ndim == 2 else 1)
        return found

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        check_values(values, circuit.parameters)
        state = torch.atleast_2d(self.amplitudes(circuit, values, inputs))
        return state.real**2 + state.imag**2

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
        gradient: str = "adjoint",
    ) -> Tensor:
        """See `Backend`. `gradient` : "adjoint", or "backprop" for derivatives of derivatives."""
        several = listed(observables, circuit)
        state = torch.atleast_2d(self.amplitudes(circuit, values, inputs, gradient))
        return shaped(expectations(state, several), observables, values, inputs)

    def read_out(
        self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool
    ) -> Tensor:
        check_sublayer(self, ansatz.n_qubits)
        rows = len(angles) * inputs.shape[-2]
        if torch.compiler.is_compiling():
            # `torch.compile` would compile anew whenever a Python number has changed
            self._run_compiled += rows
        else:
            self._count(rows)
        return read_out(ansatz, angles, inputs, readout, normalize)
