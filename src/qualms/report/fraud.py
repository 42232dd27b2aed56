"""Detectors of frauds on a stream: table, verdict and pictures, from the records alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes

from qualms.records import Record
from qualms.report.figures import axes_of, svg
from qualms.report.pages import render_template
from qualms.report.sheet import Sheet

_BASELINE, _SAMPLED = "gradient boosting", "gradient boosting, same sample"
_ALARM = 0.25  # of the stability index: the usual rule for "has changed"


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
    against = told["minus"].get(_BASELINE, {})
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
        f"bootstrap. – boosting: difference from {_BASELINE} on all rows, resampled in pairs.",
        f"{_BASELINE}, same sample: the baseline on the {split['budget']} rows that the challengers get.",
        f"recall: share of the frauds among the {split['reviews']:.2%} most suspicious ones. cost: of "
        "1,000 transactions, reviews and missed frauds together, at the threshold cheapest before.",
        "Brier: mean squared error of the calibrated probability. p50, p99: milliseconds for one transaction "
        "by itself. rows: fitted on.",
        "drift: the largest population stability index of the scores in an eighth of measured rows; "
        f"above 0.25 they have changed. Chance alone makes about {told['drift_by_chance']:.2g}.",
        "twin: a classical control of the challenger above it, on the same sample.",
    ]


def sentences(records: Sequence[Record]) -> list[str]:
    """A verdict for every challenger, then what the numbers stand on."""
    found = ordered(records)
    base = next((r for r in found if r.method == _BASELINE), found[0])
    told = base.payload.findings
    out = [_verdict(r, found) for r in found if _is_challenger(r)]
    worse = [r for r in found if _is_challenger(r) and _side(r, _BASELINE) < 0]
    challengers = [r for r in found if _is_challenger(r)]
    if challengers:
        better = [r.method for r in challengers if _side(r, _BASELINE) > 0]
        head = f"better than {_BASELINE}: {', '.join(better)}" if better else f"none beats {_BASELINE}"
        out.insert(
            0,
            f"Of {len(challengers)} challengers {len(worse)} rank frauds clearly worse than {_BASELINE} on "
            f"all rows, by AUPRC; {head}.",
        )
    best = min(found, key=lambda r: r.value("cost"))
    gap = best.payload.findings["minus"].get(_BASELINE, {}).get("cost")
    out.append(
        f"Cheapest here: {best.method}, {best.value('cost'):.1f} for 1,000 transactions"
        + (f" ({_gap(gap, 1)} against {_BASELINE})" if gap else "")
        + f"; reviewing nobody costs {told['cost_of_nothing']:.1f}. It is the best of {len(found)}, chosen "
        "after the fact."
    )
    out.append(
        f"{told['frauds_measured']} frauds were measured, with a weighted share of {told['prevalence']:.3%}, "
        "which is the AUPRC of guessing."
    )
    if told["largest_feature_drift"] > _ALARM:
        out.append(
            f"A feature's stability index is {told['largest_feature_drift']:.2f} between the rows fitted on "
            "and those measured: the stream has changed."
        )
    notes = dict.fromkeys(note for r in records for note in r.payload.notes)
    return [*out, *(f"Note: {note.rstrip('.')}." for note in list(notes)[:14])]


def _is_challenger(r: Record) -> bool:
    return r.twin_of is None and not r.payload.split["everything"] and not r.method.startswith(_BASELINE)


def _side(r: Record, rival: str, metric: str = "auprc") -> int:
    """1 where the interval is above zero, −1 where it is below."""
    gap = r.payload.findings["minus"].get(rival, {}).get(metric)
    return 0 if gap is None else 1 if gap["low"] > 0 else -1 if gap["high"] < 0 else 0


def _verdict(r: Record, found: Sequence[Record]) -> str:
    twins = [t for t in found if t.twin_of == r.method]
    # a twin's difference is twin − challenger
    won = [t for t in twins if _side(t, r.method) < 0]
    lost = [t for t in twins if _side(t, r.method) > 0]
    side = _side(r, _BASELINE)
    if lost:
        head = "not worth it here. A twin, that is, a classical control on the same sample, is better."
    elif side < 0:
        head = f"not worth it here. {_BASELINE} on all rows is better."
    elif twins and len(won) == len(twins):
        head = f"better than each of its {len(twins)} twins, its classical controls, here."
    elif twins:
        head = "no advantage shown over its twins, its classical controls."
    else:
        head = "no verdict, because its twins have not run."
    details = [f"{_told(-_side(t, r.method))} {t.method.removeprefix(f'{r.method}/')}" for t in twins]
    for rival, name in (
        (_SAMPLED, f"{_BASELINE} on the same sample"),
        (_BASELINE, f"{_BASELINE} on all rows"),
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


# The page ---------------------------------------------------------------------------------------------------


def body(records: Sequence[Record], level: int = 2) -> str:
    """What the page shows below its heading, as HTML."""
    table, found = sheet(records), ordered(records)
    return render_template(
        "learning.html.j2",
        level=level,
        sentences=sentences(records),
        pictures=[
            ("Precision and recall", curves(found), "How many alerts are frauds, against how many frauds are "
             "found. Dashed lines are twins."),
            ("Difference from gradient boosting", differences(found), "AUPRC minus that of gradient boosting "
             "on all rows, with 95 % intervals of paired resamples. Hollow marks are twins."),
            ("Calibration", calibration(found), "Predicted probability of fraud against the observed share, "
             "on the rows measured; on the diagonal a probability means what it says."),
            ("Drift", drift(found), "Stability index of the scores, an eighth of the measured rows "
             "at a time. Above the line the scores have changed."),
        ],
        header=table.header,
        rows=[(row, bool(r.twin_of)) for row, r in zip(table.rows, found, strict=True)],
        legend=legend(records),
        first=records[0],
    )  # fmt: skip


def _style(found: Sequence[Record], r: Record) -> dict[str, Any]:
    heads = [h.method for h in found if h.twin_of is None]
    twins = [t.method for t in found if t.twin_of == r.twin_of]
    return {
        "color": colormaps["tab10"](heads.index(r.twin_of or r.method) % 10),
        "linestyle": ("--", ":", "-.")[twins.index(r.method) % 3] if r.twin_of else "-",
        "linewidth": 1.0 if r.twin_of else 1.5,
    }


def _done(axes: Axes, columns: int = 1) -> str:
    axes.legend(fontsize=6, frameon=False, ncols=columns, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return svg(axes.figure)


def curves(found: Sequence[Record]) -> str:
    """Precision against recall."""
    axes = axes_of(6.2, 4.2)
    for r in found:
        points = r.payload.findings["curve"]
        axes.plot(*zip(*points, strict=True), label=r.method, **_style(found, r))
    axes.set(xlabel="recall (share of frauds found)", ylabel="precision (share of alerts)", ylim=(0, 1.02))
    return _done(axes)


def differences(found: Sequence[Record]) -> str:
    """A line a detector: AUPRC minus the baseline's."""
    shown = [r for r in found if _BASELINE in r.payload.findings["minus"]]
    axes = axes_of(6.2, 0.8 + 0.3 * max(1, len(shown)))
    for k, r in enumerate(shown):
        gap, colour = r.payload.findings["minus"][_BASELINE]["auprc"], _style(found, r)["color"]
        axes.plot([gap["low"], gap["high"]], [k, k], color=colour, linewidth=1.2)
        axes.plot([gap["mean"]], [k], "o", color=colour, markerfacecolor="white" if r.twin_of else colour)
    axes.axvline(0, color="0.5", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [r.method for r in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel(f"AUPRC minus that of {_BASELINE}")
    return svg(axes.figure)


def calibration(found: Sequence[Record]) -> str:
    """Observed against predicted shares, of detectors that are no twins."""
    axes = axes_of(5.4, 4.2)
    for r in found:
        bins = r.payload.findings["reliability"]
        if r.twin_of is None and bins:
            x, y = [b["predicted"] for b in bins], [b["observed"] for b in bins]
            axes.plot(x, y, marker="o", markersize=3, label=r.method, **_style(found, r))
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    for scale in (axes.set_xscale, axes.set_yscale):
        scale("symlog", linthresh=1e-3)
    axes.set(xlabel="predicted probability", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    return _done(axes)


def drift(found: Sequence[Record]) -> str:
    """Stability index over time, of detectors that are no twins."""
    axes = axes_of(6.2, 3.4)
    for r in found:
        if r.twin_of is None:
            values = r.payload.findings["drift"]
            axes.plot(range(1, len(values) + 1), values, marker=".", label=r.method, **_style(found, r))
    axes.axhline(_ALARM, color="0.6", linewidth=0.8)
    axes.set(
        xlabel="part of the measured rows, in the order of time", ylabel="stability index", ylim=(0, None)
    )
    return _done(axes)
