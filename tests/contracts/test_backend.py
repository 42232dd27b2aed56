"""One list of promises, every backend that runs here."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from qualms.backends import DensityMatrixBackend, SampledBackend, get_backend
from qualms.backends.mitigation import ReadoutBackend, TwirledBackend, ZNEBackend
from qualms.circuits import Circuit, Diagonal, LayeredAnsatz, Parameter, PauliSum
from qualms.errors import ConfigError

NOISE = {"depolarizing": 0.02, "amplitude_damping": 0.01, "readout": 0.03}
CIRCUIT = Circuit(3).add("ry", 0, Parameter("a")).add("cx", 0, 1).add("rz", 1, Parameter("b")).add("crx", 1, 2, 2 * Parameter("a")).add("h", 2)
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
        lambda: (pytest.importorskip("qiskit_ibm_runtime"), get_backend("density_matrix", noise={"device": "fake_quito"}))[1],
        None,
    ),
    "trajectories": (lambda: get_backend("trajectories", trajectories=50), 1e-9),
    "trajectories, noise": (lambda: get_backend("trajectories", noise={"depolarizing": 0.02}, trajectories=300), None),
    "mps": (lambda: (pytest.importorskip("quimb"), get_backend("mps"))[1], 1e-9),
    "aer": (lambda: (pytest.importorskip("qiskit_aer"), get_backend("aer"))[1], 1e-9),
    "aer, noise": (lambda: (pytest.importorskip("qiskit_aer"), get_backend("aer", noise={"depolarizing": 0.02}))[1], None),
    "pennylane": (lambda: (pytest.importorskip("pennylane"), get_backend("pennylane", name="default.qubit"))[1], 1e-9),
    "pennylane, ours": (lambda: (pytest.importorskip("pennylane"), get_backend("pennylane", name="qualms.simulator"))[1], 1e-9),
    "sampled": (lambda: get_backend("sampled", shots=200_000), 0.03),
    "sampled, noise": (lambda: get_backend("sampled", shots=20_000, noise=NOISE), None),
    "ibm, local": (lambda: device("fake_manila", shots=2000), None),
    "braket, local": (lambda: (pytest.importorskip("braket"), get_backend("braket", name="braket_sv", shots=20_000))[1], 0.06),
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


def test_expectations_have_the_shape_asked_for_and_the_value(case):
    name, backend, tolerance = case
    observables = OBSERVABLES if name not in ("trajectories, noise",) else [PauliSum("ZZI"), Diagonal(np.arange(8.0))]
    found = backend.expectation(CIRCUIT, observables, VALUES)
    assert found.shape == (2, len(observables))
    assert backend.expectation(CIRCUIT, observables, VALUES[0]).shape == (len(observables),)
    assert backend.expectation(CIRCUIT, observables[0], VALUES).shape == (2,)
    assert backend.expectation(CIRCUIT, observables[0], VALUES[1]).shape == ()
    largest = (
        torch.tensor([1.5 if len(observables) == 3 else 1.0, 1.0, 7.0][-len(observables) :]) if len(observables) == 3 else torch.tensor([1.0, 7.0])
    )
    assert (found.abs() <= largest + 0.2).all()
    if tolerance is not None:
        np.testing.assert_allclose(found.detach().numpy(), exact(observables).numpy(), atol=tolerance * (1 if tolerance < 1e-6 else 7))


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
    chances = (inner if name.startswith("sampled") else backend).probabilities(CIRCUIT, VALUES).detach().double().numpy()
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
    angles, inputs = torch.randn(2, *ansatz.angle_shape, generator=generator), torch.randn(2, 4, generator=generator)
    inputs[1] = 0  # a zero row is |0…0⟩, nowhere NaN
    found = backend.read_out(ansatz, angles, inputs, "z", True)
    assert found.shape == (2, 2, 2)
    assert torch.isfinite(found).all()
    if tolerance is not None and name != "statevector":
        expected = get_backend("statevector").read_out(ansatz, angles, inputs, "z", True)
        np.testing.assert_allclose(found[:, 0].detach().numpy(), expected[:, 0].numpy(), atol=max(tolerance, 1e-5))
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
    [(torch.zeros(3), PauliSum("ZZZ"), "takes"), (None, PauliSum("ZZZ"), "parameters|takes"), (torch.zeros(2), PauliSum("ZZ"), "2 qubits")],
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


@pytest.mark.parametrize("name", ["density_matrix", "sampled"])
def test_those_that_say_so_are_differentiable(name):
    options = {"shots": 1000, "gradient": "straight-through"} if name == "sampled" else {}
    values = VALUES.clone().requires_grad_()
    weight = torch.tensor([1.0, -2.0, 0.3], dtype=torch.float64)
    (found,) = torch.autograd.grad((get_backend(name, **options).expectation(CIRCUIT, OBSERVABLES, values) * weight).sum(), values)
    (expected,) = torch.autograd.grad((get_backend("statevector").expectation(CIRCUIT, OBSERVABLES, values) * weight).sum(), values)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), atol=1e-9)


def test_unknown_options_and_backends_are_named():
    with pytest.raises(ConfigError, match="shoots"):
        get_backend("sampled", shoots=3)
    with pytest.raises(ConfigError, match="density_matrix"):
        get_backend("qpu")
    with pytest.raises(ConfigError, match="shots=0"):
        SampledBackend(shots=0)
