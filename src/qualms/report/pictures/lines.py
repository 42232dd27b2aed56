"""Curves: the loss while training, and the best answer of every solver while it worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from qualms.records import Record, interval
from qualms.report.pictures.axes import legend, possible
from qualms.report.pictures.origin import chosen, ends, left_out, origin
from qualms.report.pictures.picture import Picture
from qualms.report.pictures.rows import Row, by, column, number
from qualms.report.pictures.theme import FAINT, Look, looks
from qualms.report.tables import by_method, smoothed

_FEWEST = 3  # runs from which on a band is drawn: of two it says next to nothing
_POINTS = 200  # of a curve; more than a picture shows
_LOSS, _SECONDS = "training loss (nats per token or label)", "seconds since the solver began"
_CLOCKS = ("time since the solver began (s)", "time since the job began (s)")
_NEAR = 0.5  # a gap; a bound further away would leave no room for the curves


def loss_curves(records: Sequence[Record]) -> Picture | None:
    """Smoothed training loss against steps, with bands over seeds."""
    groups = by_method(records)
    curves = {m: [dict(smoothed(r)) for r in runs.values() if r.payload.curve] for m, runs in groups.items()}
    last = {m: sum(list(c.values())[-1] for c in own) / len(own) for m, own in curves.items() if own}
    if not last:
        return None
    twin_of = {m: next(iter(groups[m].values())).twin_of for m in last}
    styles = looks({m: next(iter(runs.values())).twin_of for m, runs in groups.items()})
    kept = chosen(twin_of, last, lower=True)
    rows: list[tuple[Any, ...]] = []
    for method in kept:
        rows += _band(method, curves[method])
    counts = [int(row[-1]) for row in rows]
    caption = (
        "Training loss against steps: the mean over seeds of a running mean over five points. A twin has its "
        "method's colour and a dashed line. "
        + origin(records, counts, "seed", "bands are", _FEWEST)
        + left_out(len(kept), len(twin_of))
    )
    return Picture(
        "loss-curves", "Training loss", caption,
        ("method", "step", _LOSS, "low", "high", "n"), tuple(rows),
        partial(_loss, styles=styles),
    )  # fmt: skip


def _band(method: str, curves: Sequence[Mapping[float, float]]) -> list[tuple[Any, ...]]:
    steps = sorted(set.intersection(*(set(c) for c in curves)))
    every = max(1, -(-len(steps) // _POINTS))
    rows: list[tuple[Any, ...]] = []
    for step in [*steps[:-1:every], *steps[-1:]]:
        rows.append((method, step, *ends(interval([c[step] for c in curves]), _FEWEST)))
    return rows


def _loss(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look]) -> None:
    for method, own in by(rows, "method").items():
        steps = column(own, "step")
        axes.plot(steps, column(own, _LOSS), label=method, **styles[method].line)
        axes.fill_between(
            steps,
            column(own, "low"),
            column(own, "high"),
            color=styles[method].colour,
            alpha=0.15,
            linewidth=0,
        )
    axes.set(xlabel="training step", ylabel=_LOSS)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    possible(axes, 0)
    legend(axes)


def incumbents(answer: Mapping[str, Any], source: str, live: bool = False) -> Picture | None:
    """Each solver's best against its own seconds, with the bound where it is near.

    Parameters
    ----------
    answer : Mapping[str, Any]
        As `Result.to_dict` has it.
    source : str
        The end of the caption: where the numbers come from.
    live : bool, default False
        Seconds count from the beginning of the job, which all solvers share, and not from a solver's own. The
        axis is linear then: the first tenths of a second are no solver's.
    """
    arms, found = {a["solver"]: a for a in answer["arms"]}, {}
    for name, arm in arms.items():
        if told := [(seconds, value) for seconds, value in arm["incumbents"] if value is not None]:
            found[name] = told
    if not found:
        return None
    styles = looks({name: arm.get("twin_of") for name, arm in arms.items()})
    lower = answer["sense"] == "min"
    twin_of = {name: arms[name].get("twin_of") for name in found}
    kept = chosen(twin_of, {name: number(told[-1][1]) for name, told in found.items()}, lower)
    rows: list[tuple[Any, ...]] = []
    for name in kept:
        rows += [(name, "found", seconds, value) for seconds, value in found[name]]
        seconds, value = found[name][-1]
        rows.append((name, "end", max(arms[name]["seconds"], seconds), value))
    if _shows_bound(answer):
        rows.append(("bound", "bound", None, float(answer["bound"])))
    caption = (
        f"The best objective of each solver against its own seconds; {'lower' if lower else 'higher'} is "
        "better. A mark is where a solver ended; a twin has its method's colour, dashed. "
        f"{about_bound(answer)}{source}"
        f"{left_out(len(kept), len(found), 'solvers')}"
    )
    return Picture(
        "incumbents", "Best answers over time", caption,
        ("solver", "what", _SECONDS, "objective"), tuple(rows),
        partial(_steps, styles=styles, lower=lower, live=live), 3.2,
    )  # fmt: skip


def about_bound(answer: Mapping[str, Any]) -> str:
    """The caption's sentence on the bound, with a space behind it; `answer` as for `incumbents`."""
    if answer["bound"] is None:
        return "No bound was found. "
    told = f"{float(answer['bound']):.10g} ({answer['bound_from']})"
    gap = "" if answer["gap"] is None else f", a gap of {100 * answer['gap']:.3g} %"
    if _shows_bound(answer):
        return f"Dotted: the bound, {told}{gap}. "
    return f"The bound, {told}{gap}, is too far to be drawn. "


def _shows_bound(answer: Mapping[str, Any]) -> bool:
    """Whether the bound is near enough to be drawn beside the objectives."""
    return (
        answer["bound"] is not None
        and bool(answer["feasible"])
        and answer["gap"] is not None
        and answer["gap"] < _NEAR
    )


def _steps(axes: Axes, rows: Sequence[Row], styles: Mapping[str, Look], lower: bool, live: bool) -> None:
    for solver, own in by([row for row in rows if row["what"] != "bound"], "solver").items():
        seconds, values = column(own, _SECONDS), column(own, "objective")
        axes.step(seconds, values, where="post", label=solver, **styles[solver].line)
        axes.plot(seconds[-1:], values[-1:], **styles[solver].point)
    for row in (row for row in rows if row["what"] == "bound"):
        axes.axhline(number(row["objective"]), color=FAINT.light, linestyle=":", label="bound")
    side = "lower" if lower else "higher"
    axes.set(xlabel=_CLOCKS[live], ylabel=f"objective ({side} is better)")
    if not live:
        axes.set_xscale("symlog", linthresh=0.1)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    legend(axes)
