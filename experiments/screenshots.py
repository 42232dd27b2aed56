"""The screenshots of docs/serve.md, taken from a folder of real runs, such as that of `make demo`.

    python experiments/screenshots.py demo-run

Needs the extra serve, Playwright and Chromium (the variable QUALMS_CHROMIUM names it). A problem is submitted in words,
and a graph as a file, whose race is photographed while it runs; both jobs stay in the folder.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent.parent / "docs" / "images"
WIDE, NARROW = {"width": 1100, "height": 960}, {"width": 390, "height": 1000}
PATIENCE = 600_000  # milliseconds, for machines that do other work as well
WORKSHOP = (
    "A workshop makes tables and chairs. A table brings 120 dollars and takes 4 hours and 3 boards. A chair brings 50 "
    "dollars and takes 2 hours and 1 board. There are 40 hours and 24 boards. How many of each give the most profit?"
)
NODES, EDGES = 16, 60


def graph() -> bytes:
    """A random graph whose edges have weights from 1 to 9, for a cut."""
    draw = random.Random(0)
    pairs = [(a, b) for a in range(1, NODES + 1) for b in range(a + 1, NODES + 1)]
    edges = [f"{a} {b} {draw.randint(1, 9)}" for a, b in sorted(draw.sample(pairs, EDGES))]
    return "\n".join([f"{NODES} {EDGES}", *edges, ""]).encode()


@contextmanager
def served(store: Path) -> Iterator[str]:
    """The address of `qualms serve` on a folder."""
    command = [sys.executable, "-m", "qualms.cli.main", "serve", "--store", str(store), "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if "http://" in line:
                break
        else:
            sys.exit(
                f"qualms serve ended before it told its address: {''.join(said).strip() or 'it said nothing'}"
            )
        yield line.split(" at ")[1].split("/ ")[0]
    finally:
        server.terminate()
        server.wait()


def submitted(page: Any, address: str, **given: Any) -> None:
    """Submit a problem, and wait until it is read."""
    page.goto(f"{address}/submit")
    if "text" in given:
        page.fill("#problem", given["text"])
    if "file" in given:
        page.set_input_files("#file", given["file"])
    page.click("text=Read it")
    page.wait_for_selector("text=Yes, solve this")


def race(page: Any, seconds: float) -> None:
    """Solve what was read, until a quantum solver and its twins have found something or all is over."""
    page.fill("input[name=seconds]", str(seconds))
    page.fill("input[name=solvers]", "qaoa, tabu, annealing")
    page.click("text=Yes, solve this")
    page.wait_for_selector("h2:has-text('The race')")
    until = time.monotonic() + 3 * seconds + 60
    while time.monotonic() < until and not page.locator("tr.twin").count():
        if page.locator("h2:has-text('Answer')").count():
            break
        page.wait_for_timeout(500)


def take(page: Any, name: str, out: Path) -> None:
    page.wait_for_timeout(300)  # until what was exchanged is painted
    page.screenshot(path=out / f"{name}.png")
    print(out / f"{name}.png", (out / f"{name}.png").stat().st_size, "bytes", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("store", type=Path, nargs="?")
    options.add_argument("--address", help="of a server that runs already, in place of a store")
    options.add_argument("--out", type=Path, default=IMAGES)
    options.add_argument("--seconds", type=float, default=20.0, help="of the race")
    given = options.parse_args()
    if (given.store is None) == (given.address is None):
        options.error("give either a store or --address")
    given.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("QUALMS_CHROMIUM") or shutil.which("chromium")
    server = served(given.store) if given.address is None else nullcontext(given.address)
    with server as address, sync_playwright() as to:
        browser = to.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])

        def opened(size: dict[str, int], scheme: str) -> Any:
            page = browser.new_page(viewport=size, color_scheme=scheme)
            page.set_default_timeout(PATIENCE)
            return page

        page = opened(WIDE, "light")
        page.goto(f"{address}/")
        page.wait_for_selector("table.quadrants")
        take(page, "serve-overview", given.out)
        page.goto(f"{address}/records?kind=fine-tuning&twins=quantum&sort=created")
        record = page.locator("#rows tr:not(.twin) a[href^='/records/']").first.get_attribute("href")
        narrow = opened(NARROW, "dark")
        narrow.goto(f"{address}{record}")
        take(narrow, "serve-record-narrow", given.out)
        submitted(page, address, text=WORKSHOP)
        take(page, "serve-read", given.out)
        submitted(page, address, file={"name": "graph.mc", "mimeType": "text/plain", "buffer": graph()})
        race(page, given.seconds)
        take(page, "serve-race", given.out)
        browser.close()


if __name__ == "__main__":
    main()
