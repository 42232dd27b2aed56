"""What the page and the terminal show of solvers' records: one problem, its solvers, seeds side by side,
twins compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qualms.records import Interval, Record, interval, paired
from qualms.report import claims, solution
from qualms.report.grouping import by_method
from qualms.report.pages import render_template
from qualms.report.pictures.cost import cost
from qualms.report.pictures.every import every_method
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.theme import looks
from qualms.report.sheet import Sheet

HEADER = ("solver", "objective", "feasible", "best", "seconds", "compute")


def title(records: Sequence[Record]) -> str:
    first = records[0].payload
    limits = [f"{first.limits['seconds']:g} s"] if "seconds" in first.limits else []
    if first.limits.get("rounds"):
        limits.append(f"{first.limits['rounds']} round{'s' if first.limits['rounds'] > 1 else ''}")
    if first.limits.get("arms"):
        limits.append(f"{first.limits['arms']} arm{'s' if first.limits['arms'] > 1 else ''}")
    if first.limits.get("race_cores"):
        limits.append(f"a race on {first.limits['race_cores']} cores")
    return f"{first.problem_kind} {first.problem}" + (f" ({', '.join(limits)})" if limits else "")


def feasible_values(runs: dict[int, Record]) -> dict[int, float]:
    """{seed: objective} of the solutions that keep all constraints."""
    return {s: r.value("objective") for s, r in runs.items() if r.payload.feasible}


def answer(records: Sequence[Record]) -> dict[str, Any]:
    """The run with the best solution, in the form of `Result.to_dict`."""
    by_seed: dict[int, list[list[Record]]] = {}
    for record in records:  # what ran together has one seed and one outcome
        runs = by_seed.setdefault(record.seed, [])
        run = next((r for r in runs if r[0].payload.outcome == record.payload.outcome), None)
        if run is None:
            runs.append([record])
        else:
            run.append(record)
    sign = 1 if records[0].payload.sense == "min" else -1

    def rank(run: Sequence[Record]) -> tuple[bool, bool, float, float]:
        """Feasible first, then proven to have no solution; the better objective, then the smaller gap."""
        outcome = run[0].payload.outcome
        value = math.inf if outcome.objective is None else float(sign * outcome.objective)
        gap = math.inf if outcome.gap is None else float(outcome.gap)
        return not outcome.feasible, outcome.no_answer_from is None, value, gap

    return _told(min((run for runs in by_seed.values() for run in runs), key=rank))


def _told(run: Sequence[Record]) -> dict[str, Any]:
    first = run[0].payload
    outcome = first.outcome
    limit = outcome.bound
    winner = next((r for r in run if r.method == outcome.solver), None)
    return {
        "problem": first.problem,
        "kind": first.problem_kind,
        "sense": first.sense,
        "status": outcome.status,
        "objective": outcome.objective,
        "feasible": outcome.feasible,
        "violations": winner.payload.violations if winner else [],
        "bound": limit.value if limit else None,
        "bound_from": limit.how if limit else None,
        "bound_verified": limit.verified if limit else None,
        "gap": outcome.gap,
        "conflict": outcome.conflict,
        "no_answer_from": outcome.no_answer_from,
        "solver": outcome.solver,
        "quadrant": outcome.quadrant.to_dict() if outcome.quadrant else None,
        "seconds": outcome.seconds,
        "encoding": first.encoding,
        "notes": first.notes,
        "picture": winner.payload.picture if winner else None,
        "arms": [_arm(r) for r in run],
        "provenance": {
            **run[0].provenance.machine,
            **{k: v for k, v in run[0].provenance.versions.items() if v},
        },
    }


def _arm(record: Record) -> dict[str, Any]:
    p = record.payload
    return {
        "solver": record.method, "quadrant": record.quadrant.to_dict(), "seed": record.seed,
        "twin_of": record.twin_of, "twin_is": record.twin_is,
        "objective": record.value("objective") if "objective" in record.metrics else None,
        "feasible": p.feasible, "seconds": record.cost.seconds, "refused": p.refused, "failed": p.failed,
        "effort": p.effort, "no_answer": p.no_answer, "bounds": [vars(b) for b in p.bounds],
        "incumbents": p.incumbents, "offers": p.offers,
    }  # fmt: skip


def pictures(records: Sequence[Record]) -> list[Picture]:
    """The best run's answer and the way to it; then every solver, differences from twins, and cost."""
    best = answer(records)
    seeds = sorted({arm["seed"] for arm in best["arms"]})
    run = f"From the {len(best['arms'])} records of the run with seed {', '.join(map(str, seeds))}"
    source = f"{run}, the best of {len({r.seed for r in records})}; n = 1, so there is no interval."
    groups, sense = by_method(records), records[0].payload.sense
    of = Quantity("objective", "", "lower" if sense == "min" else "higher")
    gaps = [Difference(n, t, "twin", d) for n, t, d in _pairs(groups) if d is not None]
    twin_of = {name: next(iter(runs.values())).twin_of for name, runs in groups.items()}
    found = {name: feasible_values(runs) for name, runs in groups.items()}
    more = [
        every_method(found, twin_of, of, records),
        forest(gaps, of, records, looks(twin_of)),
        cost({name: list(runs.values()) for name, runs in groups.items()}, "solving"),
    ]
    return [*solution.pictures(best, source), *(picture for picture in more if picture is not None)]


