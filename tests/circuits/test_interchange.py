"""Qiskit and OpenQASM, there and back; errors with their places."""

import numpy as np
import pytest
from hypothesis import given, settings
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter as QiskitParameter
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector

from qualms.backends import statevector
from qualms.circuits import Circuit, Parameter, reference
from qualms.errors import ConfigError, DataError
from tests.circuits.circuits import random_circuits, random_values


@settings(max_examples=40, deadline=None)
@given(random_circuits(most_qubits=4, most_gates=15))
def test_qiskit_and_back(circuit):
    values = random_values(circuit)
    back = Circuit.from_qiskit(circuit.to_qiskit())
    np.testing.assert_allclose(reference.statevector(back, values), reference.statevector(circuit, values), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(random_circuits(most_qubits=3, most_gates=10))
def test_openqasm_3_and_back(circuit):
    values = random_values(circuit)
    back, there = reference.statevector(Circuit.from_qasm(circuit.to_qasm(3)), values), reference.statevector(circuit, values)
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
    np.testing.assert_allclose(statevector(Circuit.from_qiskit(circuit)), Statevector(circuit).data, atol=1e-10)


def test_a_measured_circuit_round_trips_exactly():
    circuit = Circuit(2).add("ry", 0, 2 * Parameter("theta") + 0.1).add("cx", 0, 1).measure()
    assert Circuit.from_qasm(circuit.to_qasm()) == circuit


def test_sums_of_parameters_are_refused():
    circuit = QuantumCircuit(1)
    circuit.rx(QiskitParameter("a") + QiskitParameter("b"), 0)
    with pytest.raises(ConfigError, match="no single product"):
        Circuit.from_qiskit(circuit)


def test_a_gate_that_a_program_defines_anew_is_taken_as_defined():
    text = "OPENQASM 2.0;\ngate h a { U(0, 0, pi) a; }\nqreg q[1];\nU(pi/2, 0, pi) q[0];\nh q[0];\n"
    state = reference.statevector(Circuit.from_qasm(text))
    np.testing.assert_allclose(np.abs(state) ** 2, [0.5, 0.5], atol=1e-12)  # a true Hadamard would give |0⟩


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("qreg q[1];", "line 1: the text does not begin with a version"),
        ("OPENQASM 4.0;\nqubit q;", "version 4 is unknown"),
        ("OPENQASM 2.0;\nqreg q[2];\nfoo q[0];", "line 3, column 1: 'foo' is not defined"),
        ('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[5];', "line 4, column"),
        ('OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1]; creg c[1];\nif(c==1) x q[0];', "line 4, column 1: if_else"),
        ('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[5];', "line 4, column 1"),
        ('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\nbit c;\nc = measure q;\nif (c) { x q; }', "line 6, column 1"),
        ("OPENQASM 3.0;\nqubit q\nx q;", "line 3, column 1: unexpected 'x'"),
        ("OPENQASM 3.0;\ndef f(int x) -> int { return x; }\nqubit q;", "line 2, column 1: node of type SubroutineDefinition"),
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
