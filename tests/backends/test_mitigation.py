"""Error mitigation against closed forms, and whether it helps."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.backends import DensityMatrixBackend, SampledBackend, density_matrix, get_backend
from qualms.backends.mitigation import (
    ReadoutBackend,
    TwirledBackend,
    ZNEBackend,
    evidence,
    exponential,
    fold,
    linear,
    richardson,
    twirled,
)
from qualms.backends.mitigation.twirling import TWIRLED
from qualms.circuits import Circuit, PauliSum, reference
from qualms.circuits.ansatz import hardware_efficient
from qualms.errors import ConfigError
from tests.circuits.circuits import random_circuits, random_values, seeded_circuit


@given(
    st.lists(st.integers(1, 15), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(-50, 50), min_size=6, max_size=6),
)
def test_richardson_is_the_interpolating_polynomial_at_zero(scales, coefficients):
    polynomial = coefficients[: len(scales)]
    values = [float(sum(Fraction(c) * s**k for k, c in enumerate(polynomial))) for s in scales]
    largest = max(1.0, *map(abs, values))
    assert richardson(scales, np.array(values)) == pytest.approx(polynomial[0], abs=1e-8 * largest)


def test_extrapolations_equal_their_closed_forms():
    y = np.array([0.8, 0.5, 0.3])
    assert richardson((1, 3, 5), y) == pytest.approx((15 * 0.8 - 10 * 0.5 + 3 * 0.3) / 8, abs=1e-12)
    assert richardson((1, 2), y[:2]) == pytest.approx(2 * 0.8 - 0.5, abs=1e-12)
    assert linear((1, 3), y[:2]) == pytest.approx(1.5 * 0.8 - 0.5 * 0.5, abs=1e-12)
    decay = -0.9 * np.exp(-0.3 * np.array([1, 3, 5]))
    value, fits = exponential((1, 3, 5), decay)
    assert value == pytest.approx(-0.9, abs=1e-12)
    assert fits
    value, fits = exponential((1, 3, 5), np.array([[0.1, -0.1, 0.05], [0.1, 0.2, 0.4]]))
    assert not fits.any()  # neither is a decay: the line's answer, and said so
    np.testing.assert_allclose(
        value, linear((1, 3, 5), np.array([[0.1, -0.1, 0.05], [0.1, 0.2, 0.4]])), atol=1e-12
    )


@pytest.mark.parametrize("p", [0.01, 0.05, 0.2])
def test_zne_on_depolarized_rotations_equals_the_closed_form(p):
    """m gates on one qubit, each followed by depolarizing p: ⟨Z⟩ = (1 − p)^m cos θ, folded by s: (1 − p)^(s
    m) cos θ.
    """
    theta, m = 0.7, 4
    circuit = Circuit(1)
    for _ in range(m):
        circuit = circuit.add("ry", 0, theta / m)
    inner = DensityMatrixBackend({"depolarizing": p})
    values = torch.zeros(1, 0, dtype=torch.float64)
    decay = [(1 - p) ** (s * m) * np.cos(theta) for s in (1, 3, 5)]
    found = ZNEBackend(inner, (1, 3, 5), "exponential").expectation(circuit, PauliSum("Z"), values)
    assert float(found) == pytest.approx(np.cos(theta), abs=1e-12)
    found = ZNEBackend(inner, (1, 3, 5), "richardson").expectation(circuit, PauliSum("Z"), values)
    assert float(found) == pytest.approx((15 * decay[0] - 10 * decay[1] + 3 * decay[2]) / 8, abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(random_circuits(most_qubits=3, most_gates=10), st.sampled_from([1, 1.5, 2, 3, 4.2, 5]))
def test_folding_changes_nothing_but_the_length(circuit, scale):
    values = random_values(circuit)
    folded = fold(circuit, scale)
    np.testing.assert_allclose(
        reference.statevector(folded, values), reference.statevector(circuit, values), atol=1e-9
    )
    gates = [op for op in folded.operations if op.gate != "barrier"]
    assert len(gates) == pytest.approx(scale * len(circuit), abs=1.01)


def test_folds_survive_the_transpiler():
    pytest.importorskip("qiskit_ibm_runtime")
    from qualms.backends import ibm
    from qualms.circuits.interchange import transpile

    calibration, circuit = ibm.calibration("fake_manila"), hardware_efficient(3, 2)
    counts = [
        sum(
            len(op.qubits) == 2 and op.is_gate
            for op in transpile(fold(circuit, s), 5, calibration.gates).circuit.operations
        )
        for s in (1, 3, 5)
    ]
    assert counts == [4, 12, 20]


@settings(deadline=None, max_examples=30)
@given(random_circuits(most_qubits=4, most_gates=20), st.integers(0, 100))
def test_twirls_leave_circuits_as_they_are(circuit, seed):
    values = random_values(circuit)
    a, b = reference.statevector(twirled(circuit, seed), values), reference.statevector(circuit, values)
    assert abs(np.vdot(a, b)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("gate", TWIRLED)
def test_twirled_noise_is_a_pauli_channel(gate):
    """Averaged over all sixteen twirls, amplitude damping behind the gate leaves no off-diagonal element in
    the Pauli transfer matrix.
    """
    from qualms.backends.mitigation.twirling import _pairs
    from qualms.circuits import channels
    from qualms.circuits.gates import GATES, PAULIS
    from qualms.kernels.pauli_vector import transfer_matrix

    noise = transfer_matrix(channels.beside(channels.amplitude_damping(0.3), channels.amplitude_damping(0.3)))
    ideal = transfer_matrix((GATES[gate].matrix(),))
    total = np.zeros((16, 16))
    for before, after in _pairs(gate):
        p, q = (transfer_matrix((np.kron(PAULIS[s[0]], PAULIS[s[1]]),)) for s in (before, after))
        total += q @ noise @ ideal @ p / 16
    error = total @ ideal.T
    np.testing.assert_allclose(error, np.diag(np.diag(error)), atol=1e-12)


def test_readout_errors_are_undone():
    circuit, observables = (
        seeded_circuit(3, 12, 1, free=0),
        [PauliSum("ZIZ"), PauliSum({"XII": 0.5, "IYZ": 1.0})],
    )
    truth = get_backend("statevector").expectation(circuit, observables)
    noisy = DensityMatrixBackend({"readout": 0.08})
    assert (noisy.expectation(circuit, observables) - truth).abs().max() > 0.01
    np.testing.assert_allclose(
        ReadoutBackend(noisy).expectation(circuit, observables).numpy(), truth.numpy(), atol=1e-6
    )
    sampled = SampledBackend(noisy, shots=50_000)
    mitigated = ReadoutBackend(sampled)
    np.testing.assert_allclose(mitigated.expectation(circuit, observables).numpy(), truth.numpy(), atol=0.04)
    assert sampled.usage.circuits > 2  # the calibration is paid for
    assert mitigated.variance_factor > 1
    with pytest.raises(ConfigError, match="misread half of the time"):
        ReadoutBackend(DensityMatrixBackend({"readout": 0.5})).expectation(circuit, observables)


CIRCUITS = [hardware_efficient(3, 2) for _ in range(12)]
ANGLES = [
    torch.as_tensor(np.random.default_rng(k).uniform(-np.pi, np.pi, len(c.parameters)))
    for k, c in enumerate(CIRCUITS)
]


@pytest.mark.parametrize("name", ["fake_manila", "fake_sherbrooke", "fake_quito"])
def test_zne_lowers_the_mean_error_on_device_models(name):
    pytest.importorskip("qiskit_ibm_runtime")
    raw = DensityMatrixBackend({"device": name})
    found = evidence(
        raw,
        ZNEBackend(ReadoutBackend(raw)),
        CIRCUITS,
        [PauliSum.z(q, 3) for q in range(3)] + [PauliSum("ZZZ")],
        ANGLES,
    )
    assert found.verdict == "helps"
    assert found.change.high < 0
    assert found.mitigated.mean < 0.5 * found.raw.mean


def test_what_does_not_help_is_said():
    raw = SampledBackend(DensityMatrixBackend({"depolarizing": 1e-4}), shots=200)
    found = evidence(raw, ZNEBackend(raw), CIRCUITS, [PauliSum.z(0, 3)], ANGLES)
    assert found.verdict != "helps"  # nothing but variance is left to change
    twirl = TwirledBackend(DensityMatrixBackend({"depolarizing": 0.02}), 2)
    assert twirl.circuits_factor == 2
    assert density_matrix(twirled(CIRCUITS[0], 0), ANGLES[0]).shape == (8, 8)


def test_settings_that_make_no_sense_are_refused():
    exact = get_backend("statevector")
    for maker, message in (
        (lambda: ZNEBackend(exact, (1,)), "two different"), (lambda: ZNEBackend(exact, (3, 1)), "rise"),
        (lambda: ZNEBackend(exact, fit="cubic"), "cubic"),
        (lambda: fold(Circuit(1).add("h", 0), 0.5), "at least 1"),
        (lambda: TwirledBackend(exact, 0), "copies"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=message):
            maker()


@pytest.mark.parametrize(
    "wrap", [lambda b: TwirledBackend(b, 8), ZNEBackend, lambda b: ZNEBackend(b, fit="linear")]
)
def test_variances_grow_as_they_are_said_to(wrap):
    """Copies and scales have shots of their own: the variance over seeds is `variance_factor` times the raw
    one's.
    """
    circuit, observable = Circuit(2).add("ry", 0, 1.2).add("cx", 0, 1), PauliSum("IZ")
    inner = DensityMatrixBackend({"depolarizing": 0.01})
    raw = [float(SampledBackend(inner, 100, seed).expectation(circuit, observable)) for seed in range(400)]
    wrapped = [wrap(SampledBackend(inner, 100, seed)) for seed in range(400)]
    mitigated = [float(b.expectation(circuit, observable)) for b in wrapped]
    assert np.var(mitigated) / np.var(raw) == pytest.approx(wrapped[0].variance_factor, rel=0.35)
