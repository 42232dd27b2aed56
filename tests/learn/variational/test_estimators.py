"""What the variational classifier and regressor learn, and how they are trained."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from qualms.backends.registry import get_backend
from qualms.errors import ConfigError, DataError, NonFiniteError
from qualms.learn import VariationalClassifier, VariationalModule, VariationalRegressor, load, save
from qualms.learn.variational import Layout
from qualms.learn.variational.training import Rows, Training, train
from qualms.records import twins_of

QUICK = {"n_layers": 2, "learning_rate": 0.2, "max_iter": 30, "batch_size": None, "random_state": 1}


def parity(count=60, seed=0):
    """The class is the product of two signs: no sum of functions of one column each can tell it."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (count, 2))
    X += 0.3 * np.sign(X)
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


def test_it_learns_what_needs_entanglement_and_its_twin_does_not():
    X, y = parity()
    learner = VariationalClassifier(**QUICK | {"max_iter": 60})
    assert learner.fit(X, y).score(X, y) > 0.95
    assert learner.twin("separable").fit(X, y).score(X, y) < 0.8
    assert learner.findings_["entangled"]


@pytest.mark.parametrize("architecture", ["re-uploading", "hardware-efficient", "iqp"])
def test_every_architecture_learns_three_classes(architecture):
    rng = np.random.default_rng(0)
    y = np.repeat([5, 7, 9], 15)
    X = np.array([[0, 0], [2, 0], [0, 2]])[(y - 5) // 2] + 0.2 * rng.normal(size=(45, 2))
    learner = VariationalClassifier(architecture, **QUICK).fit(X, y)
    assert learner.score(X, y) > 0.9
    assert learner.decision_function(X).shape == (45, 3)
    np.testing.assert_allclose(learner.predict_proba(X).sum(axis=1), 1)


def test_a_regressor_fits_a_wave():
    X = np.linspace(-2, 2, 40)[:, None]
    y = 3 + np.sin(2 * X[:, 0])
    learner = VariationalRegressor(n_qubits=2, **QUICK | {"max_iter": 80}).fit(X, y)
    assert learner.score(X, y) > 0.97


@pytest.mark.parametrize("kind", [VariationalClassifier, VariationalRegressor])
def test_the_same_seed_gives_the_same_numbers(kind):
    X, y = parity()
    y = y if kind is VariationalClassifier else X[:, 0]
    learner = kind(n_layers=2, max_iter=3, random_state=5)
    first, second = clone(learner).fit(X, y), clone(learner).fit(X, y)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    assert first.loss_curve_ == second.loss_curve_
    assert clone(learner).set_params(random_state=6).fit(X, y).loss_curve_ != first.loss_curve_


def test_early_stopping_keeps_the_best_pass():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(60, 2)), rng.integers(0, 2, 60)  # nothing to be learned: held-out loss rises
    learner = VariationalClassifier(
        n_layers=2, learning_rate=0.3, max_iter=60, early_stopping=True, n_iter_no_change=5, random_state=0
    ).fit(X, y)
    held_out = learner.validation_loss_curve_
    assert len(held_out) == learner.n_iter_ < 60
    assert learner.findings_["stopped"] == "no improvement"
    assert np.argmin(held_out) <= len(held_out) - 5


def test_the_best_parameters_are_restored():
    module = VariationalModule(Layout("re-uploading", 2, 2, 1), 1)
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.normal(size=(20, 2))).float()
    data = Rows(rows, rows[:, 0], torch.ones(20))
    opposite = Rows(rows, -rows[:, 0], torch.ones(20))

    def loss(outputs, targets):
        return (outputs[:, 0] - targets) ** 2

    how = Training(learning_rate=0.1, max_iter=40, batch_size=None, n_iter_no_change=5)
    curve = train(module, data, loss, how, np.random.RandomState(0), opposite)
    with torch.no_grad():
        now = float(loss(module(rows), opposite.targets).mean())
    assert now == pytest.approx(min(curve.held_out), rel=1e-5)
    assert now < curve.held_out[-1]


def test_training_is_adam_on_the_mean_loss():
    """Against torch written out, with the derivative of the loss taken through the slow backend."""
    X, y = parity(12)
    settings = {"n_layers": 1, "max_iter": 4, "batch_size": None, "precision": "double", "random_state": 3}
    learner = VariationalClassifier(**settings).fit(X, y)
    again = VariationalClassifier(**settings, backend="statevector").fit(X, y)
    np.testing.assert_allclose(learner.loss_curve_, again.loss_curve_, rtol=1e-10)
    np.testing.assert_allclose(learner.decision_function(X), again.decision_function(X), rtol=1e-8)
    assert again.account_.usage.circuits == 4 * 12
    assert learner.findings_["rows_simulated"] == 4 * 12


