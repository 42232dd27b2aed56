"""Who is let in: names, sites, tokens; and how much may be sent how slowly."""

import asyncio
import gzip
import inspect

import pytest

from qualms.service.api import guard
from qualms.service.api.guard import Guard
from qualms.service.settings import read_settings
from tests.service.api.serving import TOKEN, client_of

A = "/api/v1"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return client_of(tmp_path_factory.mktemp("store"), limits__body_bytes=2048, limits__upload_bytes=4096)


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    return client_of(tmp_path_factory.mktemp("store"), TOKEN, host="0.0.0.0")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8321", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8321", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("evil.example#localhost", 421),
        ("10.0.0.1", 421),
        ("[::1", 421),
        ("[localhost]", 421),
        ("", 421),
    ],
)
def test_names_of_the_server(local, host, status):
    assert local.get(f"{A}/solvers", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),  # it was let in
        ({"Origin": "http://127.0.0.1:8321"}, 415),
        ({"Origin": "http://127.0.0.1:8321", "Sec-Fetch-Site": "same-origin"}, 415),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "http://127.0.0.1:8321.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_pages_of_other_sites_change_nothing(local, headers, status):
    assert local.post(f"{A}/jobs", content=b"", headers=headers).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong-0123456789abcdef"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": b"Bearer \xff\xfe"},
        {"Cookie": "qualms_token=wrong"},
        {"Cookie": "qualms_token"},
    ],
)
def test_without_the_token_nothing_is_told(remote, headers):
    for path in (f"{A}/jobs", "/metrics", f"{A}/openapi.json", "/", "/records", f"{A}/nothing"):
        answer = remote.get(path, headers={"Host": "10.0.0.1:8321", **headers})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in answer.text


def test_with_the_token(remote):
    header = {"Host": "10.0.0.1:8321", "Authorization": f"bearer {TOKEN}"}
    assert remote.get(f"{A}/jobs", headers=header).status_code == 200
    assert remote.get("/health").json() == {"status": "ok", "troubles": []}


def test_a_person_enters_the_token_once(remote):
    asked = remote.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login")
    assert "password" in remote.get("/login").text
    wrong = remote.post("/login", data={"token": "wrong"})
    assert wrong.status_code == 403
    right = remote.post("/login", data={"token": TOKEN}, follow_redirects=False)
    assert right.status_code == 303
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert remote.get(f"{A}/jobs").status_code == 200  # the client has the cookie now
    remote.cookies.clear()


def test_the_token_is_compared_in_constant_time():
    source = inspect.getsource(guard)
    assert "hmac.compare_digest(shown" in source
    assert "== self._token" not in source


def test_bodies_that_are_too_large(local):
    json = {"content-type": "application/json"}
    declared = local.post(f"{A}/jobs", content=b"x" * 3000, headers=json)
    assert (declared.status_code, declared.json()["code"]) == (413, "too-large")

    def chunks():
        for _ in range(100):
            yield b"x" * 100

    streamed = local.post(f"{A}/jobs", content=chunks(), headers=json)
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too-large")
    upload = local.post(f"{A}/uploads", params={"name": "x"}, content=b"x" * 4097)
    assert upload.status_code == 413
    assert local.post(f"{A}/uploads", params={"name": "x"}, content=b"x" * 4096).status_code == 201
    lied = local.post(f"{A}/jobs", content=b"", headers={**json, "Content-Length": "-5"})
    assert lied.status_code == 400


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "gzip, identity"])
def test_a_packed_body_is_not_unpacked(local, coding):
    bomb = gzip.compress(b" " * 1_000_000)
    headers = {"content-type": "application/json", "content-encoding": coding}
    for path in (f"{A}/jobs", f"{A}/uploads?name=x", "/submit"):
        answer = local.post(path, content=bomb, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "encoded")
        assert coding.lower() in answer.json()["detail"]
    plain = local.post(f"{A}/jobs", content=b"{}", headers={**headers, "content-encoding": "identity"})
    assert plain.json()["code"] == "bad-request"


def test_a_body_that_arrives_slowly_is_given_up(tmp_path):
    """Each piece is quick, and all of them together are not."""
    settings = read_settings(tmp_path, None, {"limits.request_seconds": 0.2}, {})
    sent = []

    async def app(scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        raise AssertionError("it never arrives whole")

    async def receive():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(app, settings)(scope, receive, send))
    assert sent[0]["status"] == 408
    assert b"too-slow" in sent[1]["body"]


def test_forms_that_are_too_large_are_refused_on_a_page(local, caplog):
    """The size is known only after some of the form has arrived."""

    def chunks():
        for _ in range(100):
            yield b"x" * 1000

    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/submit", "/models", "/jobs/0123456789abcdef/cancel"):
        found = local.post(path, content=chunks(), headers=form)
        assert (found.status_code, found.headers["connection"]) == (413, "close"), path
        assert "more than" in found.text
    assert not caplog.records


def test_a_client_that_leaves_in_the_middle_is_no_error_of_the_service(local, caplog):
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": f"{A}/jobs", "raw_path": b"", "query_string": b"",
        "root_path": "", "scheme": "http", "headers": headers, "client": None, "server": None,
    }  # fmt: skip
    asyncio.run(local.app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert not caplog.records
