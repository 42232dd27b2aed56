"""A comparison of learners: table, verdict and pictures, from its records alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps

from qualms.records import Interval, Record, interval, paired
from qualms.report import fraud
from qualms.report.figures import axes_of, svg
from qualms.report.pages import render_template
from qualms.report.sheet import Sheet

_SHOWN = ("accuracy", "balanced_accuracy", "auc", "average_precision", "r2", "rmse", "mae")
_NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced",
    "auc": "AUC",
    "average_precision": "AP",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "MAE",
}

Runs = Mapping[int, Record]
_FEWEST = 3  # runs from which on an interval is told


# What is in the records -------------------------------------------------------------------------------------


def by_method(records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """{method: {seed and fold as one number: record}}, each method followed by its twins."""
    out: dict[str, dict[int, Record]] = {}
    for r in records:
        split = r.payload.split
        key = r.seed * int(split.get("folds", 1)) + int(split.get("fold", 0))
        out.setdefault(r.method, {})[key] = r
    twin_of = {name: _first(runs).twin_of for name, runs in out.items()}
    heads = [name for name in out if twin_of[name] not in out]
    names = [name for head in heads for name in (head, *(t for t in out if twin_of[t] == head))]
    return {name: dict(sorted(out[name].items())) for name in names}


def _is_stream(records: Sequence[Record]) -> bool:
    return bool(records[0].payload.split.get("protocol") == "stream")


def _first(runs: Runs) -> Record:
    return next(iter(runs.values()))


def judged(records: Sequence[Record]) -> str:
    """The metric by which methods are judged."""
    told = records[0].payload.split.get("judged")
    return str(told) if told else next(iter(records[0].metrics))


def values(runs: Runs, metric: str) -> dict[int, float]:
    """The numbers of a metric; runs without it are left out."""
    return {key: r.value(metric) for key, r in runs.items() if metric in r.metrics}


def overlap(records: Sequence[Record]) -> float:
    """Rows measured on over rows fitted on, of cross-validation; 0 where nothing overlaps."""
    split = records[0].payload.split
    return float(split["tested"]) / records[0].payload.rows if "folds" in split else 0.0


def sign(records: Sequence[Record]) -> int:
    """1 where more of the judged metric is better, −1 where less is."""
    return -1 if records[0].metrics[judged(records)].better == "lower" else 1


def best_baseline(groups: Mapping[str, Runs], metric: str, direction: int) -> str | None:
    """The classical method with the best mean. It is chosen after the fact, which favours it a little."""
    found = {
        name: direction * interval(list(values(runs, metric).values())).mean
        for name, runs in groups.items()
        if _first(runs).payload.split.get("baseline") and values(runs, metric)
    }
    return max(found, key=lambda name: found[name]) if found else None


def rows(records: Sequence[Record]) -> list[dict[str, Any]]:
    """A row a method: metrics with intervals, differences from the twin's method and the best baseline."""
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    best = best_baseline(groups, metric, sign(records))
    out = []
    for name, runs in groups.items():
        first = _first(runs)
        found = {
            m: _plain(interval(list(values(runs, m).values()), overlap=wide))
            for m in first.metrics
            if len(values(runs, m)) == len(runs)
        }
        against = {}
        for other in (best, first.twin_of):
            if other and other != name and other in groups:
                gap = paired(values(runs, metric), values(groups[other], metric), overlap=wide)
                against[other] = None if gap is None else _plain(gap)
        out.append({
            "method": name, "learner": first.payload.learner,
            "twin_of": first.twin_of, "twin_is": first.twin_is,
            "quadrant": str(first.quadrant), "runs": len(runs), "metrics": found, "minus": against,
            "fit_seconds": sum(r.cost.seconds for r in runs.values()) / len(runs),
            "baseline": bool(first.payload.split.get("baseline")),
        })  # fmt: skip
    return out


def _plain(value: Interval) -> dict[str, Any]:
    numbers = {"mean": value.mean, "low": value.low, "high": value.high}
    return {**{k: v if math.isfinite(v) else None for k, v in numbers.items()}, "n": value.count}


# What is told -----------------------------------------------------------------------------------------------


def title(records: Sequence[Record]) -> str:
    """The task and the data set."""
    if _is_stream(records):
        return fraud.title(records)
    p = records[0].payload
    return f"{p.task} of {p.data or 'unnamed data'}"


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    if _is_stream(records):
        return fraud.sheet(records)
    found, metric = rows(records), judged(records)
    others = [m for m in _SHOWN if m != metric and all(m in r["metrics"] for r in found)]
    best = best_baseline(by_method(records), metric, sign(records))
    first = records[0].payload
    heading = title(records)
    if "folds" in first.split:
        heading += f" · {first.split['folds']} folds, {found[0]['runs']} runs a method"
    return Sheet(
        ["method", _NAMES.get(metric, metric), *(_NAMES.get(m, m) for m in others), "– twin's", "– best",
         "fit s", "µs/row", "compute"],
        [_cells(row, metric, others, best) for row in found],
        heading,
        text=["compute"],
        dim=[k for k, row in enumerate(found) if row["twin_of"]],
    )  # fmt: skip


