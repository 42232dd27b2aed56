"""Layered circuits of single-qubit rotations and a fixed CNOT entangler."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qualms.errors import ConfigError

ENTANGLERS = ("ring", "linear", "full", "none")


@dataclass(frozen=True)
class LayeredAnsatz:
    """RY (and RZ) on every qubit, then CNOTs; `n_layers` times; optionally RY on every qubit at the end.

    Parameters
    ----------
    n_qubits : number of qubits, at least 1.
    n_layers : number of layers, at least 1.
    entangler : "ring" (0→1, 1→2, …, n−1→0), "linear" (no closing CNOT), "full" (every pair i<j), "none", or (control, target) pairs in order.
    rz : put RZ after RY in every layer. Amplitudes are then complex.
    closing_ry : one more row of RY after the last entangler. Without it, under ⟨Z⟩ readout, angles of a one-layer
        ring can have exactly zero gradient, because the trailing CNOTs make parities.

    Raises
    ------
    ConfigError : for a size below 1 or an unknown entangler.
    """

    n_qubits: int
    n_layers: int
    entangler: str | tuple[tuple[int, int], ...] = "ring"
    rz: bool = False
    closing_ry: bool = False

    def __post_init__(self) -> None:
        if self.n_qubits < 1 or self.n_layers < 1:
            raise ConfigError(f"a circuit needs at least 1 qubit and 1 layer, got {self.n_qubits} and {self.n_layers}")
        if not isinstance(self.entangler, str):
            for control, target in self.entangler:
                if control == target or not (0 <= control < self.n_qubits and 0 <= target < self.n_qubits):
                    raise ConfigError(f"entangler: CNOT({control}, {target}) is impossible on {self.n_qubits} qubits")
        elif self.entangler not in ENTANGLERS:
            raise ConfigError(f"unknown entangler {self.entangler!r}; choose one of {', '.join(ENTANGLERS)}")

    @property
    def dimension(self) -> int:
        """Number of amplitudes, 2ⁿ."""
        return 1 << self.n_qubits

    @property
    def rows(self) -> tuple[str, ...]:
        """The rotation each row of the angle array belongs to, in order of application."""
        layer = ("ry", "rz") if self.rz else ("ry",)
        return layer * self.n_layers + (("ry",) if self.closing_ry else ())

    @property
    def angle_shape(self) -> tuple[int, int]:
        """Shape (rows, n_qubits) of the angle array."""
        return len(self.rows), self.n_qubits

    @property
    def is_real(self) -> bool:
        """Whether real amplitudes stay real: RY and CNOT are real, RZ is not."""
        return not self.rz

    def cnots(self) -> tuple[tuple[int, int], ...]:
        """(control, target) of one entangler, in order of application."""
        n = self.n_qubits
        if not isinstance(self.entangler, str):
            return self.entangler
        if n == 1 or self.entangler == "none":
            return ()
        if self.entangler == "full":
            return tuple((i, j) for i in range(n) for j in range(i + 1, n))
        chain = tuple((q, q + 1) for q in range(n - 1))
        return (*chain, (n - 1, 0)) if self.entangler == "ring" else chain

    def permutation(self) -> np.ndarray:
        """The entangler as an index map: after it, amplitude i is the former amplitude `permutation()[i]`. (2ⁿ,) int64."""
        return _permutation(self.n_qubits, self.cnots())


@lru_cache(maxsize=64)
def _permutation(n_qubits: int, cnots: tuple[tuple[int, int], ...]) -> np.ndarray:
    index = np.arange(1 << n_qubits)
    source = index.copy()
    for control, target in cnots:
        control_is_set = (index >> (n_qubits - 1 - control)) & 1
        source = source[np.where(control_is_set, index ^ (1 << (n_qubits - 1 - target)), index)]
    source.setflags(write=False)
    return source
