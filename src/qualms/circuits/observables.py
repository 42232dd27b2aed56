"""What is measured: weighted sums of Pauli strings, and diagonal observables given by their values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qualms.circuits.gates import PAULIS
from qualms.errors import ConfigError


@dataclass(frozen=True)
class PauliSum:
    """Σ c_k P_k. ``PauliSum({"ZZI": 0.5, "IIX": 1.0})``; character k of a string acts on qubit k.

    Raises
    ------
    ConfigError
        For characters other than I, X, Y, Z, strings of different lengths, or coefficients that are not
        finite real numbers.
    """

    terms: tuple[tuple[str, float], ...]

    def __init__(self, terms: Mapping[str, float] | str) -> None:
        pairs = tuple((terms if isinstance(terms, Mapping) else {terms: 1.0}).items())
        lengths = {len(p) for p, _ in pairs}
        if len(lengths) != 1 or 0 in lengths:
            raise ConfigError(
                "Pauli strings need one and the same length of at least 1, got "
                f"{sorted(lengths) or 'no strings'}"
            )
        for string, value in pairs:
            if set(string) - set(PAULIS):
                raise ConfigError(f"Pauli string {string!r}: only I, X, Y and Z")
            if not math.isfinite(value):
                raise ConfigError(f"Pauli string {string!r}: coefficient {value} is not a finite number")
        object.__setattr__(self, "terms", tuple((p, float(c)) for p, c in pairs))

    @classmethod
    def z(cls, qubit: int, n_qubits: int) -> PauliSum:
        """Z on one qubit."""
        return cls("I" * qubit + "Z" + "I" * (n_qubits - 1 - qubit))

    @property
    def n_qubits(self) -> int:
        return len(self.terms[0][0])

    @property
    def is_diagonal(self) -> bool:
        return all(set(p) <= {"I", "Z"} for p, _ in self.terms)

    def diagonal(self) -> np.ndarray:
        """Its 2ⁿ eigenvalues in basis order, if it is diagonal: float64."""
        if not self.is_diagonal:
            raise ConfigError("an observable with X or Y has no diagonal form")
        index, values = np.arange(1 << self.n_qubits), np.zeros(1 << self.n_qubits)
        for string, coefficient in self.terms:
            values += coefficient * (
                1 - 2 * (np.bitwise_count(index & mask(string, "Z")).astype(np.int64) & 1)
            )
        return values

    def matrix(self) -> np.ndarray:
        """(2ⁿ, 2ⁿ) complex128, for small n and for tests."""
        total = np.zeros((1 << self.n_qubits,) * 2, np.complex128)
        for string, coefficient in self.terms:
            product = np.eye(1)
            for character in string:
                product = np.kron(product, PAULIS[character])
            total += coefficient * product
        return total


def mask(string: str, characters: str) -> int:
    """The bits where a Pauli string has one of `characters`; its first character is the most significant
    bit.
    """
    return sum(1 << (len(string) - 1 - k) for k, c in enumerate(string) if c in characters)


@dataclass(frozen=True, eq=False)
class Diagonal:
    """An observable that is diagonal in the computational basis, such as a QUBO's cost: `values` (2ⁿ,)
    float64.
    """

    values: np.ndarray

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        size = values.size
        if values.ndim != 1 or size < 2 or size & (size - 1) or not np.isfinite(values).all():
            raise ConfigError(
                f"a diagonal observable is a row of 2ⁿ finite numbers, got shape {values.shape}"
            )
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def n_qubits(self) -> int:
        return self.values.size.bit_length() - 1

    def diagonal(self) -> np.ndarray:
        return self.values

    def matrix(self) -> np.ndarray:
        return np.diag(self.values).astype(np.complex128)


Observable = PauliSum | Diagonal
