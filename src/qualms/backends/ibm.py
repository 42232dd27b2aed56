"""IBM's devices through the V2 primitives of qiskit-ibm-runtime, and the calibrations it ships; this file
alone imports it.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from qualms.backends.calibration import Calibration
from qualms.backends.jobs import Counts, TransientError
from qualms.backends.prices import PRICES, Price
from qualms.circuits import Circuit
from qualms.circuits.gates import GATES
from qualms.circuits.interchange import to_qiskit, transpile
from qualms.errors import ConfigError, DeviceError, MissingExtraError, QualmsError
from qualms.records.quadrant import Quadrant

try:
    import requests
    from qiskit_ibm_runtime import QiskitRuntimeService, SamplerV2, fake_provider
    from qiskit_ibm_runtime.accounts.exceptions import AccountNotFoundError, InvalidAccountError
    from qiskit_ibm_runtime.api.exceptions import RequestsApiError
    from qiskit_ibm_runtime.exceptions import IBMError, RuntimeJobFailureError, RuntimeJobMaxTimeoutError
except ImportError:
    raise MissingExtraError("qiskit-ibm-runtime", "ibm", "IBM's devices and their calibrations") from None

_STATES = {
    "INITIALIZING": "queued",
    "QUEUED": "queued",
    "VALIDATING": "queued",
    "RUNNING": "running",
    "DONE": "done",
    "COMPLETED": "done",
}
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 524}
_PLANS = ("ibm", "ibm-flex", "ibm-premium")
_SHOT_SECONDS = 250e-6  # the default repetition delay of IBM's devices


def local_devices() -> tuple[str, ...]:
    """Names of the devices whose calibration ships with the SDK: ``fake_manila``, …"""
    return tuple(sorted(_fakes()))


@lru_cache(maxsize=1)
def _fakes() -> dict[str, type]:
    found = {}
    for name in dir(fake_provider):
        kind = getattr(fake_provider, name)
        if (
            isinstance(kind, type)
            and name.startswith("Fake")
            and hasattr(kind, "backend_name")
            and "Provider" not in name
        ):
            found["fake_" + name.removeprefix("Fake").removesuffix("V2").lower()] = kind
    return found


@lru_cache(maxsize=16)
def _local(name: str) -> Any:
    kinds = _fakes()
    if name not in kinds:
        raise ConfigError(f"unknown device {name!r}; with a calibration here: {', '.join(kinds)}")
    return kinds[name]()


@lru_cache(maxsize=16)
def calibration(name: str) -> Calibration:
    """What IBM measured on a device, as the SDK ships it; its date is in it.

    Raises
    ------
    ConfigError
        For a device that is not there.
    """
    return read_calibration(_local(name), name)


def read_calibration(backend: Any, name: str) -> Calibration:
    """The calibration of any Qiskit backend with a target."""
    target, n = backend.target, backend.target.num_qubits
    gates: dict[tuple[str, tuple[int, ...]], tuple[float | None, float | None]] = {}
    for gate in target.operation_names:
        if gate not in GATES or target[gate] is None:
            continue
        for qubits, about in target[gate].items():
            if qubits is not None and len(qubits) == GATES[gate].n_qubits:
                gates[gate, tuple(qubits)] = (
                    (about.error, about.duration) if about is not None else (None, None)
                )
    about_qubits = target.qubit_properties or [None] * n
    properties = backend.properties() if callable(getattr(backend, "properties", None)) else None
    stamp = getattr(properties, "last_update_date", None)
    readings = [_readout(target, properties, q) for q in range(n)]
    length = target["measure"].get((0,)) if "measure" in target.operation_names else None
    return Calibration(
        name,
        stamp.date().isoformat() if stamp is not None else "unknown",
        n,
        tuple(sorted({qubits for _, qubits in gates if len(qubits) == 2})),
        gates,
        tuple(getattr(q, "t1", None) for q in about_qubits),
        tuple(getattr(q, "t2", None) for q in about_qubits),
        tuple(readings),
        getattr(length, "duration", None),
    )


def _readout(target: Any, properties: Any, qubit: int) -> tuple[float, float] | None:
    """(p(1|0), p(0|1))."""
    if properties is not None:
        known = properties.qubit_property(qubit)
        if "prob_meas1_prep0" in known and "prob_meas0_prep1" in known:
            return float(known["prob_meas1_prep0"][0]), float(known["prob_meas0_prep1"][0])
    about = target["measure"].get((qubit,)) if "measure" in target.operation_names else None
    return None if about is None or about.error is None else (float(about.error), float(about.error))


def client(name: str, instance: str | None = None, plan: str | None = None, service: Any = None) -> IBMClient:
    """A client for a device: ``fake_…`` runs here on its calibration, any other name at IBM.

    Parameters
    ----------
    instance : str, optional
        Instance of the account.
    plan : str, optional
        "ibm" (pay as you go; default), "ibm-flex" or "ibm-premium", for prices. Neither goes with
        ``fake_…``.
    service : Any, optional
        A `QiskitRuntimeService`; default: one made from the environment (QISKIT_IBM_TOKEN) or the saved
        account.

    Raises
    ------
    ConfigError
        For missing or refused credentials and unknown devices.
    """
    if plan is not None and plan not in _PLANS:
        raise ConfigError(f"plan={plan!r} is unknown; choose {', '.join(_PLANS)}")
    if name.startswith("fake_"):
        if instance is not None or plan is not None:
            raise ConfigError(f"{name} runs here, without an account: leave out instance and plan")
        return IBMClient(_local(name), name, None, PRICES["free"])
    try:
        service = service or QiskitRuntimeService(instance=instance)
        backend = service.backend(name)
    except (AccountNotFoundError, InvalidAccountError) as error:
        # the SDK blames the token for a missing network
        if isinstance(error.__cause__, requests.exceptions.RequestException):
            raise DeviceError(f"{name}: IBM's service does not answer: {_line(error.__cause__)}") from None
        raise ConfigError(
            f"{name}: no IBM Quantum credentials: set QISKIT_IBM_TOKEN, or save them once with "
            f"QiskitRuntimeService.save_account ({_line(error)})"
        ) from None
    except requests.exceptions.RequestException as error:
        raise DeviceError(f"{name}: IBM's service does not answer: {_line(error)}") from None
    except Exception as error:
        # the SDK raises Qiskit's errors, its own and Python's for an unknown device or a bad instance
        raise ConfigError(f"{name}: IBM's service refuses: {_line(error)}") from None
    return IBMClient(backend, name, service, PRICES[plan or "ibm"])


class IBMClient:
    """`DeviceClient` on SamplerV2; without a service it is the SDK's local mode, Aer with the calibration's
    noise.

    Attributes
    ----------
    most_seconds : int or None
        Device time after which IBM ends a job, so that its price has a limit; None for IBM's own limit.
    """

    most_seconds: int | None = None

    def __init__(self, backend: Any, name: str, service: Any, price: Price) -> None:
        self.backend, self.name, self.service, self.price = backend, name, service, price
        self.quadrant = Quadrant("classical", "simulated quantum" if service is None else "quantum hardware")
        self.calibration = calibration(name) if service is None else read_calibration(backend, name)
        self.n_qubits = self.calibration.n_qubits
        self.max_circuits = int(getattr(backend, "max_circuits", None) or 300)
        self.max_shots = int(
            getattr(getattr(backend, "configuration", lambda: None)(), "max_shots", None) or 100_000
        )
        self._jobs: dict[str, Any] = {}
        self._keys: dict[str, str] = {}

    def prepare(self, circuit: Circuit) -> Circuit:
        return transpile(circuit, self.n_qubits, self.calibration.gates).measured()

    def submit(self, circuits: Sequence[Circuit], shots: int, key: str) -> str:
        sampler = _calling(self.name, lambda: SamplerV2(mode=self.backend))
        if self.service is None:
            # its local mode takes 0 for none
            sampler.options.simulator.seed_simulator = 1 + int(
                hashlib.sha256(key.encode()).hexdigest()[:7], 16
            )
        else:
            sampler.options.environment.job_tags = [key]
            if self.most_seconds is not None:
                sampler.options.max_execution_time = self.most_seconds
        job = _calling(self.name, lambda: sampler.run([to_qiskit(c) for c in circuits], shots=shots))
        name = str(job.job_id())
        self._jobs[name], self._keys[key] = job, name
        return name

    def find(self, key: str) -> str | None:
        if self.service is None:
            return self._keys.get(key)
        found = _calling(self.name, lambda: self.service.jobs(job_tags=[key], limit=None))
        return str(found[-1].job_id()) if found else None  # the newest come first

    def state(self, job: str) -> str:
        status = _calling(self.name, lambda: self._job(job).status())
        word = str(getattr(status, "name", status)).upper()
        if word in _STATES:
            return _STATES[word]
        reason = _calling(self.name, getattr(self._job(job), "error_message", str)) or word.lower()
        return f"failed: {_line(reason)}"

    def result(self, job: str) -> list[Counts]:
        found = _calling(self.name, lambda: self._job(job).result())
        tables = []
        for one in found:
            registers = list(one.data.values())
            if len(registers) != 1:
                raise DeviceError(
                    f"{self.name}: job {job} returned {len(registers)} registers instead of one"
                )
            # Qiskit writes the last qubit first
            tables.append({bits[::-1]: int(count) for bits, count in registers[0].get_counts().items()})
        return tables

    def seconds(self, circuits: int, shots: int) -> float | None:
        """Repetition delay and readout of every shot, and two seconds a job; IBM bills what its `job.usage()`
        says afterwards.
        """
        return circuits * shots * (_SHOT_SECONDS + (self.calibration.readout_seconds or 0.0)) + 2.0

    def _job(self, job: str) -> Any:
        if job not in self._jobs:
            if self.service is None:
                raise DeviceError(
                    f"{self.name}: job {job} ran in another process's local mode and is gone; delete it "
                    "from jobs.jsonl to run it again"
                )
            self._jobs[job] = _calling(self.name, lambda: self.service.job(job))
        return self._jobs[job]


def _calling(name: str, call: Any) -> Any:
    """IBM's errors sorted into what may pass and what will not.

    The SDK's own carry no status; the one behind them does.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return call()
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        raise TransientError(_line(error)) from None
    except (RuntimeJobFailureError, RuntimeJobMaxTimeoutError) as error:
        raise DeviceError(f"{name}: the job failed: {_line(error)}") from None
    except (IBMError, requests.exceptions.RequestException) as error:
        behind: BaseException | None = error
        while behind is not None:
            if isinstance(behind, RequestsApiError) and (
                behind.status_code in _TRANSIENT or behind.status_code == -1
            ):
                raise TransientError(_line(error)) from None
            behind = behind.__cause__ or behind.__context__
        raise DeviceError(f"{name}: {_line(error)}") from None
    except (TransientError, QualmsError):
        raise
    except Exception as error:  # what the SDK's local mode, Aer or Qiskit raises for a circuit
        raise DeviceError(f"{name}: {_line(error)}") from None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
