"""To and from Qiskit, OpenQASM 2 and a subset of OpenQASM 3.

Qiskit's parsers read the text; this file alone imports Qiskit.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from qualms.circuits.circuit import Circuit
from qualms.circuits.gates import GATES
from qualms.circuits.openqasm import (
    Place,
    Program,
    check_characters,
    check_sizes,
    code_of,
    place_of,
    statements_of,
    version_of,
)
from qualms.circuits.operation import Operation
from qualms.circuits.parameter import Angle, Parameter
from qualms.data.numbers import as_real
from qualms.data.text import plain_text
from qualms.errors import (
    ConfigError,
    DataError,
    MissingExtraError,
    QualmsWarning,
    TooLargeError,
    one_line,
    translated,
)

try:
    import qiskit
    import sympy  # what Qiskit writes its expressions in
    from qiskit import qasm2, qasm3
    from qiskit.circuit import Barrier, Measure, ParameterExpression, Reset
    from qiskit.circuit.controlflow import ControlFlowOp
    from qiskit.circuit.library import UnitaryGate
    from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties
except ImportError:
    raise MissingExtraError("qiskit", "qiskit", "reading and writing OpenQASM and Qiskit circuits") from None

_SAME = {"u1": "p", "cu1": "cp", "u3": "u"}  # Qiskit's names that differ from ours
_NO_COUNTERPART = "circuits here are gates, resets and measurements without classical control"
_REFUSED = ("initialize", "store", "delay", "box")
# a few lines that define gates by gates may stand for more than any memory holds
_MOST_OPERATIONS = 2_000_000
_HIGHEST_POWER = 64


class _Unreadable(ConfigError):
    """What of a Qiskit circuit has no counterpart here.

    `index` : of the instruction, None for the global phase.
    """

    def __init__(self, index: int | None, why: str) -> None:
        super().__init__(why)
        self.index = index


class _Named(ConfigError):
    """Says already which instruction it is about."""


def from_qiskit(circuit: qiskit.QuantumCircuit) -> Circuit:
    """See `Circuit.from_qiskit`."""
    if not isinstance(circuit, qiskit.QuantumCircuit):
        raise ConfigError(f"from_qiskit takes a QuantumCircuit, got {type(circuit).__name__}")
    if not circuit.num_qubits:
        raise ConfigError("the circuit has no qubits")
    try:
        return _read(circuit)
    except _Unreadable as error:
        raise ConfigError(
            f"{'global phase' if error.index is None else f'instruction {error.index}'}: {error}"
        ) from None


def _read(circuit: qiskit.QuantumCircuit) -> Circuit:
    """Raises `_Unreadable`, and `TooLargeError` for definitions that grow beyond all bounds."""
    blank = Circuit(circuit.num_qubits)
    operations: list[Operation] = []
    for index in (None, *range(len(circuit.data))):
        try:
            steps = _global_phase(circuit) if index is None else _instruction(circuit, index)
            for step in steps:
                if len(operations) >= _MOST_OPERATIONS:
                    raise TooLargeError(f"more than {_MOST_OPERATIONS:,} gates")
                operations += blank.extended([step]).operations
        except ConfigError as error:
            raise _Unreadable(index, str(error)) from None
    return blank.extended(operations)


def _instruction(circuit: qiskit.QuantumCircuit, index: int) -> Iterator[Operation]:
    with translated(f"instruction {index}"):
        step = circuit.data[index]
        qubits = tuple(circuit.find_bit(q).index for q in step.qubits)
        clbits = tuple(circuit.find_bit(c).index for c in step.clbits)
        try:
            yield from _counterpart(step.operation, qubits, clbits)
        except _Named as error:
            inner = str(error)
            own = _where(step.operation, qubits)
            raise ConfigError(
                inner if inner.startswith(own) else f"{own}: in its definition, {inner}"
            ) from None


def _where(op: Any, qubits: tuple[int, ...]) -> str:
    return f"{op.name} on qubits {qubits}"


def _global_phase(circuit: qiskit.QuantumCircuit) -> Iterator[Operation]:
    """One operation for every product: a circuit has one phase in Qiskit, which adds up those of all its
    parts.
    """
    products, shift = _polynomial(circuit.global_phase)
    phases: list[Angle] = [*products, shift]
    for phase in phases:
        if phase != 0:
            yield Operation("gphase", (), (phase,))


def _counterpart(op: Any, qubits: tuple[int, ...], clbits: tuple[int, ...]) -> Iterator[Operation]:
    """The same in our gates; errors name the instruction."""
    name, where = _SAME.get(op.name, op.name), _where(op, qubits)
    is_gate = isinstance(op, qiskit.circuit.Gate)
    if (
        isinstance(op, ControlFlowOp)
        or getattr(op, "condition", None) is not None
        or (name in _REFUSED and not is_gate)
    ):
        raise _Named(f"{where} has no counterpart: {_NO_COUNTERPART}")
    try:
        with translated("Qiskit says"):
            if isinstance(op, Measure | Reset | Barrier):
                yield Operation(op.name, qubits, clbits=clbits)
            elif _is_standard(op, name):
                yield _standard(name, op, qubits)
            elif name == "kraus":
                yield Operation(
                    "channel", qubits, matrices=tuple(_reverse_matrix(k) for k in op.params), label="channel"
                )
            elif getattr(op, "definition", None) is not None and not isinstance(op, UnitaryGate):
                yield from _defined(op.definition, qubits, clbits)
            else:
                yield Operation(
                    "unitary",
                    qubits,
                    matrices=(_matrix(op, len(qubits)),),
                    label=op.label or "U" if name == "unitary" else op.name,
                )
    except _Named:
        raise
    except ConfigError as error:
        raise _Named(f"{where}: {error}") from None


def _standard(name: str, op: Any, qubits: tuple[int, ...]) -> Operation:
    angles = tuple(map(_angle, op.params))
    if name == "u2":
        return Operation("u", qubits, (np.pi / 2, *angles))
    return Operation("gphase", (), angles) if name == "global_phase" else Operation(name, qubits, angles)


def _defined(
    definition: qiskit.QuantumCircuit, qubits: tuple[int, ...], clbits: tuple[int, ...]
) -> Iterator[Operation]:
    yield from _global_phase(definition)
    for step in definition.data:
        places = tuple(qubits[definition.find_bit(q).index] for q in step.qubits)
        yield from _counterpart(
            step.operation, places, tuple(clbits[definition.find_bit(c).index] for c in step.clbits)
        )


def _is_standard(op: Any, name: str) -> bool:
    """Whether a gate with a standard name is the standard gate, not one that a program defined anew, and one
    of our table.
    """
    kind = getattr(op, "base_class", type(op))
    count = {"u2": 2, "global_phase": 1}.get(name, GATES[name].n_params if name in GATES else -1)
    plain = getattr(op, "ctrl_state", None) in (None, (1 << getattr(op, "num_ctrl_qubits", 0)) - 1)
    return plain and str(kind.__module__).startswith("qiskit.circuit.library") and len(op.params) == count


def _matrix(op: Any, n_qubits: int) -> np.ndarray:
    """The matrix of a gate without a definition, in our bit order."""
    try:
        matrix = np.asarray(op.to_matrix(), np.complex128)
    except Exception:
        # a gate without a matrix raises CircuitError, another operation AttributeError, an `__array__` of a
        # user anything
        raise ConfigError("it is opaque: it has neither a definition nor a matrix") from None
    if matrix.shape != (1 << n_qubits, 1 << n_qubits) or not np.allclose(
        matrix @ matrix.conj().T, np.eye(len(matrix)), atol=1e-8
    ):
        raise ConfigError("its matrix is not unitary, or of another size")
    return _reverse_matrix(matrix)


def _reverse_matrix(matrix: np.ndarray) -> np.ndarray:
    """A matrix whose first qubit is the least significant bit as one whose first qubit is the most
    significant, and back.
    """
    k = len(matrix).bit_length() - 1
    axes = list(range(k - 1, -1, -1))
    reversed_ = (
        np.asarray(matrix, np.complex128)
        .reshape([2] * (2 * k))
        .transpose(axes + [k + a for a in axes])
        .reshape(matrix.shape)
    )
    reversed_ = np.ascontiguousarray(reversed_)
    reversed_.setflags(write=False)
    return reversed_


def _angle(value: Any) -> Angle:
    products, shift = _polynomial(value)
    if not products:
        return shift
    if len(products) > 1:
        raise _no_single_product(value)
    return products[0] + shift


def _polynomial(value: Any) -> tuple[list[Parameter], float]:
    """The products of parameters that add up to an angle, and the number that is added to them.

    Parameters that cancel are not there.
    """
    if isinstance(value, qiskit.circuit.Parameter):
        return [Parameter(value.name)], 0.0
    if not isinstance(value, ParameterExpression):
        return [], as_real(value, "angle", "a number of radians")
    with translated(f"angle {value}"):
        if not value.parameters:
            return [], _constant(value.numeric(), value)
        found = value.sympify()
        symbols = sorted(found.free_symbols, key=str)
        if not symbols:
            return [], _constant(complex(found), value)
        return _products(found, symbols, value)


def _products(
    found: sympy.Expr, symbols: list[sympy.Symbol], value: ParameterExpression
) -> tuple[list[Parameter], float]:
    try:
        terms = dict(sympy.Poly(found, *symbols).terms())
    except sympy.PolynomialError:
        raise _no_single_product(value) from None
    shift = _constant(complex(terms.pop((0,) * len(symbols), 0)), value)
    products = []
    for powers, scale in terms.items():
        if sum(powers) > _HIGHEST_POWER:
            raise _no_single_product(value)
        names = tuple(
            str(symbol) for symbol, power in zip(symbols, powers, strict=True) for _ in range(power)
        )
        products.append(Parameter(names, _constant(complex(scale), value)))
    return products, shift


def _constant(found: complex, value: ParameterExpression) -> float:
    return as_real(
        found.real if complex(found).imag == 0 else found, f"angle {value}: its value", "a number of radians"
    )


def _no_single_product(value: ParameterExpression) -> ConfigError:
    return ConfigError(
        f"angle {value} is not a single product of parameters, scaled and "
        "shifted: bind some of them or rewrite the gate"
    )


def to_qiskit(circuit: Circuit) -> qiskit.QuantumCircuit:
    """See `Circuit.to_qiskit`."""
    made = qiskit.QuantumCircuit(circuit.n_qubits, circuit.n_clbits)
    names = {n: qiskit.circuit.Parameter(n) for n in circuit.parameters}

    def angle(value: Angle) -> Any:
        if not isinstance(value, Parameter):
            return value
        expression: Any = value.scale
        for name in value.names:
            expression = expression * names[name]
        return expression + value.shift

    for op in circuit.operations:
        if op.gate == "gphase":
            made.global_phase = made.global_phase + angle(op.params[0])
        elif op.gate == "unitary":
            made.unitary(_reverse_matrix(op.matrices[0]), list(op.qubits), label=op.label)
        elif op.gate == "measure":
            made.measure(op.qubits, op.clbits)
        elif op.gate in ("barrier", "reset"):
            getattr(made, op.gate)(list(op.qubits))
        elif op.gate == "channel":
            # writable copies: Aer reads arrays that are not as their transposes
            made.append(
                qiskit.quantum_info.Kraus([np.array(_reverse_matrix(k)) for k in op.matrices]),
                list(op.qubits),
            )
        else:
            getattr(made, op.gate)(*map(angle, op.params), *op.qubits)
    return made


def from_qasm(text: str) -> Circuit:
    """See `Circuit.from_qasm`."""
    if not isinstance(text, str):
        raise ConfigError(f"from_qasm takes the text of a program as str, got {type(text).__name__}")
    text = plain_text(text)
    check_characters(text)
    if not code_of(text, strings=True).strip():
        raise DataError(
            "OpenQASM: line 1, column 1: the text is empty, but for comments; "
            "a program has qubits, such as 'qubit[2] q;'"
        )
    if version_of(text) == 2:
        program = _openqasm2(text)
    else:
        from qualms.circuits import openqasm3

        program = openqasm3.read(text)
    return _from_program(program)


def _from_program(program: Program) -> Circuit:
    def attempt(count: int) -> tuple[Circuit | None, tuple[str, ...]]:
        made = program.circuit(count)
        found = _read(made) if made.num_qubits else None
        inputs = tuple(p.name for p in made.parameters)
        return found, inputs

    def fails(count: int) -> bool:
        try:
            with translated("fails"):
                attempt(count)
        except (ConfigError, DataError, TooLargeError):
            return True
        return False

    try:
        with translated("Qiskit says"):
            found, inputs = attempt(len(program.places))
    except DataError:
        raise
    except (ConfigError, TooLargeError) as error:
        kind = TooLargeError if isinstance(error, TooLargeError) else DataError
        raise kind(f"{program.language}: {program.culprit(fails)}: {error}") from None
    if found is None:
        raise DataError(f"{program.language}: the program has no qubits")
    unused = [name for name in inputs if name not in found.parameters]
    if unused:
        warnings.warn(
            (
                f"{program.language}: no gate depends on the inputs "
                f"{', '.join(unused)}; the circuit is without them"
            ),
            QualmsWarning,
            stacklevel=4,
        )
    return found


def _openqasm2(text: str) -> Program:
    code = code_of(text, strings=False)
    statements = list(statements_of(code))
    places = [place_of(text, begin) for begin, _ in statements]
    # Qiskit would put its own gate of that name in place of the program's
    defined = check_sizes([code[begin:end] for begin, end in statements], places)
    known = [c for c in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if c.name not in defined]

    def circuit(count: int) -> qiskit.QuantumCircuit:
        part = text if count == len(statements) else text[: statements[count - 1][1]]
        try:
            # a text has no folder to include other files from
            return qasm2.loads(part, include_path=(), custom_instructions=known)
        except qasm2.QASM2ParseError as error:
            found = re.match(r"<input>:(\d+),(\d+): (.*)", one_line(error, 2000), re.S)
            if not found:
                raise
            raise DataError(
                f"OpenQASM 2: {Place(int(found[1]), int(found[2]) + 1)}: {one_line(found[3])}"
            ) from None

    return Program(places, circuit, "OpenQASM 2")


def to_qasm(circuit: Circuit, version: int) -> str:
    """See `Circuit.to_qasm`."""
    if version not in (2, 3) or isinstance(version, bool):
        raise ConfigError(f"OpenQASM version {version} is unknown; choose 2 or 3")
    if any(op.gate == "channel" for op in circuit.operations):
        raise ConfigError("OpenQASM has no noise channels; write the circuit without them")
    if version == 2 and circuit.parameters:
        raise ConfigError(
            f"OpenQASM 2 has no free parameters; bind {', '.join(circuit.parameters)} or write version 3"
        )
    made = to_qiskit(circuit)
    with translated(f"OpenQASM {version} cannot hold this circuit"):
        return qasm2.dumps(made) if version == 2 else _openqasm3(made)


def _openqasm3(made: qiskit.QuantumCircuit) -> str:
    text = qasm3.dumps(made).rstrip() + "\n"
    written = re.findall(r"^input float\[64\] (\S+);$", text, re.M)
    renamed = {p.name: name for p, name in zip(made.parameters, written, strict=True) if p.name != name}
    if renamed:
        pairs = ", ".join(f"{name!r} as {new!r}" for name, new in renamed.items())
        warnings.warn(
            f"OpenQASM 3: names that cannot be used as identifiers there were changed: {pairs}",
            QualmsWarning,
            stacklevel=5,
        )
    phase = made.global_phase  # Qiskit's exporter leaves it out
    if isinstance(phase, ParameterExpression):
        names = {p: qiskit.circuit.Parameter(renamed[p.name]) for p in phase.parameters if p.name in renamed}
        phase = phase.subs(names) if names else phase  # a bare parameter refuses an empty mapping
    return text if phase == 0 else f"{text}gphase({phase});\n"


# For a device -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transpiled:
    """A circuit in a device's gates on a device's qubits.

    Attributes
    ----------
    circuit : Circuit
        On all of the device's qubits.
    places : tuple[int, ...]
        Where each qubit of the original is at the end, to be measured there.
    """

    circuit: Circuit
    places: tuple[int, ...]

    def measured(self) -> Circuit:
        """With qubit k of the original measured into classical bit k."""
        return self.circuit.extended(
            Operation("measure", (p,), clbits=(k,)) for k, p in enumerate(self.places)
        )

    def compact(self) -> tuple[Circuit, tuple[int, ...], tuple[int, ...]]:
        """On the qubits in use alone, for simulation: the circuit, where the original's qubits are in it, and
        which of the device's its own are.
        """
        used = tuple(sorted({q for op in self.circuit.operations for q in op.qubits} | set(self.places)))
        number = {q: k for k, q in enumerate(used)}
        small = Circuit(len(used)).extended(
            replace(op, qubits=tuple(number[q] for q in op.qubits)) for op in self.circuit.operations
        )
        return small, tuple(number[p] for p in self.places), used


def transpile(
    circuit: Circuit,
    n_qubits: int,
    gates: Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]],
    level: int = 3,
    seed: int = 0,
) -> Transpiled:
    """Choose qubits, route and translate by Qiskit's transpiler.

    Free parameters stay free; a global phase is dropped.

    Parameters
    ----------
    n_qubits : int
        Number of qubits of the device.
    gates : Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]]
        (gate, qubits) → (error, seconds), either may be None.
    level : int, default 3
        Qiskit's optimization level, 0 … 3.
    seed : int, default 0
        Seed of its stochastic passes.

    Raises
    ------
    ConfigError
        For a circuit with more qubits than the device or channels in it, or gates that the device's
        cannot make.
    """
    if circuit.n_qubits > n_qubits:
        raise ConfigError(f"the circuit has {circuit.n_qubits} qubits, the device {n_qubits}")
    if any(op.gate in ("channel", "reset") for op in circuit.operations):
        raise ConfigError("a device takes gates and measurements: the circuit has channels or resets")
    if any(op.is_gate and len(op.qubits) > 1 for op in circuit.operations) and not any(
        len(qubits) == 2 for _, qubits in gates
    ):
        raise ConfigError("the device's calibration has no gate on two qubits, and the circuit needs one")
    made = to_qiskit(circuit.unmeasured())
    with translated("the circuit cannot be made of the device's gates"):
        found = qiskit.transpile(
            made, target=_target(n_qubits, _Frozen(gates)), optimization_level=level, seed_transpiler=seed
        )
    found.global_phase = 0  # a device has none, and the transpiler's may be a sum of parameters
    layout = found.layout
    places = tuple(layout.final_index_layout()) if layout is not None else tuple(range(circuit.n_qubits))
    return Transpiled(from_qiskit(found), places)


class _Frozen:
    """A mapping as a key: the same object is the same device."""

    def __init__(
        self, gates: Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]]
    ) -> None:
        self.gates = gates

    def __hash__(self) -> int:
        return id(self.gates)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.gates is self.gates


@lru_cache(maxsize=16)
def _target(n_qubits: int, frozen: _Frozen) -> qiskit.transpiler.Target:
    known = get_standard_gate_name_mapping()
    target = qiskit.transpiler.Target(num_qubits=n_qubits)
    kinds: dict[str, dict[tuple[int, ...], InstructionProperties]] = {}
    for (name, qubits), (error, seconds) in frozen.gates.items():
        if name in known and name in GATES:
            kinds.setdefault(name, {})[qubits] = InstructionProperties(error=error, duration=seconds)
    for name, places in kinds.items():
        target.add_instruction(known[name], places)
    return target


def rebased(circuit: Circuit, basis: tuple[str, ...]) -> Circuit:
    """The same circuit in other gates, on the same qubits; measurements stay."""
    made = to_qiskit(circuit)
    with translated(f"the circuit cannot be made of {', '.join(basis)}"):
        found = qiskit.transpile(made, basis_gates=list(basis), optimization_level=1, seed_transpiler=0)
    return from_qiskit(found)
