"""The queue against a model of it, two processes, kills, clocks that jump, files that are no queue."""

import json
import multiprocessing
import os
import signal
import sqlite3
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from qualms.errors import ConfigError, KeyConflictError, MissingError, QueueFullError, RunFolderError
from qualms.service.jobs import rows
from qualms.service.jobs.job import State
from qualms.service.jobs.queue import MOST_CRASHES, Queue

LEASE = 30.0


class Clock:
    """Two clocks that a test sets."""

    def __init__(self):
        self.wall, self.monotonic = 1e9, 100.0


def made(folder, clock=None, **options):
    clock = clock or Clock()
    return Queue(
        Path(folder) / "q.sqlite", clock=lambda: clock.wall, ticks=lambda: clock.monotonic, **options
    )


@dataclass
class Known:
    """What a job must be."""

    id: str
    kind: str
    request: dict
    state: str = "waiting"
    attempts: int = 0
    crashes: int = 0
    until: float = 0.0
    holder: object = None
    ends: list = field(default_factory=list)


class QueueMachine(RuleBasedStateMachine):
    """Any order of submissions, leases, ends, crashes, cancellations and restarts."""

    leases = Bundle("leases")
    ids = Bundle("ids")

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.queue = made(self.folder.name, self.clock, limit=6)
        self.jobs: dict[str, Known] = {}  # in the order of submission
        self.keys: dict[str, Known] = {}

    def teardown(self):
        if hasattr(self, "queue"):
            self.queue.close()
            self.folder.cleanup()

    def waiting(self, kinds=()):
        return [k for k in self.jobs.values() if k.state == "waiting" and (not kinds or k.kind in kinds)]

    def again(self, known):
        known.holder = None
        known.state = "failed" if known.crashes >= MOST_CRASHES or known.attempts >= 20 else "waiting"
        if known.state == "failed":
            known.ends.append("failed")

    @rule(
        target=ids,
        kind=st.sampled_from(["solve", "read"]),
        value=st.integers(0, 2),
        key=st.sampled_from([None, None, "a", "b"]),
    )
    def submit(self, kind, value, key):
        request = {"value": value}
        known = self.keys.get(key)
        if known is not None:
            if (known.kind, known.request) != (kind, request):
                with pytest.raises(KeyConflictError):
                    self.queue.submit(kind, request, key)
            else:
                assert self.queue.submit(kind, request, key).id == known.id
            return known.id
        if len(self.waiting()) >= 6:
            with pytest.raises(QueueFullError):
                self.queue.submit(kind, request, key)
            return next(iter(self.jobs))
        job = self.queue.submit(kind, request, key)
        self.jobs[job.id] = Known(job.id, kind, request)
        if key is not None:
            self.keys[key] = self.jobs[job.id]
        return job.id

    @rule(target=leases, kinds=st.sampled_from([(), (), ("read",)]))
    def lease(self, kinds):
        due = [k for k in self.jobs.values() if k.state == "running" and k.until < self.clock.monotonic]
        if due or self.waiting(kinds):
            for known in due:
                self.again(known)
        first = next(iter(self.waiting(kinds)), None)
        found = self.queue.lease("worker", LEASE, kinds)
        assert (found.job.id if found else None) == (first.id if first else None)  # the oldest, and one alone
        if first is not None:
            first.state, first.holder, first.attempts = "running", found, first.attempts + 1
            first.until = self.clock.monotonic + LEASE
        return found

    def held(self, lease):
        known = self.jobs[lease.job.id]
        return known if known.holder is lease else None

    @rule(lease=leases)
    def renew(self, lease):
        if lease is not None:
            known = self.held(lease)
            assert self.queue.renew(lease) is (known is not None)
            assert self.queue.holds(lease) is (known is not None)
            if known is not None:
                known.until = self.clock.monotonic + LEASE

    @rule(lease=leases, step=st.integers(0, 5))
    def tell(self, lease, step):
        if lease is not None:
            known = self.held(lease)
            assert self.queue.tell(lease, {"kind": "step", "step": step}) is (known is not None)
            if known is not None:
                assert self.queue.get(known.id).progress == {"step": step}

    @rule(lease=leases, good=st.booleans())
    def finish(self, lease, good):
        if lease is None:
            return
        known = self.held(lease)
        how = {"result": {"by": lease.token}, "records": ["{}"]} if good else {"error": "why"}
        assert self.queue.finish(lease, **how) is (known is not None)
        if known is not None:
            known.state, known.holder = "done" if good else "failed", None
            known.ends.append(known.state)

    @rule(lease=leases)
    def crash(self, lease):
        if lease is not None:
            known = self.held(lease)
            assert self.queue.crashed(lease, "a crash") is (known is not None)
            if known is not None:
                known.crashes += 1
                self.again(known)

    @rule(lease=consumes(leases))
    def release(self, lease):
        if lease is not None:
            known = self.held(lease)
            assert self.queue.release(lease) is (known is not None)
            if known is not None:
                known.state, known.holder, known.attempts = "waiting", None, known.attempts - 1

    @rule(job=ids)
    def cancel(self, job):
        known = self.jobs[job]
        found = self.queue.cancel(job)
        if known.state in ("waiting", "running"):
            known.state, known.holder = "cancelled", None
            known.ends.append("cancelled")
        assert found.state == known.state

    @rule(seconds=st.sampled_from([1.0, 20.0, 40.0]))
    def time_passes(self, seconds):
        self.clock.monotonic += seconds

    @rule(seconds=st.sampled_from([-86400.0, 86400.0]))
    def wall_clock_jumps(self, seconds):
        self.clock.wall += seconds

    @rule()
    def restart(self):
        self.queue.close()
        self.queue = made(self.folder.name, self.clock, limit=6)
        running = [k for k in self.jobs.values() if k.state == "running"]
        assert self.queue.recover() == len(running)
        for known in running:
            self.again(known)

    @invariant()
    def agrees(self):
        if not hasattr(self, "queue"):
            return
        listed = self.queue.jobs(limit=1000).jobs
        assert [j.id for j in listed] == [*self.jobs][::-1]
        for job in listed:
            known = self.jobs[job.id]
            assert (job.state, job.attempts) == (known.state, known.attempts)
        counts = self.queue.counts()
        assert all(counts[s] == sum(k.state == s for k in self.jobs.values()) for s in State)
        for known in self.jobs.values():
            events = self.queue.events(known.id)
            assert [e.number for e in events] == [*range(1, len(events) + 1)]
            ends = [e.data["state"] for e in events if e.kind == "state" and State(e.data["state"]).final]
            assert ends == known.ends
            assert len(ends) <= 1
        assert self.queue.undelivered() == sorted(k.id for k in self.jobs.values() if k.state == "done")


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_a_request_is_kept_whole_and_in_the_same_words(tmp_path):
    queue = made(tmp_path)
    request = {"text": "한국어 \ud800 \u202e", "numbers": [1, 2.5, None, True], "nested": {"a": {"b": []}}}
    job = queue.submit("solve", request, title="\udfff")
    assert queue.get(job.id).request == request
    assert queue.get(job.id).title == "?"
    lease = queue.lease("w", LEASE)
    queue.finish(lease, result={"gap": float("nan"), "bound": float("inf")})
    assert queue.get(job.id).result == {"gap": None, "bound": None}