def _cells(row: dict[str, Any], metric: str, others: Sequence[str], best: str | None) -> list[str]:
    name = (
        f"  twin: {row['method'].removeprefix(str(row['twin_of']) + '/')}"
        if row["twin_of"]
        else row["method"]
    )
    speed = row["metrics"].get("predict_microseconds")
    return [
        name,
        _spread(row["metrics"].get(metric)),
        *(_number(row["metrics"][m]["mean"]) for m in others),
        _gap(row["minus"].get(row["twin_of"])),
        "best" if row["method"] == best else _gap(row["minus"].get(best)),
        f"{row['fit_seconds']:.2g}",
        f"{speed['mean']:.3g}" if speed and speed["mean"] is not None else "–",
        row["quadrant"].partition(" × ")[2].removesuffix(" compute"),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _spread(value: dict[str, Any] | None) -> str:
    if value is None or value["mean"] is None:
        return "–"
    return f"{value['mean']:.3f}" + (
        f" ± {value['mean'] - value['low']:.3f}" if value["low"] is not None else ""
    )


def _gap(value: dict[str, Any] | None) -> str:
    if value is None or value["mean"] is None:
        return "–"
    half = "" if value["low"] is None else f" ± {value['mean'] - value['low']:.3f}"
    return f"{value['mean']:+.3f}{half}"


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    if _is_stream(records):
        return fraud.legend(records)
    split = records[0].payload.split
    lines = []
    tried = max(int(r.payload.split.get("tried", 1)) for r in records)
    if "folds" in split:
        lines.append(
            f"Nested cross-validation: settings are chosen on {split['inner']} folds inside the rows fitted "
            f"on, and measured on the fold left out. On the same folds every method tries up to {tried} "
            "settings, or as many as it has."
        )
        lines.append(
            "± is half of the 95 % interval over folds and seeds, widened for training sets that overlap "
            "(Nadeau and Bengio 2003)."
        )
    lines.append(
        "twin: a classical control of the method above it. – twin's: difference of a twin from the method "
        "that it is the control of. – best: difference from the best classical method that is "
        "nobody's twin, chosen after the fact."
    )
    lines.append("fit s: seconds of one fit with the chosen settings. µs/row: microseconds to predict a row.")
    return lines


def sentences(records: Sequence[Record]) -> list[str]:
    """A verdict for every learner with twins, what limits it, and what was assumed about the data."""
    if _is_stream(records):
        return fraud.sentences(records)
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    direction = sign(records)
    best = best_baseline(groups, metric, direction)
    out = [
        _verdict(name, groups, metric, direction, wide, best)
        for name, runs in groups.items()
        if _first(runs).twin_of is None and _owes_a_verdict(name, groups)
    ]
    if best is not None:
        mean = interval(list(values(groups[best], metric).values())).mean
        out.append(f"The best classical method is {best}, with {_NAMES.get(metric, metric)} {mean:.3f}.")
        out += _chance(groups, metric, direction, wide, best)
    runs = min(len(r) for r in groups.values())
    if runs < 2:
        out.append("One run a method, no interval: a difference may be chance.")
    complete = max(len(r) for r in groups.values())
    short = [name for name, r in groups.items() if len(r) < complete]
    if short:
        out.append(
            f"Not all runs are there: {', '.join(short)}. Differences use the runs that both methods have."
        )
    notes = dict.fromkeys(note for r in records for note in r.payload.notes)
    out += [f"Note: {note.rstrip('.')}." for note in list(notes)[:12]]
    return out


def _owes_a_verdict(name: str, groups: Mapping[str, Runs]) -> bool:
    quantum = _first(groups[name]).quadrant.is_quantum
    return quantum or any(_first(r).twin_of == name for r in groups.values())


def _verdict(
    name: str, groups: Mapping[str, Runs], metric: str, direction: int, wide: float, best: str | None
) -> str:
    own, compute = values(groups[name], metric), _first(groups[name]).quadrant.compute
    twins = [g for g, runs in groups.items() if _first(runs).twin_of == name]
    gaps = {t: g for t in twins if (g := paired(own, values(groups[t], metric), overlap=wide)) is not None}
    if not gaps:
        return f"{name} ({compute}): no verdict, because its twins have not run."
    better = [t for t, g in gaps.items() if _tells(g) and direction * g.mean > 0]
    worse = [t for t, g in gaps.items() if _tells(g) and direction * g.mean < 0]
    rival = paired(own, values(groups[best], metric), overlap=wide) if best else None
    behind = rival is not None and _tells(rival) and direction * rival.mean < 0
    if worse:
        head = f"{name} ({compute}): not worth it here. A twin, that is, a classical control, is better."
    elif behind:
        head = f"{name} ({compute}): not worth it here. A classical method without any of this is better."
    elif len(better) == len(gaps):
        head = f"{name} ({compute}): better than each of its {len(gaps)} twins, its classical controls, here."
    else:
        head = f"{name} ({compute}): no advantage shown over its twins, its classical controls."
    details = [_words(g, t.removeprefix(f"{name}/"), direction) for t, g in gaps.items()]
    if rival is not None and best is not None:
        details.append(_words(rival, best, direction))
    good = "positive" if direction > 0 else "negative"
    return f"{head} Difference in {_NAMES.get(metric, metric)} ({good} is better): {'; '.join(details)}."


def _tells(gap: Interval) -> bool:
    """Whether a difference is told apart from zero; two runs that happen to agree do not tell the spread."""
    return gap.count >= _FEWEST and gap.excludes_zero


def _words(gap: Interval, other: str, direction: int) -> str:
    if gap.count < _FEWEST:
        return f"{gap.mean:+.3f} against {other} ({'one run' if gap.count == 1 else 'two runs'}: no interval)"
    told = "not told apart from"
    if gap.excludes_zero:
        told = "better than" if direction * gap.mean > 0 else "worse than"
    return f"{told} {other} ({gap.mean:+.3f}, 95 % [{gap.low:+.3f}, {gap.high:+.3f}])"


def _chance(groups: Mapping[str, Runs], metric: str, direction: int, wide: float, best: str) -> list[str]:
    """Whether there is anything to learn at all."""
    if "chance" not in groups or best == "chance":
        return (
            ["No classical method beats guessing: there may be nothing to learn here."]
            if best == "chance"
            else []
        )
    gap = paired(values(groups[best], metric), values(groups["chance"], metric), overlap=wide)
    if gap is None or gap.count < _FEWEST or (gap.excludes_zero and direction * gap.mean > 0):
        return []
    return [f"{best} is not told apart from guessing ({gap.mean:+.3f}): there may be nothing to learn here."]


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data."""
    if _is_stream(records):
        return fraud.found(records)
    return {
        "data": records[0].payload.data,
        "task": records[0].payload.task,
        "judged": judged(records),
        "summary": rows(records),
        "verdict": sentences(records),
    }


# The page ---------------------------------------------------------------------------------------------------


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    if _is_stream(records):
        return fraud.body(records, level)
    table = sheet(records)
    metric = _NAMES.get(judged(records), judged(records))
    return render_template(
        "learning.html.j2",
        level=level,
        sentences=sentences(records),
        pictures=[
            (
                "Every method",
                intervals(records),
                f"{metric} of every method: dots are runs, bars 95 % intervals. Hollow marks are twins, grey "
                "ones classical methods.",
            ),
        ],
        header=table.header,
        rows=list(zip(table.rows, (bool(r["twin_of"]) for r in rows(records)), strict=True)),
        legend=legend(records),
        first=records[0],
    )


def intervals(records: Sequence[Record]) -> str:
    """A line a method, with every run and the interval."""
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    axes = axes_of(7.2, 0.8 + 0.32 * len(groups))
    palette = colormaps["tab10"]
    heads = [n for n, runs in groups.items() if not _first(runs).payload.split.get("baseline")]
    families = list(dict.fromkeys(_first(groups[n]).twin_of or n for n in heads))
    for k, (name, runs) in enumerate(groups.items()):
        first, found = _first(runs), list(values(runs, metric).values())
        if not found:
            continue
        colour = "0.45" if name not in heads else palette(families.index(first.twin_of or name) % 10)
        got = interval(found, overlap=wide)
        axes.plot(found, [k] * len(found), ".", color=colour, alpha=0.35, markersize=5)
        error = None if got.count < 2 else [[got.mean - got.low], [got.high - got.mean]]
        axes.errorbar(
            [got.mean], [k], xerr=error, fmt="o", color=colour, markersize=6, capsize=2, linewidth=1,
            markerfacecolor="white" if first.twin_of else colour,
        )  # fmt: skip
    axes.set_yticks(range(len(groups)), list(groups), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel(_NAMES.get(metric, metric))
    return svg(axes.figure)
