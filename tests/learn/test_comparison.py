"""Nested cross-validation: nothing leaks, what is there is not run again, verdicts follow the numbers."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from qualms.errors import ConfigError, DataError
from qualms.execution import InlineExecutor
from qualms.learn.comparison import Design, candidates, compare, plan
from qualms.learn.comparison.candidates import Candidate
from qualms.learn.comparison.folds import alike, splits
from qualms.learn.deadline import Deadline
from qualms.learn.table import LearningTable
from qualms.records import interval
from qualms.report import learning, page
from tests.forked import qualms


def table(X, y, task="classification"):
    return LearningTable("made", X, y, [f"x{k}" for k in range(X.shape[1])], task, "y", {}, [])


def labels(rng, rows):
    return np.where(rng.random(rows) > 0.5, "up", "down")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Chance and a tree that memorises, in place of the methods that take long."""
    kept = {
        "chance": candidates.BASELINES["classification"]["chance"],
        "logistic": candidates.BASELINES["classification"]["logistic"],
        "forest": (DecisionTreeClassifier(), {"min_samples_leaf": [1, 4]}),
    }
    monkeypatch.setitem(candidates.BASELINES, "classification", kept)


def means(records):
    return {row["method"]: row["metrics"]["accuracy"]["mean"] for row in learning.rows(records)}


def test_shuffled_targets_score_at_chance():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 30)), labels(rng, 120)
    done = compare(plan(table(X, y), Design(folds=4, inner=2, seeds=(0, 1), settings=2), []))
    assert not done.failures
    for score in means(done.records).values():  # ± 4 standard deviations of 120 coins
        assert abs(score - 0.5) < 4 * 0.5 / np.sqrt(120)


def test_rows_given_twice_do_not_leak(monkeypatch):
    """A tree that memorises would know every row that stands on the other side as well."""
    monkeypatch.setitem(candidates.BASELINES["classification"], "forest", (DecisionTreeClassifier(), {}))
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(60, 3)), labels(rng, 60)
    twice = table(np.concatenate([X, X]), np.concatenate([y, y]))
    comparison = plan(twice, Design(folds=3, inner=2, settings=2), [])
    assert "60 rows repeat an earlier one" in comparison.table.notes[-1]
    assert means(compare(comparison).records)["forest"] < 0.75
    # the same tree with rows divided at random, to see that the test could fail
    naive = splits(twice.y, np.arange(120), 3, 0, True)
    score = [
        DecisionTreeClassifier().fit(twice.X[a], twice.y[a]).score(twice.X[b], twice.y[b]) for a, b in naive
    ]
    assert np.mean(score) > 0.75


def test_imputer_and_scaler_see_no_row_that_is_measured():
    X = np.ones((40, 2))
    X[:, 0] = np.arange(40)
    X[::7, 1] = np.nan
    X[1, 1] = 1e9  # would show in the mean of every fold
    y = np.where(np.arange(40) % 2, "a", "b")
    job = plan(table(X, y), Design(folds=4, inner=2), []).jobs[0]
    from qualms.learn.comparison.job import _pipeline

    fitted = _pipeline(job).fit(X[job.train], y[job.train])
    expected = np.nanmedian(X[job.train], axis=0)
    np.testing.assert_allclose(fitted["imputer"].statistics_, expected)


def test_every_row_is_measured_once_and_equal_rows_stay_together():
    rng = np.random.default_rng(2)
    X = rng.integers(0, 3, size=(60, 2)).astype(float)
    groups, y = alike(X), labels(rng, 60)
    found = splits(y, groups, 3, 5, True)
    assert sorted(np.concatenate([b for _, b in found])) == list(range(60))
    for a, b in found:
        assert not set(groups[a]) & set(groups[b])
    np.testing.assert_array_equal(alike(np.array([[0.0, np.nan], [-0.0, np.nan], [1, 2]])), [0, 0, 1])


