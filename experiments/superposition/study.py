"""The text tasks: a learning-rate search for every arm, then paired seeds.

    python experiments/superposition/study.py counts            # about 40 minutes on 2 cores python
    experiments/superposition/study.py sst2 banking77    # about 40 minutes; needs ../shared/data python
    experiments/superposition/study.py sst2 --rate 3e-3 --arms adamw     # AdamW at the rate that other arms'
    searches chose python experiments/superposition/study.py --forms counts    # the bounded search for a
    better form, about 10 minutes python experiments/superposition/study.py --attention counts    # the
    paper's transformer with Φ, about 8 minutes

Each run is appended to results/TASK.jsonl as it ends; started again, what is there is skipped. Workers have
one thread each.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from torch.nn.functional import cross_entropy

from arms import ARMS, ATTENTION, FORM_GROUPS, FORMS, REAL, attention, build
from qualms.records import Quadrant, digest
from qualms.records.provenance import machine, versions
from qualms.records.quadrant import highest
from tasks import Split, Task, load
from transformer import Classifier

HERE = Path(__file__).parent
RATES = (3e-4, 1e-3, 3e-3, 1e-2)  # around the paper's 1e-3
EPOCHS = {"counts": 12, "sst2": 4, "banking77": 8}
SEARCH_SEEDS = {"counts": (100, 101), "sst2": (100,), "banking77": (100,)}
SEEDS = {"counts": range(10), "sst2": range(5), "banking77": range(5)}
BATCH = 32
CIRCUIT = Quadrant("classical", "simulated quantum")


def measure(model: Classifier, split: Split) -> tuple[float, float]:
    """Accuracy and loss."""
    model.eval()
    with torch.no_grad():
        parts = [model(_cut(x)) for x in split.tokens.split(250)]
    logits = torch.cat(parts)
    return float((logits.argmax(1) == split.labels).float().mean()), float(
        cross_entropy(logits, split.labels)
    )


def _cut(tokens: torch.Tensor) -> torch.Tensor:
    return tokens[:, : max(1, int((tokens != 0).sum(1).max()))]


def run(job: tuple[str, str, float, int, bool]) -> dict[str, Any]:
    """One training run. The same seed gives the same first weights, batches and dropout to every arm."""
    name, arm, lr, seed, search = job
    torch.set_num_threads(1)
    task: Task = load(name)
    torch.manual_seed(seed)
    model = Classifier(task.vocabulary, task.classes, task.train.tokens.shape[1], attention(arm))
    order = torch.Generator().manual_seed(seed)
    per_epoch = -(-len(task.train.labels) // BATCH)
    optimizer, schedule, watcher = build(arm, model.parameters(), lr, per_epoch * EPOCHS[name], seed)
    history, seconds = [], 0.0
    for _ in range(EPOCHS[name]):
        began, total = time.perf_counter(), 0.0
        model.train()
        for index in torch.randperm(len(task.train.labels), generator=order).split(BATCH):
            optimizer.zero_grad()
            loss = cross_entropy(model(_cut(task.train.tokens[index])), task.train.labels[index])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(index)
            if schedule:
                schedule.step()
            if watcher:
                watcher.observe(loss.item())
        seconds += time.perf_counter() - began
        validation, test = (
            measure(model, task.validation),
            (None, None) if search else measure(model, task.test),
        )
        history.append(
            {
                "train_loss": total / len(task.train.labels),
                "validation_accuracy": validation[0],
                "validation_loss": validation[1],
                "test_accuracy": test[0],
                "test_loss": test[1],
                "seconds": seconds,
            }
        )
    return {
        "id": digest(job),
        "task": name,
        "arm": arm,
        "lr": lr,
        "seed": seed,
        "search": search,
        "steps": per_epoch * EPOCHS[name],
        "batch": BATCH,
        "quadrant": str(
            highest(optimizer.quadrant, CIRCUIT) if attention(arm) == "circuit" else optimizer.quadrant
        ),
        "history": history,
        "versions": versions(),
        "machine": machine(),
    }


def score(row: dict[str, Any]) -> float:
    """What the search maximises: validation accuracy, mean of the last three epochs."""
    return statistics.fmean(h["validation_accuracy"] for h in row["history"][-3:])


def best_rate(rows: list[dict[str, Any]], task: str, arm: str) -> float | None:
    found: dict[float, list[float]] = {}
    for r in rows:
        if (r["task"], r["arm"], r["search"]) == (task, arm, True):
            found.setdefault(r["lr"], []).append(score(r))
    return max(found, key=lambda lr: statistics.fmean(found[lr])) if len(found) == len(RATES) else None


def best_score(rows: list[dict[str, Any]], task: str, arm: str) -> float:
    rate = best_rate(rows, task, arm)
    return statistics.fmean(
        score(r) for r in rows if (r["task"], r["arm"], r["lr"], r["search"]) == (task, arm, rate, True)
    )


def work_off(jobs: list[tuple], path: Path, workers: int, what: str) -> list[dict[str, Any]]:
    """The rows of these jobs, run where they are not there yet."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    there = {r["id"] for r in rows}
    todo = [j for j in jobs if digest(j) not in there]
    with multiprocessing.get_context("forkserver").Pool(workers) as pool, open(path, "a") as file:
        for row in track(pool.imap_unordered(run, todo), what, total=len(todo), disable=not todo):
            file.write(json.dumps(row) + "\n")
            file.flush()
            rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="+", choices=list(EPOCHS))
    parser.add_argument("--forms", action="store_true", help="the other forms instead of the paper's arms")
    parser.add_argument(
        "--attention", action="store_true", help="the paper's transformer with Φ instead of the paper's arms"
    )
    parser.add_argument(
        "--rate", type=float, help="no search: this rate for the arms named, for comparisons at equal rates"
    )
    parser.add_argument("--arms", nargs="*", help="only these")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    for name in args.tasks:
        load(name)
        arms = args.arms or (
            [*FORMS]
            if args.forms
            else [*ATTENTION]
            if args.attention
            else [*ARMS]
            if name == "counts"
            else REAL
        )
        path = HERE / "results" / f"{name}.jsonl"
        if args.rate is not None:
            work_off(
                [(name, a, args.rate, s, False) for s in SEEDS[name] for a in arms],
                path,
                args.workers,
                f"{name}: rate {args.rate:g}",
            )
            continue
        rows = work_off(
            [(name, a, lr, s, True) for s in SEARCH_SEEDS[name] for a in arms for lr in RATES],
            path,
            args.workers,
            f"{name}: rates",
        )
        if args.forms:  # of each form the better λ goes on
            arms = [max(group, key=lambda a: best_score(rows, name, a)) for group in FORM_GROUPS]
        chosen = {a: best_rate(rows, name, a) for a in arms}
        work_off(
            [(name, a, chosen[a], s, False) for s in SEEDS[name] for a in arms],
            path,
            args.workers,
            f"{name}: seeds",
        )


if __name__ == "__main__":
    main()
