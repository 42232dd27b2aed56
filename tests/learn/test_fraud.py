"""Detectors of frauds: numbers against scikit-learn and brute force, no look into the future, the command."""

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from qualms.errors import ConfigError, DataError
from qualms.learn.fraud import FraudDesign, detect, metrics, plan
from qualms.learn.fraud.methods import TailBits
from qualms.learn.table import LearningTable
from qualms.report import learning, page
from tests.forked import qualms


def transactions(rows=600, seed=0, share=0.1):
    """Frauds that are unusually high in one column; in the order of a column of times."""
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < share
    X = rng.normal(size=(rows, 3))
    X[fraud, 0] += 3.5
    extra = {"t": rng.permutation(rows).astype(float), "amount": rng.exponential(50, rows)}
    y = np.where(fraud, "1", "0")
    return LearningTable("made", X, y, ["a", "b", "c"], "classification", "y", extra, [])


QUICK = FraudDesign(budget=40, resamples=50, n_qubits=2)

scored = st.lists(
    st.tuples(st.booleans(), st.integers(0, 5), st.floats(0.1, 10)), min_size=3, max_size=40
).filter(lambda rows: any(f for f, _, _ in rows))


@given(rows=scored)
@settings(max_examples=60, deadline=None)
def test_average_precision_is_that_of_scikit_learn(rows):
    fraud, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    found = metrics.average_precision(fraud, scores, np.stack([weights, np.ones(len(weights))]))
    assert found[0] == pytest.approx(average_precision_score(fraud, scores, sample_weight=weights))
    assert found[1] == pytest.approx(average_precision_score(fraud, scores))


