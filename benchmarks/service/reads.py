"""200 reads a second beside a running race, from a store of 10,000 records.

    python benchmarks/service/reads.py [--records 10000] [--rate 200] [--seconds 30]

Reads are begun at their times, whether those before are answered or not (an open loop), so that a server that
stops for a moment is seen in all reads that fall into it. A time is from the moment when a read was due until its
answer is there, whole. The client is a process of its own on the same cores.

Writes `results/service_reads.json`: the same without a race, and beside one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))
from pages import Server
from store import write

from measure import save

A = "/api/v1"
RACE = {"kind": "solve", "text": "labs:60", "seconds": 300.0}


async def one(host: str, port: int, idle: list[Any], path: str) -> int:
    """An answer's status, over a connection that is kept."""
    reader, writer = idle.pop() if idle else await asyncio.open_connection(host, port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(
        int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length")
    )
    await reader.readexactly(length)
    idle.append((reader, writer))
    return int(head.split(" ", 2)[1])


async def load(server: Server, paths: list[str], rate: float, seconds: float) -> dict[str, Any]:
    """Begin reads at an even pace, and wait for all answers."""
    host, port = server.address.removeprefix("http://").split(":")
    idle: list[Any] = []
    times: list[float] = []
    statuses: Counter = Counter()
    late = 0.0

    async def read(path: str, due: float) -> None:
        statuses[await one(host, int(port), idle, path)] += 1
        times.append(time.perf_counter() - due)

    began, tasks = time.perf_counter(), []
    for k in range(int(rate * seconds)):
        due = began + k / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late = max(late, time.perf_counter() - due)
        tasks.append(asyncio.create_task(read(paths[k % len(paths)], due)))
    await asyncio.gather(*tasks)
    spent = time.perf_counter() - began
    told = sorted(1e3 * t for t in times)
    quantile = {
        f"p{q}_ms": round(told[min(len(told) - 1, int(q / 100 * len(told)))], 1) for q in (50, 90, 99)
    }
    return {
        **quantile, "max_ms": round(told[-1], 1), "reads": len(told), "a_second": round(len(told) / spent, 1),
        "connections": len(idle), "statuses": {str(k): v for k, v in statuses.items()},
        "latest_start_of_a_read_ms": round(1e3 * late, 1), "load_average": os.getloadavg()[0],
    }  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--rate", type=float, default=200.0)
    options.add_argument("--seconds", type=float, default=30.0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        write(store, given.records)
        server = Server(store, workers=1)
        try:
            while server.total() < given.records:
                time.sleep(0.5)
            job = httpx.post(server.address + f"{A}/jobs", json=RACE, timeout=60).json()["id"]
            client = httpx.Client(base_url=server.address, timeout=60)
            entries = client.get(f"{A}/records").json()["records"]
            paths = [
                f"{A}/jobs/{job}", f"{A}/jobs", f"{A}/records?limit=50", f"{A}/records?kind=solving&limit=20",
                f"{A}/records?twins=quantum&sort=value&limit=20", f"{A}/records/{entries[0]['key']}",
                f"{A}/records/{entries[-1]['key']}", "/health", f"{A}/solvers", f"{A}/prices",
            ]  # fmt: skip
            while client.get(f"{A}/jobs/{job}").json()["state"] != "running":
                time.sleep(0.5)
            time.sleep(10)  # until the race's own processes are under way
            beside = asyncio.run(load(server, paths, given.rate, given.seconds))
            beside["race_still_ran"] = client.get(f"{A}/jobs/{job}").json()["state"] == "running"
            client.post(f"{A}/jobs/{job}/cancel")
            time.sleep(3)
            alone = asyncio.run(load(server, paths, given.rate, given.seconds))
        finally:
            server.close()
    rows = [{"what": "beside a race", **beside}, {"what": "without a race", **alone}]
    save(
        "service_reads", rows, records=given.records, rate=given.rate, seconds=given.seconds,
        paths=len(paths), cores=len(os.sched_getaffinity(0)),
    )  # fmt: skip
    print("beside a race:", beside)
    print("without:", alone)


if __name__ == "__main__":
    main()
