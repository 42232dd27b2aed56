"""The pictures of detectors on a stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from qualms.records import Record
from qualms.report.learning.fraud import ALARM, BASELINE, ordered
from qualms.report.pictures import strips
from qualms.report.pictures.axes import legend
from qualms.report.pictures.cost import cost
from qualms.report.pictures.origin import origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, by, column
from qualms.report.pictures.theme import FAINT, Look, looks

_PRECISION, _RECALL = "precision (share of alerts)", "recall (share of frauds found)"
_GAP = f"AUPRC minus that of {BASELINE}"
_PART, _INDEX = "part of the measured rows, in the order of time", "stability index"


def pictures(records: Sequence[Record]) -> list[Picture]:
    """Precision and recall, differences from the baseline, calibration, drift, cost."""
    found = ordered(records)
    costs = cost({r.method: [r] for r in found}, "fitting", "run", _looks(found))
    return [curves(found), differences(found), calibration(found), drift(found), *([costs] if costs else [])]


def _looks(found: Sequence[Record]) -> dict[str, Look]:
    return looks({r.method: r.twin_of for r in found}, [r.method for r in found if r.method == BASELINE])


def _source(found: Sequence[Record]) -> str:
    measured = found[0].payload.split["measuring"]
    return origin(found, [measured], "transaction measured")


def curves(found: Sequence[Record]) -> Picture:
    """Precision against recall."""
    rows = [(r.method, float(x), float(y)) for r in found for x, y in r.payload.findings["curve"]]
    caption = (
        "How many alerts are frauds, against how many frauds are found. Dashed lines are twins, the grey one "
        f"is {BASELINE}. {_source(found)}"
    )
    return Picture(
        "precision-recall", "Precision and recall", caption, ("method", _RECALL, _PRECISION), tuple(rows),
        partial(_draw_curves, styles=_looks(found)), 3.8,
    )  # fmt: skip


def _draw_curves(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    for method, own in by(rows, "method").items():
        axes.plot(column(own, _RECALL), column(own, _PRECISION), label=method, **styles[method].line)
    axes.set(xlabel=_RECALL, ylabel=_PRECISION, ylim=(0, 1.02))
    legend(axes)


def differences(found: Sequence[Record]) -> Picture:
    """AUPRC of each detector minus the baseline's. The interval is of resamples and not Student's."""
    rows = [
        (r.method, r.twin_of, gap["mean"], gap["low"], gap["high"])
        for r in found
        if (gap := r.payload.findings["minus"].get(BASELINE, {}).get("auprc")) is not None
    ]
    caption = (
        f"AUPRC minus that of {BASELINE} on all rows; right of 0 the detector is better. Bars are 95 % "
        f"intervals of paired resamples; hollow marks are twins. {_source(found)}"
    )
    return Picture(
        "differences", f"Difference from {BASELINE}", caption, ("method", "twin of", _GAP, "low", "high"),
        tuple(rows), partial(_draw_differences, styles=_looks(found)), strips.height(len(rows)),
    )  # fmt: skip


def _draw_differences(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    strips.lay_out(axes, [str(row["method"]) for row in rows], [row["twin of"] is not None for row in rows])
    strips.zero_line(axes)
    for place, row in enumerate(rows):
        strips.whisker(axes, row, place, styles[str(row["method"])], _GAP)
    axes.set_xlabel(_GAP)


def calibration(found: Sequence[Record]) -> Picture:
    """Observed against predicted shares, of detectors that are no twins."""
    rows = [
        (r.method, float(b["predicted"]), float(b["observed"]))
        for r in found
        if r.twin_of is None
        for b in r.payload.findings["reliability"]
    ]
    caption = (
        "Predicted probability of fraud against the observed share, on the rows measured; on the diagonal a "
        f"probability means what it says. {_source(found)}"
    )
    return Picture(
        "calibration", "Calibration", caption, ("method", "predicted probability", "observed share"),
        tuple(rows), partial(_draw_calibration, styles=_looks(found)), 3.8,
    )  # fmt: skip


def _draw_calibration(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    for method, own in by(rows, "method").items():
        x, y = column(own, "predicted probability"), column(own, "observed share")
        look = styles[method]
        axes.plot(x, y, **{**look.point, **look.line, "markersize": 3, "label": method})
    axes.plot([0, 1], [0, 1], color=FAINT.light, linewidth=0.8, zorder=0)
    for scale, axis in ((axes.set_xscale, axes.xaxis), (axes.set_yscale, axes.yaxis)):
        scale("symlog", linthresh=1e-3)
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set(xlabel="predicted probability", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))
    legend(axes)


def drift(found: Sequence[Record]) -> Picture:
    """Stability index over time, of detectors that are no twins."""
    rows = [
        (r.method, part, float(value))
        for r in found
        if r.twin_of is None
        for part, value in enumerate(r.payload.findings["drift"], 1)
    ]
    caption = (
        "Stability index of the scores, an eighth of the measured rows at a time. Above the grey line, at "
        f"{ALARM}, the scores have changed. {_source(found)}"
    )
    return Picture(
        "drift", "Drift", caption, ("method", _PART, _INDEX), tuple(rows),
        partial(_draw_drift, styles=_looks(found)),
    )  # fmt: skip


def _draw_drift(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    for method, own in by(rows, "method").items():
        look = styles[method]
        axes.plot(
            column(own, _PART), column(own, _INDEX),
            **{**look.point, **look.line, "markersize": 4, "label": method},
        )  # fmt: skip
    axes.axhline(ALARM, color=FAINT.light, linewidth=0.9)
    axes.set(xlabel=_PART, ylabel=_INDEX, ylim=(0, None))
    legend(axes)
