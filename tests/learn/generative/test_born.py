"""Born machines: bars and stripes, likelihoods by brute force, training by estimates, and refusals."""

import numpy as np
import pytest
import torch

from qualms.circuits.reference import statevector
from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
from qualms.learn.generative.born import BornMachine
from qualms.records.quadrant import CLASSICAL
from tests.learn.generative.patterns import all_patterns, bars_and_stripes, random_rows


def kl(machine, X):
    """Σ q log(q/p) for the uniform q over the rows."""
    return -float(machine.score_samples(X).mean()) - np.log(len(X))


def test_two_by_two_bars_and_stripes():
    X = bars_and_stripes(2, 2)
    machine = BornMachine(n_layers=3, n_init=3, random_state=0).fit(X)
    assert kl(machine, X) < 1e-3
    drawn = machine.sample(300, random_state=0)
    assert {tuple(row) for row in drawn} == {tuple(row) for row in X}


@pytest.mark.slow
def test_three_by_three_bars_and_stripes():
    X = bars_and_stripes(3, 3)
    machine = BornMachine(n_layers=10, entangler="linear", n_init=3, max_iter=1000, random_state=0).fit(X)
    assert kl(machine, X) < 0.05


@pytest.mark.parametrize("settings", [{}, {"backend": "statevector"}, {"circuit": "iqp", "max_weight": 3}])
def test_probabilities_are_those_of_the_circuit(settings):
    machine = BornMachine(max_iter=5, random_state=1, **settings).fit(random_rows(4, 30))
    state = statevector(machine.circuit_for_device())
    np.testing.assert_allclose(machine.probabilities(), np.abs(state) ** 2, atol=1e-6)
    assert machine.score_samples(all_patterns(4)) == pytest.approx(np.log(machine.probabilities()))


def test_gradients_of_a_layered_circuit_are_exact():
    machine = BornMachine(random_state=0)
    model, target = machine._model(3), torch.from_numpy(np.random.default_rng(0).dirichlet(np.ones(8)))
    theta = torch.from_numpy(model.start(np.zeros((1, 3)), np.ones(1), 1.0, 0)).requires_grad_()
    assert torch.autograd.gradcheck(machine._likelihood(model, target), theta, atol=1e-6)


def test_weights_count_as_rows_do():
    X = random_rows(3, 10)
    weight = np.arange(10) % 3
    settings = {"circuit": "iqp", "bandwidths": (1.0,), "max_iter": 8, "random_state": 0}
    weighted = BornMachine(**settings).fit(X, sample_weight=weight)
    repeated = BornMachine(**settings).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.probabilities(), repeated.probabilities(), atol=1e-6)
    with pytest.raises(ValueError, match="zero"):
        BornMachine().fit(X, sample_weight=np.zeros(10))


@pytest.mark.parametrize("kind", [BornMachine, BitFlipCircuit])
def test_training_by_estimates_lowers_the_exact_loss(kind, monkeypatch):
    """The path for more than 20 bits, taken at 6, where MMD² is known exactly."""
    X = random_rows(6, 200)
    settings = {"bandwidths": (1.0,), "n_operators": 64, "n_draws": 4, "random_state": 0}
    if kind is BornMachine:
        settings["circuit"] = "iqp"
    monkeypatch.setattr(kind, "_is_exact", lambda self, n: False)
    before, after = (kind(max_iter=steps, **settings).fit(X) for steps in (1, 200))
    monkeypatch.undo()
    best = kind(max_iter=120, **settings).fit(X)
    # the way from the start to where exact training gets, but for two fifths
    assert after.mmd(X, 1.0) - best.mmd(X, 1.0) < 0.4 * (before.mmd(X, 1.0) - best.mmd(X, 1.0))
    found, error = after.mmd_by_expectations(X, 1.0)
    assert abs(found - after.mmd(X, 1.0)) < 5 * error


def test_a_thousand_qubits_are_trained_and_not_sampled():
    X = random_rows(1000, 20)
    machine = BornMachine(circuit="iqp", max_weight=1, max_iter=2, n_operators=4, n_draws=2, random_state=0)
    machine.fit(X)
    assert np.isfinite(machine.mmd_by_expectations(X, 10.0, n_operators=8, n_draws=4)).all()
    assert "no efficient classical method is known" in machine.findings_["sampling"]
    for asked in (machine.sample, machine.probabilities, lambda: machine.score_samples(X)):
        with pytest.raises(TooLargeError):
            asked()
    twin = machine.twin("bit-flip").set_params(max_iter=2).fit(X)
    assert twin.sample(3, random_state=0).shape == (3, 1000)
    assert twin.quadrant == CLASSICAL


def test_beyond_twenty_bits_the_score_is_estimated():
    """A model of independent bits whose means are the data's, at a bandwidth that sees single bits alone."""
    X = (np.random.default_rng(0).random((300, 21)) < 0.2).astype(int)
    settings = {
        "circuit": "iqp",
        "max_weight": 1,
        "bandwidths": (20.0,),
        "random_state": 0,
        "n_operators": 64,
    }
    machine = BornMachine(max_iter=1, learning_rate=0.0, **settings).fit(X)
    expected = BitFlipCircuit(
        max_weight=1, bandwidths=(20.0,), max_iter=1, learning_rate=0.0, random_state=0
    ).fit(X)
    assert machine.score(X) == pytest.approx(expected.score(X), abs=2e-3)
    assert machine.score(1 - X) < -0.005
    with pytest.raises(ConfigError, match="two rows"):
        machine.score(X[:1])


def test_it_samples_where_its_backend_is():
    X = random_rows(3, 40)
    with pytest.raises(ConfigError, match="no gradients of probabilities to train by"):
        BornMachine(backend="sampled").fit(X)
    machine = BornMachine(max_iter=20, random_state=0).fit(X).set_params(backend="statevector")
    share = np.bincount(machine.sample(4000, random_state=0) @ [4, 2, 1], minlength=8) / 4000
    np.testing.assert_allclose(share, machine.probabilities(), atol=0.04)


def test_rows_become_bits():
    spins = 2 * random_rows(3, 20) - 1
    machine = BornMachine(max_iter=3, random_state=0)
    np.testing.assert_array_equal(
        machine.fit(spins).probabilities(), machine.fit((spins > 0).astype(bool)).probabilities()
    )
    with pytest.warns(QualmsWarning, match="more than two values"):
        machine.fit(spins + np.arange(3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"circuit": "cnot"}, "circuit='cnot' is unknown"),
        ({"loss": "kl"}, "loss='kl' is unknown"),
        ({"symmetric": True}, "for circuit='iqp' alone"),
        ({"circuit": "iqp", "bandwidths": (0.0,)}, "must be positive"),
        ({"n_init": 0}, "n_init=0 must be at least 1"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ConfigError, match=message):
        BornMachine(**settings).fit(random_rows(3, 5))


def test_training_that_diverges_is_refused():
    machine = BornMachine(circuit="iqp", max_weight=1, max_iter=3, init_scale=1e39, n_operators=2, n_draws=2)
    with pytest.raises(ConfigError, match="smaller learning_rate"):
        machine.fit(random_rows(21, 5))


def test_too_many_bits_for_a_layered_circuit():
    with pytest.raises(TooLargeError, match="use circuit='iqp'"):
        BornMachine().fit(random_rows(21, 5))
    with pytest.raises(TooLargeError, match="train by loss='mmd'"):
        BornMachine(circuit="iqp", loss="likelihood").fit(random_rows(21, 5))
