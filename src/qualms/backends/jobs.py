"""Jobs on devices that survive this process: a durable ledger, one bill for each, bounded retries, results by
id.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock

from qualms.backends.prices import Price
from qualms.circuits import Circuit
from qualms.data.text import read_text
from qualms.errors import DeviceError, RunFolderError
from qualms.records.quadrant import Quadrant

Counts = dict[str, int]  # measured bits, qubit 0 first → how often


class TransientError(Exception):
    """What a client raises for a failure that may pass: refused connections, 429, 5xx, a service under
    maintenance.
    """


class DeviceClient(Protocol):
    """A device's service.

    One small file a vendor implements this; everything that must be right once is in `run`.

    Attributes
    ----------
    name : str
        Name of the device.
    quadrant : Quadrant
        What runs there; a local mode is a simulator.
    n_qubits, max_circuits, max_shots : int
        Of the device, of a job, of a circuit.
    price : Price
        Price of the device.
    """

    name: str
    quadrant: Quadrant
    n_qubits: int
    max_circuits: int
    max_shots: int
    price: Price

    def prepare(self, circuit: Circuit) -> Circuit:
        """The circuit in the device's own gates, measuring qubit k into bit k. Free parameters stay free."""
        ...

    def submit(self, circuits: Sequence[Circuit], shots: int, key: str) -> str:
        """Hand in a job under an idempotency key; its id there.

        Raises `TransientError`, or `DeviceError` for a refusal that will not pass.
        """
        ...

    def find(self, key: str) -> str | None:
        """The id of a job handed in under that key, if the service has one; None if it has none or cannot
        look.
        """
        ...

    def state(self, job: str) -> str:
        """ "queued", "running", "done" or "failed: why"."""
        ...

    def result(self, job: str) -> list[Counts]:
        """Counts of every circuit of a job that is done."""
        ...

    def seconds(self, circuits: int, shots: int) -> float | None:
        """Device time to expect, where it is billed by time; None where nobody says."""
        ...


@dataclass(frozen=True)
class Job:
    """One submission as the ledger keeps it.

    Attributes
    ----------
    key : str
        Hash of device, circuits, shots and seed; the same work has the same key.
    state : str
        "planned" (written before submission), "submitted", "done", "failed".
    attempt : int
        How often this work has failed before; each attempt has an idempotency key of its own.
    waited : float
        seconds between submission and result, queue included, as far as this process saw them.
    seconds, dollars : float
        Of the device, as priced.
    """

    key: str
    device: str
    circuits: int
    shots: int
    state: str = "planned"
    id: str = ""
    attempt: int = 0
    why: str = ""
    counts: list[Counts] = field(default_factory=list)
    waited: float = 0.0
    seconds: float = 0.0
    dollars: float = 0.0
    compute: str = ""


