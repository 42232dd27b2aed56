"""Matrix product states through quimb, for circuits that are wide and shallow; this file alone imports
quimb.
"""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.protocol import check_dense, check_values, shots_of
from qualms.circuits import Circuit, Diagonal, Observable
from qualms.circuits.gates import PAULIS
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, MissingExtraError
from qualms.kernels.program import without_measurements
from qualms.records.quadrant import Quadrant

try:
    with warnings.catch_warnings():  # it advises a package for contraction paths, which chains do not need
        warnings.filterwarnings("ignore", message="Couldn't import `kahypar`")
        import cotengra.hyperoptimizers.hyper  # noqa: F401  # what quimb imports at its first contraction
        import quimb.tensor as qtn
except ImportError:
    raise MissingExtraError("quimb", "mps", "simulation with matrix product states") from None

_INSTEAD = "`outcomes`, or `expectation` of Pauli sums"


class MPSBackend(BaseBackend):
    """A state as a chain of tensors: memory grows with entanglement, not with qubits.

    Not differentiable. See `Backend` for the methods' shapes.

    Parameters
    ----------
    bond : int, default 64
        The largest bond dimension; what is beyond is cut off.
    cutoff : float, default 1e-14
        Singular values below this share of the norm are dropped.

    Attributes
    ----------
    truncation_error : float
        1 − estimated fidelity of the last circuit's state, the sum of what was cut off; 0 where the bond
        sufficed.
    """

    name = "mps"
    quadrant = Quadrant("classical", "simulated quantum")  # a tensor network here simulates a circuit
    max_sublayer_qubits = 12

    def __init__(self, bond: int = 64, cutoff: float = 1e-14) -> None:
        self.bond, self.cutoff, self.truncation_error = (
            as_integer(bond, "mps: bond=", 1),
            as_real(cutoff, "mps: cutoff="),
            0.0,
        )

    def state(self, circuit: Circuit, values: Tensor | None = None) -> Any:
        """quimb's circuit after all gates, for one row of values."""
        names = circuit.parameters
        check_values(values, names)
        self._count(1)
        given = dict(zip(names, [] if values is None else values.tolist(), strict=True))
        made = qtn.CircuitMPS(circuit.n_qubits, max_bond=self.bond, cutoff=self.cutoff, dtype="complex128")
        for step in without_measurements(circuit):
            op = step
            if not op.is_gate:
                raise ConfigError(
                    f"the mps backend cannot go through {op.gate} on qubits {op.qubits}; use trajectories"
                )
            matrix = op.matrix(given)
            if not op.qubits:  # a global phase, which quimb has no place for
                matrix, op = matrix[0, 0] * np.eye(2), replace(op, qubits=(0,))
            made.apply_gate_raw(matrix, op.qubits, **({"contract": "nonlocal"} if len(op.qubits) > 2 else {}))
        self.truncation_error = max(0.0, 1.0 - float(np.real(made.fidelity_estimate())))
        return made

    def amplitudes(self, circuit: Circuit, values: Tensor | None = None) -> Tensor:
        """All amplitudes of a small circuit, (2ⁿ,) complex128."""
        check_dense(self, circuit.n_qubits, _INSTEAD)
        return torch.as_tensor(np.asarray(self.state(circuit, values).to_dense()).reshape(-1))

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        found = torch.stack([self.amplitudes(circuit, row).abs() ** 2 for row in _rows(values, inputs)])
        return found / found.sum(-1, keepdim=True)

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        if any(isinstance(o, Diagonal) for o in observables):  # it has a value for every outcome
            check_dense(self, circuit.n_qubits, _INSTEAD)
        out = []
        for row in _rows(values, inputs):
            psi = self.state(circuit, row).psi
            norm = (psi.H @ psi).real
            out.append([_mean(psi, observable) / norm for observable in observables])
        return torch.tensor(out, dtype=torch.float64)

    def outcomes(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None) -> Counter[str]:
        """Counts of measured strings, qubit 0 first, for any number of qubits."""
        shots, seed = shots_of(shots, self.name), as_integer(seed, "mps: seed=", 0)
        found = Counter(self.state(circuit, values).sample(shots, seed=seed))
        self._count(0, shots)
        return found

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        rows = _rows(values, inputs)
        check_dense(self, circuit.n_qubits, _INSTEAD)
        counts = torch.zeros(len(rows), 1 << circuit.n_qubits, dtype=torch.int64)
        for k, row in enumerate(rows):
            for bits, count in self.outcomes(circuit, shots, seed + k, row).items():
                counts[k, int(bits, 2)] += count
        return counts


def _rows(values: Tensor | None, inputs: Tensor | None) -> list[Tensor | None]:
    if inputs is not None:
        raise ConfigError(
            "the mps backend starts from |0…0⟩; load a state with qualms.circuits.encode.amplitude_encoding"
        )
    return [values] if values is None or values.ndim == 1 else list(values)


def _mean(psi: Any, observable: Observable) -> float:
    if isinstance(observable, Diagonal):
        return float(np.sum(np.abs(psi.to_dense().reshape(-1)) ** 2 * observable.diagonal()))
    total = 0.0
    for string, coefficient in observable.terms:
        turned = psi.copy()
        for site, character in enumerate(string):
            if character != "I":
                turned.gate_(PAULIS[character], site, contract=True)
        total += coefficient * (psi.H @ turned).real
    return float(total)