def test_shots_are_paid_and_reported():
    X, y = parity(6)
    backend = get_backend("sampled", shots=20, seed=1)
    learner = VariationalClassifier(
        n_layers=1, max_iter=1, batch_size=None, backend=backend, random_state=0
    ).fit(X, y)
    assert learner.account_.usage.shots == 20 * 6 * (1 + 2 * 6)  # two shifts for each of six angles
    assert learner.quadrant.compute == "simulated quantum"


@pytest.mark.parametrize("optimizer", ["adamw", "SGD", "LBFGS", "SuperpositionalAdamW", torch.optim.RMSprop])
def test_any_torch_optimizer(optimizer):
    X, y = parity(20)
    learner = VariationalClassifier(
        n_layers=1, optimizer=optimizer, max_iter=3, batch_size=None, random_state=0
    ).fit(X, y)
    assert learner.loss_curve_[-1] < learner.loss_curve_[0]


def test_class_weights_move_the_decision():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 1))
    y = (X[:, 0] + rng.normal(size=60) > 1).astype(int)
    plain = VariationalClassifier(**QUICK).fit(X, y)
    balanced = VariationalClassifier(**QUICK, class_weight="balanced").fit(X, y)
    assert balanced.predict(X).sum() > plain.predict(X).sum()


def test_columns_are_reduced_where_it_is_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 7))
    y = (X[:, 0] > 0).astype(int)
    with pytest.raises(ConfigError, match="7 features do not fit on 2 qubits"):
        VariationalClassifier("iqp", 2).fit(X, y)
    learner = VariationalClassifier("iqp", 2, reduction="pca", n_layers=1, max_iter=2, random_state=0)
    assert learner.fit(X, y).prepared(X).shape == (30, 2)
    save(learner, tmp_path)
    np.testing.assert_array_equal(load(tmp_path).predict_proba(X), learner.predict_proba(X))
    module = learner.module()
    with torch.no_grad():
        scores = module(torch.from_numpy(learner.prepared(X)))[:, 0]
    np.testing.assert_array_equal(scores.numpy(), learner.decision_function(X))


def test_the_twins_have_the_same_budget():
    X, y = parity(20)
    learner = VariationalClassifier(n_layers=2, max_iter=2, random_state=0).fit(X, y)
    assert [twin.name for twin in twins_of(learner)] == ["separable", "linear", "network"]
    separable = learner.twin("separable").fit(X, y)
    assert separable.n_parameters_ == learner.n_parameters_
    network = learner.twin("network").fit(X, y)[-1]
    count = sum(w.size for w in [*network.coefs_, *network.intercepts_])
    assert abs(count - learner.n_parameters_) <= 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "Sorcery"}, "optimizer='Sorcery' is unknown"),
        ({"optimizer_settings": {"magic": 1}}, "optimizer Adam: .*magic"),
        ({"learning_rate": 0}, "learning_rate=0 must be above 0"),
        ({"max_iter": 0}, "max_iter=0 must be at least 1"),
        ({"precision": "half"}, "precision='half' is unknown"),
        ({"input_scale": -1}, "input_scale=-1 must be above 0"),
        ({"early_stopping": True, "validation_fraction": 2.0}, "validation_fraction=2.0"),
        ({"architecture": "magic"}, "architecture='magic' is unknown"),
        ({"backend": "nowhere"}, "unknown backend 'nowhere'"),
    ],
)
def test_settings_that_cannot_be_honoured(settings, message):
    X, y = parity(12)
    with pytest.raises(ConfigError, match=message):
        VariationalClassifier(**{"max_iter": 1, **settings}).fit(X, y)


def test_data_that_cannot_be_learned_from():
    X, _ = parity(12)
    with pytest.raises(DataError, match="1 class with weight"):
        VariationalClassifier().fit(X, np.zeros(12))
    with pytest.raises(ValueError, match="non-zero"):
        VariationalRegressor().fit(X, X[:, 0], np.zeros(12))
    with pytest.raises(NonFiniteError, match="smaller learning_rate"):
        VariationalRegressor(optimizer="SGD", learning_rate=1e30, max_iter=20).fit(X, X[:, 0])
