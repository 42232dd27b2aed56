"""How well the decision chooses solvers and predicts what they reach, on instances held out of its experience.

python benchmarks/orchestrator/routing.py     # about two minutes on one core; writes results/routing.json

Twice: instances of the shipped runs are split into five parts, and each is predicted from the other four; and
instances of other sizes and seeds, made after everything was decided (`experiments/routing/collect.py --fresh`), are
predicted from the shipped runs. Where the decision would abstain, what suits the kind is taken. Quality is the gap
to the best known answer, at most 100 %; an arm that does not take an instance counts as 100 %. The runs are of one
second, so that every arm is given at most that. *Closed* is the share of the distance between a fixed choice and the
best arm for each instance that the decision closes. The probe is timed on its own, with a budget of ten seconds.
"""

from __future__ import annotations

import gzip
import json
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
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decide import _FIELD, _seconds, decide
from qualms.orchestrator.decision.arms import QUANTUM
from qualms.orchestrator.decision.experience import Run, of_row, shipped_runs
from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.predict import WORST, Experience, chosen
from qualms.orchestrator.decision.probe import allowed
from qualms.records.provenance import machine, versions
from qualms.solve.solvers import SOLVERS
from qualms.solve.solvers.registry import _FEW, _SUITED

FRESH = Path(__file__).parents[2] / "experiments" / "routing" / "fresh.jsonl.gz"
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


def by_instance(runs: list[Run]) -> dict[str, dict[str, list[Run]]]:
    found: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        found[run.instance][run.arm].append(run)
    return found


class Evaluation:
    """What the decision would have chosen and predicted for instances that it does not know."""

    def __init__(self) -> None:
        self.each = _seconds(BUDGET)
        self.given = min(WATCHED, self.each(1))
        self.rows: list[dict] = []
        self.covered: dict[str, list] = defaultdict(list)
        self.late: dict[str, list] = defaultdict(list)
        self.widths: dict[str, list[float]] = defaultdict(list)

    def add(self, known: list[Run], tests: list[Run]) -> None:
        before = by_instance(known)
        single = self.best_arm(before)
        for arms in by_instance(tests).values():
            one = next(iter(arms.values()))[0]
            own = {i: a for i, a in before.items() if next(iter(a.values()))[0].family == one.family}
            self._add(
                Experience(known, one.family, one.kind), arms, one, single, self.best_arm(own, set(arms))
            )

    def best_arm(self, known: dict[str, dict[str, list[Run]]], able: set[str] | None = None) -> str:
        """The classical arm that is best on average; an instance that it does not take counts as 100 %."""
        among = [s for s in SOLVERS if s not in QUANTUM and (able is None or s in able)]
        return min(
            among, key=lambda a: fmean([gap(arms[a], self.given) for arms in known.values()] or [WORST])
        )

    def _add(self, experience: Experience, arms: dict, one: Run, single: str, single_of_family: str) -> None:
        choices = [s for s in SOLVERS if s not in QUANTUM and s in arms]
        gaps = {a: gap(arms[a], self.given) for a in choices}
        seen = Features(one.kind, one.family, one.size, one.spins, density=one.density,
                        coefficient_bits=one.coefficient_bits)  # fmt: skip
        outside = experience.outside(seen) is not None
        default = [a for a in suited(one) if a in arms]
        cores = BUDGET.workers
        picked = (
            default if outside else chosen(experience, choices, one.size, self.each, cores + _FIELD, cores)
        )
        share = min(WATCHED, self.each(len(picked)))
        self.rows.append(
            {
                "family": one.family, "size": one.size, "best": min(gaps.values()), "single": gaps.get(single, WORST),
                "single_of_family": gaps[single_of_family],
                "defaults": min((gap(arms[a], min(WATCHED, self.each(len(default)))) for a in default), default=WORST),
                "race": min((gap(arms[a], share) for a in picked), default=WORST), "arms": len(picked),
                "outside": outside,
            }
        )  # fmt: skip
        if outside:
            return
        for arm, told in experience.predict(sorted(arms), one.size, self.given, TOLERANCE).items():
            for run in arms[arm]:
                there, weight = min(WORST, run.gap_after(self.given)), 1 / len(arms[arm])
                self.covered[one.family].append(
                    (told.gap.low - 1e-9 <= there <= told.gap.high + 1e-9, weight)
                )
                at, came = run.reached(TOLERANCE)
                inside = (
                    told.seconds.low - 1e-3 <= at <= told.seconds.high + 1e-3
                    if came
                    else told.seconds.high >= at
                )
                self.late[one.family].append((inside, weight))
            if arm == picked[0]:
                self.widths[one.family].append(told.gap.high - told.gap.low)

    def summary(self) -> dict:
        found = {}
        for family in ["all", *sorted({r["family"] for r in self.rows})]:
            of = sorted(self.covered) if family == "all" else [family]
            rows = [r for r in self.rows if family in ("all", r["family"])]
            found[family] = {
                **summarised(rows), "coverage": shared([x for f in of for x in self.covered[f]]),
                "coverage_seconds": shared([x for f in of for x in self.late[f]]),
                "width": float(np.median([w for f in of for w in self.widths[f]] or [0.0])),
            }  # fmt: skip
        return found


