"""What every learner must do: scikit-learn's own contract, twins, a record, and a folder without pickle."""

import inspect
import json
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from qualms.errors import ConfigError, DataError
from qualms.learn import load, save
from qualms.learn.record import record
from qualms.learn.registry import LEARNERS, learner_class
from qualms.records import Metric, Record, twins_of
from tests.learn.small import EXPECTED_FAILURES, data_for, small

ALL = sorted(LEARNERS)


@parametrize_with_checks(
    [small(name) for name in ALL],
    expected_failed_checks=lambda learner: EXPECTED_FAILURES.get(type(learner).__name__, {}),
)
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def results(learner, X):
    """All that a fitted learner computes from rows."""
    asked = ("predict", "predict_proba", "decision_function", "transform", "score_samples")
    return {name: getattr(learner, name)(X) for name in asked if hasattr(learner, name)}


@pytest.fixture(params=ALL)
def fitted(request):
    X, y = data_for(request.param)
    return small(request.param).fit(X, y), X, y


def test_a_saved_learner_computes_the_same(fitted, tmp_path):
    learner, X, _ = fitted
    save(learner, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["arrays.safetensors", "learner.json"]
    again = load(tmp_path)
    assert repr(again) == repr(learner)
    assert again.account_ == learner.account_
    for name, found in results(learner, X).items():
        np.testing.assert_array_equal(results(again, X)[name], found)


def test_a_changed_folder_is_refused(fitted, tmp_path):
    learner, *_ = fitted
    save(learner, tmp_path)
    packed = (tmp_path / "arrays.safetensors").read_bytes()
    (tmp_path / "arrays.safetensors").write_bytes(packed[:-1])
    with pytest.raises(DataError, match="cut off or changed"):
        load(tmp_path)
    (tmp_path / "arrays.safetensors").write_bytes(packed)
    content = json.loads((tmp_path / "learner.json").read_text())
    (tmp_path / "learner.json").write_text(json.dumps({**content, "params": {}}))
    with pytest.raises(DataError, match="changed after it was saved"):
        load(tmp_path)
    (tmp_path / "learner.json").write_text(json.dumps({**content, "format": "qualms.learner/9"}))
    with pytest.raises(DataError, match="newer"):
        load(tmp_path)


def test_it_pickles(fitted):
    learner, X, _ = fitted
    again = pickle.loads(pickle.dumps(learner))
    for name, found in results(learner, X).items():
        np.testing.assert_array_equal(results(again, X)[name], found)


def test_its_twins_are_estimators_that_can_be_fitted(fitted):
    learner, X, y = fitted
    assert learner.quadrant.is_quantum <= bool(twins_of(learner))
    for twin in twins_of(learner):
        control = twin.make(learner)
        assert twin.control
        control.fit(X, y)
        if hasattr(learner, "predict"):
            assert control.predict(X).shape == learner.predict(X).shape


def test_its_record_is_read_again(fitted):
    learner, *_ = fitted
    made = record(learner, {"score": Metric(0.5, "1", "higher")}, data="made")
    assert Record.from_dict(json.loads(made.to_json())) == made
    assert made.payload.rows == learner.account_.rows


@pytest.mark.parametrize("name", ALL)
def test_search_in_two_processes(name):
    X, y = data_for(name)
    learner = clone(small(name))
    if not (is_classifier(learner) or is_regressor(learner) or hasattr(learner, "score")):
        pytest.skip("has no score to search by")
    search = GridSearchCV(
        learner, {"random_state": [0, 1]} if "random_state" in learner.get_params() else {}, cv=2, n_jobs=2
    )
    assert np.isfinite(search.fit(X, y).best_score_)


@pytest.mark.parametrize("name", ALL)
def test_its_docstring_says_when_not_to_use_it(name):
    assert "not to use" in learner_class(name).__doc__.lower().replace("\n", " ")


@pytest.mark.parametrize("name", ALL)
def test_numbers_whose_products_overflow_are_refused(name):
    X, y = data_for(name)
    if is_regressor(small(name)):
        with pytest.raises(DataError, match=r"y has numbers beyond 1e\+100, whose products overflow"):
            small(name).fit(X, y * 1e300)
    if "sample_weight" in inspect.signature(small(name).fit).parameters:
        with pytest.raises(DataError, match="sample_weight has numbers beyond"):
            small(name).fit(X, y, sample_weight=np.full(len(X), 1e300))


def test_an_unknown_learner_is_named():
    with pytest.raises(ConfigError, match="unknown learner 'Oracle'"):
        learner_class("Oracle")
