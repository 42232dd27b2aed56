"""A server that answers chat requests from a script, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = (
    "A shop makes tables and chairs. Each table takes 3 hours and each chair takes 2 hours. At most 40 hours "
    "are available. Tables earn $70 and chairs earn $30. Maximize profit."
)


def times(number, name):
    return {
        "op": "product",
        "factors": [{"op": "number", "value": number}, {"op": "variable", "name": name}],
    }


def total(tables, chairs):
    return {"op": "sum", "terms": [times(tables, "tables"), times(chairs, "chairs")]}


def workshop(table=70, chair=30, hours=(3, 2), limit=40, sense="max", **more):
    """The specification of `TEXT`."""
    return {
        "kind": "general",
        "name": "workshop",
        "variables": [{"name": "tables", "domain": "integer"}, {"name": "chairs", "domain": "integer"}],
        "constraints": [
            {
                "name": "hours",
                "left": total(*hours),
                "relation": "<=",
                "right": {"op": "number", "value": limit},
                "words": "At most 40 hours are available",
            }
        ],
        "objective": {"sense": sense, "expression": total(table, chair), "name": "profit", "unit": "dollars"},
        **more,
    }


def envelope(specification, **more):
    return json.dumps({"status": "specification", "specification": specification, **more})


def completion(content, ended="stop", **message):
    """The body of a response."""
    return {
        "choices": [{"message": {"role": "assistant", "content": content, **message}, "finish_reason": ended}]
    }


def plain(content, status=200, kind="application/json", **headers):
    """A step that sends a body; a dict as JSON."""

    def step(handler):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return step


def says(content, **more):
    return plain(completion(content, **more))


def events(*lines):
    """A step that sends lines of a stream."""

    def step(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.end_headers()
        for line in lines:
            handler.wfile.write(line.encode() + b"\n\n")
            handler.wfile.flush()

    return step


def streams(content, size=7, done=True):
    """A step that sends a reply in pieces."""
    parts = [content[k : k + size] for k in range(0, len(content), size)]
    lines = [": a comment", *(f"data: {json.dumps({'choices': [{'delta': {'content': p}}]})}" for p in parts)]
    if done:
        lines += [
            f"data: {json.dumps({'choices': [{'delta': {}, 'finish_reason': 'stop'}]})}",
            "data: [DONE]",
        ]
    return events(*lines)


def drips(data, pause=0.05):
    """A step that sends a response byte by byte, from the status line on."""

    def step(handler):
        for byte in data:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(pause)

    return step


class Stub:
    """What a server was asked.

    Attributes
    ----------
    url : str
        For `EndpointReader`.
    asked : list of dict
        The bodies of the requests.
    headers : list of dict
        Theirs, names in small letters.
    """

    def __init__(self, url):
        self.url, self.asked, self.headers = url, [], []


@contextmanager
def serving(*steps):
    """A server that takes one step for each request; the last one again and again."""
    left = list(steps)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            stub.headers.append({k.lower(): v for k, v in self.headers.items()})
            stub.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            stub.path = self.path
            step = left.pop(0) if len(left) > 1 else left[0]
            with suppress(OSError):  # where the reader has gone
                step(self)
            self.close_connection = True

        def log_message(self, *given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub = Stub(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.socket.close()
