"""A circuit: qubits, a tuple of operations, named parameters.

Immutable, without state and without a device.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from qualms.circuits.gates import GATES
from qualms.circuits.operation import OTHERS, Operation, check_other, frozen
from qualms.circuits.parameter import bound
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from qiskit import QuantumCircuit


@dataclass(frozen=True)
class Circuit:
    """An immutable circuit on `n_qubits` qubits; see `qualms.circuits` for the conventions.

    ``Circuit(2).add("h", 0).add("cx", 0, 1).add("ry", 1, Parameter("theta"))``. Each `add` makes a new
    circuit.

    Parameters
    ----------
    n_qubits : int
        Number of qubits, at least 1.
    operations : tuple[Operation, ...], optional
        The operations in order of time.

    Raises
    ------
    ConfigError
        For unknown gates, qubits out of range or named twice, a wrong number of angles, angles that are
        not finite.
    """

    n_qubits: int
    operations: tuple[Operation, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_qubits", as_integer(self.n_qubits, "a circuit's number of qubits"))
        if self.n_qubits < 1:
            raise ConfigError(f"a circuit needs at least 1 qubit, got {self.n_qubits}")
        object.__setattr__(self, "operations", tuple(self.operations))
        for operation in self.operations:
            self._check(operation)

    def _check(self, op: Operation) -> None:
        where = f"{op.gate} on {op.qubits}"
        if op.gate in GATES:
            gate = GATES[op.gate]
            if len(op.qubits) != gate.n_qubits or len(op.params) != gate.n_params:
                raise ConfigError(
                    f"{where}: takes {gate.n_qubits} qubits and {gate.n_params} angles, got "
                    f"{len(op.qubits)} and {len(op.params)}"
                )
        elif op.gate not in OTHERS:
            raise ConfigError(
                f"unknown gate {op.gate!r}; there are: {', '.join(GATES)}; Circuit.unitary takes any matrix"
            )
        else:
            check_other(op, where)
        if len(set(op.qubits)) != len(op.qubits):
            raise ConfigError(f"{where}: a qubit is named twice")
        if any(not 0 <= q < self.n_qubits for q in op.qubits):
            raise ConfigError(f"{where}: the circuit has qubits 0 … {self.n_qubits - 1}")

    # Building -----------------------------------------------------------------------------------------------

    def add(self, gate: str, *arguments: Any) -> Circuit:
        """With one more gate: its qubits, then its angles. ``circuit.add("cry", 0, 2, theta)``."""
        if gate not in GATES:
            raise ConfigError(
                f"unknown gate {gate!r}; there are: {', '.join(GATES)}; Circuit.unitary takes any matrix"
            )
        n = GATES[gate].n_qubits
        return self.extended([Operation(gate, arguments[:n], arguments[n:])])

    def unitary(self, matrix: np.ndarray, *qubits: int, label: str = "U") -> Circuit:
        """With any unitary `matrix` (2ᵏ, 2ᵏ), its first qubit the most significant bit."""
        matrix = frozen(matrix)
        size = 1 << len(qubits)
        if matrix.shape != (size, size):
            raise ConfigError(
                f"a matrix on {len(qubits)} qubits is {size} × {size}, got "
                f"{' × '.join(map(str, matrix.shape))}"
            )
        error = (
            np.abs(matrix @ matrix.conj().T - np.eye(size)).max() if np.isfinite(matrix).all() else math.inf
        )
        if error > 1e-8:
            raise ConfigError(f"the matrix is not unitary: U U† differs from 1 by {error:.1e}")
        return self.extended([Operation("unitary", qubits, matrices=(matrix,), label=label)])

    def channel(self, kraus: Sequence[np.ndarray], *qubits: int, label: str = "channel") -> Circuit:
        """With a noise channel, given by Kraus operators as `qualms.circuits.channels` makes them."""
        operators = tuple(frozen(k) for k in kraus)
        size = 1 << len(qubits)
        if not operators or any(k.shape != (size, size) for k in operators):
            raise ConfigError(f"Kraus operators on {len(qubits)} qubits are {size} × {size} matrices")
        error = np.abs(sum(k.conj().T @ k for k in operators) - np.eye(size)).max()
        if error > 1e-8:
            raise ConfigError(f"the channel does not keep the trace: Σ K†K differs from 1 by {error:.1e}")
        return self.extended([Operation("channel", qubits, matrices=operators, label=label)])

    def measure(self, *qubits: int) -> Circuit:
        """With measurements of these qubits (all, if none is named), each into the classical bit of its
        number.
        """
        return self.extended(
            [Operation("measure", (q,), clbits=(q,)) for q in qubits or range(self.n_qubits)]
        )

    def extended(self, operations: Iterable[Operation]) -> Circuit:
        """With more operations."""
        added = tuple(operations)
        for operation in added:
            self._check(operation)
        made = object.__new__(Circuit)  # what is already here has been checked
        object.__setattr__(made, "n_qubits", self.n_qubits)
        object.__setattr__(made, "operations", self.operations + added)
        return made

    def unmeasured(self) -> Circuit:
        """Without the measurements at its end.

        Raises
        ------
        ConfigError
            If anything but a measurement follows one on its qubit.
        """
        kept: list[Operation] = []
        measured: set[int] = set()
        for op in self.operations:
            if op.gate == "measure":
                measured |= set(op.qubits)
                continue
            if op.gate != "barrier" and measured & set(op.qubits):
                raise ConfigError(
                    f"{op.gate} on qubits {op.qubits} comes after a measurement of them; only measurements "
                    "at the end can be left out"
                )
            kept.append(op)
        return Circuit(self.n_qubits).extended(kept) if measured else self

    def then(self, other: Circuit, qubits: Sequence[int] | None = None) -> Circuit:
        """With another circuit after it, on the given qubits (default: the first ones)."""
        places = tuple(range(other.n_qubits)) if qubits is None else tuple(qubits)
        if len(places) != other.n_qubits:
            raise ConfigError(f"a circuit of {other.n_qubits} qubits was put on {len(places)}")
        return self.extended(
            replace(op, qubits=tuple(places[q] for q in op.qubits)) for op in other.operations
        )

    def inverse(self) -> Circuit:
        """The circuit undone."""
        return Circuit(self.n_qubits).extended(op.inverse() for op in reversed(self.operations))

    def bind(self, values: Mapping[str, float]) -> Circuit:
        """With numbers for the parameters named in `values`.

        Raises
        ------
        ConfigError
            For a name that the circuit does not have.
        """
        unknown = sorted(set(values) - set(self.parameters))
        if unknown:
            raise ConfigError(
                f"the circuit has no parameter {', '.join(unknown)}; it has "
                f"{', '.join(self.parameters) or 'none'}"
            )
        return Circuit(
            self.n_qubits,
            tuple(replace(op, params=tuple(bound(p, values) for p in op.params)) for op in self.operations),
        )

    # Looking ------------------------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the free parameters in order of first use: the order in which arrays of values give
        them.
        """
        return tuple(dict.fromkeys(name for op in self.operations for p in op.free for name in p.names))

    @property
    def n_clbits(self) -> int:
        return max((c + 1 for op in self.operations for c in op.clbits), default=0)

    def counts(self) -> dict[str, int]:
        """How often each gate is there."""
        return dict(Counter(op.gate for op in self.operations))

    def depth(self) -> int:
        """Gates on the longest path; barriers do not count."""
        level = [0] * self.n_qubits
        for op in self.operations:
            if op.qubits and op.gate != "barrier":
                deepest = max(level[q] for q in op.qubits) + 1
                for q in op.qubits:
                    level[q] = deepest
        return max(level)

    def __len__(self) -> int:
        return len(self.operations)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def fingerprint(self) -> bytes:
        """Sixteen bytes, the same for equal circuits with equal labels in every process."""
        found = hashlib.sha256(str(self.n_qubits).encode())
        for op in self.operations:
            found.update(repr((op.gate, op.qubits, op.params, op.clbits, op.label)).encode())
            for matrix in op.matrices:
                found.update(matrix.tobytes())
        return found.digest()[:16]

    def __reduce__(self) -> tuple:
        # not what was cached: a string's hash differs from process to process
        return Circuit, (self.n_qubits, self.operations)

    @cached_property
    def _hash(self) -> int:
        return hash((self.n_qubits, self.operations))

    def __str__(self) -> str:
        return self.draw()

    def draw(self, width: int = 120) -> str:
        """A drawing in text, folded at `width` characters."""
        return str(_form("text")(self, width))

    def figure(self) -> Figure:
        """A drawing with matplotlib."""
        drawing: Figure = _form("figure")(self)
        return drawing

    # Interchange; needs the extra "qiskit" ------------------------------------------------------------------

    @classmethod
    def from_qasm(cls, text: str) -> Circuit:
        """From OpenQASM 2, or the subset of OpenQASM 3 that docs/circuits.md lists.

        A text without a version line is OpenQASM 2 if it includes "qelib1.inc", and OpenQASM 3 otherwise;
        write ``OPENQASM 2.0;`` or ``OPENQASM 3.0;`` at its beginning to choose. A byte order mark, line ends
        of any system and a Ctrl-Z at the end do no harm. Inputs of an OpenQASM 3 program that no gate uses
        are left out, with a `QualmsWarning`.

        Raises
        ------
        DataError
            With line and column, for what cannot be read or has no counterpart here.
        TooLargeError
            For more than 100,000 qubits or bits, or more than 2,000,000 gates after definitions have been
            written out.
        """
        found: Circuit = _form("from_qasm")(text)
        return found

    def to_qasm(self, version: int = 3) -> str:
        """As OpenQASM 3 or 2, up to a global phase. Free parameters need version 3, where they are inputs.

        A parameter whose name is no free identifier there, such as "a[0]" or "x", gets another one, with a
        `QualmsWarning`.

        Raises
        ------
        ConfigError
            For what the version cannot hold.
        """
        return str(_form("to_qasm")(self, version))

    @classmethod
    def from_qiskit(cls, circuit: QuantumCircuit) -> Circuit:
        """From Qiskit; qubit k stays qubit k, only the order of bits in an index differs.

        Raises
        ------
        ConfigError
            With index and name of the instruction that has no counterpart here.
        TooLargeError
            For more than 2,000,000 gates after definitions have been written out.
        """
        found: Circuit = _form("from_qiskit")(circuit)
        return found

    def to_qiskit(self) -> QuantumCircuit:
        """As a Qiskit circuit; qubit k stays qubit k."""
        made: QuantumCircuit = _form("to_qiskit")(self)
        return made


# Other forms of a circuit are made by modules that build on this one; `qualms.circuits.forms` registers them.
_FORMS: dict[str, Callable[..., Any]] = {}


def register_form(name: str, make: Callable[..., Any]) -> None:
    """Give all circuits another form: "text", "figure", "from_qasm", "to_qasm", "from_qiskit" or
    "to_qiskit".
    """
    _FORMS[name] = make


def _form(name: str) -> Callable[..., Any]:
    return _FORMS[name]
