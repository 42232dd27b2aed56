"""The tables of the search from its records: python experiments/adapters/summary.py [--all]

Without --all, the first table is the best configuration at every number of trained numbers, once without a
limit on the file and once with four bytes a trained number (or the file's own share); the second compares
circuits with their classical twins at one size.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

RUNS = Path(__file__).parent / "search.jsonl"
BUDGETS = (64, 128, 300, 600, 1_200, 2_100, 4_000, 8_000, 16_000, 20_000)
Row = dict[str, Any]


def rows(task: str) -> list[Row]:
    """One row a configuration (a label with its rate and steps), the seeds' mean."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in RUNS.read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        key = (
            run["label"],
            run["rate"],
            run["steps"],
            run["numbers"],
            json.dumps(run["parts"], sort_keys=True),
        )
        if run["task"] == task:
            groups[key].append(run)
    return [
        {
            **runs[0],
            "nll": mean(run["nll"] for run in runs),
            "low": min(run["nll"] for run in runs),
            "high": max(run["nll"] for run in runs),
            "seeds": len(runs),
        }
        for runs in groups.values()
    ]


def line(row: Row) -> str:
    """A row of a Markdown table."""
    spread = f" ({row['low']:.3f} to {row['high']:.3f})" if row["seeds"] > 1 else ""
    return (
        f"| {row['label']} | {row['rate']:g} | {row['numbers']:,} | {row['bytes'] / 1000:,.1f} "
        f"| {row['nll']:.3f}{spread} | {row['seeds']} |"
    )


def table(title: str, chosen: list[Row]) -> None:
    print(
        f"\n{title}\n\n| adapter | rate | trained numbers | kB | validation NLL | seeds |\n|---|---|---|---|---|---|"
    )
    print("\n".join(line(row) for row in chosen))


def best(every: list[Row], numbers: int, size: float) -> Row | None:
    """The lowest loss within the limits, of adapters (not full training)."""
    fits = [row for row in every if row["numbers"] <= numbers and row["bytes"] <= size]
    return min(fits, key=lambda row: row["nll"]) if fits else None


def front(every: list[Row], factor: float) -> list[Row]:
    """The best for every budget, with files of at most `factor` bytes a number of the budget."""
    found = [best(every, budget, factor * budget) for budget in BUDGETS]
    return [row for i, row in enumerate(found) if row and row not in found[:i]]


def main() -> None:
    for task in ("e2e", "trails"):
        every = [row for row in rows(task) if row["steps"] <= 120]
        if "--all" in sys.argv or task == "trails":
            table(f"{task}: all configurations", sorted(every, key=lambda row: (row["numbers"], row["nll"])))
        if task == "e2e":
            table(
                "e2e: best for every number of trained numbers, files of any size", front(every, float("inf"))
            )
            table("e2e: the same, files of at most 5 bytes for every number of the budget", front(every, 5.0))


if __name__ == "__main__":
    main()