def test_lists_go_on_from_a_cursor_while_jobs_are_added(tmp_path):
    queue = made(tmp_path)
    ids = [queue.submit("solve", {"n": n}).id for n in range(7)]
    first = queue.jobs(limit=3)
    queue.submit("solve", {"n": "new"})
    second = queue.jobs(after=first.next, limit=3)
    third = queue.jobs(after=second.next, limit=3)
    assert [j.id for p in (first, second, third) for j in p.jobs] == ids[::-1]
    assert third.next is None
    for wrong in ("", "x", "-1", "1e30", "9" * 50):
        with pytest.raises(ConfigError, match="no cursor"):
            queue.jobs(after=wrong)


def test_a_job_of_many_events_keeps_its_first_ones_and_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "MOST_EVENTS", 10)
    queue = made(tmp_path)
    job = queue.submit("solve", {})
    lease = queue.lease("w", LEASE)
    queue.tell(lease, *({"kind": "found", "n": n} for n in range(100)))
    queue.finish(lease, result={})
    kinds = [e.kind for e in queue.events(job.id)]
    assert kinds == ["state", "state", *["found"] * 8, "note", "state"]


def test_the_time_that_is_left_runs_out_and_is_that_of_a_running_job(tmp_path):
    clock = Clock()
    queue = made(tmp_path, clock)
    job = queue.submit("solve", {}).id
    lease = queue.lease("w", LEASE)
    began = clock.wall
    assert queue.get(job).left(began) is None  # nothing was told
    queue.tell(lease, {"kind": "step", "step": 1, "steps": 4, "note": "", "seconds": 2.0, "eta": 6.0})
    assert [queue.get(job).left(began + spent) for spent in (1.0, 2.0, 5.0, 60.0)] == [6.0, 6.0, 3.0, 0.0]
    queue.finish(lease, result={})
    assert queue.get(job).left(began + 3.0) is None


