"""Encoders, ansatz builders, observables and channels against what they should make."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from qiskit.quantum_info import DensityMatrix, Kraus, SparsePauliOp
from scipy.linalg import expm

from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, PauliSum, ansatz, channels, encode, reference
from qualms.errors import ConfigError

numbers = st.floats(-1, 1, allow_nan=False, width=32)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(arrays(float, 1 << n, elements=numbers), arrays(float, 1 << n, elements=numbers))
    ),
    st.booleans(),
)
def test_amplitude_encoding_makes_the_vector(parts, is_complex):
    vector = parts[0] + 1j * parts[1] if is_complex else parts[0]
    if np.linalg.norm(vector) < 1e-3:
        return
    circuit = encode.amplitude_encoding(vector)
    np.testing.assert_allclose(reference.statevector(circuit), vector / np.linalg.norm(vector), atol=1e-7)
    if not is_complex:
        assert set(circuit.counts()) <= {"ry", "cx"}
        assert circuit.counts().get("cx", 0) <= vector.size - 2


def test_other_encoders():
    assert reference.statevector(encode.basis_encoding([1, 0, 1]))[0b101] == 1
    state = reference.statevector(encode.angle_encoding(2), {"x0": 0.3, "x1": 1.1})
    np.testing.assert_allclose(
        state, np.kron([np.cos(0.15), np.sin(0.15)], [np.cos(0.55), np.sin(0.55)]), atol=1e-12
    )
    x = {"x0": 0.3, "x1": -0.7, "x2": 1.1}
    z = [PauliSum.z(q, 3).diagonal() for q in range(3)]
    phases = np.exp(
        -1j
        * (
            sum(x[f"x{q}"] * z[q] for q in range(3))
            + sum(x[f"x{j}"] * x[f"x{k}"] * z[j] * z[k] for j, k in combinations(range(3), 2))
        )
    )
    hadamards = np.array([[(-1) ** bin(i & j).count("1") for j in range(8)] for i in range(8)]) / np.sqrt(8)
    expected = phases * (hadamards @ (phases * (hadamards @ np.eye(8)[0])))
    np.testing.assert_allclose(reference.statevector(encode.iqp_encoding(3), x), expected, atol=1e-12)


def test_layered_ansatz_is_its_circuit():
    for rz in (False, True):
        layered = LayeredAnsatz(3, 2, rz=rz, closing_ry=True)
        angles = np.random.default_rng(0).uniform(-3, 3, layered.angle_shape)
        values = dict(zip(layered.circuit().parameters, angles.ravel(), strict=True))
        np.testing.assert_allclose(
            reference.statevector(layered.circuit(), values),
            reference.unitary(layered, angles)[:, 0],
            atol=1e-12,
        )


def test_qaoa_is_its_formula():
    cost = PauliSum({"ZZI": 0.5, "IZZ": -1.0, "ZII": 0.3, "ZZZ": 0.7, "III": 0.2})
    circuit, values = ansatz.qaoa(cost, 2), {"gamma0": 0.4, "beta0": 0.3, "gamma1": -0.9, "beta1": 0.8}
    mixer = sum(PauliSum("".join("X" if q == k else "I" for q in range(3))).matrix() for k in range(3))
    state = np.full(8, 8**-0.5, complex)
    for k in range(2):
        state = expm(-1j * values[f"beta{k}"] * mixer) @ (
            np.exp(-1j * values[f"gamma{k}"] * cost.diagonal()) * state
        )
    np.testing.assert_allclose(reference.statevector(circuit, values), state, atol=1e-12)


def test_maxcut_counts_the_cut():
    values = ansatz.maxcut(3, [(0, 1), (1, 2), (0, 1)]).diagonal()
    assert values[0b010] == -3
    assert values[0b000] == 0


@pytest.mark.parametrize(("circuit", "parameters"), [
    (ansatz.brick_wall(4, 3), 24), (ansatz.hardware_efficient(4, 2), 24), (ansatz.iqp(4), 10),
    (ansatz.data_reuploading(3, 2, 4), 16),
])  # fmt: skip
def test_builders_have_the_parameters_they_should(circuit, parameters):
    assert len(circuit.parameters) == parameters
    values = dict.fromkeys(circuit.parameters, 0.3)
    assert np.linalg.norm(reference.statevector(circuit, values)) == pytest.approx(1)


def test_pauli_sums_are_qiskit_s():
    terms = {"XYZ": 0.5, "ZIZ": -1.0, "IYI": 2.0}
    np.testing.assert_allclose(
        PauliSum(terms).matrix(), SparsePauliOp.from_list(list(terms.items())).to_matrix()
    )
    diagonal = PauliSum({"ZIZ": -1.0, "IIZ": 0.5})
    np.testing.assert_allclose(np.diag(diagonal.diagonal()), diagonal.matrix())


@pytest.mark.parametrize("kraus", [
    channels.depolarizing(0.1), channels.depolarizing(0.2, 2), channels.amplitude_damping(0.3),
    channels.phase_damping(0.2), channels.bit_flip(0.1), channels.phase_flip(0.1),
    channels.depolarizing(4 / 3),
], ids=len)  # fmt: skip
def test_channels_are_qiskit_s(kraus):
    qubits = (0, 2)[: len(kraus[0]).bit_length() - 1]
    circuit = Circuit(3).add("h", 0).add("cx", 0, 1).add("ry", 2, 0.7)
    got = reference.density(circuit.channel(kraus, *qubits))
    state = DensityMatrix(circuit.to_qiskit()).evolve(Kraus(list(kraus)), list(reversed(qubits)))
    np.testing.assert_allclose(got, state.reverse_qargs().data, atol=1e-12)


def test_depolarizing_leaves_nothing_at_one():
    np.testing.assert_allclose(
        reference.density(Circuit(1).add("h", 0).channel(channels.depolarizing(1.0), 0)),
        np.eye(2) / 2,
        atol=1e-12,
    )


@pytest.mark.parametrize(("build", "message"), [
    (lambda: encode.amplitude_encoding([1, 2, 3]), "2ⁿ numbers"),
    (lambda: encode.amplitude_encoding([0, 0]), "zero vector"),
    (lambda: encode.amplitude_encoding([1, np.inf]), "NaN or infinity"),
    (lambda: encode.basis_encoding([2]), "bits 0 and 1"),
    (lambda: encode.angle_encoding(2, "w"), "choose x, y or z"),
    (lambda: PauliSum({}), "one and the same length"),
    (lambda: PauliSum({"Z": 1, "ZZ": 1}), "one and the same length"),
    (lambda: PauliSum("ZQ"), "only I, X, Y and Z"), (lambda: PauliSum({"Z": np.nan}), "not a finite number"),
    (lambda: PauliSum("X").diagonal(), "no diagonal form"),
    (lambda: Diagonal(np.ones(3)), "2ⁿ finite numbers"), (lambda: channels.bit_flip(1.5), "must be in"),
    (lambda: ansatz.qaoa(PauliSum("X"), 1), "diagonal"), (lambda: ansatz.maxcut(2, [(1, 1)]), "loop"),
    (lambda: LayeredAnsatz(2, 1, entangler=((0, 2),)), r"CNOT\(0, 2\)"),
])  # fmt: skip
def test_bad_input_is_refused(build, message):
    with pytest.raises(ConfigError, match=message):
        build()
