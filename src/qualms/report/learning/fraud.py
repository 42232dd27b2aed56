"""Detectors of frauds on a stream: table and verdict, from the records alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qualms.records import Record
from qualms.report.sheet import Sheet

BASELINE, _SAMPLED = "gradient boosting", "gradient boosting, same sample"
ALARM = 0.25  # of the stability index: the usual rule for "has changed"


def ordered(records: Sequence[Record]) -> list[Record]:
    """Each detector once, followed by its twins."""
    named = {r.method: r for r in records}
    heads = [r for r in named.values() if r.twin_of not in named]
    return [r for head in heads for r in (head, *(t for t in named.values() if t.twin_of == head.method))]


def title(records: Sequence[Record]) -> str:
    """The data set."""
    return f"frauds in {records[0].payload.data}"


def sheet(records: Sequence[Record]) -> Sheet:
    """The table for a terminal."""
    found = ordered(records)
    return Sheet(
        ["detector", "AUPRC", "AUPRC – boosting", "recall", "cost", "cost – boosting", "Brier", "p50 ms",
         "p99 ms", "drift", "rows", "compute"],
        [_cells(r) for r in found],
        f"{title(records)} · {records[0].payload.split['measuring']:,} transactions measured",
        text=["compute"],
        dim=[k for k, r in enumerate(found) if r.twin_of],
    )  # fmt: skip


def _cells(r: Record) -> list[str]:
    told = r.payload.findings
    against = told["minus"].get(BASELINE, {})
    low, high = told["intervals"]["auprc"]
    name = f"  twin: {r.method.removeprefix(f'{r.twin_of}/')}" if r.twin_of else r.method
    return [
        name,
        f"{r.value('auprc'):.3f} [{low:.3f}, {high:.3f}]",
        _gap(against.get("auprc"), 3),
        f"{r.value('recall_at_k'):.3f}",
        f"{r.value('cost'):.1f}",
        _gap(against.get("cost"), 1),
        f"{r.value('brier'):.2g}",
        f"{r.value('latency_p50'):.2g}",
        f"{r.value('latency_p99'):.2g}",
        f"{r.value('drift'):.2f}",
        f"{r.payload.rows:,}",
        r.quadrant.compute,
    ]


def _gap(value: dict[str, float] | None, decimals: int) -> str:
    if value is None:
        return "–"
    mean, low, high = (f"{value[k]:+.{decimals}f}" for k in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def legend(records: Sequence[Record]) -> list[str]:
    """What the columns mean."""
    split, told = records[0].payload.split, records[0].payload.findings
    return [
        f"Fitted on the first {split['past']:,} rows, thresholds and probabilities chosen on the next "
        f"{split['choosing']:,}, measured on the last {split['measuring']:,}.",
        "AUPRC: area under precision and recall (average precision); in brackets the 95 % interval of a "
        f"bootstrap. – boosting: difference from {BASELINE} on all rows, resampled in pairs.",
        f"{BASELINE}, same sample: the baseline on the {split['budget']} rows that the challengers get.",
        f"recall: share of the frauds among the {split['reviews']:.2%} most suspicious ones. cost: of "
        "1,000 transactions, reviews and missed frauds together, at the threshold cheapest before.",
        "Brier: mean squared error of the calibrated probability. p50, p99: milliseconds for one transaction "
        "by itself. rows: fitted on.",
        "drift: the largest population stability index of the scores in an eighth of measured rows; "
        f"above {ALARM} they have changed. Chance alone makes about {told['drift_by_chance']:.2g}.",
        "twin: a classical control of the challenger above it, on the same sample.",
    ]


def sentences(records: Sequence[Record]) -> list[str]:
    """A verdict for every challenger, then what the numbers stand on."""
    found = ordered(records)
    base = next((r for r in found if r.method == BASELINE), found[0])
    told = base.payload.findings
    out = [_verdict(r, found) for r in found if _is_challenger(r)]
    worse = [r for r in found if _is_challenger(r) and _side(r, BASELINE) < 0]
    challengers = [r for r in found if _is_challenger(r)]
    if challengers:
        better = [r.method for r in challengers if _side(r, BASELINE) > 0]
        head = f"better than {BASELINE}: {', '.join(better)}" if better else f"none beats {BASELINE}"
        out.insert(
            0,
            f"Of {len(challengers)} challengers {len(worse)} rank frauds clearly worse than {BASELINE} on "
            f"all rows, by AUPRC; {head}.",
        )
    best = min(found, key=lambda r: r.value("cost"))
    gap = best.payload.findings["minus"].get(BASELINE, {}).get("cost")
    out.append(
        f"Cheapest here: {best.method}, {best.value('cost'):.1f} for 1,000 transactions"
        + (f" ({_gap(gap, 1)} against {BASELINE})" if gap else "")
        + f"; reviewing nobody costs {told['cost_of_nothing']:.1f}. It is the best of {len(found)}, chosen "
        "after the fact."
    )
    out.append(
        f"{told['frauds_measured']} frauds were measured, with a weighted share of {told['prevalence']:.3%}, "
        "which is the AUPRC of guessing."
    )
    if told["largest_feature_drift"] > ALARM:
        out.append(
            f"A feature's stability index is {told['largest_feature_drift']:.2f} between the rows fitted on "
            "and those measured: the stream has changed."
        )
    notes = dict.fromkeys(note for r in records for note in r.payload.notes)
    return [*out, *(f"Note: {note.rstrip('.')}." for note in list(notes)[:14])]


def _is_challenger(r: Record) -> bool:
    return r.twin_of is None and not r.payload.split["everything"] and not r.method.startswith(BASELINE)


def _side(r: Record, rival: str, metric: str = "auprc") -> int:
    """1 where the interval is above zero, −1 where it is below."""
    gap = r.payload.findings["minus"].get(rival, {}).get(metric)
    return 0 if gap is None else 1 if gap["low"] > 0 else -1 if gap["high"] < 0 else 0


def _verdict(r: Record, found: Sequence[Record]) -> str:
    twins = [t for t in found if t.twin_of == r.method]
    # a twin's difference is twin − challenger
    won = [t for t in twins if _side(t, r.method) < 0]
    lost = [t for t in twins if _side(t, r.method) > 0]
    side = _side(r, BASELINE)
    if lost:
        head = "not worth it here. A twin, that is, a classical control on the same sample, is better."
    elif side < 0:
        head = f"not worth it here. {BASELINE} on all rows is better."
    elif twins and len(won) == len(twins):
        head = f"better than each of its {len(twins)} twins, its classical controls, here."
    elif twins:
        head = "no advantage shown over its twins, its classical controls."
    else:
        head = "no verdict, because its twins have not run."
    details = [f"{_told(-_side(t, r.method))} {t.method.removeprefix(f'{r.method}/')}" for t in twins]
    for rival, name in (
        (_SAMPLED, f"{BASELINE} on the same sample"),
        (BASELINE, f"{BASELINE} on all rows"),
    ):
        gap = r.payload.findings["minus"].get(rival, {}).get("auprc")
        if gap is not None:
            details.append(f"{_told(_side(r, rival))} {name} ({_gap(gap, 3)})")
    return f"{r.method} ({r.quadrant.compute}): {head} AUPRC {r.value('auprc'):.3f}: {'; '.join(details)}."


def _told(side: int) -> str:
    return {1: "better than", 0: "not told apart from", -1: "worse than"}[side]


def found(records: Sequence[Record]) -> dict[str, Any]:
    """The same as data."""
    return {
        "data": records[0].payload.data,
        "task": records[0].payload.task,
        "judged": "auprc",
        "summary": [
            {
                "method": r.method, "twin_of": r.twin_of, "twin_is": r.twin_is, "quadrant": str(r.quadrant),
                "rows": r.payload.rows, "metrics": {k: m.value for k, m in r.metrics.items()},
                "intervals": r.payload.findings["intervals"], "minus": r.payload.findings["minus"],
                "drift": r.payload.findings["drift"], "fit_seconds": r.cost.seconds,
            }
            for r in ordered(records)
        ],
        "verdict": sentences(records),
    }  # fmt: skip
