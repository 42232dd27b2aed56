"""What jobs do, in this process; and that their records reach the store once."""

import json
import os

import pytest

from qualms.errors import ConfigError
from qualms.execution.event import unheard
from qualms.execution.executor import Call
from qualms.execution.inline import InlineExecutor
from qualms.records import Record, RunStore, read_records
from qualms.service.jobs import uploads
from qualms.service.jobs.work import Task, deliver, upload_of, work
from qualms.service.settings import Limits, Spending
from tests.records import sample

PROBLEM = {"specification": None, "text": None, "upload": None, "decimal": None}
SOLVE = {**PROBLEM, "seconds": 1.0, "gap": 0.0, "seed": 3, "solvers": ()}
TERMS = [{"a": "a", "b": "b", "coefficient": -1}, {"a": "b", "b": "c", "coefficient": 2}]
UNSEEN = {"kind": "qubo", "name": "small", "variables": ["a", "b", "c"], "terms": TERMS}
TOLD = (
    "A workshop makes tables and chairs. A table brings 120 dollars and takes 4 hours. A chair brings "
    "50 dollars and takes 2 hours. There are 40 hours. How many of each give the most profit?"
)


@pytest.fixture
def do(tmp_path, monkeypatch):
    """Does a job here, and returns what it left and what it told."""
    monkeypatch.chdir(tmp_path)

    def done(kind, request):
        heard = []
        task = Task("0" * 16, kind, request, tmp_path, 1, Spending())
        [outcome] = InlineExecutor().run([Call("job", work, (task,))], heard.append)
        if hasattr(outcome, "error"):
            raise outcome.error
        return outcome.value, [e.value for e in heard if e.kind == "found"]

    done.store = tmp_path
    return done


def test_a_problem_in_words_is_read_and_solved(do):
    read, _ = do("read", {**PROBLEM, "text": TOLD})
    assert read.result["paraphrase"]
    assert not read.records
    specification = read.result["specification"]
    solved, news = do("solve", {**SOLVE, "specification": specification})
    assert (solved.result["status"], solved.result["objective"]) == ("optimal", 1200)
    assert solved.result["sentences"]
    assert news[0]["sense"] == "max"
    answers = [told for told in news[1:] if "bound" not in told]
    assert all({"solver", "objective", "feasible", "seconds"} <= set(told) for told in answers)
    [line] = solved.records
    record = Record.from_dict(json.loads(line))
    assert (record.kind, record.id, record.seed) == ("asking", solved.result["record"], 3)
    json.dumps(solved.result, allow_nan=False)


def test_a_decision_learns_from_the_past_runs_of_the_store(do):
    """Of a family of which the package has no runs, those of the store alone can tell what will come."""
    request = {**SOLVE, "specification": UNSEEN}
    before, _ = do("solve", request)
    assert before.result["decision"]["outside"] is not None
    with RunStore(do.store) as kept:
        for k in range(8):
            for arm in ("greedy", "annealing"):
                kept.add(sample.make_solving(arm, k, problem_kind="qubo", problem_hash=str(k), size=3))
    after, _ = do("solve", request)
    assert after.result["decision"]["outside"] != before.result["decision"]["outside"]


def test_records_that_no_decision_can_use_keep_nobody_from_solving(do, caplog):
    senseless = sample.make_solving(limits={"seconds": "ten"}).to_json()
    (do.store / "records.jsonl").write_text(f"{senseless}\n")
    solved, _ = do("solve", {**SOLVE, "specification": UNSEEN})
    assert (solved.result["status"], solved.result["warnings"]) == ("optimal", [])
    assert "the past runs of the store are not used for a decision" in caplog.text


def test_what_is_not_understood_is_a_question_and_no_error(do):
    asked, _ = do("solve", {**SOLVE, "text": "Which shops should I visit first?"})
    assert asked.result["status"] in ("question", "refused")
    assert not asked.records


def test_messages_do_not_tell_where_the_store_is(do):
    upload = uploads.keep(do.store, "prices.csv", b"a;b\n1;x\n", Limits())
    with pytest.raises(Exception, match=r"prices\.csv") as error:
        do("solve", {**SOLVE, "upload": upload})
    assert str(do.store) not in str(error.value)


def test_an_upload_that_was_deleted(do):
    with pytest.raises(ConfigError, match="not there any more"):
        upload_of(Task("0" * 16, "read", {"upload": "0" * 32}, do.store, 1, Spending()))


def test_a_text_beside_a_table_speaks_of_the_upload_alone(do):
    table = b"item,value,weight\na,10,5\nb,7,4\nc,6,3\n"
    upload = uploads.keep(do.store, "items.csv", table, Limits())
    found, _ = do("solve", {**SOLVE, "text": "Pack items with a capacity of 8.", "upload": upload})
    assert found.result["status"] in ("optimal", "question", "refused")
    assert str(do.store) not in json.dumps(found.result)


def test_records_reach_the_store_once_however_often_they_are_delivered(tmp_path):
    records = [sample.make_solving(seed=k) for k in range(3)]
    lines = tuple(r.to_json() for r in records)
    assert deliver(tmp_path, lines[:2], unheard) == 2
    assert deliver(tmp_path, lines, unheard) == 1
    assert deliver(tmp_path, lines * 2, unheard) == 0
    with RunStore(tmp_path) as other:  # a command adds one meanwhile
        other.add(sample.make_asking())
    assert deliver(tmp_path, (sample.make_asking().to_json(),), unheard) == 0
    assert [r.id for r in read_records(tmp_path)] == [*(r.id for r in records), sample.make_asking().id]


def test_records_are_delivered_after_a_broken_line_and_a_cut_one(tmp_path):
    """Whoever broke a line, those that come after it are kept; what a kill cut off is dropped."""
    first, second, third = (sample.make_solving(seed=k).to_json() for k in range(3))
    path = tmp_path / "records.jsonl"
    path.write_text(f'{first}\n{{"id": \n{second}\n{third[:50]}')
    assert deliver(tmp_path, (second, third), unheard) == 1
    *before, last = path.read_text().splitlines()
    assert before == [first, '{"id": ', second]
    assert json.loads(last) == json.loads(third)
    path.unlink()  # it is another file by now
    assert deliver(tmp_path, (first,), unheard) == 1
    os.truncate(path, 10)
    assert deliver(tmp_path, (first, second), unheard) == 2
