"""Runs the comparison of small adapters, a method at a time, in the order of the recipe.

    python experiments/front/run.py e2e banking77       # every method with the first seed
    python experiments/front/run.py e2e --finalists --seeds 0,1,2

The same command goes on where it was stopped: searches, runs and checkpoints are kept in `OUT/TASK`. Finalists are
the adapters of this package with their twins and, of the rivals, those that no other beats on the validation split in numbers or
in bytes. What fails is told, and the next method goes on.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path

import torch
from transformers.utils import logging

from qualms.errors import QualmsError
from qualms.execution import Event, InlineExecutor
from qualms.records import read_records
from qualms.report.front import COSTS, front, points
from qualms.study import compare, plan
from qualms.study.method import Method
from qualms.study.methods import parse
from qualms.study.recipe import Recipe, load_recipe

HERE = Path(__file__).parent


def groups(methods: list[Method]) -> list[list[Method]]:
    """Every method together with its twins."""
    heads = [m for m in methods if m.twin_of is None]
    return [[head, *(m for m in methods if m.twin_of == head.name)] for head in heads]


def finalists(recipe: Recipe, folder: Path) -> list[str]:
    """The adapters of this package, and what no rival beats on the validation split in numbers or bytes."""
    found = points(read_records(folder))
    rivals = [
        replace(p, quality=replace(p.quality, mean=p.chosen))
        for p in found
        if p.is_rival and p.twin_of is None
    ]
    best = {p.method for cost in COSTS.values() for p in front(rivals, cost)}
    ours = {p.method for p in found if p.is_ours}
    named = [parse(name).name for name in recipe.methods]
    return ["untuned", *(name for name in named if name in best | ours)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="+", help="names of recipes, one after the other: e2e, banking77, …")
    parser.add_argument("--seeds", default="0", help="comma-separated")
    parser.add_argument("--finalists", action="store_true", help="only those that are worth more seeds")
    parser.add_argument("--methods", nargs="*", help="only these, by name")
    parser.add_argument(
        "--twins", help="comma-separated, of which every quantum method has one; default: those of the recipe"
    )
    parser.add_argument(
        "--out", type=Path, default=HERE / "results", help="a folder for each task goes there"
    )
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    failed = sum(done(task, args) for task in args.tasks)
    print(f"done, {failed} methods failed", flush=True)
    sys.exit(1 if failed else 0)


def done(task: str, args: argparse.Namespace) -> int:
    """Do a study; how many of its methods failed."""
    folder = args.out / task
    recipe = load_recipe(HERE / f"{task}.yaml", {})
    given = {"seeds": [int(seed) for seed in args.seeds.split(",")]}
    given |= {"twins": args.twins.split(",")} if args.twins else {}
    recipe = recipe.model_copy(update=given)
    study, failed = plan(recipe), 0
    names = finalists(recipe, folder) if args.finalists else None
    if args.methods:
        names = [parse(name).name for name in args.methods]
        if unknown := set(names) - {m.name for m in study.methods}:
            sys.exit(f"{task}.yaml has no {', '.join(sorted(unknown))}")
    for group in groups(study.methods):
        if names is not None and group[0].name not in names:
            continue
        try:
            compare(replace(study, methods=group), folder, told, InlineExecutor())
        except QualmsError as error:
            failed += 1
            print(f"FAILED  {task}, {group[0].name}: {error}", flush=True)
    return failed


BEGAN = time.monotonic()


def told(event: Event) -> None:
    if event.kind in ("done", "failed"):
        print(f"{time.monotonic() - BEGAN:7.0f} s  {event.kind:7} {event.job:60} {event.note}", flush=True)


if __name__ == "__main__":
    main()
