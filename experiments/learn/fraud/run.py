"""Detectors of frauds on the credit-card sample and two sets of ADBench; every challenger with its interval.

    python experiments/learn/fraud/run.py [SET …] [--work DIR]

writes SET.jsonl beside this file, and the pictures of docs/learn/fraud.md. What is in the working folder
already is not run again. The data are in ../shared/data; see its README for their origin.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from qualms.learn.fraud import FraudDesign, detect, plan
from qualms.learn.table import read_learning_table
from qualms.report.learning import fraud, fraud_pictures

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DATA = ROOT.parent / "shared" / "data" / "tabular"
IMAGES = ROOT / "docs" / "images" / "learn"

# the true share of frauds is that of all 284,807 transactions; the sample's normals of the first half only are left out
SETS = {
    "creditcard": (
        "creditcard_fraud_sample.csv.gz",
        {"target": "Class", "drop": ["Time"], "keep": ["Time", "Amount"], "where": "part!=first_half"},
        {"time_column": "Time", "amount": "Amount"},
        {"prevalence": 492 / 284807, "missed_cost": None},
    ),
    "mammography": ("adbench/23_mammography.npz", {}, {}, {"reviews": 0.03}),
    "cardio": ("adbench/6_cardio.npz", {}, {}, {"reviews": 0.1}),
}


def run(name, work):
    file, reading, columns, settings = SETS[name]
    table = read_learning_table(DATA / file, task="classification", **reading)
    detection = plan(table, FraudDesign(budget=300, n_qubits=8, **settings), **columns)
    print(name, len(detection.jobs), "detectors", *detection.notes, sep="\n  ", flush=True)
    done = detect(
        detection,
        work / name,
        lambda event: (
            print(" ", event.kind, event.job, event.note, flush=True) if event.kind != "step" else None
        ),
    )
    for failure in done.failures:
        print("  failed:", failure)
    (HERE / f"{name}.jsonl").write_text("".join(r.to_json() + "\n" for r in done.records), "utf-8")
    found = fraud.ordered(done.records)
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"fraud-{name}.svg").write_text(fraud_pictures.differences(found).svg_file(), "utf-8")
    print(*fraud.sentences(done.records), sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "qualms-fraud-experiment")
    told = parser.parse_args()
    for each in told.sets or SETS:
        run(each, told.work)
    sys.exit(0)
