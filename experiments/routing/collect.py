"""What every solver reaches on many seeded instances: the experience that the decision is shipped with.

python experiments/routing/collect.py --minutes 35     # goes on where it was cut off; writes raw.jsonl
python experiments/routing/compact.py                  # raw.jsonl → src/qualms/assets/routing.jsonl.gz
python experiments/routing/collect.py --fresh --minutes 9   # other sizes and seeds, to test on; fresh.jsonl
python experiments/routing/compact.py --fresh          # fresh.jsonl → experiments/routing/fresh.jsonl.gz

One process and one thread a solver; a second for each run, less where a run has reached what another has proven
to be optimal. Rounds go over all families and sizes, so that whenever it ends every family has its share. The
classical twins of a circuit run right after it, with as many samples.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from instances import SIZES, made

from qualms.errors import QualmsError
from qualms.problems.problem import Bound
from qualms.solve.arms import limits_of, line_up, take
from qualms.solve.encodings import ising_encoding
from qualms.solve.result import Arm
from qualms.solve.solvers import BASELINES, SOLVERS
from qualms.solve.solvers.solver import Clock, Limits

HERE = Path(__file__).parent
RAW, FRESH = HERE / "raw.jsonl", HERE / "fresh.jsonl"
SECONDS, BASELINE_SECONDS = 1.0, 0.2
SEEDS = (0, 1)
PROVERS = ("exact", "highs", "cpsat")
_MOST_SPINS, _MOST_PAIRS = 2000, 400_000  # above, solvers of spins are left out
_MOST_SIMULATED = 16  # above, whole circuits take minutes
_ENCODED = {"job shop": 16}  # sizes above take many seconds to encode
_SPINS = ("exact", "annealing", "tempering", "tabu", "bifurcation", "path-integral", "neighbourhood")


def spins(problem: Any) -> int | None:
    if problem.size > _ENCODED.get(problem.kind, problem.size):
        return None
    try:
        model = ising_encoding(problem).model
    except QualmsError:
        return None
    return model.n if len(model.values) // 2 <= _MOST_PAIRS else None


def arms(problem: Any, seed: int) -> list[tuple[Any, Arm]]:
    """Every solver that takes the problem; provers first."""
    n = spins(problem)
    small = n is not None and n <= _MOST_SPINS
    order = [*BASELINES, *PROVERS, *(s for s in SOLVERS if s not in (*BASELINES, *PROVERS))]
    if not small:
        order = [s for s in order if s not in _SPINS and not s.startswith("qaoa")]
    elif n > _MOST_SIMULATED:
        order = [s for s in order if not s.startswith("qaoa") or s == "qaoa-recursive"]
    lined = line_up(order, problem, seed)
    place = {name: k for k, name in enumerate(order)}
    found = [
        (s, a)
        for s, a in lined
        if a.refused is None and (a.twin_of is None or a.solver.endswith(("/placebo", "/thermal")))
    ]
    return sorted(
        found, key=lambda pair: (place[pair[1].twin_of or pair[1].solver], pair[1].twin_of is not None)
    )


def ran(problem: Any, solver: Any, arm: Arm, limits: Limits, target: float | None) -> str:
    """Let it work. Returns how it ended: by itself, at the optimum, when its time was over, or in an error."""
    if hasattr(solver, "threads"):
        solver.threads = 1
    clock = Clock(limits)
    sign = 1 if problem.sense == "min" else -1
    ended = "itself"
    try:
        for found in solver.run(problem, clock, arm.seed):
            take(problem, arm, found, clock.spent)
            reached = arm.best is not None and arm.best.feasible and target is not None
            if reached and sign * float(arm.best.objective) <= sign * target + 1e-9 * abs(target):
                ended = "optimum"
                break
    except Exception as error:
        arm.failed, ended = f"{type(error).__name__}: {error}"[:200], "error"
    arm.seconds = clock.spent
    if ended == "itself" and arm.seconds >= 0.95 * limits.seconds:
        ended = "time"
    return ended


def proven(problem: Any, arm: Arm) -> float | None:
    """The value of its answer where it has proven it."""
    if arm.best is None or not arm.best.feasible:
        return None
    value = float(arm.best.objective)
    limits = [float(b.value) for b in arm.bounds if isinstance(b, Bound)]
    met = any(abs(v - value) <= 1e-9 * max(1.0, abs(v)) for v in limits)
    return value if met or arm.solver == "exact" else None


def instance(family: str, size: int, number: int) -> dict[str, Any]:
    problem = made(family, size, number)
    optimum, rows = None, []
    for seed in SEEDS:
        lined = arms(problem, seed)
        for solver, arm in lined:
            if seed and (arm.solver in ("exact", "greedy", "highs") or arm.twin_of):
                continue  # they do the same with every seed; twins run once
            seconds = BASELINE_SECONDS if arm.solver in BASELINES else SECONDS
            ended = ran(problem, solver, arm, limits_of(arm, [a for _, a in lined], seconds, None), optimum)
            told = proven(problem, arm) if ended != "time" or arm.solver != "exact" else None
            optimum = told if optimum is None else optimum
            rows.append(
                {
                    "solver": arm.solver, "seed": seed, "twin_of": arm.twin_of, "seconds": round(arm.seconds, 4),
                    "limit": seconds, "ended": ended, "failed": arm.failed,
                    "compute": arm.quadrant.compute,
                    "effort": arm.effort.amount if arm.effort else None,
                    "feasible": bool(arm.best and arm.best.feasible),
                    "incumbents": [[round(t, 4), float(v)] for t, v in arm.incumbents],
                }
            )  # fmt: skip
            if arm.best is not None and not arm.best.feasible:
                rows[-1]["incumbents"] = []
    return {
        "family": family, "size": size, "number": number, "sense": problem.sense, "spins": spins(problem),
        "optimum": optimum, "runs": rows,
    }  # fmt: skip


def plan(rounds: int) -> list[tuple[str, int, int]]:
    """Every family's sizes in turn; a round has one instance of each size."""
    return [
        (f, s, k)
        for k in range(rounds)
        for place in range(9)
        for f, sizes in SIZES.items()
        for s in sizes[place : place + 1]
    ]


def between() -> list[tuple[str, int, int]]:
    """An instance between every two sizes of `plan`, with a seed that is not in it; in random order."""
    jobs = [
        (f, round((a * b) ** 0.5), 50) for f, sizes in SIZES.items() for a, b in itertools.pairwise(sizes)
    ]
    random.Random(0).shuffle(jobs)
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=35.0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--fresh", action="store_true")
    options = parser.parse_args()
    raw, jobs = (FRESH, between()) if options.fresh else (RAW, plan(options.rounds))
    end = time.monotonic() + 60 * options.minutes
    done = set()
    if raw.exists():
        done = {(r["family"], r["size"], r["number"]) for r in map(json.loads, raw.read_text().splitlines())}
    for family in SIZES:  # so that no instance pays for imports
        if not done:
            instance(family, SIZES[family][0], 99)
    with raw.open("a") as out:
        for job in jobs:
            if job in done:
                continue
            if time.monotonic() > end:
                break
            began = time.monotonic()
            out.write(json.dumps(instance(*job)) + "\n")
            out.flush()
            print(*job, f"{time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
