import numpy as np
import pytest
from qiskit.quantum_info import Operator, Statevector

from qualms.circuits import Circuit
from qualms.circuits.encode import multiplexed
from qualms.circuits.gates import GATES
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.linear_systems import hhl, hhl_circuit
from qualms.learn.linear_systems.circuit import fourier
from tests.learn.linear_systems.systems import system

CASES = {
    "positive": system(1, 4, 6.0),
    "both signs": system(2, 3, 6.0, signs=True),
    "one unknown": (np.array([[2.0]]), np.array([-3.0])),
    "general": system(3, 3, 5.0, general=True),
    "complex": (np.array([[2, 1j, 0], [-1j, 3, 0.5], [0, 0.5, 1.5]]), np.array([1, 1j, -0.5])),
}


@pytest.mark.parametrize("case", CASES)
def test_the_circuit_agrees_with_the_model(case):
    A, b = CASES[case]
    model, circuit = hhl(A, b, 6), hhl(A, b, 6, method="circuit")
    np.testing.assert_allclose(circuit.solution, model.solution, atol=1e-9)
    assert circuit.success_probability == pytest.approx(model.success_probability)
    assert circuit.method == "circuit"


def test_qiskit_finds_the_same_amplitudes():
    A, b = CASES["positive"]
    circuit = hhl_circuit(A, b, 5)
    state = Statevector(circuit.to_qiskit().reverse_bits()).data
    found = hhl(A, b, 5)
    kept = state.reshape(32, 2, 4)[0, 1]
    np.testing.assert_allclose(kept * np.linalg.norm(b) / found.system.smallest, found.solution, atol=1e-9)


@pytest.mark.parametrize("t", [1, 2, 5])
def test_the_fourier_transform(t):
    size = 1 << t
    wanted = np.exp(2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size) / np.sqrt(size)
    np.testing.assert_allclose(Operator(fourier(t).to_qiskit().reverse_bits()).data, wanted, atol=1e-12)


@pytest.mark.parametrize("gate", ["ry", "rz"])
def test_a_multiplexed_rotation_turns_by_the_state_of_its_controls(gate):
    angles = np.random.default_rng(1).normal(size=8)
    made = Circuit(4).extended(multiplexed(gate, angles, 3))
    found = Operator(made.to_qiskit().reverse_bits()).data
    for k, angle in enumerate(angles):
        np.testing.assert_allclose(
            found[2 * k : 2 * k + 2, 2 * k : 2 * k + 2], GATES[gate].matrix(angle), atol=1e-12
        )
    assert made.counts() == {gate: 8, "cx": 8}


def test_gates_are_as_many_as_the_resources_say():
    A, b = CASES["positive"]
    counts, told = hhl_circuit(A, b, 5).counts(), hhl(A, b, 5).resources
    assert counts["ry"] == told.rotations + told.loading_rotations
    assert counts["cx"] == told.rotations + told.loading_cnots
    assert counts["unitary"] == 10


def test_what_does_not_fit_is_refused():
    A, b = system(1, 40, 200.0)
    with pytest.raises(TooLargeError, match="method='model'"):
        hhl(A, b, method="circuit")
    with pytest.raises(ConfigError, match="singular"):
        hhl_circuit(np.ones((2, 2)), [1, 1])
