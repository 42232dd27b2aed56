"""`qualms ask` from outside."""

import json
import sys

import pytest

from qualms.records.store import read_records
from tests.orchestrator.test_intake import TEXT


def called(monkeypatch, capsys, *words):
    """In this process: the status, and what was printed."""
    from qualms.cli import main

    monkeypatch.setattr(sys, "argv", ["qualms", "ask", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return ended.value.code or 0, capsys.readouterr()


def test_an_answer_with_all_its_files(tmp_path, monkeypatch, capsys):
    out, page, store = tmp_path / "answer.csv", tmp_path / "page.html", tmp_path / "store"
    status, told = called(
        monkeypatch, capsys, TEXT, "--yes", "--time", "10", "--out", out, "--report", page, "--store", store
    )
    assert status == 0
    assert "50 × tables + 30 × chairs" in told.out
    assert "1,200 dollars" in told.out
    assert "Receipt: problem " in told.out
    assert out.read_text().splitlines()[0] == "what,value,unit"
    assert "chairs" in page.read_text()
    (record,) = read_records(store)
    assert (record.kind, record.payload.question) == ("asking", TEXT)


def test_json_has_the_four_layers(monkeypatch, capsys):
    status, told = called(monkeypatch, capsys, TEXT, "--yes", "--json", "--time", "10")
    answer = json.loads(told.out)
    assert status == 0
    assert answer["status"] == "optimal"
    assert answer["specification"]["kind"] == "general"
    assert answer["explanation"]["sentences"]
    assert answer["read_by"] == "grammar"


def test_without_a_yes_there_is_a_question_back(monkeypatch, capsys):
    status, told = called(monkeypatch, capsys, TEXT, "--json")
    answer = json.loads(told.out)
    assert status == 4
    assert "--yes" in answer["questions"][0]
    assert answer["paraphrase"]
    status, told = called(monkeypatch, capsys, TEXT)
    assert status == 4
    assert "50 × tables" in told.out


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["hello"], 4, "no numbers"),
        ([""], 4, "empty"),
        (["A table earns $5 and a chair $4. Maximize profit."], 4, "?"),
        (["none.csv"], 2, "there is no such file"),
        ([TEXT, "--gap", "7"], 2, "must be a share"),
        ([TEXT, "--time", "nan"], 2, "time"),
        ([TEXT, "--budget", "-1"], 2, "dollars=-1"),
        ([TEXT, "--cores", "0"], 2, "cores=0"),
        ([TEXT, "--out", ""], 2, "empty"),
        ([TEXT, "--yes", "--solver", "magic"], 2, "unknown solver 'magic'"),
        (['{"kind": "linear system", "matrix": [[0]], "right": [1]}', "--yes"], 2, "no unique solution"),
    ],
)
def test_what_ends_otherwise_says_so_in_a_line(words, status, told, monkeypatch, capsys):
    ended, printed = called(monkeypatch, capsys, *words)
    assert ended == status
    assert told in printed.err
    assert "Traceback" not in printed.err


def test_an_infeasible_problem_ends_with_three_and_names_the_conflict(monkeypatch, capsys):
    text = (
        "A workshop makes tables and chairs. A table earns $50 and needs 2 hours, a chair earns $30 and "
        "needs 1 "
        "hour. There are 40 hours. At least 30 tables must be made. How many of each maximize the profit?"
    )
    status, told = called(monkeypatch, capsys, text, "--yes", "--time", "10")
    assert status == 3
    assert "cannot" in told.out
