"""The classical twins: likelihoods that sum to one, known distributions recovered, grids searched."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.neural_network import BernoulliRBM

from qualms.errors import TooLargeError
from qualms.learn.generative.autoregressive import AutoregressiveBits
from qualms.learn.generative.bit_flip_circuit import BitFlipCircuit
from qualms.learn.generative.pairwise import PairwiseIsing
from qualms.learn.generative.restricted import RestrictedBoltzmannMachine, _loss
from tests.learn.generative.patterns import all_patterns, random_rows

TWINS = [
    AutoregressiveBits(),
    AutoregressiveBits(degree=2),
    BitFlipCircuit(max_iter=20, random_state=0),
    PairwiseIsing(),
    RestrictedBoltzmannMachine(n_hidden=(2,), alphas=(1e-3,), max_iter=10, random_state=0),
]


@pytest.mark.parametrize("twin", TWINS, ids=lambda t: type(t).__name__)
def test_probabilities_sum_to_one_and_samples_follow_them(twin):
    X = random_rows(4, 60)
    twin.fit(X)
    p = np.exp(twin.score_samples(all_patterns(4)))
    assert p.sum() == pytest.approx(1)
    np.testing.assert_allclose(twin.probabilities(), p, atol=1e-12)
    share = np.bincount(twin.sample(20_000, random_state=0) @ [8, 4, 2, 1], minlength=16) / 20_000
    np.testing.assert_allclose(share, p, atol=0.02)
    assert not twin.quadrant.is_quantum


def test_the_pairwise_model_finds_the_parameters_it_was_sampled_from():
    rng = np.random.default_rng(0)
    theta = rng.normal(0, 0.5, 6)
    signs = 1 - 2 * all_patterns(3)
    pairs = np.stack([signs[:, i] * signs[:, j] for i, j in ((0, 1), (0, 2), (1, 2))], 1)
    energy = signs @ theta[:3] + pairs @ theta[3:]
    p = np.exp(energy) / np.exp(energy).sum()
    found = PairwiseIsing(alpha=0.0).fit(all_patterns(3), sample_weight=p)
    np.testing.assert_allclose(found.couplings_, theta, atol=1e-4)


def test_the_rbms_free_energy_is_scikit_learns():
    X = random_rows(5, 40)
    ours = RestrictedBoltzmannMachine(n_hidden=(3,), alphas=(1e-3,), max_iter=5, random_state=0).fit(X)
    theirs = BernoulliRBM(n_components=3)
    theirs.components_, theirs.intercept_visible_ = ours.weights_, ours.visible_
    theirs.intercept_hidden_ = ours.hidden_
    energy = -theirs._free_energy(all_patterns(5).astype(float))
    np.testing.assert_allclose(np.log(ours.probabilities()), energy - np.logaddexp.reduce(energy), atol=1e-9)


def test_the_rbms_gradient_equals_finite_differences():
    target, alpha = np.random.default_rng(0).dirichlet(np.ones(16)), 0.1
    loss = _loss(target, 4, 2, alpha)
    values = np.random.default_rng(1).normal(size=14)
    numeric = approx_fprime(values, lambda v: loss(v)[0], 1e-7)
    np.testing.assert_allclose(loss(values)[1], numeric, atol=1e-5)


def test_the_rbm_takes_the_best_of_its_grid_on_held_out_rows():
    twin = RestrictedBoltzmannMachine(n_hidden=(4,), alphas=(10.0, 1e-3), random_state=0)
    twin.fit(random_rows(5, 200))
    reached = twin.findings_["held_out_log_likelihood"]
    assert twin.findings_["alpha"] == 1e-3
    assert max(reached, key=reached.get) == "(4, 0.001)"


def test_bits_that_never_change():
    X = random_rows(4, 30)
    X[:, 2] = 1
    found = AutoregressiveBits().fit(X)
    assert found.sample(50, random_state=0)[:, 2].mean() > 0.9
    assert np.isfinite(PairwiseIsing().fit(X).couplings_).all()


def test_too_many_bits():
    for twin in (PairwiseIsing(), RestrictedBoltzmannMachine()):
        with pytest.raises(TooLargeError, match="at most 20"):
            twin.fit(random_rows(21, 5))
