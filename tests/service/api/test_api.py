"""The HTTP API: what its routes answer, its errors, its streams, and what it keeps to itself."""

import json
import logging

import pytest

from qualms.errors import RunFolderError
from qualms.records import Record, RunStore
from tests.records import sample
from tests.service.api.serving import client_of, done

A = "/api/v1"
JSON = {"content-type": "application/json"}
SOLVE = {"kind": "solve", "text": "labs:10", "seconds": 1}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return client_of(tmp_path_factory.mktemp("store"), limits__queue=40, limits__streams=2)


def problem(answer, status, code):
    """Check that an answer is a problem, whole and without a traceback."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "code", "detail"}
    assert (told["status"], told["code"]) == (status, code)
    assert "\n" not in told["detail"]
    assert "Traceback" not in answer.text
    return told["detail"]


def test_a_job_from_its_submission_to_its_result(client):
    answer = client.post(f"{A}/jobs", json=SOLVE, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 202
    job = answer.json()
    assert (job["state"], job["ahead"], job["request"]["text"]) == ("waiting", 0, "labs:10")
    assert answer.headers["location"] == f"{A}/jobs/{job['id']}"
    again = client.post(f"{A}/jobs", json=SOLVE, headers={"Idempotency-Key": "once"}).json()
    assert again["id"] == job["id"]
    other = client.post(f"{A}/jobs", json={**SOLVE, "seed": 1}, headers={"Idempotency-Key": "once"})
    assert job["id"] in problem(other, 409, "key-conflict")
    done(client.service, {"status": "optimal"})
    found = client.get(answer.headers["location"]).json()
    assert (found["state"], found["result"], found["attempts"]) == ("done", {"status": "optimal"}, 1)
    listed = client.get(f"{A}/jobs", params={"state": "done", "limit": 1}).json()["jobs"]
    assert [j["id"] for j in listed] == [job["id"]]
    assert listed[0]["result"] is None


def test_a_job_is_cancelled_and_stays_so(client):
    job = client.post(f"{A}/jobs", json=SOLVE).json()["id"]
    assert client.post(f"{A}/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{A}/jobs/{job}/cancel").json()["state"] == "cancelled"


def events(text):
    """(id, event, data) of every event of a stream."""
    blocks = [dict(line.split(": ", 1) for line in b.split("\n")) for b in text.strip().split("\n\n")[1:]]
    return [(int(b["id"]), b["event"], json.loads(b["data"])) for b in blocks if "id" in b]


def test_events_are_followed_from_the_last_one_that_is_known(client):
    job = client.post(f"{A}/jobs", json=SOLVE).json()["id"]
    done(client.service, {})
    whole = client.get(f"{A}/jobs/{job}/events")
    assert whole.headers["content-type"].startswith("text/event-stream")
    found = events(whole.text)
    assert [n for n, _, _ in found] == [1, 2, 3, 4, 5]
    assert [kind for _, kind, _ in found] == ["state", "state", "step", "found", "state"]
    assert found[-1][2]["state"] == "done"
    rest = client.get(f"{A}/jobs/{job}/events", headers={"Last-Event-ID": "3"})
    assert events(rest.text) == found[3:]
    assert client.get(f"{A}/jobs/{job}/events", params={"after": 5}).status_code == 204
    for bad in ("x", "-1", "1e99"):
        problem(client.get(f"{A}/jobs/{job}/events", headers={"Last-Event-ID": bad}), 422, "bad-request")


def test_an_upload_is_asked_about(client):
    kept = client.post(f"{A}/uploads", params={"name": "../prices.csv"}, content=b"a,b\n1,2\n")
    assert kept.status_code == 201
    assert kept.json()["name"] == "prices.csv"
    request = {"kind": "learn", "upload": kept.json()["id"], "target": "b"}
    assert client.post(f"{A}/jobs", json=request).status_code == 202
    problem(client.post(f"{A}/jobs", json={**request, "upload": "0" * 32}), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nothing", {}, 404, "not-found"),
        ("GET", "/jobs/0123456789abcdef", {}, 404, "not-found"),
        ("GET", "/jobs/0123456789abcdef/events", {}, 404, "not-found"),
        ("GET", "/jobs/x", {}, 422, "bad-request"),
        ("GET", "/jobs/..%2f..%2fetc", {}, 404, "not-found"),
        ("DELETE", "/jobs", {}, 405, "method-not-allowed"),
        ("GET", "/jobs?limit=0", {}, 422, "bad-request"),
        ("GET", "/jobs?state=lost", {}, 422, "bad-request"),
        ("GET", "/jobs?after=x", {}, 422, "bad-request"),
        ("GET", "/records/0123456789abcdef0123", {}, 404, "not-found"),
        ("GET", "/records?after=x", {}, 422, "bad-request"),
        ("GET", "/records?sort=secret", {}, 422, "bad-request"),
        ("GET", "/estimate?device=none", {}, 404, "not-found"),
        ("GET", "/prices?shots=-1", {}, 422, "bad-request"),
        ("GET", "/solvers?kind=annealing", {}, 422, "bad-request"),
        ("POST", "/jobs?wait=1", {"json": SOLVE}, 422, "bad-request"),
        ("POST", "/jobs/0123456789abcdef/cancel?now=1", {}, 422, "bad-request"),
        ("POST", "/jobs", {"content": b"{}"}, 415, "no-json"),
        ("POST", "/jobs", {"json": {"kind": "solve"}}, 422, "bad-request"),
        ("POST", "/jobs", {"content": b"{", "headers": JSON}, 422, "bad-request"),
        ("POST", "/jobs", {"json": SOLVE, "headers": {"idempotency-key": "a b"}}, 422, "bad-request"),
        ("POST", "/uploads", {"content": b"x"}, 422, "bad-request"),
        ("POST", "/uploads?name=x", {"content": b""}, 422, "bad-data"),
    ],
)  # fmt: skip
def test_errors_are_problems(client, method, path, options, status, code):
    problem(client.request(method, A + path, **options), status, code)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/jobs?limt=5", "'limt' is no parameter of this address; did you mean limit?"),
        ("/solvers?x", "'x' is no parameter of this address; there are none"),
        ("/records?sort=value&kind=a&kind=b", "kind: is given 2 times; give it once"),
        ("/prices?%0Aa=1", "'\\na' is no parameter of this address; there are circuits, shots"),
    ],
)
def test_a_parameter_that_is_not_known_or_given_twice_is_told(client, path, told):
    assert problem(client.get(A + path), 422, "bad-request") == told


def read_records_of(records):
    """Records as they are after they were written and read: whole numbers may be floats then."""
    return [Record.from_dict(json.loads(record.to_json())) for record in records]


def test_records_are_listed_and_fetched_with_broken_lines_counted(tmp_path):
    records = [
        sample.make_record(), sample.make_noise(), sample.make_solving(), sample.make_asking(),
        sample.make_learning(),
    ]  # fmt: skip
    with RunStore(tmp_path) as store:
        for record in records:
            store.add(record)
    with open(tmp_path / "records.jsonl", "a") as file:
        file.write('{"id": broken\n')
    client = client_of(tmp_path)
    found = client.get(f"{A}/records", params={"limit": 2}).json()
    assert (found["total"], found["broken"], len(found["records"])) == (len(records), 1, 2)
    rest = client.get(f"{A}/records", params={"limit": 500, "after": found["next"]}).json()
    keys = [e["key"] for e in found["records"] + rest["records"]]
    assert len(set(keys)) == len(records)
    lines = client.get(f"{A}/records.jsonl").text.splitlines()
    read = [Record.from_dict(json.loads(line)) for line in lines]
    assert sorted(r.to_json() for r in read) == sorted(r.to_json() for r in read_records_of(records))
    for name in (keys[0], found["records"][0]["id"]):
        assert client.get(f"{A}/records/{name}").json()["id"] == found["records"][0]["id"]
    kind = records[0].kind
    chosen = client.get(f"{A}/records", params={"kind": kind}).json()
    assert {e["kind"] for e in chosen["records"]} == {kind}


def test_what_is_known_beforehand(client):
    devices = client.get(f"{A}/devices").json()["devices"]
    assert all(f["source"] for d in devices for f in d["facts"].values())
    name = devices[0]["name"]
    told = client.get(f"{A}/estimate", params={"device": name, "circuits": 10}).json()
    assert all(name in q["devices"] and q["circuits"] == 10 for q in told["quotes"])
    assert "greedy" in client.get(f"{A}/solvers").json()["solvers"]
    assert "Solve" in client.get(f"{A}/schema").json()["$defs"]
    document = client.get(f"{A}/openapi.json").json()
    assert document["servers"] == [{"url": A}]
    assert "Routes" in document["components"]["schemas"]  # the typed specification of `ask`


def test_a_full_queue_says_so_and_adds_nothing(tmp_path):
    client = client_of(tmp_path, limits__queue=2)
    for _ in range(2):
        assert client.post(f"{A}/jobs", json=SOLVE).status_code == 202
    answer = client.post(f"{A}/jobs", json=SOLVE)
    assert "no more may" in problem(answer, 503, "queue-full")
    assert int(answer.headers["retry-after"]) > 0
    assert len(client.get(f"{A}/jobs").json()["jobs"]) == 2


def test_a_queue_that_cannot_be_written_is_told_without_its_place(tmp_path):
    client = client_of(tmp_path)
    client.service.queue.close()
    (tmp_path / "service.sqlite").write_bytes(b"no database" * 100)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"service.sqlite{suffix}").unlink(missing_ok=True)
    detail = problem(client.post(f"{A}/jobs", json=SOLVE), 503, "store-unusable")
    assert str(tmp_path) not in detail
    assert client.get("/metrics").status_code == 200


def test_an_unexpected_error_is_a_problem_without_a_word_of_it(client, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(client.service.queue, "jobs", broken)
    with caplog.at_level(logging.CRITICAL):
        answer = client.get(f"{A}/jobs")
    assert "secret" not in problem(answer, 500, "internal")


def test_health_and_metrics(client):
    health = client.get("/health")
    assert health.json() == {"status": "ok", "troubles": []}
    client.get(f"{A}/jobs/0123456789abcdef")
    text = client.get("/metrics").text
    assert 'qualms_requests_total{method="GET",route="/jobs/{job_id}",status="404"}' in text
    assert "0123456789abcdef" not in text  # a pattern, and no address
    assert 'qualms_jobs{state="waiting"}' in text
    client.service.workers._troubles["worker-0"] = f"{client.service.store}: full"
    try:
        sick = client.get("/health")
        assert (sick.status_code, sick.json()["troubles"]) == (503, ["the store: full"])
    finally:
        client.service.workers._troubles.clear()


def test_two_services_of_one_folder(tmp_path):
    """The second one is refused before it does anything."""
    first, second = client_of(tmp_path, limits__workers=0), client_of(tmp_path, limits__workers=0)
    with first.service.workers, pytest.raises(RunFolderError, match="another service uses this folder"):
        second.service.workers.__enter__()
    with second.service.workers:
        pass
