"""Conventions against Qiskit, and the index map against the matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qualms.circuits import ENTANGLERS, LayeredAnsatz, reference
from qualms.errors import ConfigError

ansatze = st.builds(
    LayeredAnsatz,
    st.integers(1, 5),
    st.integers(1, 3),
    entangler=st.sampled_from(ENTANGLERS),
    rz=st.booleans(),
    closing_ry=st.booleans(),
)


def qiskit_unitary(ansatz: LayeredAnsatz, angles: np.ndarray) -> np.ndarray:
    """The circuit written again from the ansatz's description, with Qiskit's gates; qubit order reversed to
    ours.
    """
    circuit, rows = QuantumCircuit(ansatz.n_qubits), iter(angles)
    for _ in range(ansatz.n_layers):
        for q, theta in enumerate(next(rows)):
            circuit.ry(theta, q)
        if ansatz.rz:
            for q, theta in enumerate(next(rows)):
                circuit.rz(theta, q)
        n = ansatz.n_qubits
        pairs = {
            "none": [],
            "linear": [(q, q + 1) for q in range(n - 1)],
            "ring": [(q, (q + 1) % n) for q in range(n)] if n > 1 else [],
            "full": [(i, j) for i in range(n) for j in range(i + 1, n)],
        }[ansatz.entangler]
        for control, target in pairs:
            circuit.cx(control, target)
    if ansatz.closing_ry:
        for q, theta in enumerate(next(rows)):
            circuit.ry(theta, q)
    return Operator(circuit.reverse_bits()).data


@settings(max_examples=60, deadline=None)
@given(ansatze, st.integers(0, 2**31))
def test_reference_equals_qiskit(ansatz, seed):
    angles = np.random.default_rng(seed).uniform(-4, 4, ansatz.angle_shape)
    np.testing.assert_allclose(reference.unitary(ansatz, angles), qiskit_unitary(ansatz, angles), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(ansatze)
def test_permutation_is_the_cnots(ansatz):
    matrix = np.eye(ansatz.dimension)
    for control, target in ansatz.cnots():
        matrix = reference.cnot(control, target, ansatz.n_qubits) @ matrix
    state = np.random.default_rng(0).standard_normal(ansatz.dimension)
    np.testing.assert_array_equal(state[ansatz.permutation()], matrix @ state)


def test_z_signs_count_from_the_most_significant_bit():
    np.testing.assert_array_equal(reference.z_signs(2), [[1, 1], [1, -1], [-1, 1], [-1, -1]])


@pytest.mark.parametrize("bad", [{"n_qubits": 0}, {"n_layers": 0}, {"entangler": "star"}])
def test_impossible_circuits_are_refused(bad):
    with pytest.raises(ConfigError):
        LayeredAnsatz(**{"n_qubits": 2, "n_layers": 1, **bad})


def test_sizes_may_be_numpys_and_are_kept_as_pythons():
    ansatz = LayeredAnsatz(np.int64(3), np.uint8(2))
    assert (type(ansatz.n_qubits), type(ansatz.n_layers)) == (int, int)
    assert ansatz == LayeredAnsatz(3, 2)
    for wrong in ((3.0, 2), (3, True), (np.array(3), 2), (3, None)):
        with pytest.raises(ConfigError, match="at least 1 qubit"):
            LayeredAnsatz(*wrong)
