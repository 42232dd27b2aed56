"""How heavy report pages are, and how long they take, from 30 records to 10,000.

    python benchmarks/service/reports.py

Records are those of `store.py`: of all kinds in turn, and of one kind put into one task. Seconds are of processor
time, so that other work on the machine counts less. Writes `results/service_reports.json`.
"""

from __future__ import annotations

import dataclasses
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import store

from measure import save
from qualms.records.provenance import Provenance
from qualms.report import page

HERE = Provenance("2026-01-01T00:00:00+00:00", store.VERSIONS, {"cores": 2})
COUNTS = (30, 300, 3_000, 10_000)


def measured(name, records):
    page.render(records[:30])  # imports and fonts are not counted
    begin = time.process_time()
    text = page.render(records)
    seconds = time.process_time() - begin
    row = {
        "records": len(records), "of": name, "bytes": len(text.encode()), "pictures": text.count("<svg"),
        "tasks": len(page.sections(records)), "processor_seconds": round(seconds, 2),
    }  # fmt: skip
    print(row, flush=True)
    return row


def mixed(count):
    """Records of all kinds, each with a seed of its own, because a study has no run twice."""
    return [dataclasses.replace(record, seed=k) for k, record in enumerate(store.records(count))]


def one_task(kind, count):
    """Records of a kind as if one study had made them all."""
    make, draw = getattr(store, kind.replace("-", "_")), random.Random(0)
    return [dataclasses.replace(make(k, draw, HERE), task_id="one", seed=k) for k in range(count)]


if __name__ == "__main__":
    rows = [measured("all kinds", mixed(count)) for count in COUNTS]
    for kind in ("fine-tuning", "solving", "learning"):
        rows += [measured(f"one task of {kind}", one_task(kind, count)) for count in COUNTS]
    print(save("service_reports", rows))
