"""`qualms ask` with a language model that reads the words."""

import json

import pytest

from qualms.records import read_records
from tests.forked import qualms
from tests.language.stub import TEXT, envelope, plain, says, serving, streams, workshop

KEY = "sk-secret-0123456789"


def run(*words, **variables):
    return qualms("ask", *words, **variables)


def asked(step, *words, **variables):
    with serving(step) as stub:
        done = run(TEXT, "--endpoint", stub.url, "--model", "small", "--time", 10, *words, **variables)
    return done, stub


def test_an_answer_says_who_read_it(tmp_path):
    page, store = tmp_path / "page.html", tmp_path / "store"
    options = ("--key-variable", "SOME_KEY", "--yes", "--json", "--report", page, "--store", store)
    done, stub = asked(says(envelope(workshop())), *options, SOME_KEY=KEY)
    assert done.returncode == 0, done.stderr
    host = stub.url.split("/")[2]
    told = json.loads(done.stdout)
    assert told["objective"] == 13 * 70
    assert told["read_by"] == f"small at {host}"
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    (record,) = read_records(store)
    assert record.payload.read_by == f"small at {host}"
    assert f"Read by: small at {host}" in page.read_text()
    everything = done.stdout + done.stderr + page.read_text() + record.to_json()
    assert KEY not in everything


def test_nothing_is_solved_without_a_yes():
    done, stub = asked(streams(envelope(workshop())), "--json")
    assert done.returncode == 4
    told = json.loads(done.stdout)
    assert told["status"] == "question"
    assert told["read_by"] == f"small at {stub.url.split('/')[2]}"
    done, _ = asked(says(envelope(workshop())))
    assert done.returncode == 4
    assert "Read by: small at 127.0.0.1" in done.stdout
    assert "A language model can misread" in done.stdout
    assert "Is this what you want to solve?" in done.stderr


def test_a_mistake_of_the_model_is_a_question_also_with_a_yes():
    done, _ = asked(says(envelope(workshop(table=75))), "--yes")
    assert done.returncode == 4
    assert "The model put 75 in “profit”, which your text does not have." in done.stderr


def test_a_failure_is_one_line():
    done, _ = asked(plain({"error": {"message": f"bad key {KEY}"}}, 401), "--key-variable", "K", K=KEY)
    assert done.returncode == 2
    assert done.stderr.startswith("qualms: small at 127.0.0.1")
    assert "status 401, bad key …; name the variable" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--endpoint", "http://localhost:1/v1"), "--model NAME"),
        (("--model", "small"), "belongs to --endpoint"),
        (("--key-variable", "K"), "belongs to --endpoint"),
        (("--read-time", 5), "belongs to --endpoint or --local"),
        (("--endpoint", "http://localhost:1/v1", "--model", "a", "--local", "b"), "two readers"),
        (("--endpoint", "http://localhost:1/v1", "--model", "a", "--table", "t.csv"), "--table"),
        (("--endpoint", "http://localhost:1/v1", "--model", "a", "--key-variable", "NOT_SET"), "NOT_SET"),
        (("--endpoint", "http://localhost:1/v1", "--model", "a", "--read-time", 0), "timeout"),
        (("--endpoint", "nonsense", "--model", "a"), "no URL"),
        (("--local", "no/such/folder/at/all"), "cannot be loaded"),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(options, told):
    done = run(TEXT, *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_local_model_with_too_short_a_context():
    pytest.importorskip("llguidance")
    done = run(TEXT, "--local", "base", "--yes")
    assert done.returncode == 2
    assert "base on this computer: the instructions and the text have" in done.stderr
