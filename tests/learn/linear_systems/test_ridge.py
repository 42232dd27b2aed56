import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from qualms.errors import ConfigError, QualmsWarning
from qualms.learn import QuantumRidge


def data(rows=40, features=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, features)) * 10.0 ** rng.integers(-2, 3, features) + 5
    return X, X @ rng.normal(size=features) + rng.normal(size=rows)


def test_a_fine_clock_gives_the_weights_of_ridge_regression():
    X, y = data()
    found = QuantumRidge(0.5, clock_qubits=16).fit(X, y)
    scaler = StandardScaler().fit(X)
    exact = Ridge(0.5).fit(scaler.transform(X), y)
    np.testing.assert_allclose(found.coef_, exact.coef_ / scaler.scale_, rtol=1e-3)
    np.testing.assert_allclose(found.predict(X), exact.predict(scaler.transform(X)), rtol=1e-3)


@pytest.mark.parametrize("name", ["ridge", "cg"])
def test_its_twins_differ_by_the_clock_alone(name):
    X, y = data()
    learner = QuantumRidge(2.0).fit(X, y)
    twin = learner.twin(name).fit(X, y)
    apart = np.linalg.norm(learner.predict(X) - twin.predict(X)) / np.linalg.norm(y - y.mean())
    assert 0 < apart < 0.1


def test_a_wide_table_is_solved_over_its_rows():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(12, 1100)), rng.normal(size=12)
    found = QuantumRidge(50.0, clock_qubits=14).fit(X, y)
    exact = Ridge(50.0).fit(StandardScaler().fit_transform(X), y)
    assert found.findings_["unknowns"] == 12
    np.testing.assert_allclose(found.predict(X), exact.predict(StandardScaler().fit_transform(X)), atol=1e-2)


def test_the_circuit_fits_the_same_weights():
    X, y = data(features=2)
    model, circuit = (QuantumRidge(5.0, 5, method=m).fit(X, y) for m in ("model", "circuit"))
    np.testing.assert_allclose(circuit.coef_, model.coef_, rtol=1e-8)


def test_it_says_what_a_device_would_need():
    told = QuantumRidge().fit(*data()).findings_
    assert told["runs_to_read"] > 1000
    assert told["fidelity"] >= 0.99
    assert told["cg_iterations"] <= 10
    assert QuantumRidge().fit(data()[0], np.ones(40)).findings_.keys() == {"nothing to solve"}


def test_bad_settings_and_systems_are_refused():
    X, y = data()
    with pytest.raises(ConfigError, match="must not be negative"):
        QuantumRidge(-1.0).fit(X, y)
    with pytest.raises(ValueError, match=r"[Ww]eight"):
        QuantumRidge().fit(X, y, sample_weight=np.zeros(40))
    with pytest.raises(ConfigError, match=r"singular.*ridge"):
        QuantumRidge(0.0).fit(np.hstack([X, X]), y)
    with pytest.warns(QualmsWarning, match="constant columns"):
        QuantumRidge().fit(np.c_[X, np.ones(40)], y)
