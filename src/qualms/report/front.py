"""Quality against what an adapter costs to keep: its trained numbers, and the bytes of its file.

A point is a method of a study; the front is those that no other beats in both quality and size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qualms.errors import DataError
from qualms.records import Interval, Record, interval, paired
from qualms.report.tables import CHOSEN, JUDGED, by_method, values

OURS = "QUALMS_QSL"  # PEFT's name of the type of adapter that this package brings
_BYTES = 4  # of a number of a new head, which is saved in single precision


@dataclass(frozen=True)
class Point:
    """A method of a study, as a front shows it.

    Attributes
    ----------
    method : str
    twin_of : str or None
        The quantum method whose classical control it is.
    is_ours : bool
        Whether it is a form of `QSLConfig` and no twin: circuits, or directions that are stored.
    is_rival : bool
        Whether it is a method of another kind, and no twin but one that stands in place of a circuit, such as
        LoRA of equal size.
    numbers : int
        Trained numbers, without those of a new head, which all methods of a study train alike.
    size : int
        Bytes of the saved file of weights with its header, without a new head's numbers. A frozen part that
        is made again from a seed is not in a file, and one that is in the file counts.
    quality : Interval
        Test NLL in nats, over seeds; lower is better.
    chosen : float
        Mean validation NLL.
    runs : dict[int, Record]
        By seed.
    """

    method: str
    twin_of: str | None
    is_ours: bool
    is_rival: bool
    numbers: int
    size: int
    quality: Interval
    chosen: float
    runs: dict[int, Record]


COSTS: Mapping[str, Callable[[Point], float]] = {
    "trained numbers": lambda point: point.numbers,
    "bytes": lambda point: point.size,
}


def points(records: Sequence[Record]) -> list[Point]:
    """The adapters among the methods of one task; what trains nothing or the whole model is none.

    A method with a diverged run is no point, because its mean is no number; `left_out` names it.

    Raises
    ------
    DataError
        If the records are of different tasks, or a method's runs have different rates: they are of several
        studies then, and a mean over them would be of no method.
    """
    found, groups = [], by_method(records)
    ours = {method for method, runs in groups.items() if _is_of_ours(next(iter(runs.values())))}
    for method, runs in groups.items():
        _check_alike(method, runs)
        first = next(iter(runs.values()))
        parameters, judged = first.payload.parameters, values(runs, JUDGED)
        numbers = parameters["trained"] - parameters["head"]
        size = first.payload.adapter_bytes - _BYTES * parameters["head"]
        if first.payload.adapter_config is None or numbers < 1 or size < 1:
            continue
        if not judged or not all(map(math.isfinite, judged.values())):
            continue
        chosen = list(values(runs, CHOSEN).values())
        found.append(
            Point(
                method,
                first.twin_of,
                method in ours and first.twin_of is None,
                method not in ours and (first.twin_of is None or first.twin_of in ours),
                numbers,
                size,
                interval(list(judged.values())),
                sum(chosen) / len(chosen) if chosen else math.inf,
                runs,
            )
        )
    return found


def _is_of_ours(record: Record) -> bool:
    config = record.payload.adapter_config
    return config is not None and config.get("peft_type") == OURS


def _check_alike(method: str, runs: dict[int, Record]) -> None:
    rates = {r.payload.training.learning_rate for r in runs.values()}
    if len(rates) > 1:
        told = ", ".join(sorted(str(rate) for rate in rates))
        raise DataError(
            f"the runs of {method} have several learning rates, {told}: they are of several studies; draw "
            "the folders one by one"
        )


def left_out(records: Sequence[Record]) -> list[str]:
    """The runs by which a method is no point: its loss is no number."""
    return [
        f"{method} seed {seed}"
        for method, runs in by_method(records).items()
        for seed, loss in values(runs, JUDGED).items() if not math.isfinite(loss)
    ]  # fmt: skip


def front(found: Sequence[Point], cost: Callable[[Point], float]) -> list[Point]:
    """Those that no other beats: none is at most as large and better, or smaller and as good.

    Parameters
    ----------
    found : Sequence[Point]
        Of one study.
    cost : Callable
        What is to be small.

    Returns
    -------
    list[Point]
        From the smallest to the largest, which is from the worst to the best. Intervals are not looked at.
    """
    kept: list[Point] = []
    for point in sorted(found, key=lambda p: (cost(p), p.quality.mean)):
        if not kept or point.quality.mean < kept[-1].quality.mean:
            kept.append(point)
    return kept


@dataclass(frozen=True)
class Rivalry:
    """An adapter of this package beside the best rival of some size.

    Attributes
    ----------
    own, rival : Point
    size : str
        The sizes that were looked at, in words.
    difference : Interval
        Test NLL of `own` minus that of `rival`, paired by seed.
    """

    own: Point
    rival: Point
    size: str
    difference: Interval


_SIZES: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
    ("at most as many", lambda own, other: other <= own),
    ("at most four times as many", lambda own, other: other <= 4 * own),
    ("at least four times as many", lambda own, other: other >= 4 * own),
)


def rivalries(found: Sequence[Point]) -> list[Rivalry]:
    """Every adapter of this package beside the best rival: of at most as many trained numbers, at most and at
    least four times as many; then the same by bytes.

    The best is the one with the lowest mean validation NLL, so that the test split chooses nothing.
    """
    out = []
    rivals = [p for p in found if p.is_rival]
    for own in (p for p in found if p.is_ours):
        for unit, cost in COSTS.items():
            for words, fits in _SIZES:
                allowed = [p for p in rivals if fits(cost(own), cost(p))]
                if not allowed:
                    continue
                rival = min(allowed, key=lambda p: p.chosen)
                difference = paired(values(own.runs, JUDGED), values(rival.runs, JUDGED))
                if difference is not None:
                    out.append(Rivalry(own, rival, f"{words} {unit}", difference))
    return out


def best_within(found: Sequence[Point], cost: Callable[[Point], float]) -> dict[int, Point]:
    """The adapter with the lowest mean validation NLL within each limit of 1, 2, 5, 10, … at which it is
    another than within the limit before.

    Twins with a part of the circuit taken away are left out: they are controls, and nothing to use.
    """
    usable = [p for p in found if p.is_ours or p.is_rival]
    digits = len(str(int(max(map(cost, usable), default=0))))
    best: dict[int, Point] = {}
    for limit in (step * 10**exponent for exponent in range(digits + 1) for step in (1, 2, 5)):
        allowed = [p for p in usable if cost(p) <= limit]
        if allowed:
            point = min(allowed, key=lambda p: (p.chosen, cost(p)))
            if point is not next(reversed(best.values()), None):
                best[limit] = point
    return best


def best_sentences(found: Sequence[Point]) -> list[str]:
    """Which adapter is best within which limit, a sentence for numbers and one for bytes."""
    told = []
    for unit, cost in COSTS.items():
        each = "; ".join(
            f"{limit:,}, {p.method} (test NLL {p.quality.mean:.3f})"
            for limit, p in best_within(found, cost).items()
        )
        told += [f"Lowest validation loss with at most so many {unit}: {each}."] if each else []
    return told


def sentences(found: Sequence[Point]) -> list[str]:
    """What the rivalries come to, a sentence each."""
    return [_sentence(rivalry) for rivalry in rivalries(found)]


def found(all_points: Sequence[Point]) -> dict[str, Any]:
    """The same as data: the points, with which of them are on a front, what is best within a limit, and the
    rivalries.
    """
    fronts = {unit: {p.method for p in front(all_points, cost)} for unit, cost in COSTS.items()}
    return {
        "points": [
            {
                "method": p.method, "twin_of": p.twin_of, "trained_numbers": p.numbers, "bytes": p.size,
                "test_nll": _plain(p.quality), "validation_nll": p.chosen,
                "on_front_of": [unit for unit, names in fronts.items() if p.method in names],
            }
            for p in all_points
        ],
        "best_within": {
            unit: [{"limit": limit, "method": p.method} for limit, p in best_within(all_points, cost).items()]
            for unit, cost in COSTS.items()
        },
        "rivalries": [
            {
                "method": r.own.method, "rival": r.rival.method, "rival_has": r.size,
                "test_nll_minus": _plain(r.difference),
            }
            for r in rivalries(all_points)
        ],
    }  # fmt: skip


def _plain(value: Interval) -> dict[str, float | int]:
    return {"mean": value.mean, "low": value.low, "high": value.high, "n": value.count}


def _sentence(rivalry: Rivalry) -> str:
    own, rival, difference = rivalry.own, rivalry.rival, rivalry.difference
    if difference.count < 2:
        side = "worse" if difference.mean > 0 else "better"
        told = f"{side} by {abs(difference.mean):.3f} nats of test NLL (one seed in common: no interval)"
    else:
        side = "not told apart"
        if difference.excludes_zero:
            side = "worse" if difference.low > 0 else "better"
        told = f"{side}, {difference.mean:+.3f} nats of test NLL, "
        told += f"95 % [{difference.low:+.3f}, {difference.high:+.3f}] over {difference.count} seeds"
    compute = next(iter(own.runs.values())).quadrant.compute
    return (
        f"{own.method} ({compute}; {own.numbers:,} trained numbers, {own.size:,} bytes) against the best "
        f"rival of {rivalry.size}, {rival.method} ({rival.numbers:,}; {rival.size:,}): {told}."
    )


def short_name(method: str) -> str:
    """A name with settings as a picture has room for: "lora r=1 all-linear"."""
    head, bracket, rest = method.partition("[")
    if not bracket:
        return method
    inside, _, behind = rest.rpartition("]")
    words = []
    for setting in inside.split(","):
        _, equals, value = setting.partition("=")
        plain = value.replace("-", "").replace("_", "").isalpha() and value not in ("true", "false")
        words.append(value if equals and plain else setting)
    return " ".join([head, *words]) + behind
