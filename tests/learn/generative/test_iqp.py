"""IQP circuits and their stochastic twin, against matrices and sums written out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from qualms.backends import get_backend
from qualms.learn.generative.bit_flips import BitFlipModel
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.iqp import IQPModel, data_dependent_start
from tests.learn.generative.patterns import all_patterns

N = 4
X = np.array([[0, 1], [1, 0]])


def oracle(gates, theta, symmetric):
    """Probabilities by matrices: ∏ exp(iθ X_g) on the first state, (2ⁿ,)."""
    state = np.zeros(1 << N, complex)
    state[[0, -1]] = (np.sqrt(0.5), np.sqrt(0.5)) if symmetric else (1, 0)
    subsets = [row for rows in gates.members for row in rows.tolist()]
    for subset, angle in zip(subsets, theta, strict=True):
        product = np.eye(1)
        for q in range(N):
            product = np.kron(product, X if q in subset else np.eye(2))
        state = np.cos(angle) * state + 1j * np.sin(angle) * product @ state
    return np.abs(state) ** 2


def expectations(p):
    return np.array([p @ (-1.0) ** (all_patterns(N) @ a) for a in all_patterns(N)])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 4))
def test_probabilities(seed, symmetric, weight):
    gates = GateSet.local(N, weight)
    theta = np.random.default_rng(seed).normal(size=gates.size)
    found = IQPModel(gates, symmetric).probabilities(torch.from_numpy(theta)).numpy()
    np.testing.assert_allclose(found, oracle(gates, theta, symmetric), atol=1e-12)


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_circuit_gives_the_same_on_backends_and_in_qiskit(symmetric):
    gates = GateSet.local(N, 3)
    model, theta = IQPModel(gates, symmetric), np.random.default_rng(0).normal(size=gates.size)
    circuit = model.circuit(theta)
    expected = oracle(gates, theta, symmetric)
    np.testing.assert_allclose(get_backend("statevector").probabilities(circuit), expected, atol=1e-6)
    ours = circuit.to_qiskit().reverse_bits()
    np.testing.assert_allclose(Statevector(ours).probabilities(), expected, atol=1e-9)


@pytest.mark.parametrize("symmetric", [False, True])
def test_estimates_are_unbiased(symmetric):
    """The mean over many draws within five standard errors, for all products of Z at once."""
    gates = GateSet.local(N, 3)
    model = IQPModel(gates, symmetric)
    theta = torch.from_numpy(np.random.default_rng(1).normal(size=gates.size))
    operators = torch.from_numpy(np.tile(all_patterns(N), (500, 1)).astype(float))
    square, mean = model.estimates(theta, operators, 3, torch.Generator().manual_seed(0))
    exact = expectations(oracle(gates, theta.numpy(), symmetric))
    for found, expected in ((square, exact**2), (mean, exact)):
        draws = found.reshape(500, -1).numpy()
        error = draws.std(0) / np.sqrt(500)
        assert (np.abs(draws.mean(0) - expected) < 5 * error + 1e-9).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_bit_flips(seed, symmetric):
    """Against the sum over which gates fire, each with probability sin²θ."""
    gates = GateSet.local(N, 2)
    theta = np.random.default_rng(seed).normal(size=gates.size)
    p = np.zeros(1 << N)
    p[0] = 1
    codes = [*gates.codes, (1 << N) - 1] if symmetric else [*gates.codes]
    chances = [*np.sin(theta) ** 2, 0.5] if symmetric else [*np.sin(theta) ** 2]
    for code, chance in zip(codes, chances, strict=True):
        p = (1 - chance) * p + chance * p[np.arange(1 << N) ^ code]
    model, angles = BitFlipModel(gates, symmetric), torch.from_numpy(theta)
    np.testing.assert_allclose(model.probabilities(angles), p, atol=1e-10)
    operators = torch.from_numpy(all_patterns(N).astype(float))
    square, mean = model.estimates(angles, operators, 2, torch.Generator())
    np.testing.assert_allclose(mean, expectations(p), atol=1e-10)
    np.testing.assert_allclose(square, expectations(p) ** 2, atol=1e-10)


def test_gradients_of_bit_flips_where_a_cosine_is_zero():
    theta = torch.full((10,), np.pi / 4, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(BitFlipModel(GateSet.local(N, 2)).probabilities(theta)[3], theta)
    assert gradient.isfinite().all()


def test_samples_of_bit_flips():
    gates = GateSet.local(3, 2)
    model, theta = BitFlipModel(gates), np.random.default_rng(0).normal(size=gates.size)
    drawn = model.sample(theta, 20_000, np.random.RandomState(0))
    share = np.bincount(drawn @ [4, 2, 1], minlength=8) / 20_000
    np.testing.assert_allclose(share, model.probabilities(torch.from_numpy(theta)), atol=0.02)


def test_the_start_follows_means_and_covariances():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (200, 3))
    bits[:, 1] = bits[:, 0]
    gates = GateSet.local(3, 3)
    start = data_dependent_start(gates, bits, np.full(200, 1 / 200), 0.1, 0)
    np.testing.assert_allclose(np.sin(start[:3]) ** 2, bits.mean(0), atol=0.06)
    assert np.abs(start[3:6]).argmax() == 0
    assert start[3] == pytest.approx(0.1 * np.pi, abs=0.05)
    assert np.isfinite(data_dependent_start(gates, bits[:1], np.ones(1), 0.1, 0)).all()
