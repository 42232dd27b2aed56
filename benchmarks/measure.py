"""Timing for every benchmark: the same work, interleaved in one run, minimum and median, with the machine beside."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from qualms.kernels import compiled_core
from qualms.records.provenance import machine, versions

RESULTS = Path(__file__).parent / "results"


def interleave(cases: dict[str, Callable[[], Any]], budget: float = 2.0, most: int = 200, least: int = 3) -> dict[str, dict[str, float]]:
    """Run the cases in turn until each has had `budget` seconds or `most` runs; milliseconds.

    A turn lasts a few runs of a short case (20 ms), so that each is measured as it runs in a loop and not with another's caches and
    sleeping threads.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    for run in cases.values():
        run()
    while True:
        open_cases = [n for n, t in times.items() if len(t) < least or (sum(t) < budget and len(t) < most)]
        if not open_cases:
            break
        for name in open_cases:
            turn = 0.0
            while turn < 0.02:
                start = time.perf_counter()
                cases[name]()
                times[name].append(time.perf_counter() - start)
                turn += times[name][-1]
    return {n: {"min_ms": 1e3 * min(t), "median_ms": 1e3 * float(np.median(t)), "runs": len(t)} for n, t in times.items()}


def save(name: str, rows: list[dict[str, Any]], **more: Any) -> Path:
    """Write results/NAME.json with versions and machine."""
    RESULTS.mkdir(exist_ok=True)
    core = compiled_core()
    about = {"versions": versions(), "machine": machine(), "core": core.variant if core else "torch"}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({**about, "load_average": os.getloadavg()[0], **more, "rows": rows}, indent=1) + "\n")
    return path
