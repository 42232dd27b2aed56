"""Requests: what the one schema takes, what it refuses, and that nothing in them leads to files or money."""

import gzip
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError, MissingError, TooLargeError
from qualms.service.jobs import uploads
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.requests import parse, submit_checked
from qualms.service.jobs.solving import _read
from qualms.service.jobs.work import Task, upload_of
from qualms.service.settings import Limits, Spending, read_settings

LIMITS = Limits(upload_bytes=100_000, uploads_bytes=150_000, rows=100)


@pytest.fixture
def door(tmp_path):
    """Submits to a queue of its own."""
    chosen = read_settings(tmp_path, None, {"limits.text": 1000}, {})
    queue = Queue(chosen.database)

    def submit(request, kind="", key=None):
        return submit_checked(queue, kind, request, key, chosen)

    submit.store = tmp_path
    return submit


LABS = {"kind": "labs", "length": 4}


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"kind": "solve"}, "none of them"),
        ({"kind": "solve", "text": "a", "specification": LABS}, "specification and text"),
        ({"kind": "solve", "text": "x", "dollars": 5}, "dollars: there is no such field here; leave it out"),
        ({"kind": "solve", "text": "x", "quote": "q-1"}, "quote: there is no such field here"),
        ({"kind": "solve", "text": "x", "store": "/etc"}, "store: there is no such field here"),
        ({"kind": "solve", "text": "x", "seconds": 1e9}, "600 are the most"),
        ({"kind": "solve", "text": "x", "seconds": -1}, "seconds: must be greater than 0"),
        ({"kind": "solve", "text": "x", "seconds": "10"}, "seconds: must be a number"),
        ({"kind": "solve", "text": "x", "seed": True}, "seed: must be an integer"),
        ({"kind": "solve", "text": "x" * 1001}, "1,001 characters, and 1,000 are the most"),
        ({"kind": "solve", "text": "x", "solvers": ["qaoa:backend=ibm/fez"]}, "unknown solver"),
        ({"kind": "solve", "upload": "../../etc/passwd"}, "must have the form"),
        ({"kind": "solve", "specification": {"kind": "classification", "table": "/etc/hosts", "target": "x"}},
         "names a file, which no request may"),
        ({"kind": "compare", "recipe": {"data": "/etc/passwd"}}, "an uploaded file"),
        (b'{"kind": "solve", "text": "labs:4", "seed": ' + b"9" * 5000 + b"}", "no valid request"),
        ({"kind": "compare", "recipe": {"executor": "ray:evil:1"}}, "the service decides"),
        ({"kind": "generate", "records": ["../x"], "prompt": "p"}, "must have the form"),
        ({"kind": "shell", "text": "rm"}, "kind 'shell' is unknown; give one of 'solve'"),
        ({}, "the request: kind is missing, which says what it is"),
    ],
)  # fmt: skip
def test_what_is_refused(door, request_, told):
    with pytest.raises(ConfigError, match=told) as error:
        door(request_)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"kind": "solve", "text": "a", "text": "b"}', "'text' is given twice"),
        ('{"kind": "solve", "text": "a"', "not JSON"),
        ("[" * 100_000, "not JSON|recursion"),
        ('{"kind": "solve", "seconds": NaN, "text": "a"}', "finite|number"),
        ('{"kind": "solve", "seconds": 1e999, "text": "a"}', "finite|number"),
        (b"\xff\xfe{}", "not JSON"),
        ('{"kind":"solve","specification":{"kind":"labs","length":9,"name":"a\\u202eb"}}', "hidden"),
    ],
)
def test_json_that_is_refused(door, text, told):
    with pytest.raises(ConfigError, match=told):
        door(text)


def test_a_text_of_several_lines_is_taken(door):
    job = door({"kind": "read", "text": "two lines\nof 한국어"})
    assert job.request["text"] == "two lines\nof 한국어"
    assert job.title == "two lines of 한국어"


