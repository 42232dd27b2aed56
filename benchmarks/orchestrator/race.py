"""A race beside its best arm alone, at equal core-seconds.

python benchmarks/orchestrator/race.py               # about 25 minutes on two cores; writes results/race.json
python benchmarks/orchestrator/race.py --seconds 3 --families "qubo,tsp" --out look.json    # a look

The arms are the classical ones that the decision chooses for the instance; where that is one alone, general
solvers that take the instance run beside it. Each runs alone, pinned to one core, for
S seconds. The race runs all of them on C cores for S / C seconds of wall time, starting its processes and computing its
bound included: S core-seconds too. Where this program may use fewer cores than that (`taskset -c 0`), its processes
share those, and C is their number. Which arm is the best one is known only afterwards, and to nobody who has to
choose one; that is what the race is compared with.

*As good* is what "at most 15 % slower" means here: the race's answer after S core-seconds is at least as good as the
best arm's after S / 1.15. That is a comparison of what both reach, and not of the moments at which both reach it,
because a user gives a budget and takes what there is at its end, and because half of the best arms are done within a
tenth of a second, before the processes of a race have begun. The ratio of core-seconds until the target is reached is
told beside it, with how often it was not reached.

The order of arms and race changes from instance to instance, and all of one instance is run in a row, so that a load that
comes and goes meets all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from statistics import fmean, median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "experiments" / "routing"))
from qualms.execution import Call, ProcessExecutor
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.lane import run_arm, start
from qualms.orchestrator.race import race
from qualms.solve.check import better, check
from qualms.solve.solvers import BASELINES, get_solver
from qualms.solve.solvers.solver import Limits

SLOWER = 1.15
# Beside the largest instances of the decision's experience, on many of which every arm is done at once
LARGER = {"maxcut dense": 800, "maxcut ±1": 1600, "qubo": 1000, "independent set": 600, "quadratic knapsack": 300,
          "quadratic assignment": 40, "tsp": 150, "cvrp": 80, "job shop": 15, "portfolio": 300,
          "mixed integer": 400}  # fmt: skip
RESULT = Path(__file__).parents[1] / "results" / "race.json"
# What only this process needs is imported where it is used: processes that are started import this file again.


def pin() -> None:
    """A worker keeps to one core, so that solvers of several threads get no more than the others."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def shared(cores: int) -> int:
    """The cores that a race of so many can have."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return min(cores, there)


class Trace:
    """The answers of one run, each better than those before it, with the core-seconds until it was there."""

    def __init__(self, problem) -> None:
        self.problem, self.points, self._best = problem, [], None

    def add(self, seconds: float, checked) -> None:
        if checked.feasible and better(self.problem, checked, self._best):
            self._best = checked
            self.points.append((seconds, float(checked.objective)))

    def after(self, seconds: float) -> float | None:
        """The objective that it had by then."""
        known = [value for at, value in self.points if at <= seconds]
        return known[-1] if known else None

    def until(self, target: float | None) -> float | None:
        """When it was as good as a target; None if it never was."""
        if target is None:
            return 0.0
        return next((at for at, value in self.points if not worse(self.problem, value, target)), None)


def worse(problem, value: float | None, other: float | None) -> bool:
    """By more than rounding."""
    if value is None or other is None:
        return value is None and other is not None
    away = (value - other) * (1 if problem.sense == "min" else -1)
    return away > 1e-9 * max(abs(value), abs(other))


def alone(problem, name: str, seconds: float, seed: int) -> Trace:
    """An arm on one core. Its process is there before its time begins, as in a race."""
    trace = Trace(problem)

    def hear(event) -> None:
        if event.kind == "found" and isinstance(event.value[1], np.ndarray):
            trace.add(event.value[0], check(problem, event.value[1]))

    arguments = (problem, get_solver(name), Limits(seconds), seed, None)
    with ProcessExecutor(1, setup=pin) as place:
        list(place.run([Call("start", start)]))
        list(place.run([Call(name, run_arm, arguments, seconds=2 * seconds + 20)], hear))
    return trace


def raced(problem, arms: list[str], seconds: float, cores: int, seed: int) -> tuple[Trace, float, str | None]:
    """The race, what it took in core-seconds, and who won."""
    trace, began, there = Trace(problem), time.monotonic(), shared(cores)
    result = race(
        problem,
        Budget(seconds / there, cores),
        arms,
        seed,
        lambda arm, checked: trace.add(there * (time.monotonic() - began), checked),
    )
    return trace, there * result.seconds, result.winner


def relative(problem, value: float | None, best: float) -> float:
    """The gap to the best known answer, at most 1."""
    if value is None:
        return 1.0
    return min(1.0, max(0.0, (value - best) * (1 if problem.sense == "min" else -1)) / max(abs(best), 1e-12))


def compared(family: str, size: int, seed: int, seconds: float, cores: int, turn: int) -> dict | None:
    """One instance; None where fewer than two arms would race."""
    from instances import made

    from qualms.orchestrator.decide import decide

    problem = made(family, size, seed)
    decision = decide(problem, Budget(seconds / shared(cores), cores), seed=seed)
    arms = [a for a in decision.arms if not get_solver(a).quadrant.is_quantum and a not in BASELINES]
    if len(arms) < 2:  # outside of its experience the decision may name one
        others = [n for n in ("tabu", "highs", "annealing") if n not in arms]
        arms += [n for n in others if get_solver(n).refuses(problem) is None][:2]
    if len(arms) < 2:
        return None
    traces, told = {}, None
    for which in [None, *arms] if turn % 2 else [*arms, None]:
        if which is None:
            told = raced(problem, arms, seconds, cores, seed)
        else:
            traces[which] = alone(problem, which, seconds, seed)
    trace, spent, winner = told
    target = None
    for one in traces.values():
        value = one.after(seconds / SLOWER)
        target = value if worse(problem, target, value) else target
    first = {name: one.until(target) for name, one in traces.items()}
    best_arm = min((n for n, t in first.items() if t is not None), key=lambda n: first[n], default=None)
    values = [trace.after(seconds), *(one.after(np.inf) for one in traces.values())]
    best = (min if problem.sense == "min" else max)(v for v in values if v is not None)
    reached = trace.until(target)
    return {
        "family": family, "size": size, "seed": seed, "arms": arms, "best_arm": best_arm, "winner": winner,
        "target": target, "race": trace.after(seconds), "race_core_seconds": spent,
        "as_good": not worse(problem, trace.after(seconds), target),
        "gap_race": relative(problem, trace.after(seconds), best), "gap_best_arm": relative(problem, target, best),
        "gap_mean_arm": fmean(relative(problem, one.after(seconds), best) for one in traces.values()),
        "until_target_race": reached, "until_target_best_arm": first.get(best_arm),
        "ratio": None if reached is None or not first.get(best_arm) else reached / first[best_arm],
    }  # fmt: skip


def summary(rows: list[dict]) -> dict:
    ratios = [r["ratio"] for r in rows if r["ratio"] is not None]
    long = [r for r in rows if (r["until_target_best_arm"] or 0.0) > 1.0]
    long_ratios = [r["ratio"] for r in long if r["ratio"] is not None]
    return {
        "instances": len(rows),
        "as_good": sum(r["as_good"] for r in rows) / len(rows),
        "mean_gap_race": fmean(r["gap_race"] for r in rows),
        "mean_gap_best_arm": fmean(r["gap_best_arm"] for r in rows),
        "mean_gap_mean_arm": fmean(r["gap_mean_arm"] for r in rows),
        "target_never_reached": sum(r["until_target_race"] is None for r in rows),
        "median_ratio": median(ratios) if ratios else None,
        "instances_where_the_best_arm_needs_more_than_a_second": len(long),
        "of_these_as_good": sum(r["as_good"] for r in long) / len(long) if long else None,
        "of_these_median_ratio": median(long_ratios) if long_ratios else None,
    }


def main() -> None:
    from instances import SIZES

    from qualms.records.provenance import machine, versions

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="core-seconds of the race and of each arm"
    )
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=1, help="instances of each family and size")
    parser.add_argument("--families", default=",".join(SIZES))
    parser.add_argument("--out", type=Path, default=RESULT)
    told = parser.parse_args()
    rows = []
    for seed in range(told.seeds):
        for family in told.families.split(","):
            for size in (SIZES[family][-1], *([LARGER[family]] if family in LARGER else [])):
                # seeds that no record of the decision's experience is of
                row = compared(family, size, 1000 + seed, told.seconds, told.cores, len(rows))
                if row is not None:
                    rows.append(row)
                    print(json.dumps(row), flush=True)
    larger = [r for r in rows if r["size"] == LARGER.get(r["family"])]
    found = {
        "seconds": told.seconds, "cores": told.cores, "shared": shared(told.cores), "allowed": SLOWER, "load": os.getloadavg()[0],
        "command": " ".join(sys.argv), "machine": machine(), "versions": versions(),
        "summary": summary(rows), "larger": summary(larger) if larger else None, "rows": rows,
    }  # fmt: skip
    print(json.dumps({k: found[k] for k in ("summary", "larger")}, indent=1))
    told.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
