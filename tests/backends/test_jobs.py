"""Jobs under faults: each is billed once, nothing is lost, nothing runs in another's place."""

import gzip
import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from qualms.backends import DeviceBackend
from qualms.backends.jobs import Job, Ledger, Patience, TransientError, run
from qualms.backends.prices import PRICES, Price
from qualms.circuits import Circuit, PauliSum
from qualms.errors import BudgetError, ConfigError, DeviceError, RunFolderError, TooLargeError
from qualms.records.quadrant import Quadrant

QUICK = Patience(retries=3, pause=0.0, poll=0.0, timeout=5.0, sleep=lambda _: None)
BELL = Circuit(2).add("h", 0).add("cx", 0, 1)


class Service:
    """A service with a memory: what was submitted, under which key, and what it will answer.

    Faults are scripted.
    """

    def __init__(self, max_circuits=2, price=PRICES["free"]):
        self.name, self.quadrant = "scripted", Quadrant("classical", "simulated quantum")
        self.n_qubits, self.max_circuits, self.max_shots, self.price = 3, max_circuits, 1000, price
        self.jobs, self.keys, self.faults, self.states = {}, {}, [], []
        self.answer = None

    def prepare(self, circuit):
        if circuit.n_qubits > self.n_qubits:
            raise ConfigError(
                f"{self.name}: the circuit has {circuit.n_qubits} qubits, the device {self.n_qubits}"
            )
        return circuit.measure()

    def _fault(self, call):
        if self.faults and self.faults[0][0] == call:
            raise self.faults.pop(0)[1]

    def submit(self, circuits, shots, key):
        if self.faults and self.faults[0][0] == "lost reply":  # it runs, but the answer never arrives
            fault = self.faults.pop(0)[1]
            self._take(circuits, shots, key)
            raise fault
        self._fault("submit")
        return self._take(circuits, shots, key)

    def _take(self, circuits, shots, key):
        name = f"job-{len(self.jobs)}"
        self.jobs[name], self.keys[key] = (list(circuits), shots), name
        return name

    def find(self, key):
        self._fault("find")
        return self.keys.get(key)

    def state(self, job):
        self._fault("state")
        return self.states.pop(0) if self.states else "done"

    def result(self, job):
        self._fault("result")
        circuits, shots = self.jobs[job]
        return self.answer if self.answer is not None else [{"0" * c.n_qubits: shots} for c in circuits]

    def seconds(self, circuits, shots):
        return circuits * shots * 1e-3


def test_many_circuits_are_few_jobs():
    service = Service(max_circuits=3)
    backend = DeviceBackend(service, shots=100, patience=QUICK)
    backend.counts([BELL] * 7, 100, 0)
    # equal batches are asked for as often as they were asked
    assert [len(c) for c, _ in service.jobs.values()] == [3, 3, 1]
    assert (backend.usage.circuits, backend.usage.shots, backend.usage.jobs) == (7, 700, 3)


def test_transient_failures_are_tried_again_and_billed_once(tmp_path):
    service = Service()
    service.faults = [
        ("find", TransientError("429")),
        ("submit", TransientError("503")),
        ("state", TransientError("timeout")),
        ("result", TransientError("500")),
    ]
    backend = DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK)
    backend.counts([BELL], 10, 0)
    assert len(service.jobs) == 1


def test_a_lost_reply_is_not_paid_twice(tmp_path):
    service = Service()
    service.faults = [("lost reply", TransientError("connection reset"))]
    DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0)
    assert len(service.jobs) == 1


def test_failures_that_stay_stop_with_one_line_and_no_substitute(tmp_path):
    service = Service()
    service.faults = [("submit", TransientError("503 at night"))] * 4
    with pytest.raises(DeviceError, match=r"scripted: no answer after 4 attempts: 503 at night; nothing ran"):
        DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0)
    assert not service.jobs
    service.states = ["queued", "running", "failed: calibration broke"]
    with pytest.raises(DeviceError, match="calibration broke"):
        DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0)
    # asked again, it is a new attempt with a key of its own
    backend = DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK)
    backend.counts([BELL], 10, 0)
    assert len(service.jobs) == 2
    assert len(set(service.keys)) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "0 tables for 1 circuits"),
        ("garbage", "str tables"),
        ([{"0x1": 10}], "not made of bits"),
        ([{"00": 9}], "9 shots instead of 10"),
        ([{"00": -1, "11": 11}], "not made of bits"),
        ([None], "not made of bits"),
    ],
)
def test_garbage_is_no_result(answer, message):
    service = Service()
    service.answer = answer
    with pytest.raises(DeviceError, match=message):
        DeviceBackend(service, shots=10, patience=QUICK).counts([BELL], 10, 0)


