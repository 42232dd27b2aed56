"""The MPS classifier against the weight tensor written out, and against what is known to be learnable."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_moons

from qualms.errors import ConfigError, DataError, QualmsWarning
from qualms.learn.tensor_networks import MPSClassifier
from qualms.learn.tensor_networks.chain import multiplied, near_identity, spin_features


def weight_tensor(learner, label):
    """W_l entry by entry over all choices of one feature a column, as one long vector."""
    n, d = learner.n_features_in_, learner.local_dimension
    _, sites, _, bond = learner.cores_.shape
    cores = learner.cores_.reshape(2, sites, d, bond, bond).numpy()
    middle = (n + 1) // 2
    found = np.empty((d,) * n)
    for chosen in np.ndindex(*found.shape):
        left, right = np.eye(bond)[0], np.eye(bond)[0]
        for k, s in enumerate(chosen[:middle]):
            left = left @ cores[0, k, s]
        mirrored = chosen[middle:][::-1]
        for k, s in enumerate((0,) * (middle - len(mirrored)) + mirrored):
            right = right @ cores[1, k, s]
        found[chosen] = left @ learner.label_core_[label].numpy() @ right
    return found


@pytest.mark.parametrize(("n", "d"), [(1, 2), (2, 2), (5, 2), (4, 3)])
def test_it_is_linear_in_the_products_of_features(n, d):
    rng = np.random.default_rng(n)
    X, y = rng.normal(size=(30, n)), rng.integers(0, 3, 30)
    learner = MPSClassifier(bond=3, local_dimension=d, max_iter=3, random_state=0).fit(X, y)
    scaled = torch.from_numpy((X - learner.lower_) / learner.span_)
    local = spin_features(scaled, d).numpy()
    for label in range(3):
        whole, expected = weight_tensor(learner, label), np.empty(len(X))
        for k, row in enumerate(local):
            part = whole
            for vector in row:
                part = np.tensordot(vector, part, 1)
            expected[k] = part
        np.testing.assert_allclose(learner.decision_function(X)[:, label], expected, atol=1e-10)


@given(x=st.floats(-2, 3), y=st.floats(-2, 3), d=st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_the_features_are_spins(x, y, d):
    one, other = spin_features(torch.tensor([[x], [y]], dtype=torch.float64), d)[:, 0]
    assert float(one @ one) == pytest.approx(1)
    assert float(one @ other) == pytest.approx(np.cos(np.pi / 2 * (x - y)) ** (d - 1), abs=1e-12)


def test_the_kernel_twin_is_the_product_of_the_features():
    X = np.random.default_rng(0).random((6, 4))
    local = spin_features(torch.from_numpy(X), 3).numpy()
    expected = np.prod(np.einsum("ins,jns->ijn", local, local), axis=2)
    kernel = MPSClassifier(local_dimension=3).twin("kernel").named_steps["svc"].kernel
    np.testing.assert_allclose(kernel(X, X), expected, atol=1e-12)


def test_long_chains_neither_overflow_nor_vanish():
    generator = torch.Generator().manual_seed(0)
    features = spin_features(torch.rand(1, 4, 2000, generator=generator, dtype=torch.float64)[0], 2)[None]
    cores = 3 * near_identity(1, 2000, 2, 4, 0.01, generator)
    vectors, log_norms = multiplied(cores, features)
    torch.testing.assert_close(vectors.norm(dim=2), torch.ones(1, 4, dtype=torch.float64))
    assert (log_norms > 1000).all()  # beyond the largest float64, whose logarithm is 710
    assert torch.isfinite(log_norms).all()
    X = np.random.default_rng(0).random((20, 500))
    learner = MPSClassifier(bond=4, max_iter=2, random_state=0).fit(X, np.arange(20) % 2)
    assert np.isfinite(learner.decision_function(X)).all()
    assert np.abs(learner.decision_function(X)).max() < 10


def test_gradients():
    generator = torch.Generator().manual_seed(0)
    features = spin_features(torch.rand(3, 4, generator=generator, dtype=torch.float64), 2)[None]
    cores = near_identity(1, 4, 2, 2, 0.3, generator).requires_grad_()
    assert torch.autograd.gradcheck(lambda cores: multiplied(cores, features), (cores,))


def test_it_learns_what_a_line_cannot():
    X, y = make_moons(120, noise=0.1, random_state=0)
    learner = MPSClassifier(bond=6, local_dimension=4, max_iter=100, learning_rate=0.05, random_state=0)
    assert learner.fit(X, y).score(X, y) > 0.95
    assert learner.loss_curve_[-1] < learner.loss_curve_[0] / 2
    # the product of two columns among five, of which no linear model has any
    X = np.array(list(np.ndindex(*(2,) * 5)))
    y = X[:, 1] ^ X[:, 3]
    learner = MPSClassifier(bond=4, max_iter=200, learning_rate=0.05, random_state=0).fit(X, y)
    assert learner.score(X, y) == 1
    assert learner.twin("logistic").fit(X, y).score(X, y) <= 0.6
    assert learner.twin("kernel").set_params(svc__C=1e6).fit(X, y).score(X, y) == 1


def test_bad_input_is_refused():
    X, y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8) % 2
    with pytest.raises(DataError, match="1 class"):
        MPSClassifier().fit(X, np.zeros(8))
    for wrong in ({"bond": 0}, {"local_dimension": 1}, {"max_iter": 0}, {"alpha": -1.0}, {"batch_size": 2.5}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            MPSClassifier(**wrong).fit(X, y)
    with pytest.raises(ConfigError, match="lower the learning_rate"):
        MPSClassifier(learning_rate=1e200).fit(X, y)
    X[:, 1] = 3
    with pytest.warns(QualmsWarning, match="constant columns say nothing: 1"):
        MPSClassifier(max_iter=1).fit(X, y)
