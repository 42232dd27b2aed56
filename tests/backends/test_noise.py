"""Noisy simulation against Qiskit's quantum_info and Aer, and against closed forms."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.backends import DensityMatrixBackend, NoiseModel, TrajectoryBackend, density_matrix, get_backend
from qualms.backends.calibration import Calibration
from qualms.circuits import Circuit, LayeredAnsatz, Operation, Parameter, PauliSum, channels, reference
from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.kernels import pauli_vector
from tests.circuits.circuits import random_circuits, random_values, seeded_circuit
from tests.circuits.noisy import noisy_circuit

SETTINGS = [
    {"depolarizing": 0.03},
    {"amplitude_damping": 0.1, "phase_damping": 0.05},
    {"bit_flip": 0.02, "phase_flip": 0.04, "depolarizing": 0.01},
]


def to_qiskit_order(matrix):
    n = len(matrix).bit_length() - 1
    axes = [*range(n - 1, -1, -1), *range(2 * n - 1, n - 1, -1)]
    return matrix.reshape([2] * (2 * n)).transpose(axes).reshape(matrix.shape)


def bound(circuit, rng):
    values = {name: rng.normal() for name in circuit.parameters}
    return values, circuit.bind(values)


@pytest.mark.parametrize("seed", range(60))
def test_random_noisy_circuits_agree_with_quantum_info(seed):
    from qiskit.quantum_info import DensityMatrix, Kraus, Operator

    circuit, rng = noisy_circuit(seed)
    values, fixed = bound(circuit, rng)
    state = DensityMatrix.from_label("0" * circuit.n_qubits)
    for op in fixed.operations:  # every step by Qiskit's own algebra
        qubits = list(op.qubits)
        if op.gate == "reset":
            state = state.reset(qubits)
        elif op.gate == "channel":
            state = state.evolve(Kraus([reverse(k) for k in op.matrices]), qubits)
        elif qubits:
            state = state.evolve(Operator(reverse(op.matrix())), qubits)
    np.testing.assert_allclose(density_matrix(circuit, values), state.data, atol=1e-10)
    single = pauli_vector.evolve(
        circuit, torch.tensor([values[p] for p in circuit.parameters], dtype=torch.float32)
    )
    assert single.dtype == torch.float32
    np.testing.assert_allclose(
        to_qiskit_order(pauli_vector.to_density(single[None])[0].numpy()), state.data, atol=1e-5
    )


def reverse(matrix):
    k = len(matrix).bit_length() - 1
    axes = list(range(k - 1, -1, -1))
    return np.ascontiguousarray(
        matrix.reshape([2] * (2 * k)).transpose(axes + [k + a for a in axes]).reshape(matrix.shape)
    )


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("noise", SETTINGS)
def test_noise_after_every_gate_agrees_with_aer_s_noise_model(seed, noise):
    """Aer attaches the errors to gates by its own means; both must mean the same by "each channel after every
    gate on each of its qubits".
    """
    aer = pytest.importorskip("qiskit_aer")
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import UnitaryGate
    from qiskit_aer.noise import NoiseModel as AerNoise
    from qiskit_aer.noise import QuantumError, kraus_error

    circuit = seeded_circuit(1 + seed % 4, 12, seed, free=0)
    one = None
    for name, p in noise.items():
        single = QuantumError(kraus_error([np.array(k) for k in getattr(channels, name)(p)]))
        one = single if one is None else one.compose(single)
    model, made = AerNoise(), QuantumCircuit(circuit.n_qubits)
    for k in (1, 2, 3):
        wide = one
        for _ in range(k - 1):
            wide = wide.expand(one)
        model.add_all_qubit_quantum_error(wide, [f"g{k}"])
    for op in circuit.operations:
        if op.qubits:
            made.append(UnitaryGate(reverse(op.matrix()), label=f"g{len(op.qubits)}"), list(op.qubits))
    made.save_density_matrix()
    found = (
        aer.AerSimulator(method="density_matrix", noise_model=model)
        .run(made, shots=1)
        .result()
        .data()["density_matrix"]
    )
    np.testing.assert_allclose(density_matrix(circuit, noise=noise), np.asarray(found), atol=1e-10)


@pytest.mark.parametrize("name", ["fake_quito", "fake_manila", "fake_sherbrooke"])
def test_a_device_s_noise_is_that_of_aer_s_model_from_the_same_calibration(name):
    pytest.importorskip("qiskit_ibm_runtime")
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel as AerNoise

    from qualms.backends import ibm
    from qualms.backends.sublayer import sublayer_circuit
    from qualms.circuits.interchange import Transpiled, to_qiskit, transpile

    calibration = ibm.calibration(name)
    circuit = sublayer_circuit(LayeredAnsatz(3, 2))
    _, fixed = bound(circuit, np.random.default_rng(0))
    made = transpile(fixed, calibration.n_qubits, calibration.gates)
    small, _, used = Transpiled(
        NoiseModel.from_calibration(calibration).applied(made.circuit), made.places
    ).compact()
    asked = to_qiskit(made.circuit)
    asked.save_density_matrix(qubits=list(used))
    simulator = AerSimulator(noise_model=AerNoise.from_backend(ibm._local(name)), method="density_matrix")
    found = simulator.run(asked, shots=1).result().data()["density_matrix"]
    np.testing.assert_allclose(density_matrix(small), np.asarray(found), atol=1e-10)


@settings(deadline=None, max_examples=40)
@given(random_circuits(most_qubits=4, most_gates=15), st.sampled_from(SETTINGS))
def test_states_stay_states(circuit, noise):
    rho = density_matrix(circuit, random_values(circuit), noise)
    assert np.trace(rho).real == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-12)
    assert np.linalg.eigvalsh(rho).min() > -1e-10
    np.testing.assert_allclose(
        density_matrix(circuit, random_values(circuit)),
        to_qiskit_order(reference.density(circuit, random_values(circuit))),
        atol=1e-10,
    )


def test_batches_inputs_and_observables_agree_with_the_oracle():
    circuit, noise = LayeredAnsatz(3, 1, rz=True).circuit(), {"depolarizing": 0.05, "amplitude_damping": 0.1}
    rng = np.random.default_rng(1)
    values, states = rng.normal(size=(4, 6)), rng.normal(size=(4, 8)) + 1j * rng.normal(size=(4, 8))
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    backend = DensityMatrixBackend(noise)
    observables = [PauliSum({"XYZ": 1.0, "IIZ": 0.5}), PauliSum("ZIZ")]
    found = backend.expectation(circuit, observables, torch.tensor(values), torch.tensor(states))
    for row in range(4):
        start = Circuit(3).unitary(complete(states[row]), 0, 1, 2)
        rho = reference.density(
            start.then(backend.noise.applied(circuit)),
            dict(zip(circuit.parameters, values[row], strict=True)),
        )
        np.testing.assert_allclose(
            found[row].numpy(), [np.trace(o.matrix() @ rho).real for o in observables], atol=1e-10
        )


def complete(state):
    """A unitary whose first column is the state."""
    matrix = np.eye(8, dtype=complex)
    matrix[:, 0] = state
    q, r = np.linalg.qr(matrix)
    return q * (r[0, 0] / abs(r[0, 0]))


def test_gradients_under_noise_are_finite_differences():
    circuit, noise = LayeredAnsatz(2, 2, rz=True).circuit(), {"depolarizing": 0.03, "amplitude_damping": 0.05}
    values = torch.randn(
        3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True
    )
    states = torch.nn.functional.normalize(
        torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)), dim=-1
    ).requires_grad_()
    backend = DensityMatrixBackend(noise)
    assert torch.autograd.gradcheck(
        lambda v, s: backend.expectation(circuit, [PauliSum("XZ"), PauliSum("ZI")], v, s), (values, states)
    )
    crx = (
        Circuit(2)
        .add("h", 0)
        .add("crx", 0, 1, *Circuit(1).add("rx", 0, 0.1).operations[0].params)
        .add("rzz", 0, 1, 0.3)
    )
    assert torch.isfinite(backend.expectation(crx, PauliSum("ZZ")))


def test_readout_errors_are_in_what_is_measured_and_not_in_the_state():
    circuit = Circuit(2).add("ry", 0, 0.7).add("cx", 0, 1)
    backend = DensityMatrixBackend(NoiseModel("asymmetric", confusion={0: (0.1, 0.3), 1: (0.02, 0.0)}))
    p = np.abs(reference.statevector(circuit)) ** 2
    confusion = np.kron([[0.9, 0.3], [0.1, 0.7]], [[0.98, 0.0], [0.02, 1.0]])
    np.testing.assert_allclose(backend.probabilities(circuit).numpy(), confusion @ p, atol=1e-6)
    signs = reference.z_signs(2)
    found = backend.expectation(circuit, [PauliSum("ZI"), PauliSum("IZ"), PauliSum("ZZ")]).numpy()
    np.testing.assert_allclose(
        found, [(confusion @ p) @ s for s in (signs[:, 0], signs[:, 1], signs[:, 0] * signs[:, 1])], atol=1e-6
    )
    np.testing.assert_allclose(
        np.diag(density_matrix(circuit, noise=backend.noise)).real, p[[0, 2, 1, 3]], atol=1e-12
    )


@pytest.mark.parametrize("noise", SETTINGS)
def test_trajectories_average_to_the_density_matrix(noise):
    circuit = seeded_circuit(3, 15, 3, free=0)
    backend = TrajectoryBackend(noise, 4000, seed=1)
    observables = [PauliSum("ZII"), PauliSum("XZY"), PauliSum({"IIZ": 0.5, "ZZZ": -1.0})]
    mean, error = backend.estimate(circuit, observables)
    expected = DensityMatrixBackend(noise).expectation(circuit, observables)
    assert ((mean[0] - expected).abs() <= 4.5 * error[0] + 1e-4).all()
    again = TrajectoryBackend(noise, 4000, seed=1).estimate(circuit, observables)[0]
    assert torch.equal(mean, again)


def test_thermal_relaxation_is_t1_and_t2():
    t1, t2, time = 2.0, 1.5, 0.7
    rho = reference.density(Circuit(1).add("h", 0).channel(channels.thermal_relaxation(t1, t2, time), 0))
    assert rho[0, 1].real == pytest.approx(0.5 * np.exp(-time / t2), abs=1e-12)
    assert rho[1, 1].real == pytest.approx(0.5 * np.exp(-time / t1), abs=1e-12)
    wide = channels.beside(channels.thermal_relaxation(t1, t2, time), channels.amplitude_damping(0.2))
    assert len(wide) <= 16
    np.testing.assert_allclose(sum(k.conj().T @ k for k in wide), np.eye(4), atol=1e-12)
    assert channels.average_gate_fidelity(channels.depolarizing(0.3)) == pytest.approx(1 - 0.3 / 2)


def test_what_a_noise_model_cannot_do_is_said():
    with pytest.raises(ConfigError, match="depolarising"):
        density_matrix(Circuit(1).add("h", 0), noise={"depolarising": 0.1})
    with pytest.raises(ConfigError, match=r"\[0, 1\]"):
        NoiseModel.uniform({"readout": 1.5})
    with pytest.raises(ConfigError, match="must be in"):
        NoiseModel.uniform({"bit_flip": -0.1})
    with pytest.raises(ConfigError, match="t2"):
        channels.thermal_relaxation(1.0, 3.0, 0.1)
    with pytest.raises(TooLargeError, match="at most"):
        density_matrix(Circuit(25).add("h", 0))
    tiny = Calibration(
        "tiny",
        "2026-01-01",
        2,
        ((0, 1),),
        {("sx", (0,)): (1e-3, 1e-8)},
        (1e-4, 1e-4),
        (1e-4, 1e-4),
        (None, None),
    )
    with pytest.raises(ConfigError, match="no h on qubits"):
        NoiseModel.from_calibration(tiny).applied(Circuit(2).add("h", 0))
    with pytest.raises(ConfigError, match="no gate on two qubits"):
        get_backend("density_matrix", noise=NoiseModel.from_calibration(tiny)).expectation(
            Circuit(2).add("cx", 0, 1), PauliSum("ZZ")
        )
    with pytest.raises(ConfigError, match="3 qubits, the device 2"):
        get_backend("density_matrix", noise=NoiseModel.from_calibration(tiny)).expectation(
            Circuit(3).add("h", 0), PauliSum("ZZZ")
        )
    pytest.importorskip("qiskit_ibm_runtime")
    with pytest.raises(ConfigError, match="unknown device"):
        get_backend("density_matrix", noise={"device": "fake_nowhere"})
    with pytest.raises(ConfigError, match="readout"):
        get_backend("density_matrix", noise={"device": "fake_quito", "readout": 0.1})


def test_a_larger_scale_is_more_noise():
    pytest.importorskip("qiskit_ibm_runtime")
    circuit = Circuit(2).add("h", 0).add("cx", 0, 1)
    found = [
        float(
            get_backend("density_matrix", noise={"device": "fake_manila", "scale": s}).expectation(
                circuit, PauliSum("XX")
            )
        )
        for s in (0, 0.5, 1, 2)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1, abs=1e-5)


def test_operations_keep_their_channels_when_equal():
    a = Operation("channel", (0,), matrices=channels.bit_flip(0.1))
    assert a == Operation("channel", (0,), matrices=channels.bit_flip(0.1))
    assert a != Operation("channel", (0,), matrices=channels.bit_flip(0.2))


def calibrated(**changes):
    values = {
        "name": "tiny", "date": "2026-01-01", "n_qubits": 2, "coupling": ((0, 1),),
        "gates": {("sx", (0,)): (1e-3, 1e-8), ("rz", (0,)): (0.0, 0.0), ("cx", (0, 1)): (1e-2, 1e-7)},
        "t1": (1e-4, 1e-4), "t2": (1e-4, 1e-4), "readout": ((0.01, 0.02), (0.01, 0.02)),
    }  # fmt: skip
    return Calibration(**values | changes)


@pytest.mark.parametrize(("changes", "message"), [
    ({"t1": (None, 1e-4)}, "no T1 or T2 of qubits 0: taken as infinite"),
    ({"t2": (3e-4, 1e-4)}, "T2 of qubits 0 above 2 T1: taken as 2 T1"),
    ({"gates": {("sx", (0,)): (None, 1e-8), ("rz", (0,)): (0.0, 0.0)}}, r"no error of sx on \(0,\)"),
    ({"gates": {("sx", (0,)): (1.0, 1e-8), ("rz", (0,)): (0.0, 0.0)}}, r"broken gate, of sx on \(0,\)"),
    ({"readout": (None, None)}, "no readout error of qubits 0: taken as 0"),
])  # fmt: skip
def test_what_a_calibration_does_not_say_is_told_when_a_circuit_uses_it(changes, message):
    model = NoiseModel.from_calibration(calibrated(**changes))
    with pytest.warns(QualmsWarning, match=message):
        model.noisy_circuit(Circuit(1).add("sx", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NoiseModel.from_calibration(calibrated()).noisy_circuit(Circuit(1).add("sx", 0))


@pytest.mark.parametrize(("changes", "message"), [
    ({"t1": (0.0, 1e-4)}, "T1=0.0"), ({"t1": (1e-4,)}, "needs as many"),
    ({"readout": ((0.1, 1.5), None)}, "of qubit 0 must be in"),
    ({"gates": {("sx", (0,)): (1.2, 1e-8)}}, "error 1.2"),
    ({"gates": {("sx", (0,)): (float("nan"), 1e-8)}}, "error nan"),
    ({"gates": {("sx", (0,)): (0.1, -1.0)}}, "duration -1.0"),
])  # fmt: skip
def test_a_calibration_that_no_device_can_have_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        calibrated(**changes)


def test_noise_that_is_held_at_its_largest_value_is_told():
    with pytest.warns(
        QualmsWarning, match="errors of 1 gates are held at 1, readout errors of 2 qubits at 0.5"
    ):
        made = NoiseModel.from_calibration(calibrated()).scaled(200)
    assert made.calibration.readout[0] == (0.5, 0.5)


def test_numbers_of_noise_may_be_numpy_s_and_are_checked():
    rho = density_matrix(Circuit(1).add("h", 0), noise={"depolarizing": 0.25})
    np.testing.assert_array_equal(
        density_matrix(Circuit(1).add("h", 0), noise={"depolarizing": np.float32(0.25)}), rho
    )
    for bad in (True, "0.1", float("nan"), None):
        with pytest.raises(ConfigError, match="depolarizing"):
            NoiseModel.uniform({"depolarizing": bad})
    with pytest.raises(ConfigError, match="must be two numbers"):
        NoiseModel("x", confusion=(0.1, 1.1))
    with pytest.raises(ConfigError, match="neither a NoiseModel nor a mapping"):
        density_matrix(Circuit(1).add("h", 0), noise="fake_sherbrooke")


@pytest.mark.parametrize("name", ["statevector", "sampled", "density_matrix", "trajectories", "mps", "aer"])
def test_shots_seeds_and_values_are_numbers_of_any_package_or_refused(name):
    backend, circuit = get_backend(name), Circuit(1).add("rx", 0, Parameter("t"))
    values = torch.tensor([0.3], dtype=torch.float64)
    found = backend.sample(circuit, np.int64(50), np.int64(3), values)
    assert torch.equal(found, backend.sample(circuit, 50, 3, values))
    for shots in (0, 2.5, True):
        with pytest.raises(ConfigError, match=f"shots={shots}"):
            backend.sample(circuit, shots, 0, values)
    with pytest.raises(ConfigError, match=r"parameter t|circuit takes 1"):
        backend.sample(circuit, 10, 0, torch.tensor([float("nan")]))


@pytest.mark.parametrize(("name", "options"), [
    ("aer", {"nosie": None}), ("mps", {"bonds": 3}), ("ibm", {"name": "fake_manila", "sots": 3}),
    ("braket", {"name": "braket_sv", "sots": 3}), ("ibm", {"name": "fake_manila", "plan": "ibm"}),
    ("ibm", {"name": "fake_manila", "instance": "x"}), ("ibm", {"name": "ibm_fez", "plan": "free"}),
    ("braket", {"name": "braket_sv", "bucket": "b"}), ("mps", {"bond": 2.5}),
    ("trajectories", {"trajectories": True}), ("sampled", {"seed": -1}),
])  # fmt: skip
def test_options_that_do_not_exist_or_mean_nothing_are_refused(name, options):
    pytest.importorskip("qiskit_ibm_runtime")
    pytest.importorskip("braket")
    with pytest.raises(ConfigError):
        get_backend(name, **options)


def test_a_failure_of_aer_is_one_line_with_its_reason():
    pytest.importorskip("qiskit_aer")
    with pytest.raises(ConfigError, match=r"^aer: ") as caught:  # Aer's memory does not hold 2⁸⁰ numbers
        get_backend("aer").densities(Circuit(40).add("h", 0))
    assert "\n" not in str(caught.value)
