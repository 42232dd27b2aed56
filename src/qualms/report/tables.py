"""Records of fine-tuning to rows: one row a method, intervals over seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from qualms.errors import DataError
from qualms.records import Interval, Record, interval, paired
from qualms.report import grouping
from qualms.report.sheet import Sheet

CHOSEN = "nll"  # on the validation split: rates, rivals and leaders are chosen there
JUDGED = "test_nll"  # rates are chosen on the validation split, so verdicts are given on the other
SHOWN = {
    "nll": "val. NLL", "test_nll": "test NLL", "conditionality": "shuffled rise", "rouge1": "R-1",
    "rouge2": "R-2", "rougeL": "R-L", "bleu": "BLEU", "bertscore": "BERTScore", "distinct2": "distinct-2",
    "accuracy": "accuracy", "f1": "F1",
}  # fmt: skip
_DECIMALS = {"bleu": 1}


def by_method(records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """{method: {seed: record}}: methods in order of appearance, each followed by its twins; seeds in order.

    Raises
    ------
    DataError
        If the records are of different tasks, which must not be compared, twice the same run, or there
        are none.
    """
    tasks = {r.task_id for r in records}
    if len(tasks) != 1:
        raise DataError(
            f"records of {len(tasks)} tasks: only runs of one task, data "
            "set and budget may stand in one table"
        )
    runs = Counter((record.method, record.seed) for record in records)
    for (method, seed), count in runs.items():
        if count > 1:
            raise DataError(f"two runs of {method} with seed {seed}: the records are of more than one study")
    return grouping.by_method(records)


def twin_name(method: str, twin_of: str | None) -> str:
    """What a twin changes, as its name has it: "frozen-angles" of "qsl/frozen-angles"; the whole name where
    it does not begin with its method's.
    """
    return method.removeprefix(f"{twin_of}/")


def values(runs: dict[int, Record], metric: str) -> dict[int, float]:
    """{seed: value} where the metric exists."""
    return {s: r.value(metric) for s, r in runs.items() if metric in r.metrics}


def smoothed(record: Record, window: int = 5) -> list[tuple[float, float]]:
    """(step, running mean of the training loss over `window` points)."""
    points = record.payload.curve
    losses = [p["loss"] for p in points]
    return [
        (p["step"], sum(losses[max(0, i - window + 1) : i + 1]) / min(window, i + 1))
        for i, p in enumerate(points)
    ]


def target_loss(records: Sequence[Record]) -> float | None:
    """The training loss that every run reached: the highest of the runs' lowest.

    Convergence is counted in steps to it.
    """
    lowest = [min(loss for _, loss in smoothed(r)) for r in records if r.payload.curve]
    return max(lowest) if lowest else None


def steps_to(record: Record, target: float) -> float | None:
    """First logged step whose smoothed training loss is at or below `target`."""
    return next((step for step, loss in smoothed(record) if loss <= target), None)


def convergence(records: Sequence[Record]) -> dict[str, float | None]:
    """Mean steps of every method to the training loss that all runs reached; None where one of its runs has
    no such step.
    """
    target = target_loss(records) if records else None
    if target is None:
        return {}
    out: dict[str, float | None] = {}
    for method, runs in by_method(records).items():
        steps = [steps_to(r, target) for r in runs.values() if r.payload.curve]
        reached = [s for s in steps if s is not None]
        if steps:
            out[method] = sum(reached) / len(reached) if len(reached) == len(steps) else None
    return out


def summary(records: Sequence[Record]) -> list[dict[str, Any]]:
    """One row a method: parameters, intervals of the metrics, cost, convergence, paired differences against
    LoRA and against the quantum method.
    """
    groups, target = by_method(records), target_loss(records)
    rows = []
    for method, runs in groups.items():
        first = next(iter(runs.values()))
        names = [m for m in first.metrics if all(m in r.metrics for r in runs.values())]
        reached = [s for r in runs.values() if target is not None and (s := steps_to(r, target)) is not None]
        rows.append(
            {
                "method": method,
                "twin_of": first.twin_of,
                "twin_is": first.twin_is,
                "quadrant": str(first.quadrant),
                "seeds": sorted(runs),
                "learning_rate": first.payload.training.learning_rate,
                "parameters": dict(first.payload.parameters),
                "metrics": {m: _plain(interval([r.value(m) for r in runs.values()])) for m in names},
                "cost": {k: _mean([_cost(r)[k] for r in runs.values()]) for k in _cost(first)},
                "steps_to_target": _mean(reached) if reached else None,
                "target_loss": target,
                "test_nll_minus": {
                    other: _plain(difference)
                    for other in ("lora", first.twin_of)
                    if other
                    and other != method
                    and other in groups
                    and (difference := paired(values(runs, JUDGED), values(groups[other], JUDGED)))
                },
            }
        )
    return rows


def _cost(record: Record) -> dict[str, float | None]:
    p = record.payload
    return {
        "train_seconds": record.cost.seconds, "seconds_per_step": p.seconds_per_step,
        "tokens_per_second": p.tokens_per_second, "peak_memory_bytes": record.cost.memory_bytes,
        "adapter_bytes": p.adapter_bytes, "resumed_at_step": p.resumed_at_step,
    }  # fmt: skip


def _mean(numbers: Sequence[float | None]) -> float | None:
    present = [n for n in numbers if n is not None]
    return sum(present) / len(present) if present else None


def _plain(value: Interval) -> dict[str, float | int | None]:
    numbers = {"mean": value.mean, "low": value.low, "high": value.high}
    return {**{k: v if math.isfinite(v) else None for k, v in numbers.items()}, "n": value.count}


def spread(row: dict[str, float | None], decimals: int) -> str:
    """ "1.234 ± .012": mean and half of the 95 % interval; the mean alone for one seed."""
    mean, low = row["mean"], row["low"]
    if mean is None:
        return "diverged"
    return f"{mean:.{decimals}f}" + (f" ± {mean - low:.{decimals}f}" if low is not None else "")


def columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The shown metrics that every row has."""
    return [m for m in SHOWN if all(m in r["metrics"] for r in rows)]


