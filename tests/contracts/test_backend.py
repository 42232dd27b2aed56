"""One list of promises, every backend that runs here."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from qualms.backends import DensityMatrixBackend, SampledBackend, get_backend
from qualms.backends.mitigation import ReadoutBackend, TwirledBackend, ZNEBackend
from qualms.backends.protocol import Usage
from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, Parameter, PauliSum
from qualms.errors import ConfigError, TooLargeError

NOISE = {"depolarizing": 0.02, "amplitude_damping": 0.01, "readout": 0.03}
CIRCUIT = (
    Circuit(3)
    .add("ry", 0, Parameter("a"))
    .add("cx", 0, 1)
    .add("rz", 1, Parameter("b"))
    .add("crx", 1, 2, 2 * Parameter("a"))
    .add("h", 2)
)
VALUES = torch.tensor([[0.4, -1.1], [2.0, 0.3]], dtype=torch.float64)
OBSERVABLES = [PauliSum({"ZZI": 0.5, "IIX": 1.0}), PauliSum("IYZ"), Diagonal(np.arange(8.0))]


def device(name, **options):
    pytest.importorskip("qiskit_ibm_runtime")
    return get_backend("ibm", name=name, **options)


# name → (maker, tolerance of expectations against the exact ones; None for noisy ones, which have no such)
BACKENDS = {
    "statevector": (lambda: get_backend("statevector"), 1e-9),
    "density_matrix": (lambda: get_backend("density_matrix"), 1e-9),
    "density_matrix, noise": (lambda: get_backend("density_matrix", noise=NOISE), None),
    "density_matrix, device": (
        lambda: (
            pytest.importorskip("qiskit_ibm_runtime"),
            get_backend("density_matrix", noise={"device": "fake_quito"}),
        )[1],
        None,
    ),
    "trajectories": (lambda: get_backend("trajectories", trajectories=50), 1e-9),
    "trajectories, noise": (
        lambda: get_backend("trajectories", noise={"depolarizing": 0.02}, trajectories=300),
        None,
    ),
    "mps": (lambda: (pytest.importorskip("quimb"), get_backend("mps"))[1], 1e-9),
    "aer": (lambda: (pytest.importorskip("qiskit_aer"), get_backend("aer"))[1], 1e-9),
    "aer, noise": (
        lambda: (pytest.importorskip("qiskit_aer"), get_backend("aer", noise={"depolarizing": 0.02}))[1],
        None,
    ),
    "pennylane": (
        lambda: (pytest.importorskip("pennylane"), get_backend("pennylane", name="default.qubit"))[1],
        1e-9,
    ),
    "pennylane, ours": (
        lambda: (pytest.importorskip("pennylane"), get_backend("pennylane", name="qualms.simulator"))[1],
        1e-9,
    ),
    "sampled": (lambda: get_backend("sampled", shots=200_000), 0.03),
    "sampled, noise": (lambda: get_backend("sampled", shots=20_000, noise=NOISE), None),
    "ibm, local": (lambda: device("fake_manila", shots=2000), None),
    "braket, local": (
        lambda: (pytest.importorskip("braket"), get_backend("braket", name="braket_sv", shots=20_000))[1],
        0.06,
    ),
    "twirled": (lambda: TwirledBackend(get_backend("statevector"), 4), 1e-9),
    "readout": (lambda: ReadoutBackend(DensityMatrixBackend({"readout": 0.05})), 1e-9),
    "zne": (lambda: ZNEBackend(get_backend("statevector")), 1e-7),
}
NO_SHOTS = ("readout", "zne")
UNSEEDED = ("braket, local",)  # the SDK's simulator takes no seed
QUASI = ("zne",)  # no probabilities


@pytest.fixture(params=BACKENDS, scope="module")
def case(request):
    maker, tolerance = BACKENDS[request.param]
    return request.param, maker(), tolerance


def exact(observables=OBSERVABLES, values=VALUES):
    return get_backend("statevector").expectation(CIRCUIT, observables, values)


def test_it_says_what_it_is(case):
    _, backend, _ = case
    assert isinstance(backend.name, str)
    assert backend.quadrant.compute == "simulated quantum"  # nothing here is hardware
    assert isinstance(backend.differentiable, bool)
    assert backend.max_qubits >= 3
    assert 3 <= backend.max_sublayer_qubits <= 20
    assert backend.gives_shots == (case[0] not in NO_SHOTS)
    assert backend.gives_probabilities == (case[0] not in QUASI)


def test_expectations_have_the_shape_asked_for_and_the_value(case):
    name, backend, tolerance = case
    observables = (
        OBSERVABLES if name not in ("trajectories, noise",) else [PauliSum("ZZI"), Diagonal(np.arange(8.0))]
    )
    found = backend.expectation(CIRCUIT, observables, VALUES)
    assert found.shape == (2, len(observables))
    assert backend.expectation(CIRCUIT, observables, VALUES[0]).shape == (len(observables),)
    assert backend.expectation(CIRCUIT, observables[0], VALUES).shape == (2,)
    assert backend.expectation(CIRCUIT, observables[0], VALUES[1]).shape == ()
    largest = (
        torch.tensor([1.5 if len(observables) == 3 else 1.0, 1.0, 7.0][-len(observables) :])
        if len(observables) == 3
        else torch.tensor([1.0, 7.0])
    )
    assert (found.abs() <= largest + 0.2).all()
    if tolerance is not None:
        np.testing.assert_allclose(
            found.detach().numpy(),
            exact(observables).numpy(),
            atol=tolerance * (1 if tolerance < 1e-6 else 7),
        )


def test_probabilities_add_up(case):
    name, backend, tolerance = case
    if name in QUASI:
        with pytest.raises(ConfigError, match="expectations"):
            backend.probabilities(CIRCUIT, VALUES)
        return
    found = backend.probabilities(CIRCUIT, VALUES)
    assert found.shape == (2, 8)
    np.testing.assert_allclose(found.sum(-1).detach().numpy(), 1, atol=1e-6)
    if tolerance is not None:
        expected = get_backend("statevector").probabilities(CIRCUIT, VALUES)
        np.testing.assert_allclose(found.detach().numpy(), expected.numpy(), atol=tolerance)


def test_shots_follow_the_probabilities_and_the_seed(case):
    name, backend, _ = case
    if name in NO_SHOTS:
        with pytest.raises(ConfigError, match="not shots"):
            backend.sample(CIRCUIT, 10, 0, VALUES)
        return
    counts = backend.sample(CIRCUIT, 2000, 3, VALUES)
    assert counts.shape == (2, 8)
    assert counts.dtype == torch.int64
    assert counts.sum(-1).tolist() == [2000, 2000]
    if name not in UNSEEDED:
        assert torch.equal(counts, backend.sample(CIRCUIT, 2000, 3, VALUES))
    inner = getattr(backend, "inner", backend)
    chances = (
        (inner if name.startswith("sampled") else backend)
        .probabilities(CIRCUIT, VALUES)
        .detach()
        .double()
        .numpy()
    )
    if name in ("ibm, local", "braket, local", "trajectories, noise"):
        return  # their probabilities are frequencies themselves
    for row, p in zip(counts.numpy(), chances, strict=True):
        kept = p > 1e-9
        assert row[~kept].sum() == 0
        assert kept.sum() < 2 or chisquare(row[kept], p[kept] / p[kept].sum() * 2000).pvalue > 1e-5


def test_a_sublayer_runs_as_a_circuit(case):
    name, backend, tolerance = case
    ansatz = LayeredAnsatz(2, 1, rz=True)
    generator = torch.Generator().manual_seed(0)
    angles, inputs = (
        torch.randn(2, *ansatz.angle_shape, generator=generator),
        torch.randn(2, 4, generator=generator),
    )
    inputs[1] = 0  # a zero row is |0…0⟩, nowhere NaN
    found = backend.read_out(ansatz, angles, inputs, "z", True)
    assert found.shape == (2, 2, 2)
    assert torch.isfinite(found).all()
    if tolerance is not None and name != "statevector":
        expected = get_backend("statevector").read_out(ansatz, angles, inputs, "z", True)
        np.testing.assert_allclose(
            found[:, 0].detach().numpy(), expected[:, 0].numpy(), atol=max(tolerance, 1e-5)
        )
    if name != "statevector":
        with pytest.raises(ConfigError, match="amplitudes"):
            backend.read_out(ansatz, angles, inputs, "amplitudes", True)


def test_confusion_matrices_are_stochastic(case):
    _, backend, _ = case
    found = backend.readout_confusion(CIRCUIT)
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-12)


@pytest.mark.parametrize(
    ("values", "observable", "message"),
    [
        (torch.zeros(3), PauliSum("ZZZ"), "takes"),
        (None, PauliSum("ZZZ"), "parameters|takes"),
        (torch.zeros(2), PauliSum("ZZ"), "2 qubits"),
    ],
)
def test_bad_input_is_one_clear_line(case, values, observable, message):
    _, backend, _ = case
    with pytest.raises(ConfigError, match=message):
        backend.expectation(CIRCUIT, observable, values)


def test_gates_after_a_measurement_and_empty_questions_are_refused(case):
    _, backend, _ = case
    with pytest.raises(ConfigError, match="after a measurement"):
        backend.expectation(Circuit(1).add("h", 0).measure(0).add("h", 0), PauliSum("Z"))
    with pytest.raises(ConfigError, match="no observable"):
        backend.expectation(CIRCUIT, [], VALUES)
    measured = CIRCUIT.measure()
    found, expected = (backend.expectation(c, PauliSum("ZZI"), VALUES) for c in (measured, CIRCUIT))
    assert (found - expected).abs().max() < 0.3


# name → (circuits that one row becomes, circuits that two observables become that cannot be measured
# together, shots for each circuit)
COUNTED = {
    "density_matrix, device": (1, 2, 0),  # there a change of the basis is a gate, and errs
    "sampled": (1, 2, 200_000),
    "sampled, noise": (1, 2, 20_000),
    "ibm, local": (1, 2, 2000),
    "braket, local": (1, 2, 20_000),
    "twirled": (4, 1, 0),
    "readout": (1, 2, 0),
    "zne": (3, 1, 0),
}


def test_it_counts_every_circuit_and_every_shot(case):
    name, backend, _ = case
    times, groups, shots = COUNTED.get(name, (1, 1, 0))
    values = torch.rand(3, 2, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    before = backend.usage
    backend.expectation(CIRCUIT, PauliSum("ZZI"), values)
    used = backend.usage - before
    assert (used.circuits, used.shots) == (3 * times, 3 * times * shots)
    # readout errors are not in it, but noise of several kinds is: diagonal ones alone have a mean
    if name != "trajectories, noise":
        before = backend.usage
        backend.expectation(CIRCUIT, [PauliSum("ZZI"), PauliSum("XII")], values + 1)
        used = backend.usage - before
        assert (used.circuits, used.shots) == (3 * times * groups, 3 * times * groups * shots)
    before = backend.usage
    ansatz = LayeredAnsatz(2, 1)
    backend.read_out(ansatz, torch.rand(2, *ansatz.angle_shape), torch.rand(5, 4), "z", True)
    used = backend.usage - before
    assert (used.circuits, used.shots) == (10 * times, 10 * times * shots)
    assert used.money == 0  # nothing here is a device that bills
    assert (used.jobs >= 1) == (used.queue_seconds > 0) == (name in ("ibm, local", "braket, local"))


def test_it_counts_what_is_sampled(case):
    name, backend, _ = case
    if not backend.gives_shots:
        return
    before = backend.usage
    backend.sample(CIRCUIT, 50, 1, VALUES + 0.5)
    used = backend.usage - before
    times = 4 if name == "twirled" else 1
    assert (used.circuits, used.shots) == (2 * times, 100)


@pytest.mark.parametrize(
    ("wrapped", "circuits", "calibrations"),
    [
        (lambda b: ZNEBackend(b, (1, 3)), 2 * 3, 0),
        (ReadoutBackend, 3 + 2, 2),  # all qubits in 0 and in 1 are read once
        (lambda b: TwirledBackend(b, 8), 8 * 3, 0),
        (lambda b: ZNEBackend(ReadoutBackend(b), (1, 3, 5)), 3 * (3 + 2), 3 * 2),
        (lambda b: TwirledBackend(ZNEBackend(b, (1, 3)), 4), 4 * 2 * 3, 0),
    ],
)
def test_mitigation_reports_what_the_backend_inside_really_ran(wrapped, circuits, calibrations):
    inner = SampledBackend(DensityMatrixBackend(NOISE), shots=10)
    backend = wrapped(inner)
    backend.expectation(CIRCUIT, PauliSum("ZZI"), torch.rand(3, 2, dtype=torch.float64))
    assert backend.usage == inner.usage == Usage(circuits, 10 * circuits)
    # the simulator at the bottom, which knows no wrapper
    assert inner.inner.usage == Usage(circuits - calibrations, 10 * (circuits - calibrations))


def test_usages_are_added_and_subtracted_part_by_part():
    first, second = Usage(1, 2, 3, 4.0, 5.0), Usage(10, 20, 30, 40.0, 50.0)
    assert first + second == Usage(11, 22, 33, 44.0, 55.0)
    assert second - first == Usage(9, 18, 27, 36.0, 45.0)


def test_wider_circuits_and_sublayers_than_it_takes_are_refused_in_one_sentence(case):
    _, backend, _ = case
    most = backend.max_sublayer_qubits + 1
    with pytest.raises(TooLargeError, match=f"a sublayer has {most} qubits, and .* takes at most {most - 1}"):
        backend.read_out(LayeredAnsatz(most, 1), torch.zeros(1, 1, most), torch.zeros(1, 1), "z", True)
    wide = backend.max_qubits + 1
    if wide < 1000:
        with pytest.raises(
            TooLargeError, match=f"a circuit has {wide} qubits, and .* takes at most {wide - 1}"
        ):
            backend.expectation(Circuit(wide).add("h", 0), PauliSum("Z" * wide))


@pytest.mark.parametrize("name", ["density_matrix", "sampled"])
def test_those_that_say_so_are_differentiable(name):
    options = {"shots": 1000, "gradient": "straight-through"} if name == "sampled" else {}
    values = VALUES.clone().requires_grad_()
    weight = torch.tensor([1.0, -2.0, 0.3], dtype=torch.float64)
    (found,) = torch.autograd.grad(
        (get_backend(name, **options).expectation(CIRCUIT, OBSERVABLES, values) * weight).sum(), values
    )
    (expected,) = torch.autograd.grad(
        (get_backend("statevector").expectation(CIRCUIT, OBSERVABLES, values) * weight).sum(), values
    )
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-9)


def test_unknown_options_and_backends_are_named():
    with pytest.raises(ConfigError, match="shoots"):
        get_backend("sampled", shoots=3)
    with pytest.raises(ConfigError, match="density_matrix"):
        get_backend("qpu")
    with pytest.raises(ConfigError, match="shots=0"):
        SampledBackend(shots=0)
