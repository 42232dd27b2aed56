"""One step of a circuit: a gate, a channel, a measurement, a reset or a barrier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from qualms.circuits.gates import GATES
from qualms.circuits.parameter import Angle, Parameter
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of a circuit.

    Attributes
    ----------
    gate : str
        A name in `GATES`; or "unitary" (one matrix), "channel" (its Kraus operators), "measure", "reset",
        "barrier".
    qubits : tuple[int, ...]
        The first is the most significant bit of the gate's matrix.
    params : tuple[Angle, ...]
        Angles in radians, numbers or parameters.
    matrices : tuple[np.ndarray, ...]
        The matrix of a "unitary" or the Kraus operators of a "channel", (2ᵏ, 2ᵏ) complex128 each.
    clbits : tuple[int, ...]
        The classical bits that take the result of "measure".
    label : str
        The name of a unitary or a channel, for drawings.

    Raises
    ------
    ConfigError
        For qubits that are not integers and angles that are not finite real numbers. Numbers of numpy and
        torch become Python's.
    """

    gate: str
    qubits: tuple[int, ...]
    params: tuple[Angle, ...] = ()
    matrices: tuple[np.ndarray, ...] = ()
    clbits: tuple[int, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        qubits, clbits = self._integers(self.qubits, "qubit"), self._integers(self.clbits, "classical bit")
        where = f"{self.gate} on {qubits}"
        params = tuple(
            p if isinstance(p, Parameter) else as_real(p, f"{where}: angle", "a number of radians")
            for p in self.params
        )
        for name, value in (("qubits", qubits), ("clbits", clbits), ("params", params)):
            object.__setattr__(self, name, value)

    def _integers(self, given: Iterable[int], what: str) -> tuple[int, ...]:
        return tuple(q if type(q) is int else as_integer(q, f"{self.gate}: {what}") for q in given)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation):
            return NotImplemented
        plain = (self.gate, self.qubits, self.params, self.clbits) == (
            other.gate,
            other.qubits,
            other.params,
            other.clbits,
        )
        return (
            plain
            and len(self.matrices) == len(other.matrices)
            and all(map(np.array_equal, self.matrices, other.matrices))
        )

    def __hash__(self) -> int:
        return hash(
            (self.gate, self.qubits, self.params, self.clbits, tuple(m.tobytes() for m in self.matrices))
        )

    @property
    def is_gate(self) -> bool:
        """Whether it is a unitary map, which a state vector can go through."""
        return self.gate in GATES or self.gate == "unitary"

    @property
    def free(self) -> tuple[Parameter, ...]:
        """Its parameters without a value."""
        return tuple(p for p in self.params if isinstance(p, Parameter))

    def matrix(self, values: Mapping[str, float] | None = None) -> np.ndarray:
        """(2ᵏ, 2ᵏ) complex128 of a gate."""
        if self.gate == "unitary":
            return self.matrices[0]
        return GATES[self.gate].matrix(
            *(p.at(values or {}) if isinstance(p, Parameter) else p for p in self.params)
        )

    def inverse(self) -> Operation:
        """The gate undone.

        Raises
        ------
        ConfigError
            For what is not a gate.
        """
        if self.gate == "barrier":
            return self
        if not self.is_gate:
            raise ConfigError(f"{self.gate} on qubits {self.qubits} cannot be undone")
        rule = GATES[self.gate].inverse if self.gate in GATES else None
        if rule is not None:
            name, *params = rule(*self.params)
            return replace(self, gate=name, params=tuple(params))
        return Operation(
            "unitary",
            self.qubits,
            matrices=(frozen(self.matrix().conj().T),),
            label=f"{self.label or self.gate}†",
        )


def frozen(matrix: np.ndarray) -> np.ndarray:
    """A complex128 copy that cannot be written. Raises ConfigError for what holds no numbers."""
    try:
        matrix = np.array(matrix, np.complex128)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"not a matrix of numbers: {error}") from None
    matrix.setflags(write=False)
    return matrix


OTHERS = ("unitary", "channel", "measure", "reset", "barrier")  # operations that are not in `GATES`


def check_other(op: Operation, where: str) -> None:
    """What `Circuit.unitary`, `channel` and `measure` see to, for operations that were made by hand."""
    if op.params:
        raise ConfigError(f"{where}: takes no angles, got {len(op.params)}")
    if not op.qubits:
        raise ConfigError(f"{op.gate} needs a qubit to act on")
    size = 1 << len(op.qubits)
    few = len(op.matrices) != 1 if op.gate == "unitary" else not op.matrices
    if op.gate in ("unitary", "channel") and (few or any(np.shape(m) != (size, size) for m in op.matrices)):
        raise ConfigError(
            f"{where}: takes {size} × {size} matrices, "
            f"{'one' if op.gate == 'unitary' else 'its Kraus operators'}"
        )
    if op.gate == "measure" and (len(op.clbits) != len(op.qubits) or any(c < 0 for c in op.clbits)):
        raise ConfigError(f"{where}: needs a classical bit for every qubit, got {op.clbits}")