def test_a_job_that_takes_too_long_is_kept_and_fetched_later(tmp_path):
    service = Service()
    service.states = ["queued"] * 8
    slow = Patience(retries=1, pause=0.0, poll=1.0, timeout=3.0, sleep=lambda _: None)
    with pytest.raises(DeviceError, match="still queued after 3 s; it is kept"):
        DeviceBackend(service, shots=10, folder=tmp_path, patience=slow).counts([BELL], 10, 0)
    service.states = []
    DeviceBackend(service, shots=10, folder=tmp_path, patience=slow).counts([BELL], 10, 0)
    assert len(service.jobs) == 1


def test_finished_work_is_never_submitted_again(tmp_path):
    service = Service()
    first = DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0)
    assert DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0) == first
    assert len(service.jobs) == 1
    # another seed is another run
    DeviceBackend(service, shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 1)
    assert len(service.jobs) == 2


class Persistent(Service):
    """The service's memory in a file: it outlives the client's process."""

    def __init__(self, path, die=None):
        super().__init__()
        self.path, self.die = path, die

    def _take(self, circuits, shots, key):
        with open(self.path, "a") as file:
            file.write(json.dumps([key, shots, len(circuits)]) + "\n")
        if self.die == "after submit":
            os.kill(os.getpid(), signal.SIGKILL)
        return key

    def find(self, key):
        known = (
            [json.loads(line)[0] for line in Path(self.path).read_text().splitlines()]
            if os.path.exists(self.path)
            else []
        )
        return key if key in known else None

    def submit(self, circuits, shots, key):
        if self.die == "before submit":
            os.kill(os.getpid(), signal.SIGKILL)
        return self._take(circuits, shots, key)

    def result(self, job):
        if self.die == "before result":
            os.kill(os.getpid(), signal.SIGKILL)
        return [{"00": 10}]


def _work(folder, path, die):
    DeviceBackend(Persistent(path, die), shots=10, folder=folder, patience=QUICK).counts([BELL], 10, 0)


@pytest.mark.parametrize("moment", ["before submit", "after submit", "before result"])
def test_a_client_killed_around_a_submission_is_billed_once(tmp_path, moment):
    path, folder = str(tmp_path / "service"), tmp_path / "ledger"
    process = multiprocessing.get_context("fork").Process(target=_work, args=(folder, path, moment))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    _work(folder, path, None)
    assert len(Path(path).read_text().splitlines()) == 1
    assert [j.state for j in Ledger(folder).all()] == ["done"]


