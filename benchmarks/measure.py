"""Timing for every benchmark: the same work, interleaved in one run, minimum and median, with the machine
beside.
"""

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


def interleave(
    cases: dict[str, Callable[[], Any]], budget: float = 2.0, most: int = 200, least: int = 3
) -> dict[str, dict[str, float]]:
    """Run the cases in turn until each has had `budget` seconds or `most` runs; milliseconds.

    A turn lasts a few runs of a short case (20 ms), so that each is measured as it runs in a loop and not
    with another's caches and sleeping threads.
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
    return {
        n: {"min_ms": 1e3 * min(t), "median_ms": 1e3 * float(np.median(t)), "runs": len(t)}
        for n, t in times.items()
    }


def in_pairs(
    first: Callable[[], Any], second: Callable[[], Any], budget: float = 5.0, least: int = 9
) -> dict[str, Any]:
    """How many times as much of the processor's time `first` takes as `second`, run one right after the other
    for `budget` seconds.

    Processor time leaves out what other programs take, and what else they disturb falls on both halves of
    most pairs alike, so that the median of the pairs' ratios is steadier than the ratio of two medians.
    Threads that wait count as work: set their number to one.

    Returns
    -------
    dict[str, Any]
        "ratio" : median of the ratios. "quartiles" : of the ratios, what their scatter is. "min_ratio" :
        of the two minima. "min_ms", "other_min_ms" : the minima. "runs" : pairs.
    """
    sides, began = ([], []), time.perf_counter()
    first(), second()
    while len(sides[0]) < least or time.perf_counter() - began < budget:
        for run, times in zip((first, second), sides, strict=True):
            start = time.process_time()
            run()
            times.append(time.process_time() - start)
    ours, others = map(np.array, sides)
    low, middle, high = (float(q) for q in np.quantile(ours / others, [0.25, 0.5, 0.75]))
    return {
        "ratio": middle,
        "quartiles": [low, high],
        "min_ratio": float(ours.min() / others.min()),
        "min_ms": 1e3 * float(ours.min()),
        "other_min_ms": 1e3 * float(others.min()),
        "runs": len(ours),
    }


def save(name: str, rows: list[dict[str, Any]], **more: Any) -> Path:
    """Write results/NAME.json with versions and machine."""
    RESULTS.mkdir(exist_ok=True)
    core = compiled_core()
    about = {"versions": versions(), "machine": machine(), "core": core.variant if core else "torch"}
    path = RESULTS / f"{name}.json"
    path.write_text(
        json.dumps({**about, "load_average": os.getloadavg()[0], **more, "rows": rows}, indent=1) + "\n"
    )
    return path
