"""Amazon Braket's devices and its local simulators through its SDK; this file alone imports it."""

from __future__ import annotations

import hashlib
import math
import os
import uuid
from collections.abc import Sequence
from typing import Any

from qualms.backends.jobs import Counts, TransientError
from qualms.backends.prices import PRICES, Price
from qualms.circuits import Circuit, Operation
from qualms.circuits.interchange import rebased
from qualms.errors import ConfigError, DeviceError, MissingExtraError, QualmsError
from qualms.records.quadrant import Quadrant

try:
    import boto3
    from botocore import exceptions as botocore_errors
    from braket.aws import AwsDevice, AwsQuantumTask, AwsSession
    from braket.devices import Devices, LocalSimulator
    from braket.ir.openqasm import Program
except ImportError:
    raise MissingExtraError("amazon-braket-sdk", "braket", "Amazon Braket's devices") from None

_LOCAL = {"braket_sv": 26, "braket_dm": 13}  # simulators of the SDK and the qubits they take
_NAMES = {
    "h": "h", "x": "x", "y": "y", "z": "z", "s": "s", "t": "t", "sdg": "si", "tdg": "ti", "sx": "v",
    "sxdg": "vi", "rx": "rx", "ry": "ry", "rz": "rz", "p": "phaseshift", "cx": "cnot", "cy": "cy", "cz": "cz",
    "swap": "swap", "iswap": "iswap", "ecr": "ecr", "cp": "cphaseshift", "rzz": "zz", "rxx": "xx",
    "ryy": "yy", "ccx": "ccnot", "cswap": "cswap", "id": "i",
}  # fmt: skip
_BASIS = ("rx", "ry", "rz", "cx")  # what every gate-model device there takes
_TRANSIENT = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "InternalServiceException",
    "ServiceUnavailableException",
}
_STATES = {
    "CREATED": "queued",
    "QUEUED": "queued",
    "RUNNING": "running",
    "CANCELLING": "running",
    "COMPLETED": "done",
}


def devices() -> dict[str, str]:
    """Short names of the devices the SDK knows, and their ARNs: ``{"garnet": "arn:…", …}``."""
    every: list[Any] = [
        d for group in vars(Devices).values() for d in getattr(group, "__members__", {}).values()
    ]
    # retired ones begin with _
    return {
        d.name.lower(): str(d.value) for d in every if "/qpu/" in str(d.value) and not d.name.startswith("_")
    }


def client(name: str, bucket: str | None = None, session: Any = None) -> BraketClient:
    """A client for a device.

    Parameters
    ----------
    name : str
        "braket_sv" or "braket_dm", which run here; an ARN; or a short name from `devices`.
    bucket : str, optional
        Where Amazon puts results; default: the environment's AMZN_BRAKET_OUT_S3_BUCKET. The SDK would
        make one by itself; we do not.
    session : Any, optional
        A boto3 session; default: one from the environment.

    Raises
    ------
    ConfigError
        For an unknown device, missing credentials, region or bucket.
    """
    if name in _LOCAL:
        if bucket is not None or session is not None:
            raise ConfigError(f"{name} runs here, without an account: leave out bucket and session")
        return BraketClient(name, LocalSimulator(name), None, _LOCAL[name], 100_000, PRICES["free"])
    arn = name if name.startswith("arn:") else devices().get(name.lower())
    if arn is None:
        raise ConfigError(
            f"unknown device {name!r}; there are {', '.join([*_LOCAL, *devices()])}, or any ARN"
        )
    bucket = bucket or os.environ.get("AMZN_BRAKET_OUT_S3_BUCKET")
    if not bucket:
        raise ConfigError(
            f"{name}: Amazon Braket puts results into a bucket: set AMZN_BRAKET_OUT_S3_BUCKET to one of "
            "yours (amazon-braket-…)"
        )
    try:
        own = session or boto3.Session(region_name=arn.split(":")[3] or None)
        keyed = KeyedSession(own, default_bucket=bucket)
        device = AwsDevice(arn, aws_session=keyed)
        about = device.properties
        qubits, shots = int(about.paradigm.qubitCount), int(about.service.shotsRange[1])
    except (
        botocore_errors.NoCredentialsError,
        botocore_errors.PartialCredentialsError,
        botocore_errors.NoRegionError,
    ) as error:
        raise ConfigError(
            f"{name}: no Amazon credentials: set AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY, or a profile ({_line(error)})"
        ) from None
    except (botocore_errors.BotoCoreError, botocore_errors.ClientError, ValueError) as error:
        raise ConfigError(f"{name}: Amazon Braket refuses: {_line(error)}") from None
    return BraketClient(name, device, keyed, qubits, shots, _price(arn))


def _price(arn: str) -> Price:
    """What the device costs; unknown devices cost infinity, so that no limit lets them through unseen."""
    family = next(
        (key for key in ("forte", "garnet", "emerald", "ankaa", "cepheus", "aquila") if key in arn.lower()),
        None,
    )
    return PRICES[family] if family in PRICES else Price(per_task=math.inf, source="no price known")


class KeyedSession(AwsSession):
    """An AWS session whose submissions carry our idempotency token, which the SDK has no argument for."""

    token: str | None = None

    def create_quantum_task(self, **arguments: Any) -> str:
        if self.token is not None:
            arguments["clientToken"] = self.token
        return super().create_quantum_task(**arguments)