@settings(max_examples=25, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
@example({"\n": None})
def test_anything_that_is_no_request_is_one_line(value):
    """Whatever JSON it is, the answer is an error of ours in one line."""
    try:
        text = json.dumps(value)
    except ValueError:
        return
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é", "a\n"])
def test_keys_that_are_none(door, key):
    with pytest.raises(ConfigError, match="idempotency key"):
        door({"kind": "read", "text": "x"}, key=key)


def _task(door, **request):
    job = door({"kind": "read", **request})
    return Task(job.id, job.kind, job.request, door.store, 1, Spending())


@pytest.mark.parametrize("text", ["/etc/passwd", "../../etc/passwd", "pyproject.toml", "/dev/zero"])
def test_a_text_is_never_a_files_name(door, text):
    """The path of a file that is there is read as words, which state no problem."""
    found = _read(_task(door, text=text))
    assert "no optimization problem" in found.reason


@pytest.mark.parametrize("table", ["/etc/passwd", "other.csv"])
def test_no_file_and_no_text_names_another_file(door, table, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # the job's own process goes to the folder of the upload
    text = json.dumps({"kind": "classification", "table": table, "target": "x"})
    upload = uploads.keep(door.store, "problem.json", text.encode(), LIMITS)
    for task in (_task(door, upload=upload), _task(door, text=text)):
        with pytest.raises(ConfigError, match="names a file, which no request may"):
            _read(task)


# Uploads ----------------------------------------------------------------------------------------------------


def test_an_upload_is_kept_once_by_what_it_holds(tmp_path):
    first = uploads.keep(tmp_path, "Tabelle 1.CSV.gz", gzip.compress(b"a,b\n1,2\n", mtime=0), LIMITS)
    again = uploads.keep(tmp_path, "Tabelle 1.CSV.gz", gzip.compress(b"a,b\n1,2\n", mtime=0), LIMITS)
    assert first == again
    assert uploads.find(tmp_path, first).name == "Tabelle_1.csv.gz"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\x00b.csv", "a_b.csv"),
        ("가격표.xlsx", "가격표.xlsx"),
        ("-rf.csv", "rf.csv"),
        ("..", "file"),
        ("", "file"),
        ("x" * 500 + ".csv", "x" * 50 + ".csv"),
        ("<script>.csv", "script.csv"),
        (".csv", "file.csv"),
    ],
)
def test_names_of_uploads(tmp_path, name, safe):
    assert uploads.safe_name(name) == safe
    kept = uploads.find(tmp_path, uploads.keep(tmp_path, name, b"1", LIMITS))
    assert kept.resolve().is_relative_to((tmp_path / "uploads").resolve())


def test_uploads_that_are_refused(tmp_path):
    bomb = gzip.compress(b"\0" * 5_000_000)
    for content, kind, told in (
        (b"", DataError, "empty"),
        (b"x" * 100_001, TooLargeError, "100,001 bytes"),
        (b"1\n" * 101, TooLargeError, "101 lines"),
        (bomb, TooLargeError, "when unpacked"),
        (bomb[:50], DataError, "cannot be unpacked"),
    ):
        with pytest.raises(kind, match=told):
            uploads.keep(tmp_path, "x.csv", content, LIMITS)
    assert not (tmp_path / "uploads").exists()
    uploads.keep(tmp_path, "x", b"a" * 100_000, LIMITS)
    with pytest.raises(TooLargeError, match="all uploaded files"):
        uploads.keep(tmp_path, "y", b"b" * 60_000, LIMITS)


def test_a_link_in_the_place_of_an_upload_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "uploads" / ("0" * 32)
    folder.mkdir(parents=True)
    (folder / "x.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(MissingError):
        uploads.find(tmp_path, "0" * 32)
    with pytest.raises(ConfigError, match="not there any more"):
        upload_of(Task("0" * 16, "read", {"upload": "0" * 32}, tmp_path, 1, Spending()))


def test_a_job_about_a_file_is_called_as_the_file(door):
    upload = uploads.keep(door.store, "berlin52.tsp", b"NAME: berlin52\n", LIMITS)
    assert door({"kind": "solve", "upload": upload}).title == "berlin52.tsp"
