"""Two quantum learners on a table of patients, by nested cross-validation.

    python experiments/learn/comparing/run.py [--learners NAME,…] [--work DIR] [--workers N]

writes pima.jsonl beside this file, and the picture of docs/learn/comparing.md. It is the same as
`qualms learn ../shared/data/tabular/adbench/29_Pima.npz --task classification --rows 240 --folds 4 --inner 2
--settings 3 --learners …`. What is in the working folder already is not run again.
"""

import argparse
import tempfile
from pathlib import Path

from qualms.learn.comparison import Design, compare, plan
from qualms.learn.table import read_learning_table
from qualms.report import learning

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DATA = ROOT.parent / "shared" / "data" / "tabular" / "adbench" / "29_Pima.npz"

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "qualms-pima-experiment")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--learners", default="AnnealedBoostingClassifier,QuantumKernelClassifier")
    told = parser.parse_args()
    table = read_learning_table(DATA, task="classification").sampled(240, 0)
    comparison = plan(table, Design(folds=4, inner=2, settings=3), told.learners.split(","))

    def line(event):
        if event.kind not in ("step", "started"):
            print(event.kind, event.job, event.note, flush=True)

    outcome = compare(comparison, told.work, line, workers=told.workers)
    print(*outcome.failures, sep="\n")
    (HERE / "pima.jsonl").write_text("".join(r.to_json() + "\n" for r in outcome.records), "utf-8")
    image = ROOT / "docs" / "images" / "learn" / "comparing-pima.svg"
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_text(learning.pictures(outcome.records)[0].svg_file(), "utf-8")
    print(*learning.sentences(outcome.records), sep="\n")
