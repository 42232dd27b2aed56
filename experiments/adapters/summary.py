"""The tables of the search from its records: python experiments/adapters/summary.py [--all]

Three tables for E2E, the best configuration for every budget of trained numbers: adapters whatever their file;
adapters with a file of at most five bytes for every number of the budget (four are the number itself as
float32); and methods of PEFT as they come. Then the transfer task. With --all every configuration.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

RUNS = Path(__file__).parent / "search.jsonl"
BUDGETS = (300, 600, 1_200, 2_100, 4_000, 8_000, 16_000, 20_000)
Row = dict[str, Any]


def rows(task: str) -> list[Row]:
    """One row a configuration: the mean over its seeds."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for line in RUNS.read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        if run["task"] == task:
            groups[json.dumps([run[k] for k in ("rate", "steps", "parts")], sort_keys=True)].append(run)
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


def _line(row: Row, first: str = "") -> str:
    spread = f" ({row['low']:.3f} to {row['high']:.3f})" if row["seeds"] > 1 else ""
    walk = next((part["goal"] for part in row["parts"] if "goal" in part), None)
    fitted = "" if walk is None else " ".join(str(x) for x in walk)
    return (
        f"|{first} {row['label']} | {fitted} | {row['rate']:g} | {row['numbers']:,} | {row['bytes'] / 1000:,.1f} "
        f"| {row['nll']:.3f}{spread} | {row['seeds']} |"
    )


def _head(title: str, first: str = "") -> None:
    print(f"\n{title}\n")
    print(f"|{first} adapter | goal | rate | trained numbers | kB | validation NLL | seeds |")
    print(f"|{'---|' if first else ''}---|---|---|---|---|---|---|")


def _from_peft(row: Row) -> bool:
    """Whether PEFT's method would do this: no start of ours."""
    spec = row["parts"][0]
    if spec["kind"] == "factors":
        lora = spec["read"]["family"] == "free" and not spec.get("spectrum", True)
        return lora and spec.get("start", "random") == "random"
    return spec["kind"] in ("scales", "vera", "norms") and len(row["parts"]) == 1


def front(title: str, every: list[Row], counts: Callable[[Row, int], bool]) -> None:
    """Print the lowest loss for every budget, among the rows that count for it."""
    _head(title, " at most |")
    for budget in BUDGETS:
        fits = [row for row in every if row["numbers"] <= budget and counts(row, budget)]
        if fits:
            print(_line(min(fits, key=lambda row: row["nll"]), f" {budget:,} |"))


def listing(title: str, chosen: list[Row]) -> None:
    """Print rows by size."""
    _head(title)
    for row in sorted(chosen, key=lambda row: (row["numbers"], row["nll"])):
        print(_line(row))


def main() -> None:
    every = [row for row in rows("e2e") if row["steps"] == 120]
    if "--all" in sys.argv:
        listing("E2E, all configurations", rows("e2e"))
    front("E2E, whatever the file", every, lambda row, budget: True)
    front(
        "E2E, a file of at most five bytes for every number of the budget",
        every,
        lambda row, budget: row["bytes"] <= 5 * budget,
    )
    front("E2E, methods of PEFT", every, lambda row, budget: _from_peft(row))
    listing("Trails (transfer)", rows("trails"))


if __name__ == "__main__":
    main()
