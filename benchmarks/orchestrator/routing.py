"""How well the decision chooses solvers and predicts what they reach, on instances held out of its experience.

python benchmarks/orchestrator/routing.py     # about two minutes on one core; writes results/routing.json

Instances are split into five parts; each part is predicted from the other four, family by family. Quality is the gap
to the best known answer, at most 100 %; an arm that does not take an instance counts as 100 %. The runs are of one
second, so that every arm is given at most that. *Closed* is the share of the distance between a fixed choice and the
best arm for each instance that the decision closes. The probe is timed on its own, with a budget of ten seconds.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "experiments" / "routing"))
from instances import made

from measure import RESULTS
from qualms.orchestrator.decide import _FIELD, _seconds, decide
from qualms.orchestrator.decision.arms import QUANTUM
from qualms.orchestrator.decision.experience import Run, shipped_runs
from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.predict import WORST, Experience, chosen
from qualms.orchestrator.decision.probe import allowed
from qualms.orchestrator.race import Budget
from qualms.records.provenance import machine, versions
from qualms.solve.solvers import SOLVERS
from qualms.solve.solvers.registry import _FEW, _SUITED

FOLDS, WATCHED, TOLERANCE = 5, 1.0, 0.01
BUDGET = Budget(2.2, 2)  # two arms on two cores get the second that runs were watched for
TIMED = {"maxcut dense": 80, "qubo": 120, "independent set": 80, "partition": 50, "knapsack": 80,
         "quadratic knapsack": 80, "assignment": 20, "quadratic assignment": 12, "tsp": 22, "cvrp": 18, "job shop": 8,
         "portfolio": 50, "mixed integer": 80}  # fmt: skip


def folds(runs: list[Run]) -> dict[str, int]:
    """The part that each instance belongs to: families are divided evenly."""
    rng, found = np.random.default_rng(0), {}
    for family in sorted({r.family for r in runs}):
        instances = sorted({r.instance for r in runs if r.family == family})
        for k, place in enumerate(rng.permutation(len(instances))):
            found[instances[place]] = k % FOLDS
    return found


def gap(runs: list[Run], seconds: float) -> float:
    """Of an arm on an instance: the mean over seeds, at most 100 %."""
    return fmean(min(WORST, r.gap_after(seconds)) for r in runs) if runs else WORST


def main() -> None:
    runs = [r for r in shipped_runs() if r.twin_of is None]
    part = folds(runs)
    classical = [s for s in SOLVERS if s not in QUANTUM]
    by_instance: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        by_instance[run.instance][run.arm].append(run)
    each = _seconds(BUDGET)
    given = min(WATCHED, each(1))
    rows, covered, late = [], defaultdict(list), defaultdict(list)
    widths: dict[str, list[float]] = defaultdict(list)
    for fold in range(FOLDS):
        known = [r for r in runs if part[r.instance] != fold]
        single = min(
            classical,
            key=lambda a: fmean(gap(arms[a], given) for i, arms in by_instance.items() if part[i] != fold),
        )
        for instance in sorted(i for i, f in part.items() if f == fold):
            arms = by_instance[instance]
            one = next(iter(arms.values()))[0]
            experience = Experience(known, one.family, one.kind)
            able = sorted(arms)
            choices = [a for a in classical if a in arms]
            gaps = {a: gap(arms[a], given) for a in choices}
            looks = Features(
                one.kind,
                one.family,
                one.size,
                one.spins,
                density=one.density,
                coefficient_bits=one.coefficient_bits,
            )
            outside = experience.outside(looks) is not None
            default = [a for a in suited(one) if a in arms]
            picked = (
                default
                if outside
                else chosen(experience, choices, one.size, each, BUDGET.workers + _FIELD, BUDGET.workers)
            )
            share = min(WATCHED, each(len(picked)))
            own = {a: fmean(gap(arms_[a], given) for i, arms_ in by_instance.items()
                            if part[i] != fold and next(iter(arms_.values()))[0].family == one.family)
                   for a in choices}  # fmt: skip
            rows.append(
                {
                    "family": one.family, "size": one.size, "best": min(gaps.values()), "single": gaps.get(single, WORST),
                    "single_of_family": gaps[min(own, key=own.get)],
                    "defaults": min((gaps[a] for a in default), default=WORST),
                    "first": gaps[picked[0]] if picked else WORST,
                    "race": min((gap(arms[a], share) for a in picked), default=WORST), "arms": len(picked), "outside": outside,
                }
            )  # fmt: skip
            if outside:
                continue
            told = experience.predict(able, one.size, given, TOLERANCE)
            for arm, prediction in told.items():
                for run in arms[arm]:
                    there = min(WORST, run.gap_after(given))
                    inside = prediction.gap.low - 1e-9 <= there <= prediction.gap.high + 1e-9
                    covered[one.family].append((inside, 1 / len(arms[arm])))
                    at, came = run.reached(TOLERANCE)
                    low, high = prediction.seconds.low, prediction.seconds.high
                    late[one.family].append(
                        ((low - 1e-3 <= at <= high + 1e-3) if came else high >= at, 1 / len(arms[arm]))
                    )
                if picked and arm == picked[0]:
                    widths[one.family].append(prediction.gap.high - prediction.gap.low)
    summary = {"all": summarised(rows)}
    for family in sorted({r["family"] for r in rows}):
        summary[family] = {
            **summarised([r for r in rows if r["family"] == family]),
            "coverage": shared(covered[family]), "coverage_seconds": shared(late[family]),
            "width": float(np.median(widths[family])),
        }  # fmt: skip
    summary["all"]["coverage"] = shared([x for v in covered.values() for x in v])
    summary["all"]["coverage_seconds"] = shared([x for v in late.values() for x in v])
    summary["all"]["width"] = float(np.median([x for v in widths.values() for x in v]))
    found = {
        "summary": summary, "unseen_families": unseen(runs), "quantum": quantum(), "probe": probes(),
        "instances": len(part), "runs": len(runs), "seconds": given, "versions": versions(), "machine": machine(),
    }  # fmt: skip
    (RESULTS / "routing.json").write_text(json.dumps(found, indent=1) + "\n")
    show(found)


def suited(run: Run) -> list[str]:
    """The solvers that a table by hand names for the kind."""
    return _SUITED.get(run.kind, ["exact" if run.size <= _FEW else "annealing"])


def summarised(rows: list[dict]) -> dict:
    mean = {
        k: fmean(r[k] for r in rows)
        for k in ("best", "single", "single_of_family", "defaults", "first", "race")
    }
    return {
        "instances": len(rows), **mean, "closed": share(mean, "single"), "closed_of_family": share(mean, "single_of_family"),
        "closed_of_defaults": share(mean, "defaults"), "regret": mean["race"] - mean["best"],
        "regret_first": mean["first"] - mean["best"], "arms": fmean(r["arms"] for r in rows), "outside": sum(r["outside"] for r in rows),
    }  # fmt: skip


def share(mean: dict, of: str) -> float | None:
    away = mean[of] - mean["best"]
    return (mean[of] - mean["race"]) / away if away > 1e-4 else None


def shared(told: list[tuple[bool, float]]) -> float:
    return sum(w for inside, w in told if inside) / sum(w for _, w in told)


def unseen(runs: list[Run]) -> dict:
    """Families left out altogether: nothing may be predicted, and what suits the kind races."""
    families = sorted({r.family for r in runs})
    abstained = [Experience([r for r in runs if r.kind != k], f, k).by_arm == {} for f in families
                 for k in {r.kind for r in runs if r.family == f}]  # fmt: skip
    return {"families": len(families), "abstained": sum(abstained)}


def quantum() -> dict:
    """Circuits against the best classical arm and against their placebos, over all instances."""
    runs = shipped_runs()
    found = {}
    for family in sorted({r.family for r in runs}):
        kind = next(r.kind for r in runs if r.family == family)
        experience = Experience(runs, family, kind)
        arms = {r.arm for r in experience.runs}
        circuits = [a for a in arms if a in QUANTUM]
        placebos = [a for a in arms if a.endswith(("/placebo", "/thermal"))]
        classical = [a for a in arms if a in SOLVERS and a not in QUANTUM]
        paired = [a for a in circuits if any(p.startswith(f"{a}/") for p in placebos)]
        found[family] = {
            "classical": total(experience, circuits, classical), "placebo": total(experience, paired, placebos)
        }  # fmt: skip
    return found


def total(experience: Experience, arms: list[str], against: list[str]) -> list[int]:
    counts = [0, 0, 0]
    for instance in experience.instances:
        theirs = [r for r in experience.runs if r.instance == instance]
        a = min((r.gap_after(WATCHED) for r in theirs if r.arm in arms), default=None)
        b = min((r.gap_after(WATCHED) for r in theirs if r.arm in against), default=None)
        if a is not None and b is not None:
            same = abs(a - b) <= 1e-9 or (math.isinf(a) and math.isinf(b))
            counts[1 if same else 0 if a < b else 2] += 1
    return counts


def probes() -> dict:
    budget, told = Budget(10.0, 2), []
    for family, size in TIMED.items():
        problem = made(family, size, 1000)
        began = time.perf_counter()
        decision = decide(problem, budget)
        told.append(
            {
                "family": family, "size": size, "seconds": decision.probe.seconds, "allowed": allowed(budget),
                "share": decision.probe.seconds / budget.seconds, "decision_seconds": time.perf_counter() - began,
                "outside": decision.outside,
            }
        )  # fmt: skip
    shares = [t["share"] for t in told]
    return {
        "mean": fmean(shares),
        "largest": max(shares),
        "whole": fmean(t["decision_seconds"] for t in told) / 10.0,
        "runs": told,
    }


def show(found: dict) -> None:
    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.2f}"

    columns = (
        "best",
        "single",
        "single_of_family",
        "defaults",
        "race",
        "closed",
        "regret",
        "coverage",
        "coverage_seconds",
        "width",
    )
    print("| family | instances | " + " | ".join(columns) + " | arms |")
    print("|---|" + "---:|" * (len(columns) + 2))
    for family, row in found["summary"].items():
        print(
            f"| {family} | {row['instances']} | "
            + " | ".join(percent(row[c]) for c in columns)
            + f" | {row['arms']:.1f} |"
        )
    print(f"all numbers but instances and arms are percent; quality after {found['seconds']:.2g} s an arm")
    p = found["probe"]
    print(
        f"probe: mean share {100 * p['mean']:.1f} %, largest {100 * p['largest']:.1f} %; the whole decision {100 * p['whole']:.1f} % of ten seconds"
    )
    print(f"families left out whole: {found['unseen_families']}")
    for family, counts in found["quantum"].items():
        print(
            f"{family}: circuits against classical arms (better, equal, worse) {counts['classical']}, placebos {counts['placebo']}"
        )


if __name__ == "__main__":
    main()
