"""`qualms why`, in this process."""

import json
import sys

import pytest

from qualms.cli import main
from qualms.orchestrator.asking import asking_record
from qualms.orchestrator.explain import explain
from qualms.records import RunStore
from qualms.solve import Limits, solve
from qualms.specification.specification import to_problem
from tests.orchestrator.samples import infeasible, workshop
from tests.records.sample import make_solving


def record_of(specification, question=""):
    limits = Limits(0.3)
    result = solve(to_problem(specification), limits)
    return asking_record(specification, result, explain(specification, result, 0.0), limits, question)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with RunStore(folder) as opened:
        opened.add(make_solving())
        opened.add(record_of(workshop()))
    return folder


@pytest.fixture
def ask(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["qualms", "why", *map(str, words)])
        try:
            main.run()
            status = 0
        except SystemExit as end:
            status = end.code or 0
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def test_an_answer(ask, store):
    status, out, err = ask(store, "What if carpentry is 264?", "--time", "2")
    assert (status, err) == (0, "")
    assert "Profit would be 4,460 dollars in place of 4,100 dollars" in " ".join(out.split())


def test_json_has_all_digits(ask, store):
    status, out, _ = ask(store / "records.jsonl", "How many tables?", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["kind"] == "retrieve"
    assert found["answer"] == [{"what": "tables", "value": 30, "unit": "tables"}]


def test_a_question_back(ask, store):
    status, out, _ = ask(store, "What about the weather?")
    assert status == 4
    assert "“weather” names nothing here" in " ".join(out.split())
    status, out, _ = ask(store, "How much would one more hour bring?", "--json")
    assert status == 4
    assert json.loads(out)["choices"] == ["carpentry", "painting"]


def test_the_record_is_chosen_by_its_id(ask, tmp_path):
    records = [record_of(workshop()), record_of(infeasible())]
    with RunStore(tmp_path) as opened:
        for record in records:
            opened.add(record)
    status, _, err = ask(tmp_path, "How many tables?")
    assert status == 2
    assert f"holds 2 answered questions; choose one with --id: {records[0].id}, {records[1].id}" in err
    status, out, _ = ask(tmp_path, "Why is it infeasible?", "--id", records[1].id[:8])
    assert status == 0
    assert "order (at least 10 tables); paint (at most 15 litres)" in " ".join(out.split())
    status, _, err = ask(tmp_path, "How many?", "--id", "zz")
    assert status == 2
    assert "--id zz" in err


def test_bad_use_is_one_line(ask, store, tmp_path):
    for words, told in (
        ((tmp_path / "none", "How many?"), "no records there"),
        ((store, "How many?", "--time", "-1"), "--time -1"),
        ((store, "How many?", "--time", "nan"), "--time nan"),
    ):
        status, out, err = ask(*words)
        assert (status, out) == (2, "")
        assert told in err
        assert len(err.splitlines()) == 1
    with RunStore(tmp_path / "other") as opened:
        opened.add(make_solving())
    status, _, err = ask(tmp_path / "other", "How many?")
    assert status == 2
    assert "holds no answered question" in err