def cells(row: dict[str, Any], metrics: Sequence[str], intervals: Sequence[str] | None = None) -> list[str]:
    """The row in the order of `header`; metrics not in `intervals` (all are, by default) with their mean
    alone.
    """
    p, cost = row["parameters"], row["cost"]
    name = ("  twin: " + twin_name(row["method"], row["twin_of"])) if row["twin_of"] else row["method"]
    shown = [spread(row["metrics"][m], _DECIMALS.get(m, 3)) for m in metrics]
    if intervals is not None:
        shown = [s if m in intervals else s.partition(" ")[0] for m, s in zip(metrics, shown, strict=True)]
    to_target = f"{row['steps_to_target']:.0f}" if row["steps_to_target"] is not None else "–"
    size = f"{cost['adapter_bytes'] / 1000:,.0f} kB" if cost["adapter_bytes"] else "–"
    memory = f"{cost['peak_memory_bytes'] / 2**20:,.0f}" if cost["peak_memory_bytes"] else "–"
    trained = [f"{p['angles']:,}", f"{p['classical'] + p['head']:,}"]
    return [
        name,
        *trained,
        *shown,
        to_target,
        f"{cost['seconds_per_step'] * 1000:.0f}",
        f"{cost['tokens_per_second']:,.0f}",
        memory,
        size,
    ]


def header(metrics: Sequence[str]) -> list[str]:
    return [
        "method",
        "angles",
        "classical",
        *(SHOWN[m] for m in metrics),
        "steps to target",
        "ms/step",
        "tokens/s",
        "MiB",
        "file",
    ]


def markdown(records: Sequence[Record]) -> str:
    """The table for a README, with the same numbers as the page."""
    rows = summary(records)
    metrics = columns(rows)
    names = header(metrics)
    lines = ["| " + " | ".join(names) + " |", "|---|" + "---:|" * (len(names) - 1)]
    for row in rows:
        name, *numbers = cells(row, metrics)
        lines.append(
            "| " + " | ".join([f"\u2003{name.strip()}" if row["twin_of"] else f"**{name}**", *numbers]) + " |"
        )
    return "\n".join(lines)


def _seeds(rows: Sequence[dict[str, Any]]) -> str:
    counts = {len(row["seeds"]) for row in rows}
    if len(counts) > 1:
        return f"{min(counts)} to {max(counts)} seeds"
    (count,) = counts
    return "one seed, no interval" if count == 1 else f"{count} seeds"


