"""Quantum Boltzmann machines against matrix exponentials, finite differences, and qbmkit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from qualms.circuits.gates import PAULIS
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.generative.boltzmann import QuantumBoltzmannMachine
from qualms.learn.generative.gibbs import TransverseIsing, mean_field
from qualms.learn.generative.pairwise import PairwiseIsing
from tests.learn.generative.patterns import all_patterns, bars_and_stripes, random_rows


def strings(n):
    """The Hamiltonian's terms as Pauli strings, in the order of its parameters."""
    one = ["".join("Z" if i == k else "I" for i in range(n)) for k in range(n)]
    two = ["".join("Z" if i in (j, k) else "I" for i in range(n)) for j in range(n) for k in range(j + 1, n)]
    return [*one, *two, *(s.replace("Z", "X") for s in one)]


def slow_hamiltonian(theta, n):
    """H from Kronecker products, (2ⁿ, 2ⁿ)."""
    total = np.zeros((1 << n, 1 << n), complex)
    for weight, string in zip(theta, strings(n), strict=True):
        product = np.eye(1)
        for character in string:
            product = np.kron(product, PAULIS[character])
        total += weight * product
    return total


def slow_state(theta, n):
    """exp(H)/Z, (2ⁿ, 2ⁿ)."""
    found = expm(slow_hamiltonian(theta, n))
    return (found / np.trace(found)).real


def random_target(n, seed):
    target = np.random.default_rng(seed).dirichlet(np.full(1 << n, 0.5))
    target[::3] = 0
    return target / target.sum()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2**32 - 1), st.floats(0.01, 4))
def test_state_and_probabilities(n, seed, scale):
    model = TransverseIsing(n)
    theta = np.random.default_rng(seed).normal(0, scale, model.size)
    state, slow = model.state(theta), slow_state(theta, n)
    np.testing.assert_allclose(state.matrix, slow, atol=1e-10)
    np.testing.assert_allclose(state.probabilities, np.diag(slow), atol=1e-10)
    assert state.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("scale", [0.0, 0.3, 2.0])
def test_gradients_equal_finite_differences_of_the_slow_state(scale):
    n = 3
    model, target, step = TransverseIsing(n), random_target(n, 5), 1e-5
    theta = np.random.default_rng(2).normal(0, scale, model.size)
    eta = np.outer(np.sqrt(target), np.sqrt(target))
    seen = model.expectations(eta)

    def slow(which, values):
        rho = slow_state(values, n)
        if which == "likelihood":
            return -target[target > 0] @ np.log(np.diag(rho)[target > 0])
        # log ρ = H − log Z
        return (
            np.log(np.trace(expm(slow_hamiltonian(values, n))).real)
            - np.trace(eta @ slow_hamiltonian(values, n)).real
        )

    state = model.state(theta)
    for which, (value, gradient) in (
        ("likelihood", state.likelihood(target)),
        ("relative_entropy", state.relative_entropy(np.append(seen, theta @ seen))),
    ):
        assert value == pytest.approx(slow(which, theta), abs=1e-9)
        for k in range(model.size):
            shift = step * np.eye(model.size)[k]
            numeric = (slow(which, theta + shift) - slow(which, theta - shift)) / (2 * step)
            assert abs(gradient[k] - numeric) < 1e-6


def test_gradients_equal_those_of_qbmkit():
    qbm = pytest.importorskip("qbm")
    if not hasattr(qbm, "FullyVisibleQBM"):
        pytest.skip("another package of the name qbm")
    from qbm.losses.likelihood import NLL

    n = 4
    model, target = TransverseIsing(n), random_target(n, 1)
    theta = np.random.default_rng(0).normal(0, 0.7, model.size)
    # its state is exp(−G)/Z
    theirs = qbm.FullyVisibleQBM(n=n, generators=strings(n), theta=-theta)
    state = theirs.state() if callable(getattr(theirs, "state", None)) else theirs.prepare()
    loss = NLL(target)
    value, gradient = model.state(theta).likelihood(target)
    assert value == pytest.approx(loss.value(state), abs=1e-9)
    np.testing.assert_allclose(gradient, -loss.grad(state), atol=1e-8)


def test_the_mean_field_state_has_the_targets_single_qubit_means():
    n, target = 3, random_target(3, 0)
    model = TransverseIsing(n)
    amplitude = np.sqrt(target)
    seen = model.expectations(np.outer(amplitude, amplitude))
    found = model.expectations(model.state(mean_field(seen, n)).matrix)
    np.testing.assert_allclose(found[:n], seen[:n], atol=1e-9)
    np.testing.assert_allclose(found[-n:], seen[-n:], atol=1e-9)


def test_it_is_not_worse_than_the_boltzmann_machine():
    """Which it contains. Rows of three bits of even parity need a term of three bits, which pairs lack."""
    patterns = all_patterns(3)
    even = patterns[patterns.sum(1) % 2 == 0]
    for X in (even, bars_and_stripes(2, 2)):
        quantum = QuantumBoltzmannMachine(alpha=1e-6).fit(X)
        assert quantum.score(X) >= quantum.twin("boltzmann").fit(X).score(X) - 1e-4
        assert quantum.score(X) <= -np.log(len(X)) + 1e-9


def test_without_transverse_fields_it_is_the_boltzmann_machine():
    X = random_rows(4, 200)
    twin = PairwiseIsing().fit(X)
    theta = np.append(twin.couplings_, np.zeros(4))
    np.testing.assert_allclose(TransverseIsing(4).state(theta).probabilities, twin.probabilities(), atol=1e-9)
    # the pair model is the best of its kind, so the quantum one, which contains it, is not worse on its rows
    assert QuantumBoltzmannMachine(max_iter=500).fit(X).score(X) >= twin.score(X) - 1e-3


def test_relative_entropy_ends_with_equal_expectations():
    X = random_rows(3, 60)
    machine = QuantumBoltzmannMachine("relative_entropy", alpha=0.0).fit(X)
    model = TransverseIsing(3)
    q = np.bincount(X @ [4, 2, 1], minlength=8) / 60
    seen = model.expectations(np.outer(np.sqrt(q), np.sqrt(q)))
    np.testing.assert_allclose(model.expectations(model.state(machine.parameters_).matrix), seen, atol=1e-4)


def test_weights_count_as_rows_do():
    X, weight = random_rows(3, 12), np.arange(12) % 3
    weighted = QuantumBoltzmannMachine(max_iter=5).fit(X, sample_weight=weight)
    repeated = QuantumBoltzmannMachine(max_iter=5).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.parameters_, repeated.parameters_, atol=1e-8)


def test_bad_settings():
    with pytest.raises(TooLargeError, match="at most 10"):
        QuantumBoltzmannMachine().fit(np.eye(11))
    with pytest.raises(ConfigError, match="objective='fidelity' is unknown"):
        QuantumBoltzmannMachine("fidelity").fit([[0], [1]])
    with pytest.raises(ConfigError, match="start='hot' is unknown"):
        QuantumBoltzmannMachine(start="hot").fit([[0], [1]])
