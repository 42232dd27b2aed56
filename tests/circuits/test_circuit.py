"""Circuits and gates: against Qiskit, inverses, binding, drawings, refusals."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from qiskit.quantum_info import Operator

from qualms.circuits import Circuit, Operation, Parameter, reference
from qualms.circuits.gates import GATES
from qualms.errors import ConfigError
from tests.circuits.circuits import random_circuits, random_values


def unitary(circuit, values=None):
    return np.array([reference.statevector(circuit, values, e) for e in np.eye(1 << circuit.n_qubits)]).T


@pytest.mark.parametrize("gate", GATES.values(), ids=lambda g: g.name)
def test_gate_is_qiskit_s_gate_and_is_undone(gate):
    rng = np.random.default_rng(1)
    circuit = Circuit(3).add(
        gate.name, *rng.permutation(3)[: gate.n_qubits], *rng.uniform(-3, 3, gate.n_params)
    )
    np.testing.assert_allclose(
        unitary(circuit), Operator(circuit.to_qiskit().reverse_bits()).data, atol=1e-12
    )
    np.testing.assert_allclose(unitary(circuit.then(circuit.inverse())), np.eye(8), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(random_circuits(most_qubits=4))
def test_inverse_undoes_and_binding_fixes(circuit):
    values = random_values(circuit)
    bound = circuit.bind(values)
    assert bound.parameters == ()
    np.testing.assert_allclose(unitary(bound), unitary(circuit, values), atol=1e-9)
    np.testing.assert_allclose(unitary(bound.then(bound.inverse())), np.eye(1 << circuit.n_qubits), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(random_circuits())
def test_every_circuit_can_be_drawn(circuit):
    lines = circuit.draw(width=60).splitlines()
    assert len([line for line in lines if line.startswith("q")]) == circuit.n_qubits
    circuit.figure()


def test_drawing():
    circuit = Circuit(3).add("h", 0).add("cx", 0, 2).add("cry", 2, 1, 2 * Parameter("t")).add("swap", 0, 1)
    assert circuit.draw().splitlines() == [
        "q0: ──H──●───────────✕─",
        "         │           │",
        "q1: ─────┼──RY(2*t)──✕─",
        "         │     │",
        "q2: ─────X─────●───────",
    ]


def test_parameters_are_single_products():
    w, x = Parameter("w"), Parameter("x")
    angle = 2 * w * x / 4 - 0.5
    assert angle.at({"w": 3, "x": 2}) == 2.5
    assert str(-w) == "-w"
    assert (w * x) == (x * w)
    with pytest.raises(ConfigError, match="not a single product"):
        (w + 1) * x
    half = Circuit(1).add("rx", 0, angle).bind({"w": 3.0})
    assert half.parameters == ("x",)
    assert half.bind({"x": 2.0}).operations[0].params == (2.5,)


def test_numbers_of_numpy_and_torch_become_python_s():
    plain = Circuit(3).add("rx", 1, 0.5).add("cx", 0, 2).add("ry", 0, 2 * Parameter("a") + 0.25).measure(2)
    given = (
        Circuit(np.int64(3)).add("rx", np.int8(1), np.float32(0.5)).add("cx", torch.tensor(0), np.uint16(2))
    )
    given = given.add("ry", np.int64(0), np.float32(2) * Parameter("a") + torch.tensor(0.25)).measure(
        np.int64(2)
    )
    assert (given, given.fingerprint, repr(given)) == (plain, plain.fingerprint, repr(plain))
    assert {type(x) for op in given.operations for x in (*op.qubits, *op.clbits)} == {int}
    assert 1 - Parameter("a") == Parameter("a", -1, 1)
    assert Parameter("a") + Parameter("a") == 2 * Parameter("a")
    assert plain.bind({"a": torch.tensor(0.5)}) == plain.bind({"a": 0.5})


def test_circuits_are_values():
    a = Circuit(2).add("h", 0).unitary(np.eye(2), 1)
    assert a == Circuit(2).add("h", 0).unitary(np.eye(2), 1)
    assert hash(a) == hash(Circuit(2).add("h", 0).unitary(np.eye(2), 1))
    assert a != a.add("x", 0)
    assert "_hash" not in pickle.loads(pickle.dumps(a)).__dict__
    assert pickle.loads(pickle.dumps(a)) == a
    assert (len(a), a.depth(), a.counts()) == (2, 1, {"h": 1, "unitary": 1})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Circuit(0), "at least 1 qubit"),
        (lambda: Circuit(2).add("foo", 0), "unknown gate 'foo'"),
        (lambda: Circuit(2).add("cx", 0), "takes 2 qubits"),
        (lambda: Circuit(2).add("rx", 0), "1 angles, got 1 and 0"),
        (lambda: Circuit(2).add("cx", 1, 1), "named twice"),
        (lambda: Circuit(2).add("x", 2), "qubits 0 … 1"),
        (lambda: Circuit(1).add("rx", 0, float("nan")), "not a number of radians"),
        (lambda: Circuit(1).unitary(np.ones((2, 2)), 0), "not unitary"),
        (lambda: Circuit(1).unitary(np.full((2, 2), np.nan), 0), "not unitary"),
        (lambda: Circuit(2).unitary(np.eye(2), 0, 1), "4 × 4"),
        (lambda: Circuit(1).channel([np.eye(2), np.eye(2)], 0), "does not keep the trace"),
        (lambda: Circuit(1).bind({"t": 1.0}), "no parameter t"),
        (lambda: Circuit(1).measure().inverse(), "cannot be undone"),
        (lambda: Circuit(2).then(Circuit(1), [0, 1]), "was put on 2"),
        (lambda: Circuit(1, (Operation("teleport", (0,)),)), "unknown gate"),
        (lambda: Circuit(1, (Operation("unitary", (0,)),)), "takes 2 × 2 matrices"),
        (lambda: Circuit(1, (Operation("measure", (0,)),)), "needs a classical bit"),
        (lambda: Circuit(1, (Operation("reset", (0,), (0.5,)),)), "takes no angles"),
        (lambda: Circuit(True), "True is not an integer"),
        (lambda: Circuit(2.0), "2.0 is not an integer"),
        (lambda: Circuit(2).add("h", 0.7), "h: qubit 0.7 is not an integer"),
        (lambda: Circuit(2).add("h", True), "h: qubit True is not an integer"),
        (lambda: Circuit(2).add("rx", 1, True), r"rx on \(1,\): angle True is not a number"),
        (lambda: Circuit(2).add("rx", 1, np.float32("inf")), r"rx on \(1,\): angle inf is not a number"),
        (lambda: Circuit(2).add("rx", 1, "0.5"), "angle '0.5' is not a number"),
        (lambda: Circuit(2).add("rx", 1, 10**400), "too large"),
        (lambda: Circuit(2).add("rx", 1, torch.tensor(0.5, requires_grad=True)), "requires a gradient"),
        (
            lambda: Circuit(1).add("rx", 0, Parameter("t")).bind({"t": float("nan")}),
            "parameter t: the value nan",
        ),
        (
            lambda: Circuit(1).add("rx", 0, Parameter("t")).operations[0].matrix({}),
            "parameter t has no value",
        ),
        (lambda: Circuit(1).unitary("ab", 0), "not a matrix of numbers"),
        (lambda: Parameter("a") / 0, "divided by 0"),
        (lambda: Parameter("a") + Parameter("b"), "not a single product"),
        (lambda: Parameter("a", float("nan")), "the scale nan"),
        (lambda: Parameter("a") * Parameter(()), "at least one name"),
        (lambda: np.arange(3) * Parameter("a"), "the factor"),
    ],
)
def test_impossible_circuits_are_refused(build, message):
    with pytest.raises(ConfigError, match=message):
        build()
