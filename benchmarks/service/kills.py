"""The promise of the queue, counted: no job lost, one committed result each, at most one billed submission.

Jobs are submitted over HTTP; the service is killed (SIGKILL) at random moments while they are done, and started
again; so are, now and then, the processes in which jobs run. Some of the jobs run on a device too, whose service
is a stand-in on this machine that answers as Amazon Braket's SDK expects and counts every submission.

    python benchmarks/service/kills.py --jobs 500 --kills 5 --device-jobs 10 --out RESULT.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.backends.recorded import GARNET, BraketService, serving

from qualms.backends.registry import device_client
from qualms.records.provenance import machine, versions
from qualms.service.jobs.job import State
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.requests import submit_checked
from qualms.service.settings import read_settings
from qualms.service.spending.device_run import make_quote
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.specification.specification import parse, to_problem

DEVICE = f"braket:{GARNET}"
BUDGET = f"""
[spending]
dollars = 1000.0
devices = ["{DEVICE}"]
expires = 2100-01-01T00:00:00Z
"""
CUT = {
    "kind": "maxcut",
    "name": "a path of three",
    "nodes": ["a", "b", "c"],
    "edges": [{"a": "a", "b": "b", "weight": 1}, {"a": "b", "b": "c", "weight": 2}],
}


class Service:
    """The service as a process that can be killed."""

    def __init__(self, store: Path, port: int) -> None:
        self.store, self.port, self.process = store, port, None
        self.starts = 0

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "qualms.cli.main",
            "serve",
            "--store",
            str(self.store),
            "--port",
            str(self.port),
        ]
        with open(self.store.parent / "serve.log", "a") as log:
            self.process = subprocess.Popen(command, stderr=log)
        self.starts += 1
        for _ in range(1200):
            if self.process.poll() is not None:
                raise SystemExit(f"the service ended: {(self.store.parent / 'serve.log').read_text()[-500:]}")
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=5)
                return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise SystemExit("the service did not start")

    def kill(self) -> list[psutil.Process]:
        """Kill it, and return the processes that it had started."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return children

    def kill_a_worker(self, rng: random.Random) -> int:
        """Kill one of the processes that do jobs, and return how many were killed."""
        found = psutil.Process(self.process.pid).children()
        with suppress(psutil.Error):  # one that ended just now
            found = [c for c in found if "spawn_main" in " ".join(c.cmdline())]
            rng.choice(found).kill()
            return 1
        return 0


