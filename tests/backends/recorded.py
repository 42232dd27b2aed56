"""The services of IBM and Amazon as local HTTP servers whose replies are made from the SDKs' own schemas.

The SDKs themselves are not touched.
"""

import datetime
import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlparse

import numpy as np


class Server:
    """Answers by `reply(method, path, query, body)` → (status, object or bytes, extra headers); `fail` holds
    faults to answer with first.
    """

    def __init__(self, reply):
        self.log, self.fail, self.lose = [], [], 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def go(self, method):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                url = urlparse(self.path)
                path = unquote(url.path)
                outer.log.append((method, path))
                for k, (wanted, pattern, status, fault, headers) in enumerate(outer.fail):
                    if wanted == method and re.search(pattern, path):
                        outer.fail.pop(k)
                        return self.send(status, fault, headers)
                status, found, headers = reply(method, path, parse_qs(url.query), body)
                if (
                    outer.lose
                    and method == "POST"
                    and status < 300
                    and path.endswith(("jobs", "quantum-task"))
                ):
                    outer.lose -= 1  # the work is taken, the answer never arrives
                    self.close_connection = True
                    self.connection.close()
                    return None
                return self.send(status, found, headers)

            def send(self, status, found, headers):
                raw = found if isinstance(found, bytes) else json.dumps(found, default=_plain).encode()
                self.send_response(status)
                for name, value in {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(raw)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self):
                self.go("GET")

            def do_POST(self):
                self.go("POST")

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}"


@contextmanager
def serving(reply):
    server = Server(reply)
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()


def _plain(value):
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, complex):
        return [value.real, value.imag]
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(type(value))


# IBM --------------------------------------------------------------------------------------------------------

CRN = (
    "crn:v1:bluemix:public:quantum-computing:us-east:"
    "a/0123456789abcdef0123456789abcdef:11111111-2222-3333-4444-555555555555::"
)
IBM_DEVICE = "ibm_recorded"


class IBMService:
    """Takes sampler jobs, runs through queued, running, completed, and reads every qubit as 0."""

    def __init__(self):
        from qiskit_ibm_runtime.fake_provider import FakeManilaV2

        fake = FakeManilaV2()
        self.configuration = dict(fake._get_conf_dict_from_json(), backend_name=IBM_DEVICE, simulator=False)
        fake._set_props_dict_from_json()
        self.properties = fake._props_dict
        self.jobs, self.polls, self.final = {}, {}, "Completed"

    def __call__(self, method, path, query, body):
        import jwt

        if path == "/identity/token":
            now = int(time.time())
            token = jwt.encode({"iat": now, "exp": now + 3600}, "k" * 32, algorithm="HS256")
            return (
                200,
                {
                    "access_token": token,
                    "refresh_token": "x",
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "expiration": now + 3600,
                },
                {},
            )
        path = path.removeprefix("/api/v1")
        fixed = {
            "/backends": {
                "devices": [
                    {
                        "name": IBM_DEVICE,
                        "status": {"name": "online"},
                        "queue_length": 0,
                        "qubits": 5,
                        "class": "qpu",
                    }
                ]
            },
            f"/backends/{IBM_DEVICE}/configuration": self.configuration,
            f"/backends/{IBM_DEVICE}/properties": self.properties,
            f"/backends/{IBM_DEVICE}/status": {
                "state": True,
                "status": "active",
                "message": "",
                "length_queue": 0,
                "backend_version": "1.0.0",
            },
            "/instances/usage": {
                "usage_consumed_seconds": 0,
                "usage_limit_seconds": 600,
                "usage_limit_reached": False,
            },
        }
        if path in fixed:
            return 200, fixed[path], {}
        if path == "/jobs" and method == "POST":
            asked = json.loads(body)
            name = f"d{len(self.jobs):019d}"
            self.jobs[name] = asked
            return (
                200,
                {
                    "id": name,
                    "backend": asked["backend"],
                    "session_id": None,
                    "messages": [],
                    "private": False,
                },
                {},
            )
        if path == "/jobs":
            found = [
                self._about(n)
                for n, job in self.jobs.items()
                if set(query.get("tags", [])) <= set(job.get("tags", []))
            ]
            return 200, {"jobs": found, "count": len(found), "limit": 10, "offset": 0}, {}
        part = re.fullmatch(r"/jobs/([^/]+)(/\w+)?", path)
        if part and part[1] in self.jobs:
            return 200, self._about(part[1], polled=True) if not part[2] else self._part(part[1], part[2]), {}
        return 404, {"errors": [{"code": 1291, "message": "Job not found."}]}, {}

    def _about(self, name, polled=False):
        if polled:
            self.polls[name] = self.polls.get(name, 0) + 1
        count = self.polls.get(name, 0)
        word = "Queued" if count <= 1 else "Running" if count == 2 else self.final
        job = self.jobs[name]
        about = {
            "status": word,
            **({"reason": "the calibration was lost", "reasonCode": 1517} if word == "Failed" else {}),
        }
        return {
            "id": name, "backend": job["backend"], "state": about, "status": word,
            "program": {"id": job["program_id"]}, "created": "2026-11-21T12:00:00Z",
            "tags": job.get("tags", []), "cost": 600,
        }  # fmt: skip

    def _part(self, name, part):
        if part == "/metrics":
            return {
                "timestamps": {},
                "bss": {"seconds": 3},
                "usage": {"quantum_seconds": 3, "seconds": 3, "status": "complete"},
            }
        from qiskit.primitives.containers import BitArray, DataBin, PrimitiveResult, SamplerPubResult
        from qiskit_ibm_runtime import RuntimeEncoder

        pubs = self.jobs[name]["params"]["pubs"]
        shots = pubs[0][2]
        made = [
            SamplerPubResult(
                DataBin(c=BitArray.from_bool_array(np.zeros((shots, 2), bool)), shape=()),
                metadata={"circuit_metadata": {}},
            )
            for _ in pubs
        ]
        return json.dumps(
            PrimitiveResult(made, metadata={"execution": {}, "version": 2}), cls=RuntimeEncoder
        ).encode()


