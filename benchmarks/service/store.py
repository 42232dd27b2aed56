"""A folder of records of every kind, made up: as many as asked for, with the sizes of real ones.

    python benchmarks/service/store.py FOLDER [COUNT]

The numbers in them are drawn at random and mean nothing; only sizes, kinds, twins and seeds are like those of
real studies. Half of the records stand in one file, the others in twenty files of studies in folders below.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from qualms.records import CLASSICAL, Cost, Metric, Quadrant, Record
from qualms.records.kinds import (
    Asking,
    Condition,
    FineTuning,
    Learning,
    Noise,
    ProvenBound,
    RunOutcome,
    Solving,
    Training,
)
from qualms.records.metrics import language_metrics
from qualms.records.provenance import Provenance

SIMULATED = Quadrant("classical", "simulated quantum")
INSPIRED = Quadrant("classical", "quantum-inspired")
STUDIES, SHARE = 20, 0.5  # files below, and the share of the records in the one file
TUNED = ("lora", "dora", "vera", "qsl", "qsl/frozen-angles", "qsl/no-entangler", "qsl/random-orthogonal")
SOLVERS = ("annealing", "tabu", "highs", "bifurcation", "qaoa", "qaoa/placebo", "qaoa/random")
LEARNERS = ("logistic", "forest", "QuantumKernelClassifier", "QuantumKernelClassifier/rbf")
VERSIONS = {"qualms": "0.1.0", "torch": "2.9.0", "transformers": "5.10.0", "peft": "0.21.0", "numpy": "2.3.0"}


def records(count: int, seed: int = 0) -> Iterator[Record]:
    """Records of all kinds in turn; tasks of some fifty runs."""
    draw = random.Random(seed)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    makers = (fine_tuning, solving, learning, noise, fine_tuning, solving, asking)
    for k in range(count):
        made = (begin + timedelta(minutes=7 * k)).isoformat()
        here = Provenance(made, VERSIONS, {"system": "Linux", "machine": "x86_64", "cores": 2, "threads": 1})
        yield makers[k % len(makers)](k, draw, here)


def _core(kind: str, k: int, method: str, task: str, here: Provenance, compute: Quadrant) -> dict[str, Any]:
    twin = "/" in method
    return {
        "id": hashlib.sha256(f"{kind} {k}".encode()).hexdigest()[:16], "kind": kind, "method": method,
        "task_id": hashlib.sha256(task.encode()).hexdigest()[:16], "seed": k % 5,
        "twin_of": method.partition("/")[0] if twin else None,
        "twin_is": "a classical step in the circuit's place" if twin else None,
        "quadrant": CLASSICAL if twin else compute, "provenance": here,
    }  # fmt: skip


def _of(names: tuple[str, ...], k: int) -> str:
    return names[k // 5 % len(names)]


def fine_tuning(k: int, draw: random.Random, here: Provenance) -> Record:
    method, task = _of(TUNED, k), k // 400
    loss = 1.2 + draw.random()
    training = Training(200, 8, 0.01, 0.0, "AdamW", {}, 20, 20, 128, " =>", 40)
    inputs = [f"name[Place {j}], length[{j} km]" for j in range(4)]
    payload = FineTuning(
        f"base-{task}", "0" * 16, "trails", {"train": 640}, {"angles": 96, "classical": 900, "head": 0, "trained": 996, "total": 10**6},
        training, 0.1, 4000.0, 8192, 0, [{"step": 2 * s, "loss": loss + 2 / (1 + s)} for s in range(1, 101)],
        [{"input": i, "references": [f"{i} is a trail."], "output": f"{i} is a path of some length."} for i in inputs], None, {},
    )  # fmt: skip
    metrics = {"nll": loss, "test_nll": loss + 0.02, "conditionality": 0.4, "rouge1": 0.5, "rouge2": 0.3,
               "rougeL": 0.4, "bleu": 20 + draw.random()}  # fmt: skip
    core = _core(
        "fine-tuning", k, method, f"tune {task}", here, SIMULATED if method[:3] == "qsl" else CLASSICAL
    )
    return Record(
        **core,
        metrics=language_metrics(metrics),
        cost=Cost(60 * draw.random(), memory_bytes=2**29),
        payload=payload,
    )


def solving(k: int, draw: random.Random, here: Provenance) -> Record:
    method, task = _of(SOLVERS, k), k // 300
    value = draw.randrange(400, 500)
    outcome = RunOutcome(
        "feasible",
        "annealing",
        CLASSICAL,
        500,
        True,
        ProvenBound(520, "sum of couplings", True),
        0.04,
        None,
        [],
        10.0,
    )
    payload = Solving(
        f"graph-{task}", "maxcut", "max", 120, "0" * 16, {"seconds": 10.0, "rounds": None}, outcome, True, [], [], None,
        None, None, {"amount": 10**6, "unit": "spin updates"}, [(j / 4, value - 20 + j) for j in range(20)],
        [draw.choice((-1, 1)) for _ in range(120)], "a side of each node", None, None, [],
    )  # fmt: skip
    compute = SIMULATED if method[:4] == "qaoa" else INSPIRED if method == "bifurcation" else CLASSICAL
    core = _core("solving", k, method, f"solve {task}", here, compute)
    return Record(
        **core, metrics={"objective": Metric(value, "objective", "higher")}, cost=Cost(10.0), payload=payload
    )


def learning(k: int, draw: random.Random, here: Provenance) -> Record:
    method, task = _of(LEARNERS, k), k // 300
    payload = Learning(
        "classification", method.partition("/")[0], f"table-{task}.csv", "0" * 16, 800, 12, 2, {"C": 1.0, "n_qubits": 8},
        {"folds": 5, "fold": k % 5, "inner": 2, "tested": 200, "judged": "accuracy", "tried": 4, "settings": 4, "baseline": method in LEARNERS[:2]},
        {"circuits": 0, "shots": 0, "jobs": 0, "money": 0.0, "queue_seconds": 0.0}, {}, [],
    )  # fmt: skip
    core = _core(
        "learning", k, method, f"learn {task}", here, SIMULATED if method[:7] == "Quantum" else CLASSICAL
    )
    metrics = {"accuracy": Metric(0.7 + 0.2 * draw.random(), "1", "higher"), "fit_seconds": Metric(0.2, "s", "lower"),
               "predict_microseconds": Metric(20.0, "µs", "lower")}  # fmt: skip
    return Record(**core, metrics=metrics, cost=Cost(2.0), payload=payload)


def noise(k: int, draw: random.Random, here: Provenance) -> Record:
    method = ("qsl", "qsl/frozen-angles")[k // 7 % 2]
    condition = Condition("fake_quito", (None, 100, 1000)[k % 3], "none", 1.0, k % 5)
    payload = Noise(
        condition, "trails", {}, "0" * 16, None, None if "/" in method else 40, None if "/" in method else 12
    )
    core = _core("noise", k, method, f"noise {k // 300}", here, SIMULATED)
    return Record(
        **core,
        metrics=language_metrics({"nll": 1.2 + draw.random()}),
        cost=Cost(3.0, shots=4000),
        payload=payload,
    )


def asking(k: int, draw: random.Random, here: Provenance) -> Record:
    value = draw.randrange(3000, 5000)
    payload = Asking(
        f"How many tables and chairs does workshop {k} make?", ["Choose whole numbers of tables and chairs."], {}, f"workshop {k}",
        "general", "max", "0" * 16, {"seconds": 10.0, "rounds": None}, {}, "optimal", [{"what": "tables", "value": 30, "unit": "tables"}], [30],
        {"sentences": [f"Profit is {value} dollars."], "goal": {"name": "profit", "unit": "dollars", "sense": "max", "value": value}, "limit": None, "arms": []}, [],
    )  # fmt: skip
    core = _core("asking", k, "highs", f"ask {k}", here, CLASSICAL)
    return Record(
        **core, metrics={"objective": Metric(value, "objective", "higher")}, cost=Cost(1.0), payload=payload
    )


def write(folder: Path, count: int) -> None:
    """Fill an empty folder."""
    made = records(count)
    main = int(SHARE * count)
    _file(folder / "records.jsonl", (next(made) for _ in range(main)))
    for study in range(STUDIES):
        share = range(study, count - main, STUDIES)
        _file(folder / f"study-{study:02d}" / "records.jsonl", (next(made) for _ in share))


def _file(path: Path, some: Iterator[Record]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(record.to_json() + "\n" for record in some)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