def main() -> None:
    runs = [r for r in shipped_runs() if r.twin_of is None]
    part, held_out = folds(runs), Evaluation()
    for fold in range(FOLDS):
        held_out.add(
            [r for r in runs if part[r.instance] != fold], [r for r in runs if part[r.instance] == fold]
        )
    found = {
        "held_out": held_out.summary(), "unseen_families": unseen(runs), "quantum": quantum(), "probe": probes(),
        "instances": len(part), "runs": len(runs), "seconds": held_out.given, "versions": versions(),
        "machine": machine(),
    }  # fmt: skip
    if FRESH.exists():
        fresh = Evaluation()
        with gzip.open(FRESH, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        fresh.add(runs, [r for row in rows for r in of_row(row) if r.twin_of is None])
        found["fresh"] = fresh.summary()
    (RESULTS / "routing.json").write_text(json.dumps(found, indent=1) + "\n")
    show(found)


def suited(run: Run) -> list[str]:
    """The solvers that a table by hand names for the kind."""
    return _SUITED.get(run.kind, ["exact" if run.size <= _FEW else "annealing"])


def summarised(rows: list[dict]) -> dict:
    mean = {k: fmean(r[k] for r in rows) for k in ("best", "single", "single_of_family", "defaults", "race")}
    return {
        "instances": len(rows), "outside": sum(r["outside"] for r in rows), **mean, "closed": share(mean, "single"),
        "closed_of_family": share(mean, "single_of_family"), "closed_of_defaults": share(mean, "defaults"),
        "regret": mean["race"] - mean["best"], "arms": fmean(r["arms"] for r in rows),
    }  # fmt: skip


def share(mean: dict, of: str) -> float | None:
    away = mean[of] - mean["best"]
    return (mean[of] - mean["race"]) / away if away > 1e-4 else None


def shared(told: list[tuple[bool, float]]) -> float | None:
    """The share that is true, by weight."""
    return sum(w for inside, w in told if inside) / sum(w for _, w in told) if told else None


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
            "classical": experience.compared(circuits, classical, None, WATCHED),
            "placebo": experience.compared(paired, placebos, None, WATCHED),
        }  # fmt: skip
    return found


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


COLUMNS = (
    "best",
    "single",
    "single_of_family",
    "defaults",
    "race",
    "closed",
    "regret",
    "coverage",
    "coverage_seconds",
)


def show(found: dict) -> None:
    for name in ("held_out", "fresh"):
        if name in found:
            print(f"\n{name}, percent; quality after {found['seconds']:.2g} s an arm\n")
            print("\n".join(table(found[name])))
    p = found["probe"]
    print(
        f"\nprobe: {100 * p['mean']:.1f} % of ten seconds on average, {100 * p['largest']:.1f} % at most; the whole "
        f"decision {100 * p['whole']:.1f} %"
    )
    print(f"families left out whole: {found['unseen_families']}")
    for family, counts in found["quantum"].items():
        print(
            f"{family}: circuits better, equal, worse than classical arms {counts['classical']}, placebos {counts['placebo']}"
        )


def table(summary: dict) -> list[str]:
    lines = ["| family | instances | " + " | ".join(c.replace("_", " ") for c in COLUMNS) + " |"]
    lines.append("|---|" + "---:|" * (len(COLUMNS) + 1))
    for family, row in summary.items():
        cells = ["–" if row[c] is None else f"{100 * row[c]:.1f}" for c in COLUMNS]
        lines.append(f"| {family} | {row['instances']} | " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    main()
