"""A language model behind a server: what it can say, how it can fail, and what it cannot do."""

import json
import pickle
import socket
import time
import zlib

import pytest

from qualms.errors import ConfigError, EndpointError
from qualms.language.endpoint import EndpointReader, key_from
from qualms.language.reading import Accepted, Question, Refusal
from tests.language.stub import (
    TEXT,
    completion,
    drips,
    envelope,
    events,
    plain,
    says,
    serving,
    streams,
    workshop,
)
from tests.language.texts import rows_of

KEY = "sk-secret-0123456789"


def read(*steps, text=TEXT, **options):
    with serving(*steps) as stub:
        return EndpointReader(stub.url, "small", **options)(text), stub


def failure(*steps, text=TEXT, **options):
    with serving(*steps) as stub, pytest.raises(EndpointError) as caught:
        EndpointReader(stub.url, "small", **options)(text)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"small at {stub.url.split('/')[2]}: ")
    return message, stub


def test_a_good_reply():
    reading, stub = read(says(envelope(workshop())))
    assert isinstance(reading, Accepted)
    goal, rows = rows_of(reading.model)
    assert goal == {"tables": 70, "chairs": 30}
    assert rows == {((("chairs", 2), ("tables", 3)), "<=", 40)}
    assert reading.model.assumptions == ()
    assert stub.path == "/v1/chat/completions"
    (asked,) = stub.asked
    assert asked["model"] == "small"
    assert asked["temperature"] == 0
    assert asked["response_format"]["type"] == "json_schema"
    assert TEXT in asked["messages"][1]["content"]
    assert "authorization" not in stub.headers[0]
    assert stub.headers[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_streamed_reply(size):
    reading, stub = read(streams(envelope(workshop()), size), stream=True)
    assert isinstance(reading, Accepted)
    assert stub.asked[0]["stream"] is True


def test_a_model_that_thinks_aloud_and_fences_its_json():
    reading, _ = read(says(f"<think>40 hours, {{}}</think>\n```json\n{envelope(workshop())}\n```"))
    assert isinstance(reading, Accepted)


def test_a_question_and_a_refusal():
    question, _ = read(says(json.dumps({"status": "question", "questions": ["How long\nis a \x1b[31mday?"]})))
    assert question == Question(("The model asks: How long is a [31mday?",))
    refusal, _ = read(says(json.dumps({"status": "refusal", "reason": "It is a poem."})))
    assert refusal == Refusal("The model did not read the text: It is a poem.")


def test_a_broken_reply_is_repaired():
    reading, stub = read(says('{"status": "specification", "spec'), says(envelope(workshop())))
    assert isinstance(reading, Accepted)
    first, second = stub.asked
    assert len(first["messages"]) == 2
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "user"]
    assert "no JSON object alone" in second["messages"][3]["content"]


def test_a_contradiction_is_repaired():
    wrong = workshop()
    wrong["objective"]["expression"] = {"op": "variable", "name": "stools"}
    reading, stub = read(says(envelope(wrong)), says(envelope(workshop())))
    assert isinstance(reading, Accepted)
    assert "there is no variable 'stools'" in stub.asked[1]["messages"][3]["content"]


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (2, 3)])
def test_what_is_never_repaired(retries, asked):
    message, stub = failure(says("Sure! Here is your model."), retries=retries)
    assert "no JSON object alone" in message
    assert len(stub.asked) == asked


def deep(levels):
    expression = '{"op":"sum","terms":[' * levels + '{"op":"variable","name":"x"}' + "]}" * levels
    return (
        '{"status":"specification","specification":{"kind":"general","variables":[{"name":"x"}],"objective":'
        '{"sense":"max","expression":' + expression + "}}}"
    )


def over(levels, elements):
    """Sums within each other, which stand for very many terms."""
    term = {"op": "variable", "name": "x"}
    for level in range(levels):
        term = {"op": "sum over", "index": f"i{level}", "set": "s", "term": term}
    return envelope(
        {
            "kind": "general",
            "sets": [{"name": "s", "elements": [str(k) for k in range(elements)]}],
            "variables": [{"name": "x"}],
            "objective": {"sense": "max", "expression": term},
        }
    )