@given(rows=scored, share=st.floats(0.05, 0.95), seed=st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_recall_is_the_mean_over_orders_of_equal_scores(rows, share, seed):
    fraud, scores, _ = (np.array(column) for column in zip(*rows, strict=True))
    found = metrics.recall_at(fraud, scores, np.ones((1, len(fraud))), share)[0]
    # brute force: how many of each step fit into the reviews
    left, caught = share * len(fraud), 0.0
    for score in sorted(set(scores.tolist()), reverse=True):
        step = scores == score
        looked = min(left, step.sum())
        caught += fraud[step].sum() * looked / step.sum()
        left -= looked
    assert found == pytest.approx(caught / fraud.sum())


@example(rows=[(True, 2, 1.0), (False, 2, 1.0), (False, 2, 1.0)], review=12.0)  # one step of three
@given(rows=scored, review=st.floats(0.1, 20))
@settings(max_examples=40, deadline=None)
def test_the_threshold_is_the_cheapest_of_all(rows, review):
    fraud, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    missed = np.full(len(fraud), 30.0)

    def cost(threshold):
        return float(weights @ metrics.row_costs(fraud, scores >= threshold, missed, review))

    best = min(cost(t) for t in [*scores, np.inf])
    assert cost(metrics.cheapest_threshold(fraud, scores, weights, missed, review)) == pytest.approx(best)


def test_costs_by_hand():
    fraud, alerts = np.array([True, True, False, False]), np.array([True, False, True, False])
    costs = metrics.row_costs(fraud, alerts, np.array([100.0, 40, 7, 7]), 5.0)
    np.testing.assert_array_equal(costs, [5, 40, 5, 0])
    assert metrics.per_thousand(costs, np.array([[1, 1, 1, 2.0]]))[0] == pytest.approx(1000 * 50 / 5)


def test_the_stability_index_by_hand():
    then = np.arange(1000.0)
    assert metrics.stability_index(then, then) == pytest.approx(0, abs=1e-4)
    now = np.concatenate([then[:500], then[:500]])  # the upper half is gone, the lower one is there twice
    a, e = np.full(10, 1e-4), np.full(10, 0.1)
    a[:5] = 0.2
    assert metrics.stability_index(then, now) == pytest.approx(np.sum((a - e) * np.log(a / e)), rel=0.02)


def test_bootstrap_intervals_cover():
    """A toy with a known difference: recall of two rankings, 19 of 20 intervals hold it, or nearly so."""
    fraud = np.arange(200) < 100
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        good, bad = (rng.random(200) < np.where(fraud, p, 0.2) for p in (0.8, 0.6))
        drawn = metrics.resamples(fraud, 200, seed)[1:]
        gap = (drawn * fraud) @ (good.astype(float) - bad) / 100
        low, high = metrics.percentiles(gap)
        inside += low <= 0.2 <= high
    assert 51 <= inside <= 60


def test_resamples_keep_both_kinds_and_blocks_change_nothing(monkeypatch):
    fraud = np.arange(30) < 4
    weights = np.where(fraud, 1.0, 28.4)
    drawn = metrics.resamples(fraud, 20, 0)
    assert (drawn[0] == 1).all()
    assert (drawn[:, fraud].sum(axis=1) == 4).all()
    assert (drawn[:, ~fraud].sum(axis=1) == 26).all()
    whole = metrics.over_resamples(lambda w: w @ fraud / w.sum(axis=1), drawn, weights)
    monkeypatch.setattr(metrics, "_BLOCK", 90)
    np.testing.assert_array_equal(
        metrics.over_resamples(lambda w: w @ fraud / w.sum(axis=1), drawn, weights), whole
    )


def test_the_stability_index_by_chance():
    rng = np.random.default_rng(0)
    found = [metrics.stability_index(rng.normal(size=900), rng.normal(size=600)) for _ in range(200)]
    assert np.mean(found) == pytest.approx(metrics.stability_by_chance(900, 600), rel=0.15)


def test_tail_bits_find_the_column_that_tells():
    table = transactions()
    bits = TailBits(n_bits=1).fit(table.X, table.y == "1")
    assert (bits.columns_[0], bits.signs_[0]) == (0, 1)
    z = (table.X[:, 0] - bits.centre_[0]) / bits.scale_[0]
    np.testing.assert_array_equal(bits.transform(table.X)[:, 0], z > 1.0)


def test_the_past_does_not_see_the_future():
    table = transactions()
    detection = plan(table, QUICK, [], time_column="t")
    when, (past, choose, measure) = detection.stream.when, detection.stream.parts
    assert when[past].max() < when[choose].min()
    assert when[choose].max() < when[measure].min()
    assert detection.jobs[0].sample.max() < past.stop
    # rows of one moment, such as copies, stay on one side
    table.extra["t"] = np.floor(table.extra["t"] / 50)
    stream = plan(table, QUICK, [], time_column="t").stream
    assert not set(stream.when[stream.parts[0]]) & set(stream.when[stream.parts[1]])


def test_missing_values_become_the_median_of_the_past():
    table = transactions()
    early = np.argsort(table.extra["t"])[:300]
    known = np.median(np.delete(table.X[early, 1], 0))
    table.X[early[0], 1] = np.nan
    table.X[np.argmax(table.extra["t"]), 1] = np.nan
    detection = plan(table, QUICK, [], time_column="t")
    assert detection.stream.X[0, 1] == detection.stream.X[-1, 1] == known
    assert "2 missing values" in " ".join(detection.notes)
    table.X[early, 2] = np.nan
    with pytest.raises(DataError, match="'c' has no value"):
        plan(table, QUICK, [], time_column="t")


@pytest.fixture(autouse=True)
def few_single_answers(monkeypatch):
    monkeypatch.setattr("qualms.learn.fraud.stream._ASKED_ALONE", 3)


def test_a_prevalence_becomes_weights():
    detection = plan(transactions(), FraudDesign(prevalence=0.001), [], time_column="t")
    stream = detection.stream
    assert stream.weights @ stream.fraud / stream.weights.sum() == pytest.approx(0.001)
    assert (stream.weights[stream.fraud] == 1).all()
    assert "true share of 0.100%" in " ".join(detection.notes)


def test_detectors_records_and_page(tmp_path):
    detection = plan(transactions(), QUICK, ["AnnealedBoostingClassifier"], time_column="t")
    heard = []
    done = detect(detection, tmp_path, lambda event: heard.append(event.kind))
    assert not done.failures
    found = {r.method: r for r in done.records}
    assert found["gradient boosting"].value("auprc") > 0.3
    assert found["AnnealedBoostingClassifier"].quadrant.is_quantum
    assert found["AnnealedBoostingClassifier/convex"].twin_of == "AnnealedBoostingClassifier"
    for record in done.records:
        low, high = record.payload.findings["intervals"]["auprc"]
        assert low <= record.value("auprc") + 0.15
        assert high >= record.value("auprc") - 0.15
    # the same command goes on from what is there
    again = detect(detection, tmp_path, lambda event: heard.append(event.kind))
    assert heard[-len(detection.jobs) :] == ["skipped"] * len(detection.jobs)
    assert [r.metrics for r in again.records] == [r.metrics for r in done.records]
    text = page.render(done.records)
    assert text.count("<svg") == 5  # precision and recall, differences, calibration, drift, cost
    assert "AnnealedBoostingClassifier (simulated quantum)" in " ".join(learning.sentences(done.records))
    # a damaged file is made again
    path = next((tmp_path / "scores").glob("*.npz"))
    path.write_bytes(path.read_bytes()[:100])
    heard.clear()
    detect(detection, tmp_path, lambda event: heard.append(event.kind))
    assert heard.count("done") == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fit": 0.9, "choose": 0.2}, "leave something to measure"),
        ({"prevalence": 1.5}, "between 0 and 1"),
        ({"budget": 2}, "at least 20"),
        ({"missed_cost": None}, "takes the column of amounts"),
        ({"fit": 0.01, "choose": 0.1}, "the part to fit on has"),
    ],
)
def test_what_does_not_fit_is_told(change, told):
    with pytest.raises((ConfigError, DataError), match=told):
        plan(transactions(), FraudDesign(**change), [], time_column="t")


def test_targets_that_are_no_frauds():
    table = transactions()
    with pytest.raises(DataError, match="3 different values"):
        plan(LearningTable("m", table.X, np.arange(600) % 3, [], "classification", "y", {}, []), QUICK, [])
    with pytest.raises(ConfigError, match="positive='x'"):
        plan(table, QUICK, [], time_column="t", positive="x")
    with pytest.raises(ConfigError, match="unknown learner"):
        plan(table, QUICK, ["Oracle"], time_column="t")


@pytest.mark.slow  # the guide's commands run by default
def test_the_command(tmp_path):
    table = transactions(200, share=0.3)
    rows = "".join(f"{t:g},{a},{m},{y}\n" for t, a, m, y in zip(
        table.extra["t"], table.X[:, 0], table.extra["amount"], table.y, strict=True))  # fmt: skip
    (tmp_path / "t.csv").write_text("t,a,amount,y\n" + rows)
    words = ("fraud", tmp_path / "t.csv", "--target", "y", "--time-column", "t", "--amount", "amount")
    words = (*words, "--challengers", "none", "--resamples", 20, "--store", tmp_path / "run", "--json")
    done = qualms(*words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    methods = [row["method"] for row in found["summary"]]
    assert methods == ["gradient boosting", "gradient boosting, same sample", "isolation forest"]
    assert "costs its amount" in " ".join(found["verdict"])
    wrong = qualms("fraud", tmp_path / "t.csv", "--target", "y", "--where", "t")
    assert wrong.returncode == 2
    assert "COLUMN=VALUE" in wrong.stderr