def test_a_ledger_cut_off_by_a_kill_is_read_to_its_last_whole_line(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(Job("a", "d", 1, 10, "submitted", "x"))
    ledger.write(Job("b", "d", 1, 10))
    whole = ledger.path.read_text()
    ledger.path.write_text(whole[:-20])
    again = Ledger(tmp_path)
    assert [j.key for j in again.all()] == ["a"]
    again.write(Job("c", "d", 1, 10))
    assert [j.key for j in Ledger(tmp_path).all()] == ["a", "c"]
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text("\n".join([lines[0], lines[1][:-20], lines[1], ""]))
    # a broken line in the middle is no kill's work
    with pytest.raises(RunFolderError, match=r"jobs.jsonl:2: not a job"):
        Ledger(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be written"):
        Ledger(tmp_path / "file")


@pytest.mark.parametrize("change", [
    lambda b: b"\xef\xbb\xbf" + b, lambda b: b.replace(b"\n", b"\r\n"), lambda b: b"\n\n" + b + b"\n",
    lambda b: b.rstrip(b"\n"),
])  # fmt: skip
def test_a_ledger_that_an_editor_saved_goes_on(tmp_path, change):
    """The message of a broken result tells users to delete a line.

    U+2028 in an error of a service ends no line.
    """
    ledger = Ledger(tmp_path)
    ledger.write(Job("a", "d", 1, 10, "failed", "x", why="one\u2028two\x85three"))
    ledger.path.write_bytes(change(ledger.path.read_bytes()))
    again = Ledger(tmp_path)
    again.write(Job("b", "d", 1, 10))
    assert [(j.key, j.why) for j in Ledger(tmp_path).all()] == [("a", "one\u2028two\x85three"), ("b", "")]


def test_a_ledger_to_which_nothing_can_be_added_is_refused(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(Job("a", "d", 1, 10))
    plain = ledger.path.read_bytes()
    for other in (plain.decode().encode("utf-16"), gzip.compress(plain), plain + b"\x1a"):
        ledger.path.write_bytes(other)
        with pytest.raises(RunFolderError, match="save it as plain UTF-8"):
            Ledger(tmp_path)
        assert ledger.path.read_bytes() == other


@pytest.mark.parametrize(("options", "message"), [
    ({"max_cost": float("nan")}, "max_cost=nan"), ({"max_cost": -1.0}, "max_cost=-1"),
    ({"max_cost": True}, "max_cost=True"), ({"shots": 2.5}, "shots=2.5 is not an integer"),
    ({"shots": True}, "shots=True"), ({"shots": 0}, "shots=0"), ({"seed": 0.5}, "seed=0.5"),
])  # fmt: skip
def test_options_that_are_no_numbers_are_refused_at_once(options, message):
    with pytest.raises(ConfigError, match=message):
        DeviceBackend(Service(), **options)


def test_nothing_is_spent_beyond_the_limit(tmp_path):
    service = Service(price=Price(per_task=0.30, per_shot=0.01))
    with pytest.raises(BudgetError, match=r"3 circuits × 100 shots would cost \$3.60 .* \$1.00 are allowed"):
        DeviceBackend(service, shots=100, max_cost=1.0, patience=QUICK).counts([BELL] * 3, 100, 0)
    assert not service.jobs
    backend = DeviceBackend(service, shots=100, folder=tmp_path, max_cost=4.0, patience=QUICK)
    backend.counts([BELL] * 3, 100, 0)
    assert backend.usage.money == pytest.approx(3.6)
    backend.counts([BELL] * 3, 100, 0)  # what is paid for is fetched, not paid again
    with pytest.raises(BudgetError, match=r"\$3.60 are spent"):
        backend.counts([BELL], 100, 7)
    timed = Service(price=Price(per_second=1.6))
    timed.seconds = lambda circuits, shots: None
    with pytest.raises(BudgetError, match="unknown"):
        DeviceBackend(timed, shots=10, max_cost=100, patience=QUICK).counts([BELL], 10, 0)


def test_bad_input_is_refused_before_anything_is_submitted():
    service = Service()
    with pytest.raises(ConfigError, match="4 qubits, the device 3"):
        DeviceBackend(service, shots=10, patience=QUICK).counts([Circuit(4).add("h", 0)], 10, 0)
    with pytest.raises(TooLargeError, match="4 qubits, and scripted takes at most 3"):
        DeviceBackend(service, shots=10, patience=QUICK).expectation(Circuit(4).add("h", 0), PauliSum("ZZZZ"))
    with pytest.raises(ConfigError, match="1 … 1000"):
        DeviceBackend(service, shots=5000)
    with pytest.raises(ConfigError, match="straight through"):
        DeviceBackend(service, shots=10, gradient="straight-through")
    assert not service.jobs


def test_all_settings_of_all_rows_go_into_the_same_jobs():
    service = Service(max_circuits=100)
    backend = DeviceBackend(service, shots=10, patience=QUICK)
    from qualms.circuits import LayeredAnsatz

    means = backend.expectation(
        LayeredAnsatz(2, 1).circuit(), [PauliSum("ZZ"), PauliSum("XX"), PauliSum("ZI")], torch.zeros(4, 2)
    )
    assert means.shape == (4, 3)
    assert len(service.jobs) == 1
    assert len(service.jobs["job-0"][0]) == 8
    np.testing.assert_allclose(means.numpy(), 1.0)


def test_the_ledger_says_what_really_ran(tmp_path):
    DeviceBackend(Service(), shots=10, folder=tmp_path, patience=QUICK).counts([BELL], 10, 0)
    (job,) = Ledger(tmp_path).all()
    assert (job.compute, job.device, job.state, job.shots) == ("simulated quantum", "scripted", "done", 10)
    with pytest.raises(DeviceError, match="failed"):
        service = Service()
        service.states = ["failed: no"]
        run(service, [BELL.measure()], 10, "key", Ledger(), QUICK)


def test_prices_are_dated():
    from datetime import date

    # 100 iterations × 1,000 shots, as the team's notes have it
    assert PRICES["garnet"].cost(100, 100_000) == pytest.approx(175)
    assert PRICES["forte"].cost(100, 100_000) == pytest.approx(8030)
    assert PRICES["ankaa"].cost(100, 100_000) == pytest.approx(120)
    assert PRICES["ibm"].is_stale(date(2026, 11, 21))
    assert not PRICES["garnet"].is_stale(date(2026, 11, 21))
    assert "older than 90 days" in PRICES["ibm"].note(date(2026, 11, 21))
    assert Price(source="x").is_stale()


def test_two_clients_of_one_folder_share_the_limit_and_the_jobs(tmp_path):
    service = Service(price=Price(per_task=1.0))
    first, second = (
        DeviceBackend(service, shots=10, folder=tmp_path, max_cost=1.0, patience=QUICK) for _ in range(2)
    )
    first.counts([BELL], 10, 0)
    assert second.counts([BELL], 10, 0) == [{"00": 10}]  # what the first one paid for
    assert len(service.jobs) == 1
    assert second.fresh.jobs == 0
    assert second.usage.jobs == 1
    assert second.usage.money == 1.0
    with pytest.raises(BudgetError, match=r"\$1.00 are spent"):
        second.counts([Circuit(2).add("x", 0)], 10, 0)
    other = Service(price=Price(per_task=1.0))
    other.name = "another device"
    # a device pays its own jobs alone
    DeviceBackend(other, shots=10, folder=tmp_path, max_cost=1.0, patience=QUICK).counts([BELL], 10, 0)