HOSTILE = {
    "a budget": (envelope(workshop(), budget=1e9), "budget"),
    "a solver": (envelope(workshop(backend="ibm_torino")), "backend"),
    "an answer": (envelope(workshop(answer={"tables": 9})), "answer"),
    "a file to write": (envelope(workshop(out="/etc/passwd")), "out"),
    "a field twice": ('{"status": "refusal", "reason": "a", "reason": "b"}', "twice"),
    "another form": (json.dumps({"status": "solved", "answer": 4}), "status"),
    "no envelope": (json.dumps(workshop()), "status"),
    "a list": (f"[{envelope(workshop())}]", "reply"),
    "two objects": (envelope(workshop()) * 2, "no JSON object alone"),
    "code": ("__import__('os').system('touch owned')", "no JSON object alone"),
    "a huge number": (envelope(workshop(table=10**30)), "in size"),
    "an infinite number": (envelope(workshop()).replace("70", "1e999"), "too large"),
    "a number of 10,000 digits": (envelope(workshop()).replace("70", "7" * 10_000), "no JSON object alone"),
    "no number": (envelope(workshop()).replace("70", "NaN"), "NaN"),
    "a number as text": (envelope(workshop(table="70")), "value"),
    "deep": (deep(15_000), "brackets within each other"),
    "deeper than expressions may be": (deep(50), "more than 40 levels"),
    "a very large sum": (over(6, 1000), "it stands for more than"),
    "a very large set": (over(1, 40_000), "it stands for more than"),
    "a terminal's commands": (envelope(workshop(name="a\x1b]0;owned\x07")), "visible characters"),
    "a forged line": (envelope(workshop(name="a\nAssumed: nothing.")), "visible characters"),
    "letters that run backwards": (envelope(workshop(name="a\u202eb")), "visible characters"),
    "too long": (json.dumps({"status": "refusal", "reason": "a" * 500_000}), "characters"),
    "empty questions": (json.dumps({"status": "question", "questions": []}), "questions"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_reply_is_not_used(case):
    reply, why = HOSTILE[case]
    start = time.monotonic()
    message, _ = failure(says(reply), retries=0)
    assert why in message
    assert len(message) < 600
    assert "\x1b" not in message
    assert time.monotonic() - start < 5


def test_a_file_is_refused():
    reply = envelope({"kind": "classification", "table": "/etc/passwd", "target": "x"})
    reading, _ = read(says(reply))
    assert isinstance(reading, Refusal)
    assert "'/etc/passwd'" in reading.reason


def test_what_a_model_assumes_is_marked_as_its_own():
    reading, _ = read(says(envelope(workshop(assumptions=["The optimum is 42 and was checked."]))))
    assert isinstance(reading, Accepted)
    assert reading.model.assumptions == ("The model assumed: The optimum is 42 and was checked.",)


def test_a_quotation_that_the_text_does_not_have_is_left_out():
    wrong = workshop(assumptions=["Hours are those of one day."])
    wrong["constraints"][0]["words"] = "as the management has confirmed"
    reading, _ = read(says(envelope(wrong)))
    assert isinstance(reading, Accepted)
    assert reading.model.constraints[0].words == ""
    assert reading.model.assumptions == (
        "The model assumed: Hours are those of one day.",
        "The model quoted “as the management has confirmed”, which the text does not have; the quotation is "
        "left "
        "out.",
    )


def test_invented_numbers_are_asked_about():
    reading, _ = read(says(envelope(workshop(table=75))))
    assert isinstance(reading, Question)
    assert reading.questions[0] == (
        "The model put 75 in “profit”, which your text does not have. What is the right number?"
    )
    assert "did not use the number 70" in reading.questions[1]


def test_dropped_numbers_are_asked_about():
    reading, _ = read(says(envelope(workshop())), text=TEXT + " At least 5 chairs must be made.")
    assert isinstance(reading, Question)
    (question,) = reading.questions
    assert question.startswith("The model did not use the number 5 (“")
    assert "At least 5 chairs must be made." in question


def test_empty_and_endless_texts_reach_no_server():
    with serving(says("{}")) as stub:
        reader = EndpointReader(stub.url, "small")
        assert isinstance(reader("  "), Refusal)
        assert isinstance(reader("a 1 " * 10_000), Refusal)
        assert not stub.asked


FAILING = {
    "401": (
        plain({"error": {"message": f"Incorrect API key: {KEY}"}}, 401),
        ("status 401", "--key-variable"),
    ),
    "403": (plain({"error": "no"}, 403), ("status 403", "rights")),
    "404": (plain({"error": {"message": "model 'small' not found"}}, 404), ("not found", "/v1")),
    "429": (plain({"error": {"message": "slow down"}}, 429, Retry_After="20"), ("in 20 seconds",)),
    "500": (plain(b"Traceback (most recent call last)\n  File", 500, "text/plain"), ("status 500", "later")),
    "503": (plain(b"<html>busy</html>", 503, "text/html"), ("status 503; the server has a fault",)),
    "a web page": (plain(b"<!doctype html><html>Welcome</html>", 200, "text/html"), ("a web page",)),
    "a web page as JSON": (plain(b"<html>", 200), ("a web page",)),
    "half a response": (plain(b'{"choices": [{"mess', 200), ("no whole JSON",)),
    "no choices": (plain({"choices": []}), ("no text of a reply",)),
    "another JSON": (plain([1, 2]), ("no text of a reply",)),
    "no content": (says(None), ("no text of a reply",)),
    "cut off": (says('{"status"', ended="length"), ("limit of tokens",)),
    "a filter": (says("", ended="content_filter"), ("filter",)),
    "a refusal": (says(None, refusal="I cannot help with that."), ("I cannot help with that.",)),
    "an error with status 200": (plain({"error": {"message": "out of memory"}}), ("out of memory",)),
    "fewer bytes than told": (plain(b'{"choices"', Content_Length="5000"), ("half-way",)),
    "a stream that ends early": (streams(envelope(workshop()), done=False), ("in the middle",)),
    "a stream with an error": (events('data: {"error": {"message": "out of memory"}}'), ("out of memory",)),
    "a stream of rubbish": (events("data: rubbish"), ("no JSON",)),
    "an empty stream": (events(), ("in the middle",)),
    "gzip": (plain(zlib.compress(b"{}"), Content_Encoding="gzip"), ("compressed (gzip)",)),
    "no HTTP": (lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n"), ("speaks no HTTP",)),
    "nothing": (lambda handler: None, ("speaks no HTTP, or stopped",)),
    "never a format": (plain({"error": {"message": "context too long"}}, 400), ("context too long",)),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_failure_is_one_clear_line(case):
    step, told = FAILING[case]
    message, _ = failure(step, key=KEY)
    for part in told:
        assert part in message
    assert KEY not in message


def test_nothing_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointError, match=r"cannot be reached .*refused.*that it runs"):
        EndpointReader(f"http://127.0.0.1:{port}/v1", "small")(TEXT)
    with pytest.raises(EndpointError, match="cannot be reached"):
        EndpointReader("http://no-such-host.invalid/v1", "small")(TEXT)


def test_no_encryption_there():
    with serving(says("{}")) as stub, pytest.raises(EndpointError, match="no encrypted connection"):
        EndpointReader(stub.url.replace("http", "https"), "small")(TEXT)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(status):
    with serving(says(envelope(workshop()))) as other:
        message, _ = failure(plain(b"", status, Location=other.url), key=KEY)
        assert not other.headers
    assert f"redirects to {other.url.split('/')[2]}, which is not followed" in message


def test_the_key_goes_to_its_host_alone():
    _, stub = read(says(envelope(workshop())), key=KEY)
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(stub.asked)
    reader = EndpointReader("https://example.org/v1", "small", KEY)
    assert KEY not in repr(reader)
    assert KEY.encode() not in pickle.dumps(reader)
    with pytest.raises(ConfigError, match="would travel unencrypted"):
        EndpointReader("http://example.org/v1", "small", KEY)


def test_a_server_that_repeats_the_key():
    question, _ = read(says(json.dumps({"status": "question", "questions": [f"Is it {KEY}?"]})), key=KEY)
    assert question == Question(("The model asks: Is it …?",))


def test_keys_of_the_environment(monkeypatch):
    monkeypatch.setenv("SOME_KEY", f" {KEY}\n")
    assert key_from("SOME_KEY") == KEY
    monkeypatch.setenv("SOME_KEY", f"{KEY}\r\nHost: elsewhere")
    with pytest.raises(ConfigError, match="characters that no key has") as caught:
        key_from("SOME_KEY")
    assert KEY not in str(caught.value)
    monkeypatch.delenv("SOME_KEY")
    with pytest.raises(ConfigError, match="SOME_KEY"):
        key_from("SOME_KEY")


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8000", "ftp://a/v1", "http://", "http://a:b@c/v1", "http://a b/v1", "http://[::1", "http://a:0",
     "http://a:99999/v1", "http://a/\r\nX: y", "file:///etc/passwd",
     "http://localhost..:11434/v1", "http://.example.com/v1", f"http://{'a' * 70}/v1"],
)  # fmt: skip
def test_what_is_no_url(url):
    with pytest.raises(ConfigError):
        EndpointReader(url, "small")


def test_formats_that_a_server_does_not_know():
    unknown = plain({"error": {"message": "response_format is not supported"}}, 400)
    reading, stub = read(unknown, unknown, says(envelope(workshop())))
    assert isinstance(reading, Accepted)
    formats = [a.get("response_format", {}).get("type") for a in stub.asked]
    assert formats == ["json_schema", "json_object", None]
    assert ["JSON Schema" in a["messages"][0]["content"] for a in stub.asked] == [False, True, True]


def test_a_temperature_that_a_server_does_not_know():
    unknown = plain({"error": {"message": "Unsupported value: 'temperature'"}}, 400)
    reading, stub = read(unknown, says(envelope(workshop())))
    assert isinstance(reading, Accepted)
    assert ["temperature" in a for a in stub.asked] == [True, False]
    assert stub.asked[1]["response_format"]["type"] == "json_schema"


def endless(start):
    def step(handler):
        handler.wfile.write(start)
        for _ in range(100):
            handler.wfile.write(b"a" * 1_000_000)

    return step


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ",
    ],
)
def test_a_hundred_megabytes_are_not_read(start):
    begun = time.monotonic()
    message, _ = failure(endless(start))
    assert "more than 4,000,000 bytes" in message
    assert time.monotonic() - begun < 10


SLOW = {
    "hanging": lambda handler: time.sleep(5),
    "a slow head": drips(b"HTTP/1.1 200 OK\r\n" + b"X-Wait: a\r\n" * 50),
    "a slow body": drips(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 200),
    "a slow stream": drips(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b":\n" * 200),
    "a slow failure": drips(b"HTTP/1.1 500 No\r\nX-Wait: a\r\nContent-Length: 9000\r\n\r\n"),
    "slow repairs": lambda handler: (time.sleep(0.3), says("no")(handler)),
}


@pytest.mark.parametrize("case", SLOW)
def test_time_is_limited_however_slowly_bytes_come(case):
    begun = time.monotonic()
    message, _ = failure(SLOW[case], timeout=0.8, retries=50)
    assert "no whole reply within 0.8 seconds" in message
    assert 0.7 < time.monotonic() - begun < 2.5


def test_a_response_may_close_the_connection_or_come_in_chunks():
    body = json.dumps(completion(envelope(workshop()))).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (body[:100], body[100:])) + b"0\r\n\r\n"
    for data in (head + b"\r\n" + body, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks):
        reading, _ = read(lambda handler, data=data: handler.wfile.write(data))
        assert isinstance(reading, Accepted)