# Amazon -----------------------------------------------------------------------------------------------------

GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
_TASK = "arn:aws:braket:eu-north-1:123456789012:quantum-task/11111111-2222-3333-4444-55555555555"


class BraketService:
    """Takes tasks, one for each client token, and reads every qubit as 0."""

    def __init__(self, qubits=3):
        self.tasks, self.polls, self.qubits, self.final = {}, {}, qubits, "COMPLETED"

    def __call__(self, method, path, query, body):
        if path.startswith("/device/"):
            return 200, self._device(), {}
        if path == "/quantum-task":
            asked = json.loads(body)
            token = asked["clientToken"]
            if token not in self.tasks:
                self.tasks[token] = (_TASK + str(len(self.tasks)), asked)
            return 201, {"quantumTaskArn": self.tasks[token][0]}, {}
        if path.startswith("/quantum-task/"):
            name = path.removeprefix("/quantum-task/")
            self.polls[name] = self.polls.get(name, 0) + 1
            state = ("QUEUED", "RUNNING", self.final)[min(self.polls[name], 3) - 1]
            return 200, self._task(name, state), {}
        if path.endswith("results.json"):
            return 200, self._result(), {}
        return 404, {"message": "?"}, {"x-amzn-ErrorType": "ResourceNotFoundException"}

    def _device(self):
        schema = "braket.device_schema."
        window = {"executionDay": "Everyday", "windowStartHour": "00:00", "windowEndHour": "23:59:59"}
        capabilities = {
            "braketSchemaHeader": {"name": schema + "iqm.iqm_device_capabilities", "version": "1"},
            "service": {
                "braketSchemaHeader": {"name": schema + "device_service_properties", "version": "1"},
                "executionWindows": [window],
                "shotsRange": [1, 20000],
                "deviceCost": {"price": 0.00145, "unit": "shot"},
                "deviceDocumentation": None,
                "deviceLocation": "Finland",
                "updatedAt": "2026-01-01T00:00:00+00:00",
            },
            "action": {
                "braket.ir.openqasm.program": {
                    "actionType": "braket.ir.openqasm.program",
                    "version": ["1"],
                    "supportedOperations": ["cz", "rx", "ry", "rz", "cnot"],
                    "supportedResultTypes": [],
                }
            },
            "paradigm": {
                "braketSchemaHeader": {"name": schema + "gate_model_qpu_paradigm_properties", "version": "1"},
                "connectivity": {
                    "fullyConnected": False,
                    "connectivityGraph": {"1": ["2"], "2": ["1", "3"], "3": ["2"]},
                },
                "qubitCount": self.qubits,
                "nativeGateSet": ["cz", "prx"],
            },
            "deviceParameters": {},
        }
        return {
            "deviceArn": GARNET, "deviceName": "Garnet", "deviceType": "QPU", "providerName": "IQM",
            "deviceStatus": "ONLINE", "deviceCapabilities": json.dumps(capabilities),
        }  # fmt: skip

    def _task(self, name, state):
        return {
            "quantumTaskArn": name, "status": state, "deviceArn": GARNET, "deviceParameters": "{}",
            "shots": self._asked()["shots"], "outputS3Bucket": "amazon-braket-b",
            "outputS3Directory": "tasks/1", "createdAt": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            "actionMetadata": {"actionType": "braket.ir.openqasm.program"},
            **({"failureReason": "the laser was off"} if state == "FAILED" else {}),
        }  # fmt: skip

    def _asked(self):
        return list(self.tasks.values())[-1][1]

    def _result(self):
        from braket.ir.openqasm import Program
        from braket.task_result import AdditionalMetadata, GateModelTaskResult, TaskMetadata

        shots, source = self._asked()["shots"], json.loads(self._asked()["action"])["source"]
        width = int(re.search(r"bit\[(\d+)\]", source)[1])
        made = GateModelTaskResult(
            measurements=[[0] * width] * shots, measuredQubits=list(range(width)),
            taskMetadata=TaskMetadata(id=_TASK, shots=shots, deviceId=GARNET, status="COMPLETED"),
            additionalMetadata=AdditionalMetadata(action=Program(source="OPENQASM 3.0;")),
        )  # fmt: skip
        return made.json().encode()