def test_what_is_not_there(tmp_path):
    queue = made(tmp_path)
    for ask in (queue.get, queue.cancel, queue.events):
        with pytest.raises(MissingError, match="there is no job"):
            ask("0123456789abcdef")


def test_a_file_that_is_no_queue_and_one_of_another_version(tmp_path):
    (tmp_path / "q.sqlite").write_text("a text that somebody keeps here, which is no database at all")
    with pytest.raises(RunFolderError, match=r"q\.sqlite: cannot be read or written: file is not a database"):
        made(tmp_path)
    (tmp_path / "q.sqlite").unlink()
    made(tmp_path).close()
    with sqlite3.connect(tmp_path / "q.sqlite") as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(RunFolderError, match="version 9"):
        made(tmp_path)


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path):
    queue = made(tmp_path)
    kept = queue.submit("solve", {"n": 0})
    with queue.writing() as db:  # SQLite's own limit is what a full disk is to it
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    queue._connection().execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(RunFolderError, match="full"):
        for n in range(1000):
            queue.submit("solve", {"n": n, "text": "x" * 2000})
    queue._connection().execute("PRAGMA max_page_count = 1000000")
    ids = [j.id for j in queue.jobs(limit=1000).jobs]
    assert kept.id in ids
    assert all(queue.get(i).state == "waiting" and queue.events(i) for i in ids)  # each is whole
    assert queue.submit("solve", {"n": "after"}).state == "waiting"


def test_connections_of_ended_threads_are_closed(tmp_path):
    queue, told = made(tmp_path), []
    for _ in range(50):
        thread = threading.Thread(target=lambda: told.append(queue.counts()))
        thread.start()
        thread.join()
    assert len(told) == 50
    assert len(queue._opened) <= 2
    assert queue.counts() == told[0]  # this thread's own is open


# Processes --------------------------------------------------------------------------------------------------


def _work(path, name, done, both):
    queue = Queue(path)
    done.touch()
    both.wait(60)
    while (lease := queue.lease(name, LEASE)) is not None:
        with open(done, "a") as file:
            file.write(f"{lease.job.id} {queue.finish(lease, result={'by': name})}\n")


def _hold(path, done):
    queue = Queue(path)
    done.write_text(str(queue.lease("killed", 0.5).token))
    time.sleep(60)


def _written(path):
    for _ in range(600):
        if path.exists() and path.read_text():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} was not written")


