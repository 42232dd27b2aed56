"""What it takes until two processes of a race are there: started anew, forked for the first time, forked again.

python benchmarks/orchestrator/starts.py    # ten seconds; writes results/race_starts.json

Seconds of processor time are those of all processes together, the server that processes are forked from included,
and depend little on what else the machine does. Seconds of wall time do. Medians of five programs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import psutil

from qualms.execution import Call, ProcessExecutor
from qualms.orchestrator.lane import MODULES, start

PROGRAMS = 5
RESULT = Path(__file__).parents[1] / "results" / "race_starts.json"


def spent() -> float:
    """Processor seconds of the processes that this one has started, and of those started by these."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def started(modules: tuple[str, ...]) -> tuple[float, float]:
    """Wall and processor seconds until two workers have imported what an arm needs."""
    began, before = time.perf_counter(), spent()
    with ProcessExecutor(2, modules=modules) as place:
        list(place.run([Call(f"start {k}", start) for k in range(2)]))
        return time.perf_counter() - began, spent() - before


def program() -> None:
    """One program: both ways, the second of them twice."""
    found = {
        "anew": started(()),
        "forked, first race": started(MODULES),
        "forked, later race": started(MODULES),
    }
    print(json.dumps(found))


def main() -> None:
    if "--program" in sys.argv:
        program()
        return
    from qualms.records.provenance import machine, versions

    runs = []
    for _ in range(PROGRAMS):
        told = subprocess.run(
            [sys.executable, __file__, "--program"], capture_output=True, text=True, check=True
        )
        runs.append(json.loads(told.stdout))
    found = {
        how: {"wall": median(r[how][0] for r in runs), "processor": median(r[how][1] for r in runs)}
        for how in runs[0]
    }
    print(json.dumps(found, indent=1))
    RESULT.write_text(
        json.dumps(
            {"seconds": found, "load": os.getloadavg()[0], "machine": machine(), "versions": versions()},
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