_IN_TERMINAL = ("nll", "test_nll", "conditionality", "rougeL", "bleu", "bertscore", "accuracy", "f1")
_ON_PAGE_ONLY = ("tokens/s", "MiB", "file")  # of the header's columns
ALL = "all"


def terminal(records: Sequence[Record]) -> Sheet:
    """The table for a terminal: means over seeds, the losses ± half of the 95 % interval.

    The page has the rest, and `legend` says what that is.
    """
    rows = summary(records)
    shown = [m for m in columns(rows) if m in _IN_TERMINAL]
    first = records[0]
    title = f"{first.payload.title} · {_seeds(rows)} · {first.payload.training.steps} steps"
    names = header(shown)[: -len(_ON_PAGE_ONLY)]
    return Sheet(
        names,
        [cells(row, shown, (JUDGED, "nll"))[: len(names)] for row in rows],
        title,
        dim=[k for k, row in enumerate(rows) if row["twin_of"]],
    )


_METRICS = {
    (
        "nll",
        "test_nll",
    ): (
        "NLL: the loss (negative log-likelihood per token or label, in nats) on the validation or test "
        "split; lower is better."
    ),
    ("conditionality",): (
        "shuffled rise: growth of the loss when outputs are paired with other inputs; near 0, the "
        "model does not use its input."
    ),
    (
        "rouge1",
        "rouge2",
        "rougeL",
    ): (
        "R-1, R-2, R-L: ROUGE, overlap with the reference in words, pairs "
        "and sequences; 0 to 1, higher is better."
    ),
    ("bleu",): (
        "BLEU: how many runs of up to four words the output shares with "
        "the reference; 0 to 100, higher is better."
    ),
    (
        "bertscore",
    ): "BERTScore: how near the output's words are to the reference's in meaning; higher is better.",
    (
        "distinct2",
    ): "distinct-2: the share of pairs of neighbouring words in the outputs that differ from each other.",
    ("accuracy", "f1"): "accuracy, F1: right labels on the test split; 0 to 1, higher is better.",
}


def legend(
    records: Sequence[Record], metrics: Sequence[str] | None = None, where: str = "terminal"
) -> list[str]:
    """What the columns and the names mean, a sentence or two a line; of what the records hold, and no more.

    Parameters
    ----------
    metrics : Sequence[str], optional
        Those shown; default: those of the terminal.
    where : str, default "terminal"
        "terminal", or `ALL` for the page with every column.
    """
    rows = summary(records)
    everywhere = columns(rows)
    shown = metrics if metrics is not None else [m for m in everywhere if m in _IN_TERMINAL]
    lines = []
    twins = {twin_name(row["method"], row["twin_of"]): row["twin_is"] for row in rows if row["twin_of"]}
    if twins:
        named = "; ".join(f"{name}: {control}" if control else name for name, control in twins.items())
        lines.append(
            "twin: a classical control of the quantum method above it, trained on the same data with the "
            "same seeds and as many steps (a fit beforehand is not counted), and with its quantum part "
            f"replaced or switched off ({named})."
        )
    lines.append(
        "angles: trained rotation angles of quantum circuits. classical: all other trained parameters."
    )
    lines += [text for names, text in _METRICS.items() if any(n in shown for n in names)]
    several = any(len(row["seeds"]) > 1 for row in rows)
    if several:
        lines.append("Numbers are means over seeds; ± is half of the 95 % interval (Student's t).")
    if (target := rows[0]["target_loss"]) is not None:
        lines.append(
            "steps to target: training steps until the smoothed training loss "
            f"is {target:.3f}, which every run reached."
        )
    if where == ALL:
        lines.append(
            "ms/step and tokens/s: speed of training, one thread unless the machine's line says otherwise. "
            "MiB: peak memory of the process."
        )
        lines.append(
            "quadrant: where the data come from, and what computed: a simulated "
            "quantum circuit is never called hardware."
        )
        return lines
    more = [*(SHOWN[m] for m in everywhere if m not in shown), *_ON_PAGE_ONLY, "learning rate", "quadrant"]
    lines.append(f"On the page besides: {', '.join(more)}{', and the other intervals' if several else ''}.")
    return lines
