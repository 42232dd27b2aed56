"""MMD² against double sums over kernels."""

import numpy as np
import pytest
import torch

from qualms.errors import ConfigError
from qualms.learn.generative import mmd
from qualms.learn.generative.distribution import codes_of
from tests.learn.generative.patterns import all_patterns, random_rows

N, SIGMA = 4, 0.9


def kernel(x, y):
    return np.exp(-((x[:, None] - y[None]) ** 2).sum(-1) / (2 * SIGMA**2))


def counts(rows):
    return torch.from_numpy(np.bincount(codes_of(rows), minlength=1 << N))


@pytest.fixture
def distributions():
    rng = np.random.default_rng(0)
    return (torch.from_numpy(rng.dirichlet(np.ones(1 << N))) for _ in range(2))


def test_of_known_distributions(distributions):
    p, q = distributions
    patterns = all_patterns(N)
    apart = (p - q).numpy()
    assert float(mmd.between(p, q, SIGMA)) == pytest.approx(
        apart @ kernel(patterns, patterns) @ apart, rel=1e-10
    )
    assert float(mmd.weights(SIGMA, N).sum()) == pytest.approx(1)


def test_of_samples():
    x, y = random_rows(N, 9, 1), random_rows(N, 7, 2)
    kx, ky = kernel(x, x), kernel(y, y)
    unbiased = (kx.sum() - 9) / 72 + (ky.sum() - 7) / 42 - 2 * kernel(x, y).mean()
    assert mmd.of_samples(counts(x), counts(y), SIGMA) == pytest.approx(unbiased, rel=1e-10)
    with pytest.raises(ConfigError, match="two rows"):
        mmd.of_samples(counts(x[:1]), counts(y), SIGMA)


def test_to_a_sample_is_unbiased(distributions):
    """Its mean over all samples of two rows is MMD² itself, written out as a sum over 256 samples."""
    p, q = distributions
    patterns = all_patterns(N)
    total = 0.0
    for i in range(1 << N):
        for j in range(1 << N):
            total += float(q[i] * q[j]) * mmd.to_sample(p, counts(patterns[[i, j]]), SIGMA)
    assert total == pytest.approx(float(mmd.between(p, q, SIGMA)), abs=1e-12)


def test_operators_are_drawn_with_the_kernels_weights():
    """Frequencies of all 16 products of Z within five standard errors of P_σ."""
    drawn = mmd.draw_operators(SIGMA, N, 20_000, torch.Generator().manual_seed(0))
    share = counts(drawn.numpy().astype(int)).numpy() / 20_000
    expected = mmd.weights(SIGMA, N).numpy()
    assert (np.abs(share - expected) < 5 * np.sqrt(expected / 20_000) + 1e-4).all()


def test_expectations_of_data():
    rows = random_rows(N, 30)
    operators = all_patterns(N)
    expected = [np.mean((-1.0) ** (rows @ a)) for a in operators]
    found = mmd.data_expectations(torch.from_numpy(rows).float(), torch.from_numpy(operators).float())
    np.testing.assert_allclose(found, expected, atol=1e-7)
    weight = np.random.default_rng(0).dirichlet(np.ones(30))
    found = mmd.data_expectations(
        torch.from_numpy(rows).float(), torch.from_numpy(operators).float(), torch.from_numpy(weight)
    )
    np.testing.assert_allclose(found, [weight @ (-1.0) ** (rows @ a) for a in operators], atol=1e-12)


def test_default_bandwidths_are_half_of_the_mean_distance():
    rows = random_rows(6, 40)
    distances = [int((a != b).sum()) for a in rows for b in rows]
    sigma = np.sqrt(np.mean(distances) / 2)
    assert mmd.default_bandwidths(rows, np.full(40, 1 / 40)) == pytest.approx((sigma / 2, sigma))
    assert mmd.default_bandwidths(rows[:1], np.ones(1))[1] == pytest.approx(np.sqrt(0.5))
