"""Jobs that are no optimization: their answers against numpy and brute force, and the commands."""

import itertools
import json

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError, TooLargeError
from qualms.orchestrator.ask import ask
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.intake import understood
from qualms.orchestrator.other_jobs import do
from qualms.specification.specification import parse
from tests import forked

SPRINGS = {
    "kind": "linear system",
    "name": "springs",
    "matrix": [[2, -1, 0], [-1, 2, -1], [0, -1, 2]],
    "right": [1, 0, 1],
    "unknowns": ["a", "b", "c"],
}


def done(content, **budget):
    return do(understood(parse(json.dumps(content)), "specification"), Budget(**budget), seed=3)


def test_a_linear_system_is_solved_and_hhl_stands_beside_conjugate_gradient():
    found = done(SPRINGS)
    expected = np.linalg.solve(SPRINGS["matrix"], SPRINGS["right"])
    np.testing.assert_allclose(list(found.answer["solution"].values()), expected, rtol=1e-12)
    assert found.sentences[0] == "a = 1"
    assert [r.method for r in found.records] == ["hhl", "hhl/cg"]
    assert found.records[1].twin_of == "hhl"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"matrix": [[1, 1, 0], [2, 2, 0], [0, 0, 1]]}, "rank 2"),
        ({"right": [1, 0]}, "as many equations"),
        ({"unknowns": ["a"]}, "1 unknowns are named"),
    ],
)
def test_a_system_that_cannot_be_solved_is_refused(change, told):
    with pytest.raises(ConfigError, match=told):
        done({**SPRINGS, **change})


def test_an_ill_conditioned_system_is_solved_without_hhl():
    found = done({**SPRINGS, "matrix": [[1e9, 0, 0], [0, 1, 0], [0, 0, 1]]})
    assert found.answer["hhl"] is None
    assert "HHL was not tried" in " ".join(found.sentences)
    assert found.answer["solution"]["c"] == 1.0


def sampling(kind="ising", count=4000, temperature=0.7):
    terms = [
        {"a": "a", "b": "b", "coefficient": 1},
        {"a": "b", "b": "c", "coefficient": -0.5},
        {"a": "c", "coefficient": 0.3},
    ]
    model = {"kind": kind, "name": "m", "variables": ["a", "b", "c"], "terms": terms}
    return {
        "kind": "sampling",
        "name": "three",
        "model": model,
        "temperature": temperature,
        "count": count,
    }


@pytest.mark.parametrize(("kind", "values"), [("ising", (-1, 1)), ("qubo", (0, 1))])
def test_states_are_drawn_with_boltzmanns_probabilities(kind, values):
    found = done(sampling(kind))
    weights = {
        s: np.exp(-(s[0] * s[1] - 0.5 * s[1] * s[2] + 0.3 * s[2]) / 0.7)
        for s in itertools.product(values, repeat=3)
    }
    total, drawn = sum(weights.values()), 0
    for row in found.answer["states"]:
        state = tuple(row["state"][v] for v in "abc")
        assert row["probability"] == pytest.approx(weights[state] / total)
        assert abs(row["count"] / 4000 - row["probability"]) < 0.05
        drawn += row["count"]
    assert drawn == 4000
    assert set(found.answer["chains"]["gaps"]) >= {"quantum", "local", "uniform"}


def test_states_of_one_energy_are_drawn_without_chains():
    flat = sampling()
    flat["model"]["terms"] = []
    found = done(flat)
    assert {row["probability"] for row in found.answer["states"]} == {0.125}
    assert found.answer["chains"] is None
    assert "were not tried" in found.sentences[-1]


def test_what_cannot_be_sampled_is_refused():
    with pytest.raises(ConfigError, match="above 0"):
        done(sampling(temperature=0))
    many = sampling()
    many["model"] = {"kind": "ising", "name": "m", "variables": [f"v{k}" for k in range(21)], "terms": []}
    with pytest.raises(TooLargeError, match="at most 20"):
        done(many)


@pytest.fixture
def shapes(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'long' if a > 0 else 'short'}" for a, b in rng.normal(size=(30, 2))]
    (tmp_path / "shapes.csv").write_text("length,width,kind\n" + "\n".join(rows) + "\n")
    return tmp_path / "shapes.csv"


def test_rows_are_classified_by_classical_methods_and_learners_while_there_is_time(shapes):
    found = ask("Classify the rows by kind", shapes, Budget(seconds=1e-3))
    assert {"chance", "logistic", "boosting"} <= {r.method for r in found.records}
    assert all(r.kind == "learning" for r in found.records)
    assert "QuantumKernelClassifier and its twins were not run, since the time was over" in found.failures
    assert found.to_dict()["specification"]["target"] == "kind"


def test_columns_that_are_not_there_are_named(shapes):
    job = {
        "kind": "classification",
        "name": "s",
        "table": str(shapes),
        "target": "kind",
        "features": ["depth"],
    }
    with pytest.raises(ConfigError, match="no column depth"):
        done(job)
    with pytest.raises(DataError):
        done({**job, "table": str(shapes.parent / "none.csv")})


def test_the_command(tmp_path):
    (tmp_path / "springs.json").write_text(json.dumps(SPRINGS))
    found = forked.qualms("ask", str(tmp_path / "springs.json"), "--yes", "--json", "--store", str(tmp_path))
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert told["status"] == "done"
    assert told["answer"]["solution"] == pytest.approx({"a": 1.0, "b": 1.0, "c": 1.0})
    assert len((tmp_path / "records.jsonl").read_text().splitlines()) == 2
    refused = forked.qualms("ask", str(tmp_path / "springs.json"), "--yes", "--gap", "1%")
    assert refused.returncode == 2
    assert "--gap means nothing" in refused.stderr
    asked = forked.qualms("ask", str(tmp_path / "springs.json"), "--json")
    assert asked.returncode == 4