def alive(process: psutil.Process) -> bool:
    """Whether a process is still there."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def submit(base: str, number: int, tries: Counter) -> str:
    """Submit a job of its own until the service says that it has it; a lost answer is asked for again."""
    problem = (
        {"text": "labs:9"} if number % 100 == 50 else {"specification": {**CUT, "name": f"cut {number}"}}
    )
    body = {"kind": "solve", "seconds": 1.0, "seed": number, **problem}  # of a hundred, one has to race
    for _ in range(3000):
        try:
            answer = httpx.post(
                f"{base}/api/v1/jobs", json=body, headers={"Idempotency-Key": f"job-{number}"}, timeout=10
            )
            tries[answer.status_code] += 1
            if answer.status_code == 202:
                return answer.json()["id"]
        except httpx.HTTPError:
            tries["no answer"] += 1
        time.sleep(0.2)
    raise SystemExit(f"job {number} could not be submitted")


def on_device(store: Path, number: int) -> str:
    """Submit a job that also runs on the device, with the consent of the configured budget."""
    settings = read_settings(store)
    ledger = SpendingLedger(store / FILE)
    problem = to_problem(parse(json.dumps(CUT)))
    quote = make_quote(ledger, problem, DEVICE, 20, settings.spending, device_client)
    ledger.consent(quote.id, "budget", settings.spending)
    queue = Queue(settings.database, limit=settings.limits.queue)
    request = {"specification": CUT, "seconds": 1.0, "seed": number}
    return submit_checked(queue, "solve", request, f"device-{number}", settings, quote=quote.id).id


def counted(store: Path, ids: list[str], braket: BraketService) -> dict[str, object]:
    """What became of the jobs, from the files alone."""
    queue = Queue(store / "service.sqlite")
    jobs = [queue.get(i) for i in ids]
    ends = [
        sum(e.kind == "state" and State(e.data["state"]).final for e in queue.events(i, 0, 20_000))
        for i in ids
    ]
    lines = [json.loads(line) for line in (store / "records.jsonl").read_text().splitlines()]
    stored = Counter(line["id"] for line in lines)
    wanted = Counter(j.result["record"] for j in jobs if j.result)
    ledger = SpendingLedger(store / FILE)
    charges = ledger.charges()
    tokens = Counter(json.dumps(asked["action"]) for _, asked in braket.tasks.values())
    return {
        "submitted": len(ids), "distinct_ids": len(set(ids)),
        "states": dict(Counter(j.state.value for j in jobs)), "errors": sorted({j.error for j in jobs if j.error}),
        "jobs_in_the_queue": len(queue.jobs(limit=100_000).jobs),
        "jobs_without_exactly_one_end": sum(n != 1 for n in ends),
        "jobs_begun_more_than_once": sum(j.attempts > 1 for j in jobs), "most_attempts": max(j.attempts for j in jobs),
        "records_wanted": len(wanted), "records_stored_once": sum(stored[i] == 1 for i in wanted),
        "records_of_nobody": sum(i not in wanted for i in stored),
        "records_that_two_jobs_share": sum(n > 1 for n in wanted.values()),
        "undelivered": len(queue.undelivered()),
        "device_submissions": len(braket.tasks), "device_programs": len(tokens),
        "charges": dict(Counter(c.state for c in charges)),
        "charged_dollars": sum(c.amount for c in charges if c.state != "released") / 1e6,
    }  # fmt: skip


def arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=500)
    options.add_argument("--kills", type=int, default=5)
    options.add_argument("--device-jobs", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--port", type=int, default=8455)
    options.add_argument("--out", type=Path)
    return options.parse_args()


def submit_all(store: Path, options: argparse.Namespace, ids: list[str], tries: Counter) -> None:
    """Submit everything, one after another; those for the device are spread evenly."""
    plain = options.jobs - options.device_jobs
    every, sent = max(1, plain // max(1, options.device_jobs)), 0
    for number in range(plain):
        ids.append(submit(f"http://127.0.0.1:{options.port}", number, tries))
        if number % every == 0 and sent < options.device_jobs:
            ids.append(on_device(store, number))
            sent += 1


def disturb(
    service: Service, options: argparse.Namespace, ids: list[str], submitting: threading.Thread
) -> dict:
    """Kill the service at random moments until all jobs are over, and its processes now and then."""
    rng, began = random.Random(options.seed), time.monotonic()
    marks = sorted(rng.uniform(0.05, 0.95) * options.jobs for _ in range(options.kills))
    others = sorted(rng.uniform(0.05, 0.95) * options.jobs for _ in range(options.kills))
    queue, kills, workers, survivors = Queue(service.store / "service.sqlite"), [], 0, 0
    while True:
        counts = queue.counts()
        over = sum(counts[s] for s in State if s.final)
        print(
            f"\r{time.monotonic() - began:6.0f} s  {len(ids)} submitted, {over} over", end="", file=sys.stderr
        )
        if marks and over >= marks[0]:
            marks.pop(0)
            time.sleep(rng.uniform(0, 0.5))
            children = service.kill()
            kills.append({"seconds": round(time.monotonic() - began, 1), "over": over})
            time.sleep(2.0)
            survivors += sum(alive(c) for c in children)
            service.start()
        elif others and over >= others[0]:
            others.pop(0)
            workers += service.kill_a_worker(rng)
        if not submitting.is_alive() and over >= len(ids) and not queue.undelivered():
            print(file=sys.stderr)
            return {
                "kills_of_the_service": kills, "kills_of_workers": workers,
                "processes_left_after_a_kill": survivors, "seconds": round(time.monotonic() - began, 1),
            }  # fmt: skip
        time.sleep(0.1)


def main() -> None:
    options, tries, ids = arguments(), Counter(), []
    with tempfile.TemporaryDirectory() as folder, serving(braket := BraketService()) as vendor:
        store = Path(folder) / "store"
        store.mkdir()
        (store / "service.toml").write_text(BUDGET)
        os.environ.update({
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1", "BRAKET_ENDPOINT": vendor.base, "AWS_ENDPOINT_URL_S3": vendor.base,
            "AMZN_BRAKET_OUT_S3_BUCKET": "amazon-braket-b",
        })  # fmt: skip
        service = Service(store, options.port)
        service.start()
        submitting = threading.Thread(target=submit_all, args=(store, options, ids, tries), daemon=True)
        submitting.start()
        disturbed = disturb(service, options, ids, submitting)
        stopping = time.monotonic()
        service.process.send_signal(signal.SIGINT)
        service.process.wait()
        found = {
            "command": " ".join(["python", "benchmarks/service/kills.py", *sys.argv[1:]]),
            **disturbed, "starts": service.starts, "seconds_to_stop": round(time.monotonic() - stopping, 1),
            "answers_while_submitting": {str(k): v for k, v in tries.items()},
            **counted(store, ids, braket),
            "load_average": os.getloadavg()[0], "machine": machine(with_torch=False),
            "versions": versions(("fastapi", "uvicorn")),
        }  # fmt: skip
    print(json.dumps(found, indent=1))
    if options.out is not None:
        options.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