class BraketClient:
    """`DeviceClient` on Amazon Braket: one task for each circuit; a simulator of the SDK where there is no
    session.

    The local simulators take no seed: their counts differ from run to run, as a device's do.
    """

    max_circuits = 1  # a task is one circuit, and the SDK's batches submit failed tasks again by themselves

    def __init__(
        self,
        name: str,
        device: Any,
        session: KeyedSession | None,
        n_qubits: int,
        max_shots: int,
        price: Price,
    ) -> None:
        self.name, self.device, self.session = name, device, session
        self.n_qubits, self.max_shots, self.price = n_qubits, max_shots, price
        self.quadrant = Quadrant("classical", "simulated quantum" if session is None else "quantum hardware")
        self._results: dict[str, Counts] = {}
        self._keys: dict[str, str] = {}

    def prepare(self, circuit: Circuit) -> Circuit:
        if circuit.n_qubits > self.n_qubits:
            raise ConfigError(
                f"{self.name}: the circuit has {circuit.n_qubits} qubits, the device {self.n_qubits}"
            )
        if any(op.gate in ("channel", "reset") for op in circuit.operations):
            raise ConfigError(
                f"{self.name}: a device takes gates and measurements: the circuit has channels or resets"
            )
        gates = Circuit(circuit.n_qubits).extended(
            op for op in circuit.unmeasured().operations if op.gate not in ("gphase", "barrier")
        )
        if self.session is not None or any(op.gate not in _NAMES for op in gates.operations):
            gates = rebased(gates, _BASIS)
        return (
            Circuit(gates.n_qubits).extended(op for op in gates.operations if op.gate != "gphase").measure()
        )

    def submit(self, circuits: Sequence[Circuit], shots: int, key: str) -> str:
        (circuit,) = circuits
        program = Program(source=to_openqasm(circuit))
        if self.session is None:
            result = _calling(self.name, lambda: self.device.run(program, shots=shots).result())
            name = str(uuid.uuid4())
            self._results[name] = {str(b): int(c) for b, c in result.measurement_counts.items()}
            self._keys[key] = name
            return name
        # at most 64 characters; the same token is the same task
        self.session.token = hashlib.sha256(key.encode()).hexdigest()
        try:
            task = _calling(
                self.name, lambda: self.device.run(program, shots=shots, tags={"qualms-key": key})
            )
        finally:
            self.session.token = None
        return str(task.id)

    def find(self, key: str) -> str | None:
        return self._keys.get(key)  # at Amazon the token of `submit` finds it

    def state(self, job: str) -> str:
        if self.session is None:
            self._local(job)
            return "done"
        task = self._task(job)
        word = str(_calling(self.name, task.state))
        if word in _STATES:
            return _STATES[word]
        reason = _calling(self.name, task.metadata).get("failureReason") or word.lower()
        return f"failed: {_line(reason)}"

    def result(self, job: str) -> list[Counts]:
        if self.session is None:
            return [self._local(job)]
        found = _calling(self.name, self._task(job).result)
        if found is None:
            raise DeviceError(f"{self.name}: job {job} has no result")
        return [{str(bits): int(count) for bits, count in found.measurement_counts.items()}]

    def seconds(self, circuits: int, shots: int) -> float | None:
        return 0.0  # billed by tasks and shots

    def _local(self, job: str) -> Counts:
        if job not in self._results:
            raise DeviceError(
                f"{self.name}: job {job} ran in another process's simulator and is gone; delete it from "
                "jobs.jsonl to run it again"
            )
        return self._results[job]

    def _task(self, job: str) -> Any:
        return AwsQuantumTask(job, aws_session=self.session, poll_interval_seconds=1)


def to_openqasm(circuit: Circuit) -> str:
    """Braket's dialect of OpenQASM 3; qubit k is measured into bit k."""
    lines = ["OPENQASM 3.0;", f"bit[{circuit.n_qubits}] b;", f"qubit[{circuit.n_qubits}] q;"]
    for index, op in enumerate(circuit.operations):
        if op.free or (op.gate not in _NAMES and op.gate != "measure"):
            why = (
                f"free parameters {', '.join(n for p in op.free for n in p.names)}: bind them"
                if op.free
                else "no counterpart there"
            )
            raise ConfigError(
                f"Amazon Braket: instruction {index}: {op.gate} on qubits {op.qubits} has {why}"
            )
        lines.append(_statement(op))
    return "\n".join(lines) + "\n"


def _statement(op: Operation) -> str:
    if op.gate == "measure":
        return f"b[{op.clbits[0]}] = measure q[{op.qubits[0]}];"
    angles = f"({', '.join(repr(float(p)) for p in op.params)})" if op.params else ""  # type: ignore[arg-type]
    return f"{_NAMES[op.gate]}{angles} {', '.join(f'q[{q}]' for q in op.qubits)};"


def _calling(name: str, call: Any) -> Any:
    """Amazon's errors sorted into what may pass and what will not."""
    try:
        return call()
    except botocore_errors.ClientError as error:
        code, status = (
            error.response["Error"].get("Code", ""),
            error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
        )
        if code in _TRANSIENT or status >= 500 or status == 429:
            raise TransientError(_line(error)) from None
        raise DeviceError(f"{name}: {_line(error)}") from None
    except (botocore_errors.NoCredentialsError, botocore_errors.PartialCredentialsError) as error:
        raise ConfigError(f"{name}: {_line(error)}") from None
    except (botocore_errors.ConnectionError, botocore_errors.HTTPClientError) as error:
        raise TransientError(_line(error)) from None
    except QualmsError:
        raise
    except Exception as error:  # what the SDK or its simulators raise for a circuit
        raise DeviceError(f"{name}: {_line(error)}") from None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