# What is told -----------------------------------------------------------------------------------------------


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """A row a solver: its objective over seeds, how often it was feasible, seconds, and the difference from
    its twin.
    """
    groups = by_method(records)
    sign = 1 if records[0].payload.sense == "min" else -1
    out = []
    for name, runs in groups.items():
        first, values = next(iter(runs.values())), feasible_values(runs)
        shown = interval(list(values.values())) if values else None
        out.append({
            "solver": name, "twin_of": first.twin_of, "quadrant": str(first.quadrant), "seeds": sorted(runs),
            "feasible": len(values), "objective": _plain(shown),
            "best": min(values.values(), key=lambda v: sign * v) if values else None,
            "seconds": sum(r.cost.seconds for r in runs.values()) / len(runs),
            "refused": first.payload.refused, "failed": first.payload.failed,
            "no_answer": first.payload.no_answer,
            "minus_twin": {t: _plain(d) for t in groups if (d := _against(groups, name, t))},
        })  # fmt: skip
    return out


def _against(groups: dict[str, dict[int, Record]], name: str, twin: str) -> Interval | None:
    """The paired difference of a solver and its twin over seeds in which both were feasible."""
    if next(iter(groups[twin].values())).twin_of != name:
        return None
    return paired(feasible_values(groups[name]), feasible_values(groups[twin]))


def _pairs(groups: dict[str, dict[int, Record]]) -> list[tuple[str, str, Interval | None]]:
    """Each solver with each of its twins that is here, and their difference."""
    return [
        (name, twin, _against(groups, name, twin))
        for twin, runs in groups.items()
        if (name := next(iter(runs.values())).twin_of) in groups and name is not None
    ]


def _plain(value: Interval | None) -> dict[str, float | int | None] | None:
    if value is None:
        return None
    numbers = {"mean": value.mean, "low": value.low, "high": value.high}
    return {**{k: v if math.isfinite(v) else None for k, v in numbers.items()}, "n": value.count}


def cells(row: dict[str, Any]) -> list[str]:
    """A row in the order of `HEADER`."""
    name = f"  twin: {row['solver']}" if row["twin_of"] else row["solver"]
    if row["objective"] is None:
        value = solution.without_answer(row)
    else:
        mean, low = row["objective"]["mean"], row["objective"]["low"]
        value = claims.number(mean) + (f" ± {mean - low:.3g}" if low is not None else "")
    best = "–" if row["best"] is None else claims.number(row["best"])
    compute = row["quadrant"].partition(" × ")[2].removesuffix(" compute")
    return [name, value, f"{row['feasible']} of {len(row['seeds'])}", best, f"{row['seconds']:.2f}", compute]


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    found = rows(records)
    seeds = sorted({r.seed for r in records})
    heading = f"{title(records)} · {'one seed, no interval' if len(seeds) == 1 else f'{len(seeds)} seeds'}"
    dim = [k for k, row in enumerate(found) if row["twin_of"]]
    return Sheet(HEADER, [cells(row) for row in found], heading, dim=dim, text=("compute",))


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    lines = [
        (
            "objective: mean over the seeds in which the solver's solution was feasible; ± is half of the "
            "95 % interval (Student's t). best: the best of them."
        ),
        (
            "feasible: in how many runs the best solution keeps all constraints. Every objective was "
            "computed again from the problem as it was given."
        ),
        (
            "compute: what the solver ran on. “Simulated quantum” is a quantum "
            "circuit computed on an ordinary processor."
        ),
    ]
    if any(r.twin_of for r in records):
        lines.append(
            "twin: the classical twin of the quantum solver above it. It did as much of the same work, "
            "with a classical step in place of the quantum one."
        )
    return lines


def sentences(records: Sequence[Record]) -> list[str]:
    """The best answer and how good it is, and each quantum solver against its twin over the seeds."""
    best = answer(records)
    told = solution.sentences(best)
    groups = by_method(records)
    if len({r.seed for r in records}) > 1:
        sense = records[0].payload.sense
        told = solution.sentences(best, twins=False)
        told += [_verdict(sense, n, t, d) for n, t, d in _pairs(groups)]
    alone = [n for n, runs in groups.items() if next(iter(runs.values())).quadrant.is_quantum]
    paired_with = {n for n, _, _ in _pairs(groups)}
    told += [
        f"{n}: no verdict, because the record of its twin is not here." for n in alone if n not in paired_with
    ]
    return told + solution.notes(best)


def _verdict(sense: str, name: str, twin: str, difference: Interval | None) -> str:
    """In words, by the interval of the paired difference."""
    sign = 1 if sense == "min" else -1
    if difference is None:
        return f"{name} and its classical twin {twin} were never both feasible: no verdict."
    if difference.count < 2:
        return f"{name} and its classical twin {twin} were both feasible in one run only: no verdict."
    if difference.low == difference.high == 0:
        side = "found the same objectives as"
    elif not difference.excludes_zero:
        side = "is not told apart from"
    else:
        side = "is better than" if sign * difference.mean < 0 else "is worse than"
    return (
        f"{name} {side} its classical twin {twin}: objective {difference.mean:+.4g}, 95 % "
        f"[{difference.low:+.4g}, {difference.high:+.4g}], over {difference.count} paired seeds."
    )


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data: a row a solver, and the sentences."""
    return {"solvers": rows(records), "verdict": sentences(records)}


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML: the run with the best solution, then all seeds."""
    several = len({r.seed for r in records}) > 1
    verdict = None if not several else sentences(records)
    return render_template(
        "solving.html.j2", level=level, several=several, header=HEADER,
        rows=[(row, cells(row)) for row in rows(records)], legend=legend(records),
        best=solution.body(answer(records), level, verdict, pictures(records)),
    )  # fmt: skip
