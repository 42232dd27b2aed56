"""To and from Qiskit, OpenQASM 2 and a subset of OpenQASM 3. Qiskit's parsers read the text; this file alone imports Qiskit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from qualms.circuits.circuit import Angle, Circuit, Operation, Parameter
from qualms.circuits.gates import GATES
from qualms.errors import ConfigError, DataError, MissingExtraError

try:
    import qiskit
    from qiskit import qasm2, qasm3
    from qiskit.circuit import ParameterExpression
    from qiskit.circuit.controlflow import ControlFlowOp
    from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties
except ImportError:
    raise MissingExtraError("qiskit", "qiskit", "reading and writing OpenQASM and Qiskit circuits") from None

_SAME = {  # Qiskit's names that differ from ours
    "u1": "p", "cu1": "cp", "cnot": "cx", "CX": "cx", "U": "u", "toffoli": "ccx", "fredkin": "cswap", "u0": "id",
}  # fmt: skip
_NOT_UNITARY = ("initialize", "if_else", "for_loop", "while_loop", "switch_case", "store", "delay", "box")


def from_qiskit(circuit: qiskit.QuantumCircuit) -> Circuit:
    """See `Circuit.from_qiskit`."""
    if not circuit.num_qubits:
        raise ConfigError("the circuit has no qubits")
    operations: list[Operation] = []
    _read(circuit, tuple(range(circuit.num_qubits)), tuple(range(circuit.num_clbits)), operations)
    return Circuit(circuit.num_qubits).extended(operations)


def _read(circuit: qiskit.QuantumCircuit, qubits: tuple[int, ...], clbits: tuple[int, ...], out: list[Operation]) -> None:
    phase = _angle(circuit.global_phase)
    if phase != 0:
        out.append(Operation("gphase", (), (phase,)))
    for step in circuit.data:
        places = tuple(qubits[circuit.find_bit(q).index] for q in step.qubits)
        bits = tuple(clbits[circuit.find_bit(c).index] for c in step.clbits)
        _read_step(step.operation, places, bits, out)


def _read_step(op: Any, qubits: tuple[int, ...], clbits: tuple[int, ...], out: list[Operation]) -> None:
    name = _SAME.get(op.name, op.name)
    if isinstance(op, ControlFlowOp) or getattr(op, "condition", None) is not None or name in _NOT_UNITARY:
        raise ConfigError(
            f"{op.name} on qubits {qubits} has no counterpart here: circuits are gates, resets and measurements without classical control"
        )
    if name in ("measure", "reset", "barrier"):
        out.append(Operation(name, qubits, clbits=clbits))
    elif name == "global_phase":
        out.append(Operation("gphase", (), (_angle(op.params[0]),)))
    elif name == "u2":
        out.append(Operation("u", qubits, (np.pi / 2, *map(_angle, op.params))))
    elif name == "u3":
        out.append(Operation("u", qubits, tuple(map(_angle, op.params))))
    elif name in GATES and getattr(op, "ctrl_state", None) in (None, (1 << getattr(op, "num_ctrl_qubits", 0)) - 1) and _is_standard(op, name):
        out.append(Operation(name, qubits, tuple(map(_angle, op.params))))
    elif name == "unitary":
        out.append(Operation("unitary", qubits, matrices=(_reverse_matrix(op.to_matrix()),), label=op.label or "U"))
    elif op.definition is not None:
        _read(op.definition, qubits, clbits, out)
    elif hasattr(op, "to_matrix"):
        out.append(Operation("unitary", qubits, matrices=(_reverse_matrix(op.to_matrix()),), label=op.name))
    else:
        raise ConfigError(f"{op.name} on qubits {qubits} is opaque: it has neither a definition nor a matrix")


def _is_standard(op: Any, name: str) -> bool:
    """Whether a gate with a standard name is the standard gate, not one that a program defined anew."""
    kind = getattr(op, "base_class", type(op))
    return str(kind.__module__).startswith("qiskit.circuit.library") and len(op.params) == GATES[name].n_params


def _reverse_matrix(matrix: np.ndarray) -> np.ndarray:
    """A matrix whose first qubit is the least significant bit as one whose first qubit is the most significant, and back."""
    k = len(matrix).bit_length() - 1
    axes = list(range(k - 1, -1, -1))
    reversed_ = np.asarray(matrix, np.complex128).reshape([2] * (2 * k)).transpose(axes + [k + a for a in axes]).reshape(matrix.shape)
    reversed_ = np.ascontiguousarray(reversed_)
    reversed_.setflags(write=False)
    return reversed_


def _angle(value: Any) -> Angle:
    if not isinstance(value, ParameterExpression):
        return float(value)
    if not value.parameters:
        return float(value)
    symbols = sorted(value.parameters, key=lambda p: p.name)

    def at(point: dict[Any, float]) -> float:
        return float(value.bind(point))

    shift = at(dict.fromkeys(symbols, 0.0))
    scale = at(dict.fromkeys(symbols, 1.0)) - shift
    names: list[str] = []
    for symbol in symbols if scale else []:  # a power shows in what doubling the symbol does
        grown = (at({**dict.fromkeys(symbols, 1.0), symbol: 2.0}) - shift) / scale
        names += [symbol.name] * (round(np.log2(grown)) if 0.5 < grown < 300 else 1)
    monomial = Parameter(tuple(names), scale, shift)
    rng = np.random.default_rng(0)
    for _ in range(3):  # an expression is a single product exactly if it is one everywhere
        point = dict(zip(symbols, rng.uniform(0.3, 2.0, len(symbols)), strict=True))
        if not names or abs(at(point) - monomial.at({p.name: v for p, v in point.items()})) > 1e-9:
            raise ConfigError(f"angle {value} is no single product of parameters, scaled and shifted: bind some of them or rewrite the gate")
    return monomial


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
            made.append(qiskit.quantum_info.Kraus([np.array(_reverse_matrix(k)) for k in op.matrices]), list(op.qubits))
        else:
            getattr(made, op.gate)(*map(angle, op.params), *op.qubits)
    return made


def from_qasm(text: str) -> Circuit:
    """See `Circuit.from_qasm`."""
    version = re.search(r"^\s*OPENQASM\s+(\d+)(?:\.\d+)?\s*;", re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S))
    if version is None:
        raise DataError("OpenQASM: line 1: the text does not begin with a version, such as 'OPENQASM 2.0;' or 'OPENQASM 3.0;'")
    if version[1] not in ("2", "3"):
        raise DataError(f"OpenQASM: line 1: version {version[1]} is unknown; 2 and 3 are read")
    try:
        parsed = _parse_qasm2(text) if version[1] == "2" else _parse_qasm3(text)
        return from_qiskit(parsed)
    except ConfigError as error:
        raise DataError(f"OpenQASM: {_where(text, str(error))}{error}") from None


def _parse_qasm2(text: str) -> qiskit.QuantumCircuit:
    defined = set(re.findall(r"^\s*gate\s+(\w+)", text, re.M))  # Qiskit would put its own gate of that name in place of the program's
    try:
        return qasm2.loads(text, custom_instructions=[c for c in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if c.name not in defined])
    except qasm2.QASM2ParseError as error:
        found = re.match(r"<input>:(\d+),(\d+): (.*)", str(error).strip("'\""), re.S)
        raise DataError(f"OpenQASM 2: line {found[1]}, column {int(found[2]) + 1}: {found[3]}" if found else f"OpenQASM 2: {error}") from None


def _parse_qasm3(text: str) -> qiskit.QuantumCircuit:
    try:
        import openqasm3.parser  # the parser that qiskit_qasm3_import brings
        import qiskit_qasm3_import
    except ImportError:
        raise MissingExtraError("qiskit-qasm3-import", "qiskit", "reading OpenQASM 3") from None
    try:
        program = openqasm3.parser.parse(text)
    except openqasm3.parser.QASM3ParsingError as error:
        token = getattr((getattr(error.__cause__, "args", None) or [None])[0], "offendingToken", None)
        place = f"line {token.line}, column {token.column + 1}: unexpected {token.text!r}" if token else str(error) or "the text is no program"
        raise DataError(f"OpenQASM 3: {place}") from None
    try:
        return qiskit_qasm3_import.convert(program)
    except Exception as error:  # the importer also lets IndexError, TypeError and others through, without a place
        words = str(getattr(error, "message", error)).strip("'\"") or type(error).__name__
        found = re.match(r"(\d+),(\d+):\s*(.*)", words, re.S)
        at = (int(found[1]), int(found[2])) if found else _first_failing(program, qiskit_qasm3_import.convert)
        raise DataError(f"OpenQASM 3: line {at[0]}, column {at[1] + 1}: {found[3] if found else words}") from None


def _first_failing(program: Any, convert: Any) -> tuple[int, int]:
    """Where the first statement begins that cannot be converted after those before it."""
    whole = list(program.statements)
    for count in range(1, len(whole) + 1):
        program.statements = whole[:count]
        try:
            convert(program)
        except Exception:
            span = whole[count - 1].span
            return span.start_line, span.start_column
    return 1, 0


def _where(text: str, message: str) -> str:
    """The first line with the word that a message begins with, as a place for it."""
    first = message.split(maxsplit=1)[0]
    word = {"if_else": "if", "for_loop": "for", "while_loop": "while", "switch_case": "switch"}.get(first, first)
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.search(rf"\b{re.escape(word)}\b", line.split("//")[0]):
            return f"line {number}, column {found.start() + 1}: "
    return ""


def to_qasm(circuit: Circuit, version: int) -> str:
    """See `Circuit.to_qasm`."""
    if version not in (2, 3):
        raise ConfigError(f"OpenQASM version {version} is unknown; choose 2 or 3")
    if any(op.gate == "channel" for op in circuit.operations):
        raise ConfigError("OpenQASM has no noise channels; write the circuit without them")
    if version == 3:
        made = to_qiskit(circuit)
        phase = made.global_phase  # Qiskit's exporter leaves it out
        return qasm3.dumps(made).rstrip() + ("\n" if phase == 0 else f"\ngphase({phase});\n")
    if circuit.parameters:
        raise ConfigError(f"OpenQASM 2 has no free parameters; bind {', '.join(circuit.parameters)} or write version 3")
    try:
        return qasm2.dumps(to_qiskit(circuit))
    except qasm2.QASM2ExportError as error:
        raise ConfigError(f"OpenQASM 2 cannot hold this circuit: {error}") from None


# For a device ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transpiled:
    """A circuit in a device's gates on a device's qubits.

    Attributes
    ----------
    circuit : on all of the device's qubits. places : where each qubit of the original is at the end, to be measured there.
    """

    circuit: Circuit
    places: tuple[int, ...]

    def measured(self) -> Circuit:
        """With qubit k of the original measured into classical bit k."""
        return self.circuit.extended(Operation("measure", (p,), clbits=(k,)) for k, p in enumerate(self.places))

    def compact(self) -> tuple[Circuit, tuple[int, ...], tuple[int, ...]]:
        """On the qubits in use alone, for simulation: the circuit, where the original's qubits are in it, and which of the device's its own are."""
        used = tuple(sorted({q for op in self.circuit.operations for q in op.qubits} | set(self.places)))
        number = {q: k for k, q in enumerate(used)}
        small = Circuit(len(used)).extended(replace(op, qubits=tuple(number[q] for q in op.qubits)) for op in self.circuit.operations)
        return small, tuple(number[p] for p in self.places), used


def transpile(
    circuit: Circuit,
    n_qubits: int,
    gates: Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]],
    level: int = 3,
    seed: int = 0,
) -> Transpiled:
    """Choose qubits, route and translate by Qiskit's transpiler. Free parameters stay free; a global phase is dropped.

    Parameters
    ----------
    n_qubits : of the device. gates : (gate, qubits) → (error, seconds), either may be None.
    level : Qiskit's optimization level, 0 … 3. seed : of its stochastic passes.

    Raises
    ------
    ConfigError : for a circuit with more qubits than the device or channels in it, or gates that the device's cannot make.
    """
    if circuit.n_qubits > n_qubits:
        raise ConfigError(f"the circuit has {circuit.n_qubits} qubits, the device {n_qubits}")
    if any(op.gate in ("channel", "reset") for op in circuit.operations):
        raise ConfigError("a device takes gates and measurements: the circuit has channels or resets")
    if any(op.is_gate and len(op.qubits) > 1 for op in circuit.operations) and not any(len(qubits) == 2 for _, qubits in gates):
        raise ConfigError("the device's calibration has no gate on two qubits, and the circuit needs one")
    made = to_qiskit(circuit.unmeasured())
    try:
        found = qiskit.transpile(made, target=_target(n_qubits, _Frozen(gates)), optimization_level=level, seed_transpiler=seed)
    except (qiskit.transpiler.exceptions.TranspilerError, qiskit.exceptions.QiskitError) as error:
        raise ConfigError(f"the circuit cannot be made of the device's gates: {' '.join(str(error.message).split())[:300]}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the transpiler's compiled half raises, past Exception
            raise
        raise ConfigError(f"the circuit cannot be made of the device's gates: {' '.join(str(error).split())[:200]}") from None
    found.global_phase = 0  # a device has none, and the transpiler's may be a sum of parameters
    layout = found.layout
    places = tuple(layout.final_index_layout()) if layout is not None else tuple(range(circuit.n_qubits))
    return Transpiled(from_qiskit(found), places)


class _Frozen:
    """A mapping as a key: the same object is the same device."""

    def __init__(self, gates: Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]]) -> None:
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
    return from_qiskit(qiskit.transpile(made, basis_gates=list(basis), optimization_level=1, seed_transpiler=0))
