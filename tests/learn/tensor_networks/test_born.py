"""The Born machine against sums over all patterns: norm, likelihood, samples, training."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.learn.tensor_networks import MPSBornMachine
from qualms.learn.tensor_networks.sweeps import Groups, Rows, canonical, climb, random_chain, refine, sweep


def patterns(n):
    return np.array(list(product((0, 1), repeat=n)))


def amplitudes(cores):
    """Pattern by pattern, a product of matrices."""
    found = []
    for bits in patterns(len(cores)):
        vector = np.ones((1, 1))
        for core, bit in zip(cores, bits, strict=True):
            vector = vector @ core[:, bit]
        found.append(vector[0, 0])
    return np.array(found)


def bars_and_stripes(side):
    rows = [np.tile(bits, (side, 1)).ravel() for bits in patterns(side)]
    columns = [np.tile(bits, (side, 1)).T.ravel() for bits in patterns(side)]
    return np.unique(rows + columns, axis=0)


@given(n=st.integers(1, 7), bond=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_canonical_chain_is_the_same_state_of_norm_one(n, bond, seed):
    cores = random_chain(n, bond, np.random.RandomState(seed))
    found = canonical(cores)
    before, after = amplitudes(cores), amplitudes(found)
    assert np.square(after).sum() == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(np.abs(after), np.abs(before) / np.linalg.norm(before), atol=1e-12)
    for core in found[1:]:
        np.testing.assert_allclose(np.einsum("asb,csb->ac", core, core), np.eye(core.shape[0]), atol=1e-12)
    logs = Rows(patterns(n), np.ones(2**n)).log_probabilities(found)
    np.testing.assert_allclose(np.exp(logs), after**2, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    random = np.random.RandomState(0)
    rows = Rows.of(random.randint(0, 2, (20, 5)), np.ones(20))
    left, right = random.randn(len(rows.bits), 3), random.randn(len(rows.bits), 2)
    groups, pair = Groups.of(rows, (1, 2), left, right), random.randn(3, 2, 2, 2)
    pair /= np.linalg.norm(pair)
    found, step = groups.gradient(pair), 1e-6
    for place in np.ndindex(pair.shape):
        up, down = pair.copy(), pair.copy()
        up[place] += step
        down[place] -= step
        assert found[place] == pytest.approx((groups.loss(up) - groups.loss(down)) / (2 * step), abs=1e-6)
    better, _ = climb(pair, groups, 3, 0.1)
    assert groups.loss(better) < groups.loss(pair)


def test_the_likelihood_rises_with_every_sweep_and_the_norm_stays():
    random = np.random.RandomState(1)
    rows = Rows.of(random.randint(0, 2, (40, 6)), np.ones(40))
    cores, rates = canonical(random_chain(6, 2, random)), np.full(6, 0.1)
    losses = [rows.negative_log_likelihood(cores)]
    for k in range(8):
        cores = sweep(cores, rows, 8, 1e-12, 4, rates) if k < 4 else refine(cores, rows, 4, rates)
        losses.append(rows.negative_log_likelihood(cores))
        assert np.square(amplitudes(cores)).sum() == pytest.approx(1, rel=1e-10)
    assert all(after <= before + 1e-9 for before, after in pairwise(losses))
    entropy = -rows.weight @ np.log(rows.weight)  # no distribution can be below
    assert entropy - 1e-9 <= losses[-1] < losses[0]


def test_bars_and_stripes_are_learned():
    X = bars_and_stripes(3)
    machine = MPSBornMachine(random_state=0).fit(X)
    assert -machine.score(X) == pytest.approx(np.log(14), abs=1e-3)  # 14 patterns, each once
    chances = machine.probabilities()
    assert chances.sum() == pytest.approx(1, rel=1e-10)
    np.testing.assert_allclose(chances, np.exp(machine.score_samples(patterns(9))), atol=1e-12)
    np.testing.assert_allclose(chances, amplitudes(machine.cores_) ** 2, atol=1e-12)
    # a bond carries what the two sides share; the middle of this picture shares at least its kind
    assert machine.entropies_.max() > 1


def test_samples_have_the_exact_distribution():
    X = np.random.RandomState(0).randint(0, 2, (30, 4))
    machine = MPSBornMachine(max_bond=3, max_iter=3, random_state=0).fit(X)
    found = machine.sample(20_000, random_state=1)
    counts = np.bincount(found @ [8, 4, 2, 1], minlength=16)
    expected = 20_000 * machine.probabilities()
    assert chisquare(counts, expected).pvalue > 1e-3
    np.testing.assert_array_equal(found, machine.sample(20_000, random_state=1))
    # the test has the power to see another distribution
    assert chisquare(counts, expected[::-1]).pvalue < 1e-6


def test_bonds_of_one_are_independent_bits():
    X = np.random.RandomState(2).randint(0, 2, (50, 3)) & np.array([1, 1, 0])
    X[:5, 2] = 1
    twin = MPSBornMachine(random_state=0).twin("independent").set_params(tol=1e-12, max_iter=200).fit(X)
    chance = X.mean(axis=0)
    expected = np.prod(np.where(patterns(3), chance, 1 - chance), axis=1)
    np.testing.assert_allclose(twin.probabilities(), expected, atol=1e-5)


def test_weights_count_as_repeated_rows():
    X = np.random.RandomState(3).randint(0, 2, (12, 5))
    weight = np.arange(12) % 3
    weighted = MPSBornMachine(max_iter=4, random_state=0).fit(X, sample_weight=weight)
    repeated = MPSBornMachine(max_iter=4, random_state=0).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.probabilities(), repeated.probabilities(), atol=1e-8)


def test_one_bit_and_long_chains():
    assert MPSBornMachine().fit([[0], [1], [1], [1]]).probabilities() == pytest.approx([0.25, 0.75], abs=1e-3)
    X = np.random.RandomState(0).randint(0, 2, (8, 120))
    machine = MPSBornMachine(max_bond=2, max_iter=1, random_state=0).fit(X)
    assert np.isfinite(machine.score_samples(X)).all()
    assert machine.sample(2, random_state=0).shape == (2, 120)
    with pytest.raises(TooLargeError, match=r"2\^120"):
        machine.probabilities()


def test_bad_input_is_refused():
    with pytest.warns(QualmsWarning, match="more than two values"):
        MPSBornMachine(max_iter=1).fit([[0.2, -1.0], [3.0, 1.0]])
    for wrong in ({"max_bond": 0}, {"max_iter": 0}, {"steps": 1.5}, {"cutoff": "no"}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            MPSBornMachine(**wrong).fit([[0, 1], [1, 0]])
    with pytest.raises(ValueError, match="Sample weights"):
        MPSBornMachine().fit([[0, 1], [1, 0]], sample_weight=[0, 0])
