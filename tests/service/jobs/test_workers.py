"""Workers: real processes, killed and cancelled; a service that is killed and started again."""

import os
import signal
import time
from collections import Counter
from contextlib import ExitStack

import httpx
import psutil
import pytest

from qualms.errors import RunFolderError
from qualms.records import read_records
from qualms.service.jobs.job import State
from qualms.service.jobs.queue import MOST_CRASHES, Queue
from qualms.service.jobs.requests import submit_checked
from qualms.service.jobs.workers import Workers
from qualms.service.settings import read_settings
from tests.service.api.serving import filled, serve

pytestmark = pytest.mark.slow
LONG = {"text": "labs:60", "seconds": 500.0}


def until(wanted, seconds=240.0):
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + seconds
    while not (found := wanted()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
    return found


def children(pid=None):
    """All processes below one, those of races among them."""
    found = psutil.Process(pid).children(recursive=True)
    return [c for c in found if "spawn_main" in " ".join(c.cmdline())]


@pytest.fixture
def queue(tmp_path):
    with Queue(tmp_path / "service.sqlite") as made:
        made.settings = read_settings(tmp_path, None, {}, {})
        yield made


def submit(queue, kind, **request):
    return submit_checked(queue, kind, request, None, queue.settings).id


def state_of(queue, job):
    return queue.get(job).state


def test_jobs_are_done_and_a_quick_one_does_not_wait_for_a_long_one(queue, tmp_path):
    with Workers(queue, queue.settings):
        long = submit(queue, "solve", **LONG)
        until(lambda: any(e.kind == "found" and "solver" in e.data for e in queue.events(long)))
        niceness = {child.nice() for child in children()}
        assert niceness == {10 + os.nice(0)}
        quick = submit(queue, "read", text="Which shops should I visit first?")
        until(lambda: state_of(queue, quick) is State.done)
        assert state_of(queue, long) is State.running
        racing = [c for child in psutil.Process().children() for c in child.children(recursive=True)]
        assert racing  # the arms of the race, below the job's process
        queue.cancel(long)
        until(lambda: not [c for c in racing if c.is_running() and c.status() != psutil.STATUS_ZOMBIE], 30)
        short = submit(queue, "solve", text="labs:6", seconds=1.0)
        until(lambda: state_of(queue, short) is State.done)
        until(lambda: not queue.undelivered())
    assert not children()  # nothing is left
    assert [r.id for r in read_records(tmp_path)] == [queue.get(short).result["record"]]
    assert queue.get(long).result is None


def test_a_process_that_is_killed_is_begun_again_and_then_parked(queue):
    with Workers(queue, queue.settings):
        job = submit(queue, "solve", **LONG)
        for _ in range(MOST_CRASHES):
            until(lambda: queue.events(job)[-1].kind == "found" or state_of(queue, job).final)
            for child in children():
                child.kill()
            seen = len(queue.events(job))
            until(lambda seen=seen: len(queue.events(job)) > seen)
        until(lambda: state_of(queue, job).final)
        again = submit(queue, "read", text="Which shops should I visit first?")
        until(lambda: state_of(queue, again) is State.done)  # the workers go on
    found = queue.get(job)
    assert found.state is State.failed
    assert "SIGKILL" in found.error
    assert f"begun {MOST_CRASHES} times" in found.error


def test_workers_that_stop_give_their_jobs_back(queue):
    job = submit(queue, "solve", **LONG)
    with Workers(queue, queue.settings):
        until(lambda: state_of(queue, job) is State.running)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    assert (queue.get(job).state, queue.get(job).attempts) == (State.waiting, 0)


def test_a_job_over_its_time_is_ended(tmp_path):
    settings = read_settings(tmp_path, None, {"limits.job_seconds": 4.0}, {})
    with Queue(settings.database) as queue, Workers(queue, settings):
        queue.settings = settings
        first = submit(queue, "solve", text="labs:5")  # the process's start counts as time of its first job
        until(lambda: state_of(queue, first).final)
        job = submit(queue, "solve", **LONG)
        found = until(lambda: queue.get(job) if state_of(queue, job).final else None)
    assert found.state is State.failed
    assert "took longer than 4 s" in found.error
    assert found.attempts == 1


def test_a_trouble_is_told_until_that_worker_is_at_work_again(queue, monkeypatch):
    full, lease, asked = {"worker-0"}, queue.lease, Counter()

    def leased(name, *given):
        asked[name] += 1
        if name in full:
            raise RunFolderError(f"{name}: the disk is full")
        return lease(name, *given)

    monkeypatch.setattr(queue, "lease", leased)
    with Workers(queue, queue.settings) as workers:
        until(lambda: workers.trouble is not None)
        quick = submit(queue, "read", text="Which shops should I visit first?")
        until(lambda: state_of(queue, quick) is State.done)  # by another worker
        before = asked.total()
        until(lambda: asked.total() > before + 2)  # the other one was at work again
        assert workers.trouble == "worker-0: the disk is full"
        full.clear()
        until(lambda: workers.trouble is None, 30)  # without any further job


def test_workers_go_on_when_a_full_disk_has_room_again(disk):
    settings = read_settings(disk, None, {}, {})
    with Queue(settings.database) as queue:
        queue.settings = settings
        job = submit(queue, "read", text="Which shops should I visit first?")
        with ExitStack() as full:
            full.enter_context(filled(disk))
            with Workers(queue, settings) as workers:
                assert "full" in until(lambda: workers.trouble)
                assert state_of(queue, job) is State.waiting
                full.close()
                until(lambda: state_of(queue, job) is State.done)
                until(lambda: workers.trouble is None, 60)


def test_a_killed_service_loses_nothing_and_ctrl_c_stops_one_within_seconds(tmp_path):
    process, address = serve(tmp_path / "store")
    ids = [
        httpx.post(f"{address}/api/v1/jobs", json={"kind": "solve", "text": f"labs:{n}", "seconds": 1.0},
                   headers={"Idempotency-Key": f"k{n}"}, timeout=60).json()["id"]
        for n in (5, 6, 7)
    ]  # fmt: skip
    with Queue(tmp_path / "store" / "service.sqlite") as queue:
        until(lambda: queue.counts()[State.running])
        below = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in below), 20)
        process, address = serve(tmp_path / "store")
        until(lambda: all(queue.get(i).state is State.done for i in ids) and not queue.undelivered())
        wanted = [queue.get(i).result["record"] for i in ids]
        assert [r.id for r in read_records(tmp_path / "store")] == wanted
    with httpx.stream("GET", f"{address}/news", timeout=60) as followed:  # somebody still looks
        next(followed.iter_lines())
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert time.monotonic() - began < 20
    assert "the queue is kept" in process.stderr.read()
