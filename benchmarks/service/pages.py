"""How quick the page is with 10,000 records of mixed kinds, in a real server and a real browser.

    python benchmarks/service/pages.py [--records 10000] [--repeats 30]

What is measured, in the order of the results:

- how long the first start reads the records, and how long a later start takes until it answers;
- the first meaningful page: from the moment the browser asks until the table of quadrants and the newest runs
  are painted, each time in a new browser profile, so that nothing is kept from before;
- a filter and a sort: by HTTP, and in the browser from the choice to the changed list;
- how long after a record was appended the page knows it.

Writes `results/service_pages.json`.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

from qualms.records.provenance import provenance

sys.path.insert(0, str(Path(__file__).parent.parent))
from store import fine_tuning, write

from measure import save

CHROMIUM = os.environ.get("QUALMS_CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ADDRESSES = {
    "overview": "/",
    "list": "/records",
    "filter: kind": "/records?kind=solving",
    "filter: quantum runs of a method": "/records?twins=quantum&method=qsl",
    "filter: words": "/records?text=graph-3%20maxcut",
    "sort: result": "/records?sort=value&order=ascending",
    "sort: task": "/records?sort=title&order=ascending",
    "filter and sort": "/records?kind=fine-tuning&twins=twin&sort=seconds",
    "tasks": "/tasks",
}


class Server:
    """`qualms serve` on a folder, in a process of its own."""

    def __init__(self, store: Path, workers: int = 0) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qualms.cli.main", "serve", "--store", str(store), "--port", "0", "--workers", str(workers)],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        line = next(line for line in self.process.stderr if "http://" in line)
        self.address = line.split(" at ")[1].split("/ ")[0]
        while True:
            try:
                self.first = httpx.get(self.address + "/", timeout=60)
                break
            except httpx.ConnectError:
                time.sleep(0.02)
        self.seconds = time.perf_counter() - began

    def total(self) -> int:
        """Records that the page knows."""
        return int(httpx.get(self.address + "/api/v1/records?limit=1", timeout=60).json()["total"])

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)


def spread(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    told = sorted(1e3 * s for s in seconds)
    return {"median_ms": round(statistics.median(told), 1), "p95_ms": round(told[math.ceil(0.95 * len(told)) - 1], 1),
            "max_ms": round(told[-1], 1), "runs": len(told)}  # fmt: skip


def http(server: Server, repeats: int) -> dict[str, Any]:
    """Each address in turn, over one connection, as a browser has it."""
    times: dict[str, list[float]] = {name: [] for name in ADDRESSES}
    with httpx.Client(base_url=server.address, timeout=60) as client:
        for _ in range(repeats):
            for name, address in ADDRESSES.items():
                began = time.perf_counter()
                assert client.get(address).status_code == 200
                times[name].append(time.perf_counter() - began)
    return {name: spread(seconds) for name, seconds in times.items()}


def first_pages(made: Browser, server: Server, repeats: int) -> dict[str, Any]:
    """From asking to painted, in a new profile each time."""
    times = []
    for _ in range(repeats):
        # Playwright waits by evaluating a text, which the policy of the pages forbids
        context = made.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        began = time.perf_counter()
        page.goto(server.address + "/", wait_until="commit")
        page.wait_for_selector("table.quadrants strong")
        page.wait_for_selector("#newest")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        times.append(time.perf_counter() - began)
        context.close()
    return spread(times)


def in_browser(made: Browser, server: Server, repeats: int) -> dict[str, Any]:
    """From a choice in the form, and from a click on a column, to the changed list."""
    page = made.new_page(bypass_csp=True, viewport={"width": 1280, "height": 900})
    page.goto(server.address + "/records")
    filters, sorts = [], []
    for k in range(repeats):
        kind = ("solving", "noise", "learning")[k % 3]
        began = time.perf_counter()
        page.select_option("select[name=kind]", kind)
        page.wait_for_function(
            f"[...document.querySelectorAll('#rows tr')].every(r => r.cells[3].innerText == '{kind}')"
        )
        filters.append(time.perf_counter() - began)
        began = time.perf_counter()
        page.click("th a:text('result')")
        page.wait_for_function("document.querySelector('th[aria-sort] a')?.innerText.startsWith('result')")
        sorts.append(time.perf_counter() - began)
        page.goto(server.address + "/records")
    page.close()
    return {"filter": spread(filters), "sort": spread(sorts)}


def append(server: Server, store: Path, repeats: int) -> dict[str, Any]:
    """From the end of an append until the page counts the record."""
    times, before = [], server.total()
    for k in range(repeats):
        record = fine_tuning(10**6 + k, random.Random(k), provenance(with_torch=False))
        with open(store / "records.jsonl", "a", encoding="utf-8") as file:
            file.write(record.to_json() + "\n")
        began = time.perf_counter()
        while server.total() != before + k + 1:
            time.sleep(0.02)
        times.append(time.perf_counter() - began)
    return spread(times)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--records", type=int, default=10_000)
    asked.add_argument("--repeats", type=int, default=30)
    given = asked.parse_args()
    result: dict[str, Any] = {"records": given.records, "cores": len(os.sched_getaffinity(0))}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as to:
        store = Path(folder)
        write(store, given.records)
        result["bytes"] = sum(p.stat().st_size for p in store.glob("**/records.jsonl"))
        server = Server(store)
        began = time.perf_counter() - server.seconds
        while server.total() < given.records:
            time.sleep(0.1)
        result["first_start"] = {
            "answers_s": round(server.seconds, 2),
            "all_read_s": round(time.perf_counter() - began, 2),
        }
        server.close()
        server = Server(store)
        result["later_start"] = {"answers_s": round(server.seconds, 2), "records_then": server.total()}
        made = to.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        result["first_meaningful_page"] = first_pages(made, server, given.repeats)
        result["http"] = http(server, given.repeats)
        result["browser"] = in_browser(made, server, given.repeats)
        result["append"] = append(server, store, 10)
        made.close()
        server.close()
    for name in ("first_start", "later_start", "first_meaningful_page", "browser", "append"):
        print(name, result[name])
    for name, told in result["http"].items():
        print(f"{name:35} {told['median_ms']:8.1f} ms, p95 {told['p95_ms']:8.1f}")
    rows = [{"address": ADDRESSES[name], "what": name, **told} for name, told in result.pop("http").items()]
    print("written:", save("service_pages", rows, **result))


if __name__ == "__main__":
    main()
