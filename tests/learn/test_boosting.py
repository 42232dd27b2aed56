"""Boosted trees with annealed weights, against brute force and a convex solver of another package."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from qualms.errors import ConfigError, DataError
from qualms.learn import AnnealedBoostingClassifier
from qualms.learn.boosting import _convex, binary_problem
from qualms.records import twins_of

QUICK = {"n_weak": 3, "bits": 2, "solver": "path-integral:slices=4,replicas=2,threads=1", "random_state": 0}


def data(rows=80, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 4))
    return X, X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=rows) > 0


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_the_binary_problem_is_the_objective(seed):
    rng = np.random.default_rng(seed)
    H = rng.normal(size=(9, 3))
    gram, linear, digits = H.T @ H, rng.normal(size=3), np.array([1, 2]) / 3
    problem = binary_problem(gram, linear, digits)
    x = rng.integers(0, 2, size=6)
    w = x.reshape(3, 2) @ digits
    assert float(problem.objective(x)) == pytest.approx(w @ gram @ w - 2 * linear @ w + 1)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_convex_weights_are_the_minimum(seed):
    rng = np.random.default_rng(seed)
    H = rng.normal(size=(3, 4))  # a singular Gram matrix, too
    gram, linear = H.T @ H, H.T @ rng.normal(size=3)

    def loss(w):
        return w @ gram @ w - 2 * linear @ w

    other = minimize(loss, np.full(4, 0.5), bounds=[(0, 1)] * 4, tol=1e-12)
    assert loss(_convex(gram, linear)) <= other.fun + 1e-7


def test_annealed_weights_are_the_best_of_all_binary_ones():
    X, y = data()
    learner = AnnealedBoostingClassifier(**QUICK, rounds=2).fit(X, y)
    H, sign = learner._learned(X), np.where(y, 1.0, -1.0)

    def loss(w):
        return np.mean((sign - H @ w) ** 2) + learner.alpha * np.sum(w**2)

    best = min(loss(np.array(w) / 3) for w in itertools.product(range(4), repeat=3))
    assert loss(learner.weights_) == pytest.approx(best)
    assert learner.findings_["objective"] == pytest.approx(best)
    assert learner.findings_["gap"] >= 0
    convex = learner.twin("convex").fit(X, y)
    assert loss(convex.weights_) == pytest.approx(learner.findings_["convex_minimum"])


def test_the_trees_are_those_of_scikit_learn():
    """Evaluated row by row through the arrays."""
    X, y = data(30)
    learner = AnnealedBoostingClassifier(**QUICK, max_depth=3, weights="gentle").fit(X, y)
    for row, found in zip(X.astype(np.float32), learner._learned(X), strict=True):
        for k in range(3):
            node = 0
            while learner.left_[k, node] != node:
                low = row[learner.feature_[k, node]] <= learner.threshold_[k, node]
                node = learner.left_[k, node] if low else learner.right_[k, node]
            assert found[k] == learner.value_[k, node]


def test_its_twins_share_the_trees_and_are_classical():
    X, y = data()
    learner = AnnealedBoostingClassifier(**QUICK).fit(X, y)
    assert learner.quadrant.compute == "simulated quantum"
    assert [t.name for t in twins_of(learner)] == ["convex", "thermal", "gentle"]
    for twin in twins_of(learner):
        control = twin.make(learner).fit(X, y)
        assert not control.quadrant.is_quantum
        np.testing.assert_array_equal(control.threshold_, learner.threshold_)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"weights": "magic"}, "choose annealed"),
        ({"n_weak": 0}, "at least 1"),
        ({"alpha": -1.0}, "at least 0"),
        ({"solver": "magic"}, "unknown solver"),
        ({"solver": "pyvrp"}, "does not take"),
    ],
)
def test_settings_that_do_not_fit(settings, told):
    with pytest.raises(ConfigError, match=told):
        AnnealedBoostingClassifier(**{**QUICK, **settings}).fit(*data())


def test_one_class_or_three():
    X, _ = data(9)
    for y in (np.zeros(9), np.arange(9) % 3):
        with pytest.raises(DataError, match="class"):
            AnnealedBoostingClassifier(**QUICK).fit(X, y)
