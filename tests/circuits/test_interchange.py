"""Qiskit and OpenQASM, there and back; errors with their places."""

import re

import numpy as np
import pytest
import qiskit_qasm3_import
from hypothesis import example, given, settings
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import Gate
from qiskit.circuit import Parameter as QiskitParameter
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector

from qualms.backends import statevector
from qualms.circuits import Circuit, Parameter, channels, reference
from qualms.circuits.operation import Operation
from qualms.errors import ConfigError, DataError, QualmsError, QualmsWarning, TooLargeError
from tests.circuits import programs
from tests.circuits.circuits import random_circuits, random_values


@settings(max_examples=40, deadline=None)
@given(random_circuits(most_qubits=4, most_gates=15))
def test_qiskit_and_back(circuit):
    values = random_values(circuit)
    back = Circuit.from_qiskit(circuit.to_qiskit())
    np.testing.assert_allclose(
        reference.statevector(back, values), reference.statevector(circuit, values), atol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(random_circuits(most_qubits=3, most_gates=10))
@example(Circuit(1, (Operation("gphase", (), (Parameter(("a",), 1.0, 0.0),)),)))
def test_openqasm_3_and_back(circuit):
    values = random_values(circuit)
    back, there = (
        reference.statevector(Circuit.from_qasm(circuit.to_qasm(3)), values),
        reference.statevector(circuit, values),
    )
    assert abs(np.vdot(back, there)) == pytest.approx(1, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(random_circuits(most_qubits=3, most_gates=10, free=False))
def test_openqasm_2_and_back(circuit):
    if any(op.gate == "gphase" for op in circuit.operations):
        return  # OpenQASM 2 has no global phase
    back, there = reference.statevector(Circuit.from_qasm(circuit.to_qasm(2))), reference.statevector(circuit)
    assert abs(np.vdot(back, there)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_qiskit_s_random_circuits(seed):
    circuit = random_circuit(4, 6, max_operands=4, seed=seed)
    np.testing.assert_allclose(
        statevector(Circuit.from_qiskit(circuit)), Statevector(circuit).data, atol=1e-10
    )


def test_a_measured_circuit_round_trips_exactly():
    circuit = Circuit(2).add("ry", 0, 2 * Parameter("theta") + 0.1).add("cx", 0, 1).measure()
    assert Circuit.from_qasm(circuit.to_qasm()) == circuit


def test_sums_of_parameters_are_refused():
    circuit = QuantumCircuit(1)
    circuit.rx(QiskitParameter("a") + QiskitParameter("b"), 0)
    with pytest.raises(ConfigError, match="not a single product"):
        Circuit.from_qiskit(circuit)


def test_a_gate_that_a_program_defines_anew_is_taken_as_defined():
    text = "OPENQASM 2.0;\ngate h a { U(0, 0, pi) a; }\nqreg q[1];\nU(pi/2, 0, pi) q[0];\nh q[0];\n"
    state = reference.statevector(Circuit.from_qasm(text))
    np.testing.assert_allclose(np.abs(state) ** 2, [0.5, 0.5], atol=1e-12)  # a true Hadamard would give |0⟩


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("qreg q[1]\nx q;", "OpenQASM 3: line 2, column 1: unexpected 'x'"),
        ('\n\ninclude "qelib1.inc";\nqreg q[1]\nx q[0];', "OpenQASM 2: line 5, column 1: needed"),
        ("OPENQASM;\nqubit q;", "line 1, column 9: OPENQASM without a version"),
        ('OPENQASM 2.0;\ninclude "own.inc";', "line 2, column 9: unable to find 'own.inc'"),
        (
            "OPENQASM 2.0;\nqreg q[1];\nopaque mine a;\nmine q[0];",
            "line 4, column 1: mine on qubits (0,): it is opaque",
        ),
        ("OPENQASM 2.0;\nqreg q[1]; qreg q[1];\nU(0,0,0) q[0];", "line 2, column 17: 'q' is already defined"),
        ("OPENQASM 2.0;\nqreg q[1];\nU(0,0,1/0) q[0];", "line 3, column 8: cannot divide by zero"),
        (
            "OPENQASM 2.0;\nqreg q[99];\n// barrier if\ngate barrierx a { U(0,0,0) a; }\nU(10^999,0,0) q[0];",
            "line 5, column 1: u on qubits (0,): angle inf",
        ),
        ("qubit q;\nU(1/0, 0, 0) q;", "line 2, column 1"),
        (
            "input float a;\nqubit q;\nU(0, 0, 0) q;\nU(1/a, 0, 0) q;\nU(a, 0, 0) q;",
            "line 4, column 1: u on qubits (0,): angle 1/a is not a single product",
        ),
        ("qubit q;\nU(" + "(" * 600 + "1" + ")" * 600 + ", 0, 0) q;", "line 2, column 602: brackets"),
        ("qubit q;\nx\udc80 q;", "line 2, column 2"),
        ("// nothing", "the text is empty"),
        ("OPENQASM 4.0;\nqubit q;", "version 4 is unknown"),
        ("OPENQASM 2.0;\nqreg q[2];\nfoo q[0];", "line 3, column 1: 'foo' is not defined"),
        ('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[5];', "line 4, column"),
        (
            'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1]; creg c[1];\nif(c==1) x q[0];',
            "line 4, column 1: if_else",
        ),
        ('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[5];', "line 4, column 1"),
        (
            'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\nbit c;\nc = measure q;\nif (c) { x q; }',
            "line 6, column 1",
        ),
        ("OPENQASM 3.0;\nqubit q\nx q;", "line 3, column 1: unexpected 'x'"),
        (
            "OPENQASM 3.0;\ndef f(int x) -> int { return x; }\nqubit q;",
            "line 2, column 1: node of type SubroutineDefinition",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text, place):
    with pytest.raises(DataError) as caught:
        Circuit.from_qasm(text)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("circuit", "version", "message"), [
    (Circuit(1).add("rx", 0, Parameter("t")), 2, "no free parameters"),
    (Circuit(1).channel([np.eye(2)], 0), 3, "no noise channels"),
    (Circuit(1), 7, "version 7"),
])  # fmt: skip
def test_what_openqasm_cannot_hold_is_refused(circuit, version, message):
    with pytest.raises(ConfigError, match=message):
        circuit.to_qasm(version)


# Text that is not as it should be ---------------------------------------------------------------------------


def unitary(circuit, values):
    return np.array([reference.statevector(circuit, values, e) for e in np.eye(1 << circuit.n_qubits)]).T


def qiskit_reads(text, version):
    if version == 3:
        return qiskit_qasm3_import.parse(text)
    try:  # the definitions of qelib1.inc, word by word
        return qasm2.loads(text, include_path=())
    except qasm2.QASM2Error:  # gates that Qiskit's file has and the paper's has not
        return qasm2.loads(text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


@pytest.mark.filterwarnings("ignore::qualms.errors.QualmsWarning")
@pytest.mark.parametrize("seed", range(8))
def test_damaged_programs_are_refused_in_one_line_or_are_what_qiskit_reads(seed):
    rng = np.random.default_rng(seed)
    texts = [*programs.TWO, *programs.THREE]
    for text in [
        *(texts if seed == 0 else []),
        *(programs.damaged(rng, texts[rng.integers(len(texts))]) for _ in range(150)),
    ]:
        found, words = None, ""
        try:
            found = Circuit.from_qasm(text)
        except QualmsError as error:
            words = str(error)
        if found is None:
            assert "\n" not in words, text
            assert "column" in words or "no qubits" in words, text
            continue
        if found.n_qubits > 5 or {"measure", "reset"} & set(found.counts()):
            continue
        version = 2 if "OPENQASM 2" in text or "qelib1.inc" in text else 3
        expected = qiskit_reads(text, version)
        values = random_values(found, seed)
        expected = expected.assign_parameters({p: values.get(p.name, 0.5) for p in expected.parameters})
        want, have = Operator(expected.reverse_bits()).data, unitary(found, values)
        if version == 2:  # its definitions leave a global phase open
            have = have * np.exp(1j * np.angle(np.vdot(have, want)))
        np.testing.assert_allclose(have, want, atol=1e-7, err_msg=text)


@pytest.mark.parametrize("text", [
    "OPENQASM 2.0;\ngate u2(a,b) q { U(a,b,0) q; }\nqreg q[1];\nu2(0.3,0.4) q[0];\n",
    "OPENQASM 2.0;\ngate unitary a { U(0.1,0.2,0.3) a; } qreg q[1]; unitary q[0];\n",
    "OPENQASM 2.0;\ngate delay(t) a { U(t,0,0) a; }\nqreg q[1];\ndelay(0.5) q[0];\n",
    "OPENQASM 2.0; qreg q[1]; gate h a { U(0,0,pi) a; } U(pi/2,0,pi) q[0]; h q[0];\n",
])  # fmt: skip
def test_names_that_qiskit_uses_otherwise_are_taken_as_the_program_defines_them(text):
    want = Statevector(qasm2.loads(text)).data
    assert abs(np.vdot(reference.statevector(Circuit.from_qasm(text)), want)) == pytest.approx(1, abs=1e-12)


def test_without_a_version_line_the_included_file_says_which_openqasm_it_is():
    two = Circuit.from_qasm('// two\ninclude "qelib1.inc";\nqreg q[2];\nu1(0.3) q[0];\ncx q[0],q[1];\n')
    assert two == Circuit(2).add("p", 0, 0.3).add("cx", 0, 1)
    three = Circuit.from_qasm('include "stdgates.inc";\nqubit[2] q;\nctrl @ x q[0], q[1];\n')
    assert three == Circuit(2).add("cx", 0, 1)
    both = "qreg q[1];\ncreg c[1];\nU(1/2, 0, 0) q[0];\n"  # 1/2 is 0 among the integers of OpenQASM 3
    assert Circuit.from_qasm(both).operations[0].params == (0.0, 0.0, 0.0)
    assert Circuit.from_qasm("OPENQASM 2.0;" + both).operations[0].params == (0.5, 0.0, 0.0)
    commented = '// include "qelib1.inc";\nqubit q;\nU(0.5, 0, 0) q;\n'
    assert Circuit.from_qasm(commented) == Circuit(1).add("u", 0, 0.5, 0, 0)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("change", [
    lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.replace("\n", "\r"),
    lambda t: t + "\x1a\n", lambda t: t.replace("\n", " // größer \u2028 als\n", 1),
])  # fmt: skip
def test_marks_and_line_ends_of_any_system_do_no_harm(version, change):
    circuit = Circuit(2).add("h", 0).add("cx", 0, 1).add("rz", 1, 0.25)
    assert Circuit.from_qasm(change(circuit.to_qasm(version))) == circuit
    last = circuit.to_qasm(version).rstrip().count("\n") + 2
    with pytest.raises(DataError, match=f"line {last}, column 1: "):
        Circuit.from_qasm(change(circuit.to_qasm(version).rstrip() + "\nfoo q[0];\n"))


def test_what_would_fill_the_memory_is_refused_before_it_does():
    doubling = "".join(f"gate g{k} a {{ g{k - 1} a; g{k - 1} a; }}\n" for k in range(1, 60))
    for text, place in [
        ("OPENQASM 2.0;\nqreg q[4000000000];", "line 2, column 1"),
        (
            "OPENQASM 2.0;\ngate g0 a { U(0,0,0) a; }\n" + doubling + "qreg q[1];\ng59 q[0];",
            "line 20, column 1: gate 'g18'",
        ),
        (
            "OPENQASM 3.0;\ngate g0 a { U(0,0,0) a; }\n" + doubling + "qubit q;\ng59 q;",
            "line 20, column 1: gate 'g18'",
        ),
        ("qubit[1000 * 1000] q;", "line 1, column 1"),
        ("bit[1000000000000] b;\nqubit q;", "line 1, column 1"),
        ("qubit q;\nctrl(4000000000) @ U(0, 0, 0) q, q;", "line 2, column 1"),
        ("U(0, 0, 0) $777777777;", "line 1"),
    ]:
        with pytest.raises(TooLargeError, match=re.escape(place)):
            Circuit.from_qasm(text)


def test_inputs_that_nothing_depends_on_are_told():
    with pytest.warns(QualmsWarning, match="inputs b"):
        found = Circuit.from_qasm("input float a;\ninput float b;\nqubit q;\nU(a, b - b, 0) q;")
    assert found.parameters == ("a",)


def test_names_that_openqasm_cannot_hold_are_changed_and_told():
    circuit = (
        Circuit(1)
        .add("rx", 0, 2 * Parameter("x"))
        .add("ry", 0, Parameter("a[0]"))
        .add("gphase", Parameter("x"))
    )
    with pytest.warns(QualmsWarning, match=r"'a\[0\]' as '_a_0_', 'x' as 'x_0'"):
        text = circuit.to_qasm(3)
    back = Circuit.from_qasm(text)
    have = reference.statevector(back, {"x_0": 0.3, "_a_0_": 0.7})
    np.testing.assert_allclose(have, reference.statevector(circuit, {"x": 0.3, "a[0]": 0.7}), atol=1e-12)


# Circuits of Qiskit that have no counterpart ----------------------------------------------------------------


def made(build):
    circuit = QuantumCircuit(1)
    circuit.h(0)
    build(circuit)
    return circuit


A, B = QiskitParameter("a"), QiskitParameter("b")


class Broken(Gate):
    def __init__(self):
        super().__init__("broken", 1, [])

    def _define(self):
        raise KeyError("no such thing")


class Skewed(Gate):
    def __init__(self):
        super().__init__("skewed", 1, [])

    def __array__(self, dtype=None, copy=None):
        return np.array([[1, 1], [0, 1]])


def wrapped(gate):
    inner = QuantumCircuit(1, name="outer")
    inner.append(gate, [0])
    return lambda c: c.append(inner.to_gate(), [0])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda c: c.append(Gate("mine", 1, []), [0]), r"instruction 1: mine on qubits \(0,\): it is opaque"),
        (lambda c: c.append(Gate("rx", 1, [0.3]), [0]), r"instruction 1: rx on qubits \(0,\): it is opaque"),
        (
            wrapped(Gate("mine", 1, [])),
            r"instruction 1: outer on qubits \(0,\): in its definition, mine on qubits",
        ),
        (lambda c: c.append(Broken(), [0]), "instruction 1: broken on qubits .*no such thing"),
        (lambda c: c.append(Skewed(), [0]), "instruction 1: skewed on qubits .* not unitary"),
        (lambda c: c.rx(1 / A, 0), "instruction 1: rx .* angle 1/a is not a single product"),
        (lambda c: c.rx(A.sin(), 0), r"angle sin\(a\) is not a single product"),
        (lambda c: c.rx(1e-12 * A.sin(), 0), r"angle .*sin\(a\) is not a single product"),
        (lambda c: c.rx(1j * A, 0), "angle .* not a number of radians"),
        (lambda c: c.rx(float("nan"), 0), "instruction 1: rx .* angle nan"),
        (lambda c: setattr(c, "global_phase", A.sin()), r"global phase: angle sin\(a\)"),
        (lambda c: c.rx(A + B, 0), r"instruction 1: rx .* angle a \+ b is not a single product"),
        (lambda c: c.initialize([0.6, 0.8], 0), "instruction 1: initialize"),
    ],
)
def test_what_of_qiskit_has_no_counterpart_is_named_with_its_instruction(build, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Circuit.from_qiskit(made(build))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("expression", "angle"), [
    (0 * A, 0.0), (A - A, 0.0), (0 * A + 0.25, 0.25), (A**3, Parameter(("a", "a", "a"))),
    (1e12 * A + 1e-3, Parameter("a", 1e12, 1e-3)), (2 * A * B / 3 - 1, Parameter(("a", "b"), 2 / 3, -1)),
    ((A + B) ** 2 - A**2 - B**2, Parameter(("a", "b"), 2)), (A + 1e-14, Parameter("a", 1, 1e-14)),
])  # fmt: skip
def test_angles_are_read_exactly(expression, angle):
    circuit = QuantumCircuit(1)
    circuit.rx(expression, 0)
    assert Circuit.from_qiskit(circuit).operations[0].params == (angle,)


def test_a_global_phase_may_be_a_sum():
    circuit = (
        Circuit(1)
        .add("gphase", Parameter("a"))
        .add("gphase", Parameter("a") * Parameter("b"))
        .add("gphase", 0.5)
    )
    back = Circuit.from_qiskit(circuit.to_qiskit())
    values = {"a": 0.3, "b": -1.7}
    np.testing.assert_allclose(
        reference.statevector(back, values), reference.statevector(circuit, values), atol=1e-12
    )


def test_other_things_than_circuits_are_refused():
    for wrong in (None, "h q;", Circuit(1)):
        with pytest.raises(ConfigError, match="takes a QuantumCircuit"):
            Circuit.from_qiskit(wrong)
    with pytest.raises(ConfigError, match="got bytes"):
        Circuit.from_qasm(b"qubit q;")


def test_channels_come_back():
    circuit = Circuit(2).add("h", 0).channel(channels.amplitude_damping(0.3), 1)
    np.testing.assert_allclose(
        reference.density(Circuit.from_qiskit(circuit.to_qiskit())), reference.density(circuit), atol=1e-12
    )