def test_it_goes_on_where_it_stopped(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    comparison = plan(
        table(rng.normal(size=(30, 2)), labels(rng, 30)), Design(folds=3, inner=2, settings=1), []
    )
    first = replace(comparison, jobs=comparison.jobs[:4])
    compare(first, tmp_path)
    heard = []
    done = compare(comparison, tmp_path, lambda event: heard.append((event.kind, event.job)))
    assert sum(kind == "skipped" for kind, _ in heard) == 4
    assert len(done.records) == len(comparison.jobs) == 9
    assert compare(comparison, tmp_path).records == done.records


def test_one_that_fails_does_not_stop_the_others(monkeypatch):
    class Broken(DecisionTreeClassifier):
        def fit(self, *rows, **more):
            raise ValueError("cannot")

    monkeypatch.setitem(candidates.BASELINES["classification"], "forest", (Broken(), {}))
    rng = np.random.default_rng(4)
    done = compare(
        plan(table(rng.normal(size=(30, 2)), labels(rng, 30)), Design(folds=2, inner=2, settings=1), [])
    )
    assert len(done.failures) == 2
    assert "forest seed 0 fold 1: cannot" in done.failures[0]
    assert set(means(done.records)) == {"chance", "logistic"}


def test_no_run_is_begun_when_the_time_is_over(monkeypatch):
    rng = np.random.default_rng(10)
    comparison = plan(table(rng.normal(size=(30, 2)), labels(rng, 30)), Design(folds=2, inner=2), [])
    module = sys.modules["qualms.learn.comparison.compare"]  # the package shows a function of that name
    monkeypatch.setattr(module, "_executor", lambda *told: InlineExecutor())
    done = compare(comparison, seconds=1e-9)
    assert not done.records
    assert done.failures[0] == "the time is over: 6 of 6 runs have not ended"
    assert len(compare(comparison, seconds=600).records) == 6
    limits = [Deadline(100).limit(runs, 2) for runs in (1, 4, 100)]
    assert limits == pytest.approx([160, 160, 70], rel=0.01)
    assert Deadline(None).limit(5, 1) is None


def test_the_same_budget_for_everyone():
    grid = {"min_samples_leaf": [1, 2, 3], "max_depth": [1, 2, 3]}
    rng = np.random.default_rng(5)
    comparison = plan(
        table(rng.normal(size=(40, 2)), labels(rng, 40)), Design(folds=2, inner=2, settings=4), []
    )
    job = replace(comparison.jobs[0], candidate=Candidate("many", DecisionTreeClassifier(), grid))
    assert len(job.tried) == 4
    assert len({json.dumps(point) for point in job.tried}) == 4


def test_the_interval_is_wider_for_training_sets_that_overlap():
    found = [0.1, 0.3, 0.2, 0.4, 0.25]
    plain, wide = interval(found), interval(found, overlap=0.25)
    # Nadeau and Bengio: the variance of the mean is s² (1/n + n_test/n_train)
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(
        np.sqrt((1 / 5 + 0.25) / (1 / 5))
    )


@pytest.mark.parametrize(
    ("design", "learners", "told"),
    [
        ({"folds": 1}, [], "folds=1 must be at least 2"),
        ({"metric": "f7"}, [], "for classification there are accuracy"),
        ({}, ["Oracle"], "unknown learner 'Oracle'"),
        ({"folds": 20}, [], "the class 'down' has"),
        ({"seeds": (1, 1)}, [], "different whole numbers"),
        ({"reduction": "magic"}, [], "choose pca"),
    ],
)
def test_what_does_not_fit_is_told(design, learners, told):
    rng = np.random.default_rng(6)
    with pytest.raises((ConfigError, DataError), match=told):
        plan(table(rng.normal(size=(24, 2)), labels(rng, 24)), Design(**design), learners)


@pytest.mark.slow  # the guide's commands run by default
def test_the_command(tmp_path):
    rng = np.random.default_rng(7)
    x, noise = rng.normal(size=(2, 40))
    rows = "".join(f"{a},{b},{'no' if a > 0 else 'yes'}\n" for a, b in zip(x, noise, strict=True))
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    words = ("learn", tmp_path / "t.csv", "--target", "y", "--learners", "logistic", "--folds", 2)
    words = (*words, "--inner", 2, "--settings", 1, "--store", tmp_path / "run", "--json")
    done = qualms(*words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    methods = {row["method"] for row in found["summary"]}
    assert methods == {"chance", "logistic", "rbf-svm", "forest", "boosting"}
    assert "<svg" in (tmp_path / "run" / "report.html").read_text()
    wrong = qualms("learn", tmp_path / "t.csv", "--target", "z")
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1


def test_learners_for_two_classes_stay_away_from_three():
    rng = np.random.default_rng(9)
    three = table(rng.normal(size=(60, 2)), np.array(["a", "b", "c"])[np.arange(60) % 3])
    assert "AnnealedBoostingClassifier" in candidates.available("classification", 2)
    assert "AnnealedBoostingClassifier" not in candidates.available("classification", 3)
    with pytest.raises(ConfigError, match="is for two classes"):
        plan(three, Design(folds=2, inner=2), ["AnnealedBoostingClassifier"])


def test_a_twin_that_wins_is_told():
    rng = np.random.default_rng(8)
    comparison = plan(
        table(rng.normal(size=(60, 2)), labels(rng, 60)), Design(folds=5, inner=2, settings=1), []
    )
    records = compare(
        replace(comparison, jobs=[j for j in comparison.jobs if j.candidate.name == "logistic"])
    ).records

    def scored(method, twin_of, shift):
        return [
            replace(r, id=f"{method}{k}", method=method, twin_of=twin_of, twin_is="no circuit",
                    metrics={"accuracy": replace(r.metrics["accuracy"], value=0.6 + shift + 0.01 * (k % 2))},
                    payload=replace(r.payload, split={**r.payload.split, "baseline": False}))
            for k, r in enumerate(records)
        ]  # fmt: skip

    won = learning.sentences([*scored("Q", None, 0.0), *scored("Q/twin", "Q", 0.1)])
    assert won[0].startswith("Q (classical): not worth it here. A twin")
    lost = learning.sentences([*scored("Q", None, 0.2), *scored("Q/twin", "Q", 0.1)])
    assert "better than each of its 1 twins" in lost[0]
    assert "<svg" in page.render([*scored("Q", None, 0.0), *scored("Q/twin", "Q", 0.1)])
