"""A service for tests: the real application in this process, whose jobs are done by hand."""

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
