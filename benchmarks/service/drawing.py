"""How long other answers wait while report pages are drawn, from a store of 10,000 records.

    python benchmarks/service/drawing.py [--records 10000] [--rate 20] [--seconds 30]

Lists, records and the health of the service are read at an even pace, as in `reads.py`: first alone, then while a
second client asks for one report after another, each of 20 other records, so that each is drawn anew.

Writes `results/service_drawing.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import threading
import time
from pathlib import Path

import httpx
from pages import Server
from reads import load
from store import write

from measure import save

A = "/api/v1"
CHOSEN = 20  # records of a report


def reports(address: str, keys: list[str], stop: threading.Event, seconds: list[float]) -> None:
    """Ask for reports until told to stop."""
    draw = random.Random(0)
    with httpx.Client(base_url=address, timeout=600) as client:
        while not stop.is_set():
            asked = [("record", key) for key in draw.sample(keys, CHOSEN)]
            began = time.perf_counter()
            client.get("/compare", params=asked).raise_for_status()
            seconds.append(round(time.perf_counter() - began, 2))


def all_keys(client: httpx.Client, wanted: int) -> list[str]:
    keys: list[str] = []
    after = ""
    while len(keys) < wanted:
        page = client.get(f"{A}/records?limit=200" + (f"&after={after}" if after else "")).json()
        keys += [row["key"] for row in page["records"]]
        after = page.get("next") or ""
        if not after:
            break
    return keys


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--rate", type=float, default=20.0)
    options.add_argument("--seconds", type=float, default=30.0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.records)
        server = Server(Path(folder))
        try:
            while server.total() < given.records:
                time.sleep(0.5)
            with httpx.Client(base_url=server.address, timeout=600) as client:
                keys = all_keys(client, 2000)
            paths = [f"{A}/records?limit=50", "/records", "/health", f"{A}/records/{keys[0]}", "/jobs"]
            alone = asyncio.run(load(server, paths, given.rate, given.seconds))
            print("alone:", alone, flush=True)
            stop, seconds = threading.Event(), list[float]()
            asking = threading.Thread(target=reports, args=(server.address, keys, stop, seconds))
            asking.start()
            beside = asyncio.run(load(server, paths, given.rate, given.seconds))
            stop.set()
            asking.join()
            print("beside reports:", beside, seconds, flush=True)
        finally:
            server.close()
    rows = [
        {"what": "alone", **alone},
        {"what": "beside reports", **beside, "reports": len(seconds), "seconds_of_a_report": seconds},
    ]
    save(
        "service_drawing", rows, records=given.records, rate=given.rate, seconds=given.seconds,
        cores=len(os.sched_getaffinity(0)),
    )  # fmt: skip


if __name__ == "__main__":
    main()
