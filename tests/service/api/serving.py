"""A service for tests: the real application in this process, whose jobs are done by hand; or the command."""

import subprocess
import sys
from contextlib import contextmanager, suppress

from starlette.testclient import TestClient

from qualms.service.app import make_app
from qualms.service.served import Service
from qualms.service.settings import read_settings

TOKEN = "0123456789abcdef-token"


def client_of(folder, token=None, **given):
    """A client of a service of that folder; settings with two underscores for the dot."""
    given = {name.replace("__", "."): value for name, value in given.items()}
    settings = read_settings(folder, None, given, {} if token is None else {"QUALMS_TOKEN": token})
    service = Service(settings)
    service.keeper.look()
    client = TestClient(make_app(service), base_url="http://127.0.0.1:8321", raise_server_exceptions=False)
    client.service = service
    return client


def done(service, result, records=()):
    """Let the job that has waited longest have a result."""
    lease = service.queue.lease("by hand", 60)
    service.queue.tell(lease, {"kind": "step", "step": 1, "steps": 4, "note": "", "seconds": 0.5, "eta": 1.5})
    service.queue.tell(lease, {"kind": "found", "solver": "greedy", "objective": 3.0})
    assert service.queue.finish(lease, result=result, records=records)


def serve(store, port=0):
    """The command in a process of its own, and the address where it listens."""
    command = [sys.executable, "-m", "qualms.cli.main", "serve", "--store", str(store), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    assert "http://127.0.0.1:" in line, line
    return process, line.split(" at ")[1].split("/ ")[0]


@contextmanager
def served(store, settings=""):
    """The command with a file of settings, ended afterwards."""
    (store / "service.toml").write_text(settings)
    process, address = serve(store)
    try:
        yield process, address
    finally:
        process.terminate()
        try:
            _, told = process.communicate(timeout=300)
            assert "Traceback" not in told, told
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@contextmanager
def filled(folder):
    """No room is left on the folder's disk."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    try:
        yield
    finally:
        filler.unlink()
