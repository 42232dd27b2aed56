"""The quantum reservoir and its classical controls."""

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector
from sklearn.linear_model import Ridge

from qualms.errors import ConfigError
from qualms.learn import QuantumReservoirRegressor
from qualms.learn.variational.windows import windows
from qualms.records import twins_of


def series(count=120, seed=0):
    """Random inputs, and a target that multiplies two of the last ones."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(-1, 1, count)
    y = u * np.roll(u, 1)
    y[0] = 0
    return u[:, None], y


def test_windows_hold_the_rows_before():
    X = np.arange(8.0).reshape(4, 2)
    assert windows(X, 3)[3].tolist() == [[2, 3], [4, 5], [6, 7]]
    assert windows(X, 3)[0].tolist() == [[0, 1]] * 3


def test_its_features_are_what_qiskit_computes():
    X, y = series(12)
    learner = QuantumReservoirRegressor(3, 1, 2, random_state=0).fit(X, y)
    found = learner.features(X)
    assert found.shape == (12, 6) == (12, learner.n_readout)
    angles = 0.5 * (X - learner.centre_) / learner.scale_
    circuit = learner.circuit(1).to_qiskit()
    named = {p.name: p for p in circuit.parameters}
    bound = circuit.assign_parameters(
        {named[f"x{step}_{q}"]: float(angles[6 + step, 0]) for step in range(2) for q in range(3)}
    )
    state = Statevector(bound)
    # Qiskit writes qubit 0 last
    for k, string in enumerate(["IIZ", "IZI", "ZII", "IZZ", "ZIZ", "ZZI"]):
        assert found[7, k] == pytest.approx(state.expectation_value(SparsePauliOp(string)).real, abs=1e-10)


def test_another_backend_gives_the_same():
    X, y = series(10)
    here = QuantumReservoirRegressor(3, 1, 2, random_state=0).fit(X, y)
    there = QuantumReservoirRegressor(3, 1, 2, random_state=0, backend="statevector").fit(X, y)
    np.testing.assert_allclose(here.features(X), there.features(X), atol=1e-10)
    assert there.account_.usage.circuits == 10


def test_its_readout_is_ridge_regression():
    X, y = series(40)
    learner = QuantumReservoirRegressor(3, 1, 2, alpha=0.1, random_state=0).fit(X, y)
    expected = Ridge(alpha=0.1).fit(learner.features(X), y).predict(learner.features(X))
    np.testing.assert_allclose(learner.predict(X), expected, atol=1e-8)


def test_it_remembers_its_window_and_no_more():
    X, y = series()
    learner = QuantumReservoirRegressor(4, 1, 3, random_state=0).fit(X, y)
    moved = X.copy()
    moved[50] += 1.0
    changed = np.flatnonzero(np.abs(learner.predict(moved) - learner.predict(X)) > 1e-12)
    assert changed.tolist() == [50, 51, 52]


def test_a_product_of_inputs_needs_memory_and_a_nonlinear_readout():
    X, y = series(300)
    learner = QuantumReservoirRegressor(5, 2, 2, random_state=0).fit(X[:200], y[:200])
    assert learner.score(X[200:], y[200:]) > 0.9
    assert learner.twin("ridge").fit(X[:200], y[:200]).score(X[200:], y[200:]) < 0.3
    forgetful = QuantumReservoirRegressor(5, 2, 1, random_state=0).fit(X[:200], y[:200])
    assert forgetful.score(X[200:], y[200:]) < 0.3


def test_twins_have_as_many_features():
    X, y = series(40)
    learner = QuantumReservoirRegressor(4, 1, 3, random_state=0).fit(X, y)
    assert [twin.name for twin in twins_of(learner)] == ["separable", "echo-state", "ridge"]
    assert learner.twin("echo-state").fit(X, y).features(X).shape == learner.features(X).shape
    assert not learner.twin("echo-state").quadrant.is_quantum
    assert learner.twin("ridge").fit(X, y).features(X).shape == (40, 3)


def test_the_echo_state_network_is_its_formula():
    X, y = series(20)
    twin = QuantumReservoirRegressor(3, 1, 2, random_state=0).twin("echo-state").fit(X, y)
    assert np.abs(np.linalg.eigvals(twin.inner_)).max() == pytest.approx(0.9)
    ready = 0.5 * (X - twin.centre_) / twin.scale_
    state = np.zeros(6)
    for row in ready[9:11]:
        state = np.tanh(twin.inner_ @ state + row @ twin.input_ + twin.offset_)
    np.testing.assert_allclose(twin.features(X)[10], state)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_qubits": 1}, "2 features do not fit on 1 qubits"),
        ({"window": 0}, "window=0 must be at least 1"),
        ({"n_layers": 0}, "n_layers=0 must be at least 1"),
        ({"alpha": -1}, "alpha=-1 must not be below 0"),
        ({"entangler": "star"}, "unknown entangler 'star'"),
    ],
)
def test_settings_that_cannot_be_honoured(settings, message):
    rng = np.random.default_rng(0)
    with pytest.raises(ConfigError, match=message):
        QuantumReservoirRegressor(**settings).fit(rng.normal(size=(9, 2)), rng.normal(size=9))