def test_two_processes_share_the_jobs_and_a_killed_one_loses_its_lease(tmp_path):
    """Each job is done by one of them; what a killed process held is done by another after its lease."""
    path = tmp_path / "q.sqlite"
    queue = Queue(path)
    ids = {queue.submit("solve", {"n": n}).id for n in range(30)}
    queue.close()  # a connection is not taken through a fork
    context = multiprocessing.get_context("fork")  # they import nothing
    killed = context.Process(target=_hold, args=(path, tmp_path / "held"), daemon=True)
    killed.start()
    _written(tmp_path / "held")
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    time.sleep(0.6)
    both = context.Barrier(2)
    workers = [
        context.Process(target=_work, args=(path, f"w{k}", tmp_path / f"w{k}", both), daemon=True)
        for k in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    done = [line.split() for k in range(2) for line in (tmp_path / f"w{k}").read_text().splitlines()]
    assert sorted(i for i, _ in done) == sorted(ids)  # each once
    assert all(committed == "True" for _, committed in done)
    assert queue.counts()[State.done] == len(ids)
    assert sorted(queue.get(i).attempts for i in ids) == [1] * 29 + [2]


def test_who_lost_a_lease_can_change_nothing(tmp_path):
    clock = Clock()
    queue = made(tmp_path, clock)
    job = queue.submit("solve", {})
    slow = queue.lease("slow", LEASE)
    clock.monotonic += LEASE + 1
    quick = queue.lease("quick", LEASE)
    assert quick.token > slow.token
    before = json.dumps(queue.get(job.id).to_dict())
    assert not queue.renew(slow)
    assert not queue.tell(slow, {"kind": "step", "step": 1})
    assert not queue.finish(slow, result={"by": "slow"}, records=["{}"])
    assert not queue.crashed(slow, "late")
    assert not queue.release(slow)
    assert json.dumps(queue.get(job.id).to_dict()) == before
    assert queue.finish(quick, result={"by": "quick"})
    assert queue.get(job.id).result == {"by": "quick"}
    assert queue.undelivered() == []


def test_a_clock_that_jumps_ends_no_lease_and_keeps_none(tmp_path):
    clock = Clock()
    queue = made(tmp_path, clock)
    queue.submit("solve", {})
    lease = queue.lease("w", LEASE)
    for jump in (86400.0, -2 * 86400.0):
        clock.wall += jump
        assert queue.lease("other", LEASE) is None
        assert queue.renew(lease)
    clock.monotonic += LEASE - 1
    assert queue.lease("other", LEASE) is None
    assert queue.renew(lease)
    clock.monotonic += LEASE - 1
    assert queue.lease("other", LEASE) is None
    clock.monotonic += 2
    assert queue.lease("other", LEASE).job.id == lease.job.id


def test_a_key_stands_for_one_request(tmp_path):
    queue = made(tmp_path)
    first = queue.submit("solve", {"a": 1, "b": 2}, "key")
    assert queue.submit("solve", {"b": 2, "a": 1}, "key").id == first.id  # the order of fields says nothing
    for kind, request in (("solve", {"a": 1}), ("read", {"a": 1, "b": 2})):
        with pytest.raises(KeyConflictError, match=first.id):
            queue.submit(kind, request, "key")
    queue.cancel(first.id)
    assert queue.submit("solve", {"a": 1, "b": 2}, "key").state == "cancelled"  # it is not done again
    assert queue.counts()[State.cancelled] == 1


def test_poison_is_parked_with_its_reason(tmp_path):
    queue = made(tmp_path)
    job = queue.submit("solve", {})
    for _ in range(MOST_CRASHES):
        queue.crashed(queue.lease("w", LEASE), "its process was killed by the system (SIGSEGV)")
    found = queue.get(job.id)
    assert found.state == "failed"
    assert "SIGSEGV" in found.error
    assert f"begun {MOST_CRASHES} times" in found.error
    assert queue.lease("w", LEASE) is None