class Ledger:
    """Jobs of a folder, one JSON object a line, the latest line of a key being valid.

    Safe against kills and against two processes.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._kept: dict[str, Job] = {}
        self._lock: FileLock | None = None
        self.path = Path(folder) / "jobs.jsonl" if folder is not None else None
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise RunFolderError(f"{self.path.parent}: cannot be written: {error.strerror}") from None
            self._lock = FileLock(str(self.path) + ".lock")
            self.refresh()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the ledger, which is read again: what other processes wrote is known inside."""
        if self._lock is None:
            yield
            return
        with self._lock:
            self.refresh()
            yield

    def refresh(self) -> None:
        """Read what is there now."""
        if self.path is None or not self.path.exists():
            return
        found = read_text(self.path)
        if not found.extensible:
            raise RunFolderError(
                f"{self.path}: jobs are added to it as UTF-8, and it is compressed, UTF-16 or ends in "
                "Ctrl-Z: save it as plain UTF-8"
            )
        last = len(found.lines) if found.text and not found.text.endswith("\n") else 0
        for number, line in enumerate(found.lines, 1):
            if not line.strip():
                continue
            try:
                job = Job(**json.loads(line))
            except (ValueError, TypeError) as error:
                if number == last:
                    continue  # a write that a kill cut off; the line before it is still valid
                raise RunFolderError(f"{self.path}:{number}: not a job: {error}") from None
            self._kept[job.key] = job

    def get(self, key: str) -> Job | None:
        return self._kept.get(key)

    def all(self) -> list[Job]:
        """Every job, in the order they were planned."""
        return list(self._kept.values())

    def write(self, job: Job) -> Job:
        """Durable when this returns."""
        self._kept[job.key] = job
        if self.path is None:
            return job
        try:
            assert self._lock is not None
            with self._lock, self.path.open("a", encoding="utf-8") as file:
                file.write(self._mended())
                file.write(json.dumps(asdict(job), ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunFolderError(
                f"{self.path}: cannot be written: {error.strerror}; job {job.id or job.key} is {job.state}"
            ) from None
        return job

    def _mended(self) -> str:
        """What has to stand before the next line.

        A line that a kill cut off is taken away: in the middle of the ledger it would be an error.
        """
        assert self.path is not None
        with self.path.open("rb+") as file:
            whole = file.read()
            begin = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
            if begin == len(whole):
                return ""
            try:
                Job(**json.loads(whole[begin:].decode("utf-8-sig")))
            except (ValueError, TypeError):
                file.truncate(begin)
                return ""
            return "\n"


@dataclass(frozen=True)
class Patience:
    """How long to wait. retries : after transient failures of one call, with doubling pauses from `pause`
    seconds. timeout : seconds for a job.
    """

    retries: int = 5
    pause: float = 1.0
    poll: float = 2.0
    timeout: float = 3600.0
    sleep: Callable[[float], None] = time.sleep


def keys_of(client: DeviceClient, batches: Sequence[Sequence[Circuit]], shots: int, seed: int) -> list[str]:
    """The idempotency keys of batches of work.

    Equal batches of one call are different work, each with shots of its own.
    """
    seen: dict[str, int] = {}
    out = []
    for batch in batches:
        key = _hash(client, batch, shots, seed)
        seen[key] = seen.get(key, 0) + 1
        out.append(key if seen[key] == 1 else f"{key[:26]}-{seen[key]}")
    return out


def _hash(client: DeviceClient, circuits: Sequence[Circuit], shots: int, seed: int) -> str:
    found = hashlib.sha256(f"{client.name}|{shots}|{seed}".encode())
    for circuit in circuits:
        found.update(circuit.fingerprint)
    return found.hexdigest()[:32]


def run(
    client: DeviceClient,
    circuits: Sequence[Circuit],
    shots: int,
    key: str,
    ledger: Ledger,
    patience: Patience,
) -> Job:
    """Counts of prepared circuits, as one job with a key of `keys_of`.

    Work that the ledger has is not handed in again.

    Raises
    ------
    DeviceError
        When the job failed, took too long (it stays in the ledger and is fetched by the same call later)
        or its result is no result.
    """
    with ledger.locked():  # nobody else hands in the same work meanwhile
        job = ledger.get(key)
        if job is not None and job.state == "done":
            return job
        if job is None or job.state == "failed":
            attempt = 0 if job is None else job.attempt + 1
            job = ledger.write(
                Job(key, client.name, len(circuits), shots, attempt=attempt, compute=client.quadrant.compute)
            )
        if job.state == "planned":
            # A process may have died between plan and submission, and an answer may have been lost: ask the
            # service before paying twice.
            token = f"{key}-{job.attempt}"
            name = _patiently(
                lambda: client.find(token) or client.submit(circuits, shots, token), patience, client
            )
            job = ledger.write(replace(job, state="submitted", id=name))
    began, waited = time.monotonic(), 0.0
    while True:
        state = _patiently(lambda: client.state(job.id), patience, client)
        if state == "done":
            break
        if state.startswith("failed"):
            ledger.write(replace(job, state="failed", why=state))
            raise DeviceError(f"{client.name}: job {job.id} {state}")
        if waited > patience.timeout:
            raise DeviceError(
                f"{client.name}: job {job.id} is still {state} after {patience.timeout:g} s; it is kept, "
                "and the same call will fetch its result"
            )
        patience.sleep(patience.poll)
        waited = max(waited + patience.poll, time.monotonic() - began)
    counts = _patiently(lambda: client.result(job.id), patience, client)
    _check(client, job, counts)
    seconds = client.seconds(len(circuits), shots) or 0.0
    dollars = client.price.cost(1, shots * len(circuits), seconds)
    return ledger.write(
        replace(
            job,
            state="done",
            counts=counts,
            waited=time.monotonic() - began,
            seconds=seconds,
            dollars=dollars,
        )
    )


def _patiently(call: Callable[[], Any], patience: Patience, client: DeviceClient) -> Any:
    """Transient failures are tried again, a bounded number of times."""
    for attempt in range(patience.retries + 1):
        try:
            return call()
        except TransientError as error:
            last = error
            if attempt < patience.retries:
                patience.sleep(patience.pause * 2**attempt)
    raise DeviceError(
        f"{client.name}: no answer after {patience.retries + 1} attempts: {last}; nothing ran in its place"
    )


def _check(client: DeviceClient, job: Job, counts: object) -> None:
    """A result is one table of counts for every circuit, whose strings are bits and whose numbers add up to
    the shots.
    """
    where = (
        f"{client.name}: job {job.id} returned what is no result (delete its line from jobs.jsonl to "
        "run it anew, and pay again): "
    )
    if not isinstance(counts, list) or len(counts) != job.circuits:
        raise DeviceError(
            where
            + (
                f"{len(counts) if isinstance(counts, list) else type(counts).__name__} tables for "
                f"{job.circuits} circuits"
            )
        )
    for number, table in enumerate(counts):
        if not isinstance(table, dict) or any(
            set(bits) - {"0", "1"} or not isinstance(c, int) or c < 0 for bits, c in table.items()
        ):
            raise DeviceError(where + f"the table of circuit {number} is not made of bits and counts")
        if sum(table.values()) != job.shots:
            raise DeviceError(
                where + f"circuit {number} has {sum(table.values())} shots instead of {job.shots}"
            )
