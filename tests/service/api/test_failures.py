"""Failures from outside: disks that are full or read-only, many followers, browsers that go away."""

import re
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from qualms.errors import RunFolderError
from tests.service.api.serving import client_of, filled, served

A = "/api/v1"
SOLVE = {"kind": "solve", "text": "labs:10", "seconds": 1}
FOLLOWERS = 100


# Disks ------------------------------------------------------------------------------------------------------


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def closed(client):
    """Let nobody have a file of the folder open, as a file system that is made read-only asks for."""
    client.service.queue.close()
    client.service.index.close()


def refused(answer):
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unusable"), answer.text
    assert int(answer.headers["retry-after"]) > 0
    return answer.json()["detail"]


def test_a_full_disk_is_told_and_loses_nothing(disk):
    client = client_of(disk)
    first = client.post(f"{A}/jobs", json=SOLVE).json()["id"]
    large = {**SOLVE, "text": "labs:10 " + "x" * 15_000}  # more than is left of the last pages
    with filled(disk):
        detail = refused(client.post(f"{A}/jobs", json=large))
        assert str(disk) not in detail
        assert "full" in detail
        assert "space" in refused(
            client.post(f"{A}/uploads", params={"name": "a.csv"}, content=b"1\n" * 9000)
        )
        assert not list((disk / "uploads").glob("*/*"))  # nothing is half written
        assert [j["id"] for j in client.get(f"{A}/jobs").json()["jobs"]] == [first]
    assert client.post(f"{A}/jobs", json=large).status_code == 202
    closed(client)


def test_a_disk_that_becomes_read_only_is_told(disk):
    client = client_of(disk)
    assert client.post(f"{A}/jobs", json=SOLVE).status_code == 202
    assert client.post(f"{A}/uploads", params={"name": "b.csv"}, content=b"1\n").status_code == 201
    closed(client)
    remount(disk, "ro")
    detail = refused(client.post(f"{A}/jobs", json=SOLVE))
    assert str(disk) not in detail
    for name in ("a.csv", "b.csv"):  # a new one, and one that is there
        refused(client.post(f"{A}/uploads", params={"name": name}, content=b"1\n"))
    closed(client)
    with pytest.raises(RunFolderError, match=re.escape(str(disk))) as error:
        client_of(disk)
    assert "\n" not in str(error.value)
    remount(disk, "rw")
    assert client.post(f"{A}/jobs", json=SOLVE).status_code == 202
    closed(client)


# Followers and browsers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The real server, which does no jobs."""
    settings = f"[limits]\nworkers = 0\nstreams = {FOLLOWERS}\n"
    with (
        served(tmp_path_factory.mktemp("store"), settings) as (_, address),
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        yield client


def submitted(server, **headers):
    answer = server.post(f"{A}/jobs", json=SOLVE, headers=headers)
    assert answer.status_code == 202
    return answer.json()["id"]


@contextmanager
def opened(server, head):
    """A socket on which a request was begun."""
    address = urlsplit(str(server.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=120) as made:
        made.sendall(f"{head} HTTP/1.1\r\nHost: {address.netloc}\r\n".encode())
        yield made


@contextmanager
def followed(server, job):
    with opened(server, f"GET {A}/jobs/{job}/events") as made:
        made.sendall(b"\r\n")
        until(made, b"event: state")
        yield made


def until(made, wanted):
    """Read up to some bytes."""
    found = b""
    while wanted not in found:
        piece = made.recv(65536)
        assert piece, found
        found += piece


def followers(server, wanted):
    """Wait until so many are counted."""
    deadline = time.monotonic() + 120
    while f"qualms_streams {wanted}.0" not in server.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_a_hundred_follow_and_the_next_is_told_to_come_later(server):
    job = submitted(server)
    with ExitStack() as stack:
        streams = [stack.enter_context(followed(server, job)) for _ in range(FOLLOWERS)]
        answer = server.get(f"{A}/jobs/{job}/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "too-many-streams")
        assert answer.headers["retry-after"]
        for path in (f"{A}/jobs/{job}", f"{A}/records", "/health", "/", f"{A}/jobs"):
            assert server.get(path).status_code == 200
        server.post(f"{A}/jobs/{job}/cancel")
        for stream in streams:  # all of them are told, and end
            until(stream, b'"state": "cancelled"')
        followers(server, 0)


@pytest.mark.slow
def test_browsers_that_go_away_make_room(server):
    job = submitted(server)
    with ExitStack() as stack:
        for _ in range(FOLLOWERS):
            stack.enter_context(followed(server, job))
        followers(server, FOLLOWERS)
    followers(server, 0)
    with followed(server, job):
        followers(server, 1)


@pytest.mark.slow
def test_a_browser_that_goes_away_while_it_submits(server):
    before = len(server.get(f"{A}/jobs", params={"limit": 500}).json()["jobs"])
    body = b'{"kind": "solve", "text": "labs:10", "seconds": 1}'
    head = f"Content-Type: application/json\r\nIdempotency-Key: gone\r\nContent-Length: {len(body)}\r\n\r\n"
    with opened(server, f"POST {A}/jobs") as made:
        made.sendall(head.encode() + body[:20])
    jobs = server.get(f"{A}/jobs", params={"limit": 500}).json()["jobs"]
    assert len(jobs) == before
    with opened(server, f"POST {A}/jobs") as made:
        made.sendall(head.encode() + body)  # all of it arrives, and nobody waits for the answer
    first = submitted(server, **{"Idempotency-Key": "gone"})
    assert submitted(server, **{"Idempotency-Key": "gone"}) == first
    assert len(server.get(f"{A}/jobs", params={"limit": 500}).json()["jobs"]) == before + 1
