"""From counts to expectations: which Pauli strings share a measurement, the basis change before it, means and
their standard errors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit, Diagonal, Observable, Operation
from qualms.circuits.observables import mask

_CHANGES = {"X": ("h",), "Y": ("sdg", "h")}


@dataclass
class MeasurementGroup:
    """One way to measure all qubits, and what it serves.

    Attributes
    ----------
    basis : str
        "I", "X", "Y" or "Z" for every qubit; "I" where it does not matter.
    terms : list[tuple[int, int, float]]
        (observable's number, bits whose parity is the value, coefficient).
    diagonals : list[tuple[int, np.ndarray]]
        (observable's number, values (2ⁿ,)).
    """

    basis: str
    terms: list[tuple[int, int, float]] = field(default_factory=list)
    diagonals: list[tuple[int, np.ndarray]] = field(default_factory=list)

    def circuit(self, circuit: Circuit) -> Circuit:
        """The circuit with the basis changes at its end."""
        return circuit.unmeasured().extended(
            Operation(gate, (q,)) for q, axis in enumerate(self.basis) for gate in _CHANGES.get(axis, ())
        )

    def values(self, outcomes: np.ndarray, count: int) -> np.ndarray:
        """(count, U) float64: what each outcome contributes to each of `count` observables."""
        found = np.zeros((count, len(outcomes)))
        for which, bits, coefficient in self.terms:
            found[which] += coefficient * (1 - 2 * (np.bitwise_count(outcomes & bits).astype(np.int64) & 1))
        for which, values in self.diagonals:
            found[which] += values[outcomes]
        return found


def grouped(observables: Sequence[Observable], n_qubits: int) -> list[MeasurementGroup]:
    """Few groups that serve all observables: strings that agree qubit by qubit are measured together,
    greedily.
    """
    found: list[MeasurementGroup] = []
    for which, observable in enumerate(observables):
        if isinstance(observable, Diagonal):
            _place(found, "Z" * n_qubits).diagonals.append((which, observable.values))
            continue
        for string, coefficient in observable.terms:
            _place(found, string).terms.append((which, mask(string, "XYZ"), coefficient))
    return found


def _place(found: list[MeasurementGroup], string: str) -> MeasurementGroup:
    for group in found:
        if all(a == b or "I" in (a, b) for a, b in zip(group.basis, string, strict=True)):
            group.basis = "".join(b if a == "I" else a for a, b in zip(group.basis, string, strict=True))
            return group
    found.append(MeasurementGroup(string))
    return found[-1]


def from_probabilities(
    probabilities: Callable[[Circuit], Tensor], circuit: Circuit, observables: Sequence[Observable]
) -> Tensor:
    """Means (B, k) as a device gets them: basis changes are gates like the rest, and every group is a circuit
    of its own.
    """
    outcomes, total = np.arange(1 << circuit.n_qubits), None
    for group in grouped(observables, circuit.n_qubits):
        chances = torch.atleast_2d(probabilities(group.circuit(circuit)))
        part = chances @ torch.as_tensor(group.values(outcomes, len(observables))).to(chances).mT
        total = part if total is None else total + part
    assert total is not None
    return total


def estimate(
    group: MeasurementGroup, outcomes: np.ndarray, counts: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means (B, count) and variances of the means, from counts (B, U) of outcomes (U,).

    Counts may be quasi-counts, negative ones too.
    """
    values = group.values(outcomes, count)
    shots = counts.sum(-1, keepdims=True)
    weights = counts / shots
    means = weights @ values.T
    variances = np.clip(weights @ (values**2).T - means**2, 0, None) / np.maximum(shots - 1, 1)
    return means, variances
