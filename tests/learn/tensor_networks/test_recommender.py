"""The recommender against plain loops, a ridge regression, and ratings that are made by a tensor train."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import OneHotEncoder

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks import TensorTrainRecommender


def made(seed=0, noise=0.0):
    """Ratings of a tensor train of rank 2: words as categories, each combination once."""
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(12, 2)), rng.normal(size=(10, 2, 2)), rng.normal(size=(4, 2))
    index = np.array(list(np.ndindex(12, 10, 4)))
    y = np.einsum("na,nab,nb->n", g[0][index[:, 0]], g[1][index[:, 1]], g[2][index[:, 2]])
    names = np.array([[f"u{u}", f"place {i}", "abcd"[t]] for u, i, t in index], dtype=object)
    return names, y + noise * rng.normal(size=len(y))


def test_predictions_are_the_formula():
    X, y = made()
    model = TensorTrainRecommender(rank=3, max_iter=3, random_state=0).fit(X, y)
    for row, found in zip(X[::29], model.predict(X[::29]), strict=True):
        at = [int(np.flatnonzero(c == value)[0]) for c, value in zip(model.categories_, row, strict=True)]
        product = model.cores_[0][at[0]] @ model.cores_[1][at[1]] @ model.cores_[2][at[2]]
        offset = sum(part[k] for part, k in zip(model.offsets_, at, strict=True))
        assert found == pytest.approx(model.mean_ + model.scale_ * (offset + product[0, 0]))


def test_every_column_is_solved_exactly():
    X, y = made(noise=0.3)
    model = TensorTrainRecommender(rank=2, max_iter=1, random_state=0).fit(X, y)
    codes, weight = model._codes(X), np.random.default_rng(1).random(len(y))
    target = y - y.mean()
    for k in range(3):
        found = model._solved(k, codes, target, weight, 0.7)
        for level in (0, 2):
            here = codes[:, k] == level
            left, right = (model._through(codes[here], columns) for columns in (range(k), range(2, k, -1)))
            rows = np.einsum("na,nb->nab", left, right).reshape(here.sum(), -1)
            ridge = Ridge(0.7, fit_intercept=False).fit(rows, target[here], weight[here])
            np.testing.assert_allclose(found[level].ravel(), ridge.coef_, atol=1e-8)


def test_the_loss_falls_with_every_round_and_the_ratings_are_completed():
    X, y = made()
    rng = np.random.default_rng(3)
    train = rng.random(len(y)) < 0.6
    model = TensorTrainRecommender(rank=2, alpha=0.01, tol=1e-8, max_iter=300, random_state=1)
    model.fit(X[train], y[train])
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(model.loss_curve_))
    assert model.score(X[~train], y[~train]) > 0.98
    assert model.twin("offsets").fit(X[train], y[train]).score(X[~train], y[~train]) < 0.5


def test_the_twin_is_a_ridge_regression_on_the_categories():
    X, y = made(noise=0.5)
    twin = TensorTrainRecommender(offset_alpha=2.0, tol=0, max_iter=2000).twin("offsets").fit(X, y)
    rows = OneHotEncoder().fit_transform(X)
    scaled = (y - y.mean()) / y.std()
    ridge = Ridge(2.0, fit_intercept=False, tol=1e-12).fit(rows, scaled)
    np.testing.assert_allclose(twin.predict(X), y.mean() + y.std() * ridge.predict(rows), atol=1e-6)


def test_unknown_categories_get_the_rest():
    X, y = made()
    model = TensorTrainRecommender(random_state=0).fit(X, y)
    (found,) = model.predict(np.array([["nobody", "place 3", "b"]], dtype=object))
    at = np.flatnonzero(model.categories_[1] == "place 3")[0]
    assert found == pytest.approx(model.mean_ + model.scale_ * (model.offsets_[1][at] + model.offsets_[2][1]))
    assert model.predict(np.array([["?", "?", "?"]], dtype=object)) == pytest.approx([model.mean_])


def test_bad_input_is_refused():
    X, y = made()
    for wrong in ({"rank": -1}, {"alpha": 0.0}, {"offset_alpha": -1.0}, {"max_iter": 0}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            TensorTrainRecommender(**wrong).fit(X, y)
    mixed = X.copy()
    mixed[0, 1] = 7
    with pytest.raises(DataError, match="column 1 mixes"):
        TensorTrainRecommender().fit(mixed, y)
    with pytest.raises(DataError, match="column 0 has categories of another kind"):
        TensorTrainRecommender(max_iter=1).fit(X, y).predict(np.array([[1, "place 1", "a"]], dtype=object))
    with pytest.raises(ValueError, match="NaN"):
        TensorTrainRecommender().fit(np.array([[1.0, np.nan]]), [1.0])
