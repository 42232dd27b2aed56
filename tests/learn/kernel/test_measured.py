"""Kernels from circuits and shots: unbiased, counted, repaired, and refused where they are too many."""

import warnings

import numpy as np
import pytest

from qualms.backends.density import DensityMatrixBackend
from qualms.backends.registry import get_backend
from qualms.errors import BudgetError, ConfigError, QualmsWarning, TooLargeError
from qualms.learn import QuantumKernelClassifier, QuantumKernelRegressor
from qualms.learn.kernel.exact import exact_kernel
from qualms.learn.kernel.feature_maps import FEATURE_MAPS, feature_map
from qualms.learn.kernel.matrices import concentration, repaired
from qualms.learn.kernel.measured import kernel_on
from tests.learn.kernel.test_gram import KINDS, rows

NOISELESS = DensityMatrixBackend  # runs every circuit as a device would, with exact probabilities


def data(count=14, width=2, seed=1):
    X = rows(count, width, seed)
    return X, np.where(X[:, 0] + X[:, 1] ** 2 > 0.5, "in", "out")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_circuits_give_the_exact_kernel(name, kind):
    made = feature_map(name, 2)
    exact = exact_kernel(kind, made, 0.6, 0.7, 0.4)
    measured = kernel_on(NOISELESS(), kind, made, 0.6, 0.7, 0.4)
    A, B = rows(3, 2), rows(2, 2, seed=5)
    found, expected = (k.compare(k.represent(A), k.represent(B)) for k in (measured, exact))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    found, expected = (k.square(k.represent(A)) for k in (measured, exact))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["fidelity", "hamming"])
def test_shots_are_unbiased(kind):
    """The mean over independent seeds lies within five standard errors of the exact entries."""
    made, A = feature_map("zz", 2), rows(4, 2)
    exact = exact_kernel(kind, made, 0.4, None, 0.4)
    K = exact.square(exact.represent(A))
    each = []
    for seed in range(60):
        measured = kernel_on(get_backend("sampled", shots=40, seed=seed), kind, made, 0.4, None, 0.4)
        each.append(measured.square(measured.represent(A)))
    each = np.array(each)
    upper = np.triu_indices(4, 1)
    error = each.std(axis=0)[upper] / np.sqrt(len(each))
    assert (np.abs(each.mean(axis=0) - K)[upper] < 5 * error + 1e-9).all()
    assert error.max() > 1e-4  # there is noise
    assert kind == "hamming" or each.max() == 1


@pytest.mark.parametrize("landmarks", [None, 4])
@pytest.mark.parametrize("backend", [None, "sampled"])
@pytest.mark.parametrize("kind", KINDS)
def test_circuits_and_shots_are_counted_as_planned(kind, backend, landmarks):
    X, y = data(8)
    model = QuantumKernelClassifier(
        kernel=kind, bandwidth=0.4, C=1.0, shots=50, backend=backend, n_landmarks=landmarks
    )
    planned = model.estimate(8, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QualmsWarning)
        model.fit(X, y)
    assert model.account_.usage.circuits == planned.circuits
    assert model.account_.usage.shots == planned.shots == 50 * planned.circuits
    assert f"{planned.circuits} circuits" in model.summary()
    assert planned.circuits == {None: {"fidelity": 28}, 4: {"fidelity": 6 + 4 * 4}}[landmarks].get(kind, 24)


def test_a_search_takes_no_shots():
    X, y = data(8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QualmsWarning)
        model = QuantumKernelClassifier(shots=20, bandwidth=(0.1, 0.4), C=1.0).fit(X, y)
    assert model.account_.usage.circuits == 28
    assert len(model.findings_["search"]["table"]) == 2


def test_too_many_circuits_are_refused_before_any_runs():
    backend = get_backend("sampled", shots=10)
    X, y = data(30)
    with pytest.raises(BudgetError, match=r"takes 435 circuits.*n_landmarks=3 takes 84;.*takes 90"):
        QuantumKernelClassifier(backend=backend, bandwidth=0.4, max_circuits=100).fit(X, y)
    assert backend.usage.circuits == 0


def test_too_much_memory_is_refused_with_landmarks_proposed():
    model = QuantumKernelClassifier(bandwidth=0.4)
    with pytest.raises(TooLargeError, match=r"n_landmarks=500 \(Nyström\) needs"):
        model._check_plan(get_backend("statevector"), 400_000, 4)
    with pytest.raises(TooLargeError, match="choose fewer qubits with n_qubits"):
        model.fit(rows(6, 40), list("ababab"))


def test_a_repair_is_told_and_predictions_go_with_it():
    X, y = data(14)
    model = QuantumKernelClassifier(shots=15, bandwidth=0.4, C=1.0)
    with pytest.warns(QualmsWarning, match="negative eigenvalues"):
        model.fit(X, y)
    assert model.findings_["psd_repair"]["negative"] > 0
    assert "negative eigenvalues were set to 0" in model.summary()


def test_the_projector_makes_coefficients_go_with_measured_rows():
    rng = np.random.default_rng(0)
    K = rng.normal(size=(6, 6))
    K = K + K.T
    with pytest.warns(QualmsWarning):
        fixed, projector, told = repaired(K, "here")
    values = np.linalg.eigvalsh(K)
    assert np.linalg.eigvalsh(fixed)[0] > -1e-12
    np.testing.assert_allclose(projector @ K, fixed, atol=1e-12)
    assert told["negative"] == (values < 0).sum()
    assert told["smallest"] == pytest.approx(values[0])


def test_a_positive_matrix_is_left_alone():
    K = np.eye(3) + 0.1
    fixed, projector, told = repaired(K, "here")
    assert fixed is K
    assert projector is None
    assert told is None


def test_concentration_is_told():
    X, y = rows(12, 8), [0, 1] * 6
    with pytest.warns(QualmsWarning, match="concentrated"):
        model = QuantumKernelClassifier(bandwidth=3.0, C=1.0, shots=30, feature_map="iqp").fit(X, y)
    assert model.findings_["concentration"]["concentrated"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = QuantumKernelClassifier(bandwidth=0.3, C=1.0, feature_map="angle").fit(X, y)
    assert not model.findings_["concentration"]["concentrated"]


def test_shots_to_resolve_are_noise_over_spread():
    made = exact_kernel("fidelity", feature_map("angle", 1), 1.0, None, 0.5)
    K = np.array([[1.0, 0.2, 0.4], [0.2, 1.0, 0.6], [0.4, 0.6, 1.0]])
    found = concentration(made, np.zeros((3, 2)), K, None)
    assert found["variance"] == pytest.approx(np.var([0.2, 0.4, 0.6]))
    assert found["shot_variance"] == pytest.approx(np.mean([0.16, 0.24, 0.24]))
    assert found["shots_to_resolve"] == pytest.approx(found["shot_variance"] / found["variance"])


def test_backends_that_cannot():
    X, y = data(6)
    with pytest.raises(ConfigError, match="not both"):
        QuantumKernelClassifier(backend=get_backend("sampled"), shots=5, bandwidth=0.3).fit(X, y)
    with pytest.raises(ConfigError, match="searched in exact simulation"):
        QuantumKernelRegressor(shots=5, feature_map="zz", kernel="projected").fit(rows(6, 18), np.arange(6.0))


def test_a_noisy_backend_is_called_a_simulation():
    model = QuantumKernelClassifier(backend="density_matrix")
    assert model.quadrant.compute == "simulated quantum"
    assert QuantumKernelClassifier(kernel="rbf").quadrant.compute == "classical"
